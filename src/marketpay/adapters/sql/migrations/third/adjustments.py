"""Adjustments of wallets, as they were when there were any."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import CheckConstraint, Column, String

from marketpay.adapters.sql.migrations.terms import (
    CURRENCY,
    Code,
    LongText,
    Party,
    Place,
    UtcTime,
    check,
    minor,
    one_of,
)

Word = Callable[[CheckConstraint], CheckConstraint]


def define(place: Place, word: Word) -> None:
    """Define them; `word` says a condition as the engine is told it."""
    place.entity(
        "adjustments",
        Column("owner", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("kind", String(32), nullable=False),
        Column("reason", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("proposed_by", Party, nullable=False),
        Column("decided_by", Party),
        Column("note", LongText, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        *(word(one) for one in _conditions()),
    )


def _conditions() -> tuple[CheckConstraint, ...]:
    return (
        check("currency", CURRENCY),
        one_of("kind", "credit", "debit", "write_off", "take_credit"),
        one_of("status", "proposed", "approved", "rejected", "withdrawn", "expired"),
        check("owner", "owner <> ''"),
        check("amount", "amount > 0"),
        check("proposed_by", "proposed_by <> ''"),
        check(
            "decided_by",
            "CASE WHEN status IN ('proposed', 'expired') THEN decided_by IS NULL"
            " WHEN status = 'withdrawn' THEN COALESCE(decided_by, '') = proposed_by"
            " ELSE COALESCE(decided_by, proposed_by) <> proposed_by END",
        ),
    )
