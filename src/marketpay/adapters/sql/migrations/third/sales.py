"""What was paid for upgrades, as it was when that was first kept."""

from __future__ import annotations

from sqlalchemy import Column, Integer

from marketpay.adapters.sql.migrations.terms import (
    CURRENCY,
    Code,
    Id,
    Party,
    Place,
    UtcTime,
    check,
    minor,
)
from marketpay.adapters.sql.migrations.third.disputes import Word


def define(place: Place, word: Word) -> None:
    """Define them; `word` says a condition as the engine is told it."""
    place.entity(
        "sales",
        Column("upgrade", Id, place.to("upgrades"), nullable=False),
        Column("charge", Id, place.to("payment_transactions"), nullable=False, unique=True),
        Column("customer", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("days", Integer, nullable=False),
        Column("gateway_payment", Party, nullable=False, unique=True),
        minor("refunded"),
        Column("created_at", UtcTime, nullable=False),
        word(check("currency", CURRENCY)),
        check("customer", "customer <> ''"),
        check("amount", "amount > 0"),
        check("days", "days > 0"),
        check("refunded", "refunded BETWEEN 0 AND amount"),
    )
