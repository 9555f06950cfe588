"""What was paid for upgrades, as it was when that was first kept."""

from __future__ import annotations

from sqlalchemy import Column, Integer

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
)
from marketpay.adapters.sql.migrations.third.disputes import Word


def define(place: Place, word: Word) -> None:
    """Define them; `word` says a condition as the engine is told it."""
    place.entity(
        "sales",
        Column("upgrade", Id, place.to("upgrades"), nullable=False),
        Column("listing", Party, nullable=False),
        Column("charge", Id, place.to("payment_transactions"), nullable=False, unique=True),
        Column("customer", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("days", Integer, nullable=False),
        Column("starts_at", UtcTime, nullable=False),
        Column("ends_at", UtcTime, nullable=False),
        Column("gateway_payment", Party, nullable=False, unique=True),
        minor("refunded"),
        minor("credited"),
        minor("excess"),
        minor("lost"),
        Column("disputed", LongText),
        Column("lost_to", LongText),
        Column("taken", LongText),
        Column("created_at", UtcTime, nullable=False),
        word(check("currency", CURRENCY)),
        check("customer", "customer <> ''"),
        check("amount", "amount > 0"),
        check("days", "days > 0"),
        check("ends_at", "starts_at <= ends_at"),
        check("refunded", "refunded BETWEEN 0 AND amount"),
        check("credited", "credited BETWEEN 0 AND refunded"),
        check("excess", "excess >= 0"),
        check("lost", "lost >= 0"),
    )
