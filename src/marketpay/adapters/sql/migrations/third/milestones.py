"""Milestones, as they were when there were any."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import CheckConstraint, Column, Integer, String, UniqueConstraint
from sqlalchemy.schema import conv

from marketpay.adapters.sql.migrations.terms import (
    CURRENCY,
    Code,
    Id,
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
        "milestones",
        Column("job", Id, place.to("jobs"), nullable=False),
        Column("offer", Id, place.to("offers"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        Column("position", Integer, nullable=False),
        Column("title", LongText, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        minor("split_platform_fee"),
        minor("split_service_fee"),
        minor("split_payout"),
        Column("due_at", UtcTime),
        Column("status", String(32), nullable=False),
        Column("payment", Id, place.to("payments"), unique=True),
        Column("submitted_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        UniqueConstraint("offer", "position", name=conv(f"{place.name('milestones')}_offer_key")),
        *(word(one) for one in _checks()),
    )


def _checks() -> tuple[CheckConstraint, ...]:
    return (
        check("currency", CURRENCY),
        one_of(
            "status",
            "pending",
            "funded",
            "in_progress",
            "submitted",
            "released",
            "refunded",
            "cancelled",
        ),
        check("parties", "customer <> '' AND contractor <> '' AND contractor <> customer"),
        check("position", "position > 0"),
        check("amount", "amount > 0"),
        check(
            "split",
            "split_platform_fee >= 0 AND split_service_fee >= 0 AND split_payout >= 0"
            " AND split_platform_fee + split_service_fee + split_payout = amount",
        ),
        check("funded", "payment IS NOT NULL OR status IN ('pending', 'cancelled')"),
        check(
            "submitted",
            "CASE status WHEN 'submitted' THEN submitted_at IS NOT NULL"
            " WHEN 'pending' THEN submitted_at IS NULL"
            " WHEN 'funded' THEN submitted_at IS NULL"
            " WHEN 'cancelled' THEN submitted_at IS NULL ELSE 1 = 1 END",
        ),
    )
