"""Customers' credit and what they were given, as they were when there were any."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import CheckConstraint, Column, String

from marketpay.adapters.sql.migrations.terms import (
    CURRENCY,
    Code,
    Id,
    LongText,
    Party,
    Place,
    UtcTime,
    check,
    joined,
    key,
    minor,
    one_of,
)

Word = Callable[[CheckConstraint], CheckConstraint]


def define(place: Place, word: Word) -> None:
    """Define them; `word` says a condition as the engine is told it."""
    place.entity(
        "credits",
        Column("customer", Party, nullable=False),
        Column("currency", Code, nullable=False),
        minor("available"),
        minor("reserved"),
        minor("lasting"),
        Column("created_at", UtcTime, nullable=False),
        Column("holder", key(320), nullable=False, unique=True),
        word(check("currency", CURRENCY)),
        check("customer", "customer <> ''"),
        CheckConstraint(joined("holder", "currency", "customer"), name="holder"),
        check("available", "available >= 0"),
        check("reserved", "reserved >= 0"),
        check("lasting", "lasting BETWEEN 0 AND available + reserved"),
    )
    place.entity(
        "credit_grants",
        Column("credit", Id, place.to("credits"), nullable=False),
        Column("customer", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        minor("remaining"),
        Column("source", String(32), nullable=False),
        Column("reason", LongText, nullable=False),
        Column("payment", Id, place.to("payments"), unique=True),
        Column("expires_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("open_credit", Id),
        *(word(one) for one in _grants()),
    )


def _grants() -> tuple[CheckConstraint, ...]:
    return (
        check("currency", CURRENCY),
        check("customer", "customer <> ''"),
        check("amount", "amount > 0"),
        check("remaining", "remaining BETWEEN 0 AND amount"),
        one_of("source", "promotion", "loyalty", "redemption", "refund"),
        check("payment", "(payment IS NOT NULL) = (source = 'loyalty')"),
        check("open_credit", "open_credit = credit"),
        check("open", "(open_credit IS NOT NULL) = (remaining > 0)"),
    )
