"""The feed is chained, what is append-only is guarded, and rows are what the domain says.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any, Final

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import CheckConstraint, ColumnElement
from sqlalchemy.schema import CreateIndex
from sqlalchemy.types import TypeEngine

from marketpay.adapters.sql.migrations import first
from marketpay.adapters.sql.migrations.chaining import fill_links, sequence_again
from marketpay.adapters.sql.migrations.first.listed import LISTED
from marketpay.adapters.sql.migrations.second import CHECKS, DROPPED, JOINED
from marketpay.adapters.sql.migrations.steps import (
    add_column,
    connected,
    constraints_of,
    guard,
    qualified,
    reshaped,
)
from marketpay.adapters.sql.migrations.terms import Minor, Place, joined, key, worded

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# New columns, which are filled before they must not be empty.
FILLED: Final[dict[str, tuple[str, TypeEngine[Any]]]] = {
    "chargebacks": ("borne", Minor()),
    "feed": ("link", key(64)),
}

# What the platform gave for the contractor, of a loss: all that went to `chargeback_loss` but
# what was taken beyond the payment.
BORNE: Final = """UPDATE {chargebacks} SET borne = CASE WHEN status = 'lost' THEN
 (SELECT COALESCE(SUM(entry.amount), 0) FROM {entries} entry
 JOIN {subjects} subject ON subject.journal = entry.journal
 WHERE subject.subject = {chargebacks}.id AND entry.payment = {chargebacks}.payment
 AND entry.debit_kind = 'chargeback_loss' AND entry.credit_kind = 'disputed')
 - (lost - covered) ELSE 0 END WHERE borne IS NULL"""


def upgrade() -> None:
    """Change what is there, and go on where it broke off before."""
    place = Place.of_context()
    first.define(place)
    _index(place, "ledger_entries", "journal", "journal")  # by which links are computed
    for name, (column, kind) in FILLED.items():
        add_column(place[name], column, kind)
    _say_who_bore(place)
    _link(place)
    for name in dict.fromkeys((*CHECKS, *JOINED, *DROPPED, *_reworded(place))):
        _constrain(place, name)
    _reindex(place)
    for name in ("journal", "feed", "ledger_entries"):
        guard(place[name])
    op.drop_table(place.name("schema"), schema=place.schema, if_exists=True)


def _say_who_bore(place: Place) -> None:
    read = {"entries": "ledger_entries", "subjects": "journal_subjects"}
    names = {name: qualified(place[one]) for name, one in read.items()}
    op.execute(BORNE.format(chargebacks=qualified(place["chargebacks"]), **names))


def _link(place: Place) -> None:
    connection = connected()
    if connection is None:
        sequence_again(place)
    else:
        fill_links(connection, place)


def _constrain(place: Place, name: str) -> None:
    """Everything that the table's rows must be from now on."""
    table = place[name]
    there = constraints_of(table)
    with reshaped(table) as batch:
        if name in FILLED:
            column, kind = FILLED[name]
            batch.alter_column(column, existing_type=kind, nullable=False)
        if name == "journal":
            _rename_key(batch, table.name, there)
        conditions = {**_reworded(place).get(name, {}), **_conditions(name)}
        for one in (*DROPPED.get(name, ()), *conditions):
            if f"{table.name}_{one}" in there:
                batch.drop_constraint(f"{table.name}_{one}", type_="check")
        for one, condition in conditions.items():
            batch.create_check_constraint(f"{table.name}_{one}", condition)


def _conditions(name: str) -> dict[str, str | ColumnElement[bool]]:
    made = {key: joined(key, *parts) for key, parts in JOINED.get(name, {}).items()}
    checks = {key: _worded(condition) for key, condition in CHECKS.get(name, {}).items()}
    return {**checks, **made}


def _reworded(place: Place) -> dict[str, dict[str, str]]:
    """The checks of the first revision that an engine is told in other words, by table."""
    found: dict[str, dict[str, str]] = {}
    for table in place.metadata.tables.values():
        name = table.name.removeprefix(place.prefix)
        for one in table.constraints:
            key = str(one.name).removeprefix(f"{table.name}_")
            if isinstance(one, CheckConstraint) and key not in DROPPED.get(name, ()):
                condition = str(one.sqltext)
                if _worded(condition) != condition:
                    found.setdefault(name, {})[key] = _worded(condition)
    return found


def _worded(condition: str) -> str:
    return worded(condition, op.get_context().dialect.name)


def _rename_key(batch: BatchOperations, table: str, there: set[str]) -> None:
    """Constraints are named by one column."""
    new, old = f"{table}_actor_key", f"{table}_actor_role_key_key"
    if new not in there:
        batch.create_unique_constraint(new, ["actor", "role", "key"])
    if old in there:
        batch.drop_constraint(old, type_="unique")


def _reindex(place: Place) -> None:
    """The indexes of lists under their new names, and a new one."""
    if op.get_context().dialect.name == "sqlite":
        _index_again(place)
    for one, columns in LISTED.items():
        for column in columns:
            _index(place, one, column, column, "id")
            name = place.name(one)
            op.drop_index(f"{name}_{column}_id", name, schema=place.schema, if_exists=True)
    _index(place, "account_deltas", "account", "kind", "owner", "currency", "amount")


def _index_again(place: Place) -> None:
    """What tables that were made anew have lost."""
    fresh = Place(place.prefix, place.schema)
    first.define(fresh)
    renamed = {fresh.name(f"{one}_{column}_id") for one in LISTED for column in LISTED[one]}
    for table in fresh.metadata.sorted_tables:
        for index in table.indexes:
            if index.name not in renamed:
                op.execute(CreateIndex(index, if_not_exists=True))
    _index(place, "ledger_entries", "journal", "journal")


def _index(place: Place, table: str, name: str, *columns: str) -> None:
    named = f"{place.name(table)}_{name}"
    op.create_index(
        named, place.name(table), list(columns), schema=place.schema, if_not_exists=True
    )
