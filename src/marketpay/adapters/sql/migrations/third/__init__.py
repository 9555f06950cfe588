"""The tables of the third revision, as far as they differ from the first."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, UniqueConstraint
from sqlalchemy.schema import conv

from marketpay.adapters.sql.migrations import first
from marketpay.adapters.sql.migrations.terms import (
    Id,
    LongText,
    Minor,
    Place,
    UtcTime,
    joined,
    minor,
    worded,
)
from marketpay.adapters.sql.migrations.third import (
    adjustments,
    credit,
    disputes,
    milestones,
    sales,
)
from marketpay.adapters.sql.migrations.third.changes import JOINED
from marketpay.adapters.sql.migrations.third.checks import CHECKS as UNPAID
from marketpay.adapters.sql.migrations.third.paid import PAID

# By table and name: every condition on its rows, but for keys that are joined.
CHECKS: Final = {**UNPAID, **PAID}
# New columns of tables that are there, and what is in them for rows that are.
COLUMNS: Final[dict[str, tuple[tuple[Column[Any], str | None], ...]]] = {
    "jobs": (
        (Column("deadline", UtcTime), None),
        (Column("overdue_at", UtcTime), None),
        (Column("submitted_at", UtcTime), None),
        (Column("assigned_at", UtcTime), None),
        (Column("cancellation_by", String(32)), None),
        (minor("cancellation_to_customer", nullable=True), None),
        (minor("cancellation_of", nullable=True), None),
        (minor("cancellation_kept", nullable=True), None),
        (Column("contractor_erased_at", UtcTime), None),
    ),
    "offers": (
        (Column("plan", LongText), None),
        (minor("counter", nullable=True), None),
        (Column("counter_plan", LongText), None),
        (Column("counter_message", LongText), None),
        (Column("revision", Integer, nullable=False), "0"),
        (Column("revising", Id), None),
        (Column("revising_plan", LongText), None),
        (Column("revising_message", LongText), None),
        (Column("revising_until", UtcTime), None),
    ),
    "payments": (
        (Column("purpose", String(32), nullable=False), "'offer'"),
        (minor("kept"), "0"),
        (minor("clearing"), "0"),
        (Column("clears_at", UtcTime), None),
        (Column("contested", Id), None),
        (minor("credit"), "0"),
        (minor("credit_reserved"), "0"),
        (minor("credit_expiring"), "0"),
        (Column("credit_expires_at", UtcTime), None),
        (minor("credited"), "0"),
    ),
    "chargebacks": ((minor("recovered"), "0"),),
    "refunds": ((minor("credit"), "0"),),
    "wallets": ((minor("unsent"), "0"), (Column("frozen_at", UtcTime), None)),
}
MADE: Final = (
    "milestones",
    "disputes",
    "evidence",
    "credits",
    "credit_grants",
    "adjustments",
    "sales",
)
# Columns whose values were unique, and are no more.
SHARED: Final = {"payments": ("offer",)}


def define(place: Place, dialect: str) -> None:
    """Define every table as the third revision leaves it, but for indexes."""
    first.define(place)
    place["chargebacks"].append_column(Column("borne", Minor(), nullable=False))  # by the second
    for name in CHECKS:
        _redefine(place[name], name, dialect)

    def word(check: CheckConstraint) -> CheckConstraint:
        return CheckConstraint(worded(str(check.sqltext), dialect), name=check.name)

    milestones.define(place, word)
    disputes.define(place, word)
    credit.define(place, word)
    adjustments.define(place, word)
    sales.define(place, word)


def _redefine(table: Table, name: str, dialect: str) -> None:
    table.indexes.clear()
    for column, _ in COLUMNS.get(name, ()):
        table.append_column(column._copy())
    for one in SHARED.get(name, ()):
        table.c[one].unique = None
    for constraint in [*table.constraints]:
        if isinstance(constraint, CheckConstraint) or _is_shared(constraint, name):
            table.constraints.discard(constraint)
    for key, condition in CHECKS[name].items():
        table.append_constraint(
            CheckConstraint(worded(condition, dialect), name=conv(f"{table.name}_{key}"))
        )
    for key, parts in JOINED.get(name, {}).items():
        table.append_constraint(
            CheckConstraint(joined(key, *parts), name=conv(f"{table.name}_{key}"))
        )


def _is_shared(constraint: object, name: str) -> bool:
    if not isinstance(constraint, UniqueConstraint):
        return False
    return [column.name for column in constraint.columns] in [[c] for c in SHARED.get(name, ())]
