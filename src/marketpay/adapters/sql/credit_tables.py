"""The tables of what customers have here, and can pay with."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, String, Table

from marketpay.adapters.sql.columns import (
    Code,
    Id,
    Maker,
    Party,
    is_currency,
    joined,
    minor,
    one_of,
)
from marketpay.adapters.sql.types import LongText, UtcTime, key
from marketpay.domain.credit_grant import GrantSource


def credits(make: Maker) -> Table:
    """Of customers' credit."""
    return make.entity(
        "credits",
        Column("customer", Party, nullable=False),
        Column("currency", Code, nullable=False),
        minor("available"),
        minor("reserved"),
        minor("lasting"),
        Column("created_at", UtcTime, nullable=False),
        Column("holder", key(320), nullable=False, unique=True),
        is_currency(),
        CheckConstraint("customer <> ''", name="customer"),
        joined("holder", "currency", "customer"),
        CheckConstraint("available >= 0", name="available"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("lasting BETWEEN 0 AND available + reserved", name="lasting"),
    )


def credit_grants(make: Maker) -> Table:
    """Of what customers were given."""
    return make.entity(
        "credit_grants",
        Column("credit", Id, make.to("credits"), nullable=False),
        Column("customer", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        minor("remaining"),
        Column("source", String(32), nullable=False),
        Column("reason", LongText, nullable=False),
        Column("payment", Id, make.to("payments"), unique=True),
        Column("expires_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("open_credit", Id),
        is_currency(),
        CheckConstraint("customer <> ''", name="customer"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("remaining BETWEEN 0 AND amount", name="remaining"),
        one_of("source", GrantSource),
        CheckConstraint("(payment IS NOT NULL) = (source = 'loyalty')", name="payment"),
        CheckConstraint("open_credit = credit", name="open_credit"),
        CheckConstraint("(open_credit IS NOT NULL) = (remaining > 0)", name="open"),
    )
