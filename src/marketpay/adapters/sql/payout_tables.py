"""The tables of what contractors earn and how it reaches them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
)

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
from marketpay.domain.adjustment import AdjustmentKind
from marketpay.domain.lifecycles import (
    AdjustmentStatus,
    PayoutAccountStatus,
    WithdrawalStatus,
)
from marketpay.domain.withdrawal import WithdrawalOrigin


def payout_accounts(make: Maker) -> Table:
    """Of payout accounts."""
    return make.entity(
        "payout_accounts",
        Column("contractor", Party, nullable=False, unique=True),
        Column("country", String(2)),
        Column("status", String(32), nullable=False),
        Column("gateway_account", Party, unique=True),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", PayoutAccountStatus),
        CheckConstraint("contractor <> ''", name="contractor"),
        CheckConstraint(
            "country = UPPER(country) AND country <> LOWER(country) AND LENGTH(country) = 2",
            name="country",
        ),
        CheckConstraint(
            "gateway_account IS NOT NULL OR status IN ('pending', 'rejected')",
            name="gateway_account",
        ),
    )


def wallets(make: Maker) -> Table:
    """Of wallets."""
    return make.entity(
        "wallets",
        Column("owner", Party, nullable=False),
        Column("currency", Code, nullable=False),
        minor("pending"),
        minor("available"),
        minor("reserved"),
        minor("receivable"),
        minor("overdrawn"),
        minor("unsent"),
        Column("frozen_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("holder", key(320), nullable=False, unique=True),
        is_currency(),
        CheckConstraint("owner <> ''", name="owner"),
        joined("holder", "currency", "owner"),
        CheckConstraint("pending >= 0", name="pending"),
        CheckConstraint("available >= 0", name="available"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("overdrawn BETWEEN 0 AND receivable", name="overdrawn"),
    )


def withdrawals(make: Maker) -> Table:
    """Of withdrawals."""
    return make.entity(
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
        is_currency(),
        one_of("status", WithdrawalStatus),
        one_of("origin", WithdrawalOrigin),
        CheckConstraint("contractor <> ''", name="contractor"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("attempts >= 0", name="attempts"),
        joined("open_wallet", "currency", "contractor"),
        CheckConstraint(
            "(open_wallet IS NOT NULL) = (status IN ('requested', 'approved', 'processing'))",
            name="open",
        ),
        CheckConstraint(
            "CASE WHEN gateway_payout IS NULL THEN status <> 'paid'"
            " ELSE status IN ('processing', 'paid', 'failed') END",
            name="gateway_payout",
        ),
        CheckConstraint(
            "CASE WHEN failure IS NULL THEN status <> 'failed'"
            " ELSE status IN ('processing', 'failed') END",
            name="failure",
        ),
        CheckConstraint("origin <> 'gateway' OR status IN ('paid', 'failed')", name="elsewhere"),
    )


def adjustments(make: Maker) -> Table:
    """Of adjustments of wallets."""
    return make.entity(
        "adjustments",
        Column("owner", Party, nullable=False),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("kind", String(32), nullable=False),
        Column("reason", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("proposed_by", Party, nullable=False),
        Column("decided_by", Party),
        Column("note", LongText, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        is_currency(),
        one_of("kind", AdjustmentKind),
        one_of("status", AdjustmentStatus),
        CheckConstraint("owner <> ''", name="owner"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("proposed_by <> ''", name="proposed_by"),
        CheckConstraint(
            "CASE WHEN status IN ('proposed', 'expired') THEN decided_by IS NULL"
            " WHEN status = 'withdrawn' THEN COALESCE(decided_by, '') = proposed_by"
            " ELSE COALESCE(decided_by, proposed_by) <> proposed_by END",
            name="decided_by",
        ),
    )


def processor_fees(make: Maker) -> Table:
    """Of processor fees."""
    return make.entity(
        "processor_fees",
        Column("gateway_id", Party, nullable=False, unique=True),
        Column("payment", Id, make.to("payments")),
        minor("amount"),
        Column("currency", Code, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        is_currency(),
    )
