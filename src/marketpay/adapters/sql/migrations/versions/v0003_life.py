"""The life of a deal in full: revisions, submitted work, clearances, disputes, frozen wallets.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import CheckConstraint, Table, text
from sqlalchemy.schema import CreateTable

from marketpay.adapters.sql.migrations import third
from marketpay.adapters.sql.migrations.steps import (
    add_column,
    connected,
    constraints_of,
    guard,
    indexed,
    made_anew,
    qualified,
)
from marketpay.adapters.sql.migrations.terms import Place
from marketpay.adapters.sql.migrations.third.changes import NEW, OLD
from marketpay.adapters.sql.migrations.third.indexes import FRESH, INDEXES
from marketpay.adapters.sql.migrations.third.sold import fill_sales

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change what is there, and go on where it broke off before."""
    place, dialect = Place.of_context(), op.get_context().dialect.name
    third.define(place, dialect)
    for name in third.CHECKS:
        if dialect == "sqlite":
            made_anew(place[name], {c.name: fill for c, fill in third.COLUMNS.get(name, ())})
        else:
            _alter(place[name], name)
    for name in third.MADE:
        op.execute(CreateTable(place[name], if_not_exists=True))
    for name, indexes in INDEXES.items():
        for one, (columns, where) in indexes.items():
            if dialect == "sqlite" or one in FRESH.get(name, ()):  # tables made anew have none
                indexed(place[name], one, columns, where)
    connection = connected()
    if connection is not None:  # SQL alone cannot read the journal
        fill_sales(connection, place)
    for name in third.SHARED if dialect != "sqlite" else ():
        _share(place[name], name)
    if dialect == "sqlite":
        guard(place["ledger_entries"])


def _alter(table: Table, name: str) -> None:
    """New columns are filled before they must not be empty; then the rows are checked."""
    there, old, new = constraints_of(table), OLD.get(name, ()), NEW.get(name, ())
    for column, fill in third.COLUMNS.get(name, ()):
        add_column(table, column.name, column.type)
        if fill is not None:
            filled = f"UPDATE {qualified(table)} SET {column.name} = {fill}"  # noqa: S608  # our own names
            op.execute(text(f"{filled} WHERE {column.name} IS NULL"))
            op.alter_column(
                table.name,
                column.name,
                existing_type=column.type,
                nullable=False,
                schema=table.schema,
            )
    for one in _to_drop(table, there, old, new):
        op.drop_constraint(f"{table.name}_{one}", table.name, "check", schema=table.schema)
    for constraint in table.constraints:
        if constraint.name in {f"{table.name}_{one}" for one in new}:
            assert isinstance(constraint, CheckConstraint)
            op.create_check_constraint(
                str(constraint.name), table.name, constraint.sqltext, schema=table.schema
            )


def _to_drop(
    table: Table, there: set[str], old: Sequence[str], new: Sequence[str]
) -> Sequence[str]:
    """What is there under these names; what there was, where SQL is only written down."""
    if connected() is None:
        return old
    return [one for one in dict.fromkeys((*old, *new)) if f"{table.name}_{one}" in there]


def _share(table: Table, name: str) -> None:
    """What was unique in a column is no more; an index of another name stands in for it."""
    is_written = connected() is None
    there = constraints_of(table)
    for column in third.SHARED[name]:
        key = f"{table.name}_{column}_key"
        if is_written or key in there:
            op.drop_constraint(key, table.name, "unique", schema=table.schema)
