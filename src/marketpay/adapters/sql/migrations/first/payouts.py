"""What contractors earn, incidents and webhooks, as they were first."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String

from marketpay.adapters.sql.migrations.terms import (
    Code,
    Id,
    LongText,
    Party,
    Place,
    UtcTime,
    check,
    key,
    minor,
    one_of,
)


def define(place: Place) -> None:
    """Define them."""
    _payout_accounts(place)
    _wallets(place)
    _withdrawals(place)
    _processor_fees(place)
    _incidents(place)
    _webhooks(place)


def _payout_accounts(place: Place) -> None:
    place.entity(
        "payout_accounts",
        Column("contractor", Party, nullable=False, unique=True),
        Column("country", String(2)),
        Column("status", String(32), nullable=False),
        Column("gateway_account", Party, unique=True),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", "pending", "active", "restricted", "rejected"),
    )


def _wallets(place: Place) -> None:
    place.entity(
        "wallets",
        Column("owner", Party, nullable=False),
        Column("currency", Code, nullable=False),
        minor("pending"),
        minor("available"),
        minor("reserved"),
        minor("receivable"),
        minor("overdrawn"),
        Column("created_at", UtcTime, nullable=False),
        Column("holder", key(320), nullable=False, unique=True),
        check("pending", "pending >= 0"),
        check("available", "available >= 0"),
        check("reserved", "reserved >= 0"),
        check("receivable", "receivable >= 0"),
        check("overdrawn", "overdrawn BETWEEN 0 AND receivable"),
    )


def _withdrawals(place: Place) -> None:
    place.entity(
        "withdrawals",
        Column("contractor", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("status", String(32), nullable=False),
        Column("gateway_payout", Party, unique=True),
        Column("failure", String(255)),
        Column("attempts", Integer, nullable=False),
        Column("origin", String(32), nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("open_wallet", key(320), unique=True),
        one_of("status", "requested", "approved", "processing", "paid", "failed", "canceled"),
        one_of("origin", "contractor", "schedule", "gateway"),
        check("amount", "amount > 0"),
        check("attempts", "attempts >= 0"),
        check(
            "open",
            "(open_wallet IS NOT NULL) = (status IN ('requested', 'approved', 'processing'))",
        ),
    )


def _processor_fees(place: Place) -> None:
    place.entity(
        "processor_fees",
        Column("gateway_id", Party, nullable=False, unique=True),
        Column("payment", Id, place.to("payments")),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("created_at", UtcTime, nullable=False),
    )


def _incidents(place: Place) -> None:
    place.entity(
        "incidents",
        Column("kind", String(32), nullable=False),
        Column("subject", Party, nullable=False),
        Column("detail", String(255), nullable=False),
        Column("status", String(32), nullable=False),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        one_of(
            "kind",
            "captured_elsewhere",
            "chargeback",
            "fraud_warning",
            "operation_stuck",
            "payout_elsewhere",
            "payout_returned",
            "refund_elsewhere",
            "refund_failed",
            "reversed_elsewhere",
            "webhook_dead",
        ),
        one_of("status", "open", "resolved"),
    )


def _webhooks(place: Place) -> None:
    place.entity(
        "webhooks",
        Column("delivery", key(600), nullable=False, unique=True),
        Column("event_type", String(255), nullable=False),
        Column("event", LongText, nullable=False),
        Column("body", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("failure", LongText),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", "received", "applied", "ignored", "deferred", "dead"),
        check("attempts", "attempts >= 0"),
    )
