"""The tables of customers' money, and what the gateway did with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
)

from marketpay.adapters.sql import payment_checks as checks
from marketpay.adapters.sql.columns import (
    Code,
    Id,
    Maker,
    Party,
    is_currency,
    joined,
    minor,
    one_of,
    parties,
)
from marketpay.adapters.sql.types import LongText, UtcTime, key
from marketpay.domain.lifecycles import (
    ChargebackStatus,
    RefundStatus,
    UpgradeStatus,
)


def payments(make: Maker) -> Table:
    """Of payments."""
    return make.entity(
        "payments",
        Column("offer", Id, make.to("offers"), nullable=False),
        Column("job", Id, make.to("jobs"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        minor("amount"),
        *_of_credit(),
        Column("currency", Code, nullable=False),
        Column("purpose", String(32), nullable=False),
        Column("status", String(32), nullable=False),
        minor("split_platform_fee", nullable=True),
        minor("split_service_fee", nullable=True),
        minor("split_payout", nullable=True),
        Column("gateway_payment", Party, unique=True),
        Column("gateway_charge", Party, unique=True),
        Column("authorization_expires_at", UtcTime),
        Column("failure", String(255)),
        minor("refunded"),
        minor("credited"),
        minor("disputed"),
        minor("lost"),
        minor("kept"),
        Column("released_at", UtcTime),
        minor("withheld"),
        minor("clearing"),
        Column("clears_at", UtcTime),
        minor("transferring"),
        minor("transferred"),
        Column("transfer_blocked", String(255)),
        Column("flagged", LongText),
        Column("contested", Id),
        Column("created_at", UtcTime, nullable=False),
        *checks.payment_amounts(),
        *checks.payment_purposes(),
        *checks.payment_states(),
    )


def _of_credit() -> tuple[Column[Any], ...]:
    """Of what credit pays of a payment."""
    return (
        minor("credit"),
        minor("credit_reserved"),
        minor("credit_expiring"),
        Column("credit_expires_at", UtcTime),
    )


def payment_transactions(make: Maker) -> Table:
    """Of payment transactions."""
    return make.entity(
        "payment_transactions",
        Column("payment", Id, make.to("payments")),
        Column("kind", String(32), nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("party", Party, nullable=False),
        Column("group", Id, nullable=False),
        Column("method", Party),
        Column("payer", Party),
        Column("target", Party),
        Column("destination", Party),
        Column("refund", Id, make.to("refunds")),
        Column("withdrawal", Id, make.to("withdrawals")),
        Column("listing", Party),
        Column("premium_type", Party),
        Column("days", Integer),
        Column("success_url", LongText),
        Column("cancel_url", LongText),
        Column("retry_of", Id, make.to("payment_transactions")),
        Column("status", String(32), nullable=False),
        Column("gateway_id", Party),
        Column("failure", String(255)),
        Column("attempts", Integer, nullable=False),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("settled_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("open_purchase", key(520), unique=True),
        *checks.operation_parts(),
        *checks.operation_states(),
    )


def refunds(make: Maker) -> Table:
    """Of refunds."""
    return make.entity(
        "refunds",
        Column("payment", Id, make.to("payments"), nullable=False),
        Column("customer", Party, nullable=False),
        minor("amount"),
        minor("credit"),
        Column("currency", Code, nullable=False),
        minor("excess"),
        Column("reason", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("gateway_id", Party, unique=True),
        Column("failure", String(255)),
        Column("created_at", UtcTime, nullable=False),
        is_currency(),
        one_of("status", RefundStatus),
        CheckConstraint("customer <> ''", name="customer"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("credit BETWEEN 0 AND amount", name="credit"),
        CheckConstraint("excess BETWEEN 0 AND amount - credit", name="excess"),
        CheckConstraint(
            "gateway_id IS NOT NULL OR status IN ('requested', 'failed') OR credit = amount",
            name="gateway_id",
        ),
        CheckConstraint("failure IS NOT NULL OR status <> 'failed'", name="failure"),
    )


def chargebacks(make: Maker) -> Table:
    """Of chargebacks."""
    return make.entity(
        "chargebacks",
        Column("payment", Id, make.to("payments"), nullable=False),
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
        minor("borne"),
        minor("recovered"),
        minor("fee"),
        Column("created_at", UtcTime, nullable=False),
        is_currency(),
        one_of("status", ChargebackStatus),
        parties(),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("covered BETWEEN 0 AND withdrawn", name="covered"),
        CheckConstraint("reserved BETWEEN 0 AND covered", name="reserved"),
        CheckConstraint("lost BETWEEN 0 AND withdrawn", name="lost"),
        CheckConstraint(
            "CASE status WHEN 'lost' THEN lost = withdrawn AND reserved = 0"
            " WHEN 'won' THEN lost = 0 AND covered = 0"
            " WHEN 'closed' THEN lost = 0 AND covered = 0 ELSE 1 = 1 END",
            name="decided",
        ),
        CheckConstraint("borne BETWEEN 0 AND lost", name="borne"),
        CheckConstraint("recovered BETWEEN 0 AND lost", name="recovered"),
        CheckConstraint("fee >= 0", name="fee"),
    )


def upgrades(make: Maker) -> Table:
    """Of upgrades."""
    return make.entity(
        "upgrades",
        Column("listing", Party, nullable=False),
        Column("premium_type", Party, nullable=False),
        Column("customer", Party, nullable=False),
        Column("status", String(32), nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("active_listing", key(520), unique=True),
        one_of("status", UpgradeStatus),
        CheckConstraint("customer <> ''", name="customer"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        joined("active_listing", "listing", "premium_type"),
        CheckConstraint("(active_listing IS NOT NULL) = (status = 'active')", name="active"),
    )


def sales(make: Maker) -> Table:
    """Of sales."""
    return make.entity(
        "sales",
        Column("upgrade", Id, make.to("upgrades"), nullable=False),
        Column("listing", Party, nullable=False),
        Column("charge", Id, make.to("payment_transactions"), nullable=False, unique=True),
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
        is_currency(),
        CheckConstraint("customer <> ''", name="customer"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("days > 0", name="days"),
        CheckConstraint("starts_at <= ends_at", name="ends_at"),
        CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
        CheckConstraint("credited BETWEEN 0 AND refunded", name="credited"),
        CheckConstraint("excess >= 0", name="excess"),
        CheckConstraint("lost >= 0", name="lost"),
    )


def payer_accounts(make: Maker) -> Table:
    """Of payer accounts."""
    return make.entity(
        "payer_accounts",
        Column("customer", Party, nullable=False, unique=True),
        Column("gateway_customer", Party, nullable=False, unique=True),
        Column("created_at", UtcTime, nullable=False),
        CheckConstraint("customer <> ''", name="customer"),
    )
