"""The table of milestones."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, UniqueConstraint

from marketpay.adapters.sql.columns import (
    Code,
    Id,
    Maker,
    Party,
    is_currency,
    minor,
    one_of,
    parties,
)
from marketpay.adapters.sql.types import LongText, UtcTime
from marketpay.domain.lifecycles import MilestoneStatus


def milestones(make: Maker) -> Table:
    """Of milestones."""
    return make.entity(
        "milestones",
        Column("job", Id, make.to("jobs"), nullable=False),
        Column("offer", Id, make.to("offers"), nullable=False),
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
        Column("payment", Id, make.to("payments"), unique=True),
        Column("submitted_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        UniqueConstraint("offer", "position"),
        *_checks(),
    )


def _checks() -> tuple[CheckConstraint, ...]:
    """What is true of every milestone."""
    return (
        is_currency(),
        one_of("status", MilestoneStatus),
        parties(),
        CheckConstraint("position > 0", name="position"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "split_platform_fee >= 0 AND split_service_fee >= 0 AND split_payout >= 0"
            " AND split_platform_fee + split_service_fee + split_payout = amount",
            name="split",
        ),
        CheckConstraint("payment IS NOT NULL OR status IN ('pending', 'cancelled')", name="funded"),
        CheckConstraint(
            "CASE status WHEN 'submitted' THEN submitted_at IS NOT NULL"
            " WHEN 'pending' THEN submitted_at IS NULL"
            " WHEN 'funded' THEN submitted_at IS NULL"
            " WHEN 'cancelled' THEN submitted_at IS NULL ELSE 1 = 1 END",
            name="submitted",
        ),
    )
