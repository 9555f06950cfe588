"""Customers' money, as it was first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Integer, String

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
    """Define what comes before withdrawals."""
    _payments(place)
    _refunds(place)
    _chargebacks(place)
    _upgrades(place)
    _payer_accounts(place)


def define_operations(place: Place) -> None:
    """Define the operations at the gateway."""
    _payment_transactions(place)


def _payments(place: Place) -> None:
    place.entity("payments", *_payment_columns(place), *_payment_checks())


def _payment_columns(place: Place) -> tuple[Column[Any], ...]:
    return (
        Column("offer", Id, place.to("offers"), nullable=False, unique=True),
        Column("job", Id, place.to("jobs"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("status", String(32), nullable=False),
        minor("split_platform_fee", nullable=True),
        minor("split_service_fee", nullable=True),
        minor("split_payout", nullable=True),
        Column("gateway_payment", Party, unique=True),
        Column("gateway_charge", Party, unique=True),
        Column("authorization_expires_at", UtcTime),
        Column("failure", String(255)),
        minor("refunded"),
        minor("disputed"),
        minor("lost"),
        Column("released_at", UtcTime),
        minor("withheld"),
        minor("transferring"),
        minor("transferred"),
        Column("transfer_blocked", String(255)),
        Column("flagged", LongText),
        Column("created_at", UtcTime, nullable=False),
    )


def _payment_checks() -> tuple[CheckConstraint, ...]:
    return (
        one_of(
            "status",
            "pending",
            "awaiting_confirmation",
            "authorized",
            "captured",
            "released",
            "refunded",
            "failed",
            "canceled",
            "expired",
            "charged_back",
        ),
        check("amount", "amount > 0"),
        check("refunded", "refunded >= 0"),
        check("disputed", "disputed >= 0"),
        check("lost", "lost >= 0"),
        check("gone", "refunded + disputed + lost <= amount"),
        check("withheld", "ABS(withheld) <= COALESCE(split_payout, 0)"),
        check("transferring", "transferring >= 0"),
        check("transferred", "transferred >= 0"),
        check("transfers", "transferring + transferred <= COALESCE(split_payout, 0) - withheld"),
        check("released", "released_at IS NULL OR split_payout IS NOT NULL"),
        check(
            "split",
            "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= 0"
            " AND split_payout >= 0"
            " AND split_platform_fee + split_service_fee + split_payout = amount)",
        ),
        check(
            "captured",
            "split_platform_fee IS NOT NULL OR status NOT IN"
            " ('captured', 'released', 'refunded', 'charged_back')",
        ),
    )


def _refunds(place: Place) -> None:
    place.entity(
        "refunds",
        Column("payment", Id, place.to("payments"), nullable=False),
        Column("customer", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        minor("excess"),
        Column("reason", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("gateway_id", Party, unique=True),
        Column("failure", String(255)),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", "requested", "pending", "succeeded", "failed"),
        check("amount", "amount > 0"),
        check("excess", "excess BETWEEN 0 AND amount"),
    )


def _chargebacks(place: Place) -> None:
    place.entity(
        "chargebacks",
        Column("payment", Id, place.to("payments"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        Column("gateway_id", Party, nullable=False, unique=True),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("reason", String(255), nullable=False),
        Column("status", String(32), nullable=False),
        Column("respond_by", UtcTime),
        minor("withdrawn"),
        minor("covered"),
        minor("reserved"),
        minor("lost"),
        minor("fee"),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", "inquiry", "needs_response", "under_review", "won", "lost", "closed"),
        check("amount", "amount > 0"),
        check("withdrawn", "withdrawn >= 0"),
        check("covered", "covered >= 0"),
        check("reserved", "reserved >= 0"),
        check("lost", "lost >= 0"),
        check("fee", "fee >= 0"),
    )


def _upgrades(place: Place) -> None:
    place.entity(
        "upgrades",
        Column("listing", Party, nullable=False),
        Column("premium_type", Party, nullable=False),
        Column("customer", Party, nullable=False),
        Column("status", String(32), nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("active_listing", key(520), unique=True),
        one_of("status", "active", "expired", "revoked"),
        check("active", "(active_listing IS NOT NULL) = (status = 'active')"),
    )


def _payer_accounts(place: Place) -> None:
    place.entity(
        "payer_accounts",
        Column("customer", Party, nullable=False, unique=True),
        Column("gateway_customer", Party, nullable=False, unique=True),
        Column("created_at", UtcTime, nullable=False),
    )


def _payment_transactions(place: Place) -> None:
    place.entity("payment_transactions", *_operation_columns(place), *_operation_checks())


def _operation_columns(place: Place) -> tuple[Column[Any], ...]:
    return (
        Column("payment", Id, place.to("payments")),
        Column("kind", String(32), nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("party", Party, nullable=False),
        Column("group", Id, nullable=False),
        Column("method", Party),
        Column("payer", Party),
        Column("target", Party),
        Column("destination", Party),
        Column("refund", Id, place.to("refunds")),
        Column("withdrawal", Id, place.to("withdrawals")),
        Column("listing", Party),
        Column("premium_type", Party),
        Column("days", Integer),
        Column("success_url", LongText),
        Column("cancel_url", LongText),
        Column("retry_of", Id, place.to("payment_transactions")),
        Column("status", String(32), nullable=False),
        Column("gateway_id", Party),
        Column("failure", String(255)),
        Column("attempts", Integer, nullable=False),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("settled_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("open_purchase", key(520), unique=True),
    )


def _operation_checks() -> tuple[CheckConstraint, ...]:
    return (
        one_of(
            "status", "pending", "awaiting_confirmation", "success", "failed", "canceled", "unknown"
        ),
        one_of(
            "kind",
            "authorize",
            "capture",
            "void",
            "refund",
            "transfer",
            "transfer_reversal",
            "payout",
            "charge",
        ),
        check("amount", "amount > 0"),
        check("attempts", "attempts >= 0"),
        check("payment", "(payment IS NULL) = (kind IN ('payout', 'charge'))"),
        check("listing", "(listing IS NOT NULL) = (kind = 'charge')"),
        check("open_purchase", "open_purchase IS NULL OR kind = 'charge'"),
        check("withdrawal", "(withdrawal IS NOT NULL) = (kind = 'payout')"),
    )
