"""The tables of customers' money, and what the gateway did with it."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Text,
)

from marketpay.adapters.sql.columns import Code, Id, Party, entity, minor, one_of, to
from marketpay.adapters.sql.types import UtcTime, key
from marketpay.domain.lifecycles import (
    ChargebackStatus,
    PaymentStatus,
    RefundStatus,
    TransactionStatus,
    UpgradeStatus,
)
from marketpay.domain.payment_transaction import TransactionKind

payments = entity(
    "payments",
    Column("offer", Id, to("offers"), nullable=False, unique=True),
    Column("job", Id, to("jobs"), nullable=False),
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
    Column("flagged", Text),
    Column("created_at", UtcTime, nullable=False),
    one_of("status", PaymentStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded >= 0", name="refunded"),
    CheckConstraint("disputed >= 0", name="disputed"),
    CheckConstraint("lost >= 0", name="lost"),
    CheckConstraint("refunded + disputed + lost <= amount", name="gone"),
    CheckConstraint("ABS(withheld) <= COALESCE(split_payout, 0)", name="withheld"),
    CheckConstraint("transferring >= 0", name="transferring"),
    CheckConstraint("transferred >= 0", name="transferred"),
    CheckConstraint(
        "transferring + transferred <= COALESCE(split_payout, 0) - withheld", name="transfers"
    ),
    CheckConstraint("released_at IS NULL OR split_payout IS NOT NULL", name="released"),
    CheckConstraint(
        "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= 0"
        " AND split_payout >= 0"
        " AND split_platform_fee + split_service_fee + split_payout = amount)",
        name="split",
    ),
    CheckConstraint(
        "split_platform_fee IS NOT NULL OR status NOT IN"
        " ('captured', 'released', 'refunded', 'charged_back')",
        name="captured",
    ),
)

payment_transactions = entity(
    "payment_transactions",
    Column("payment", Id, to("payments")),
    Column("kind", String(32), nullable=False),
    minor("amount"),
    Column("currency", Code, nullable=False),
    Column("party", Party, nullable=False),
    Column("group", Id, nullable=False),
    Column("method", Party),
    Column("payer", Party),
    Column("target", Party),
    Column("destination", Party),
    Column("refund", Id, to("refunds")),
    Column("withdrawal", Id, to("withdrawals")),
    Column("listing", Party),
    Column("premium_type", Party),
    Column("days", Integer),
    Column("success_url", Text),
    Column("cancel_url", Text),
    Column("retry_of", Id, to("payment_transactions")),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party),
    Column("failure", String(255)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("sent_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("open_purchase", key(520), unique=True),
    one_of("status", TransactionStatus),
    one_of("kind", TransactionKind),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(payment IS NULL) = (kind IN ('payout', 'charge'))", name="payment"),
    CheckConstraint("(listing IS NOT NULL) = (kind = 'charge')", name="listing"),
    CheckConstraint("open_purchase IS NULL OR kind = 'charge'", name="open_purchase"),
    CheckConstraint("(withdrawal IS NOT NULL) = (kind = 'payout')", name="withdrawal"),
)

refunds = entity(
    "refunds",
    Column("payment", Id, to("payments"), nullable=False),
    Column("customer", Party, nullable=False),
    minor("amount"),
    Column("currency", Code, nullable=False),
    minor("excess"),
    Column("reason", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party, unique=True),
    Column("failure", String(255)),
    Column("created_at", UtcTime, nullable=False),
    one_of("status", RefundStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("excess BETWEEN 0 AND amount", name="excess"),
)

chargebacks = entity(
    "chargebacks",
    Column("payment", Id, to("payments"), nullable=False),
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
    one_of("status", ChargebackStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("withdrawn >= 0", name="withdrawn"),
    CheckConstraint("covered >= 0", name="covered"),
    CheckConstraint("reserved >= 0", name="reserved"),
    CheckConstraint("lost >= 0", name="lost"),
    CheckConstraint("fee >= 0", name="fee"),
)

upgrades = entity(
    "upgrades",
    Column("listing", Party, nullable=False),
    Column("premium_type", Party, nullable=False),
    Column("customer", Party, nullable=False),
    Column("status", String(32), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("active_listing", key(520), unique=True),
    one_of("status", UpgradeStatus),
    CheckConstraint("(active_listing IS NOT NULL) = (status = 'active')", name="active"),
)

payer_accounts = entity(
    "payer_accounts",
    Column("customer", Party, nullable=False, unique=True),
    Column("gateway_customer", Party, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)
