"""What is true of every row of payments and of operations at the gateway."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from marketpay.adapters.sql.columns import is_currency, joined, one_of, parties
from marketpay.domain.lifecycles import PaymentStatus, TransactionStatus
from marketpay.domain.payment import PaymentPurpose
from marketpay.domain.payment_transaction import TransactionKind


def payment_amounts() -> tuple[CheckConstraint, ...]:
    """Of a payment's amounts: none is more than there is."""
    return (
        is_currency(),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("refunded >= 0", name="refunded"),
        CheckConstraint("disputed >= 0", name="disputed"),
        CheckConstraint("lost >= 0", name="lost"),
        CheckConstraint("kept >= 0", name="kept"),
        CheckConstraint("refunded + disputed + lost + kept <= amount", name="gone"),
        CheckConstraint("ABS(withheld) <= COALESCE(split_payout, 0)", name="withheld"),
        CheckConstraint("transferring >= 0", name="transferring"),
        CheckConstraint("transferred >= 0", name="transferred"),
        CheckConstraint(
            "transferring + transferred + clearing <= COALESCE(split_payout, 0) - withheld",
            name="transfers",
        ),
        CheckConstraint("clearing >= 0", name="clearing"),
        CheckConstraint("clearing = 0 OR clears_at IS NOT NULL", name="clears_at"),
        CheckConstraint(
            "(split_platform_fee IS NULL) = (split_service_fee IS NULL)"
            " AND (split_platform_fee IS NULL) = (split_payout IS NULL)",
            name="whole_split",
        ),
        CheckConstraint(
            "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= 0"
            " AND split_payout >= 0"
            " AND split_platform_fee + split_service_fee + split_payout = amount)",
            name="split",
        ),
        *_of_credit(),
    )


def _of_credit() -> tuple[CheckConstraint, ...]:
    """Of what credit pays of it: the rest is charged, and no more of that can be back."""
    return (
        CheckConstraint("credit >= 0 AND (credit = 0 OR credit < amount)", name="credit"),
        CheckConstraint("credit_reserved IN (0, credit)", name="credit_reserved"),
        CheckConstraint(
            "credit_expiring BETWEEN 0 AND credit"
            " AND (credit_expiring = 0) = (credit_expires_at IS NULL)",
            name="credit_expiring",
        ),
        CheckConstraint("credited BETWEEN 0 AND credit", name="credited"),
        CheckConstraint(
            "credit = 0 OR refunded - credited + disputed + lost <= amount - credit",
            name="charged",
        ),
        CheckConstraint(
            "credit_reserved = 0 OR status NOT IN"
            " ('captured', 'released', 'refunded', 'charged_back')",
            name="credit_taken",
        ),
    )


def payment_purposes() -> tuple[CheckConstraint, ...]:
    """Of what a payment is for: only that of an offer waits for its split."""
    return (
        one_of("purpose", PaymentPurpose),
        CheckConstraint(
            "split_platform_fee IS NOT NULL OR purpose = 'offer'", name="split_at_once"
        ),
    )


def payment_states() -> tuple[CheckConstraint, ...]:
    """Of a payment in each status."""
    return (
        one_of("status", PaymentStatus),
        parties(),
        CheckConstraint(
            "status IN ('refunded', 'charged_back')"
            " OR (released_at IS NOT NULL) = (status = 'released')",
            name="released",
        ),
        CheckConstraint(
            "released_at IS NOT NULL"
            " OR (withheld = 0 AND transferring = 0 AND transferred = 0"
            " AND transfer_blocked IS NULL AND clears_at IS NULL)",
            name="unreleased",
        ),
        CheckConstraint(
            "split_platform_fee IS NOT NULL OR status NOT IN"
            " ('captured', 'released', 'refunded', 'charged_back')",
            name="captured",
        ),
        CheckConstraint(
            "gateway_payment IS NOT NULL OR status IN ('pending', 'failed')",
            name="gateway_payment",
        ),
        CheckConstraint(
            "gateway_charge IS NULL OR status IN"
            " ('captured', 'released', 'refunded', 'charged_back')",
            name="gateway_charge",
        ),
        CheckConstraint(
            "contested IS NULL OR status IN ('captured', 'released', 'refunded', 'charged_back')",
            name="contested",
        ),
        CheckConstraint("failure IS NOT NULL OR status <> 'failed'", name="failure"),
        CheckConstraint("status <> 'refunded' OR refunded + lost = amount", name="whole_refund"),
    )


def operation_parts() -> tuple[CheckConstraint, ...]:
    """Of an operation of each kind: what it needs, and what it cannot have."""
    return (
        is_currency(),
        one_of("kind", TransactionKind),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "kind = 'refund' OR (payment IS NULL) = (kind = 'charge' OR withdrawal IS NOT NULL)",
            name="payment",
        ),
        CheckConstraint(
            "CASE WHEN kind = 'refund' THEN (payment IS NULL) = (refund IS NULL)"
            " ELSE refund IS NULL END",
            name="refund",
        ),
        CheckConstraint(
            "CASE WHEN withdrawal IS NULL THEN kind <> 'payout'"
            " ELSE kind IN ('payout', 'transfer', 'transfer_reversal') END",
            name="withdrawal",
        ),
        CheckConstraint("party <> ''", name="party"),
        CheckConstraint("(method IS NULL AND payer IS NULL) OR kind = 'authorize'", name="method"),
        CheckConstraint(
            "target IS NOT NULL OR kind IN ('authorize', 'transfer', 'payout', 'charge')",
            name="target",
        ),
        CheckConstraint(
            "destination IS NOT NULL OR kind NOT IN ('transfer', 'payout')", name="destination"
        ),
        CheckConstraint(
            "CASE WHEN kind = 'charge' THEN listing IS NOT NULL AND premium_type IS NOT NULL"
            " AND COALESCE(days, 0) > 0 AND success_url IS NOT NULL AND cancel_url IS NOT NULL"
            " ELSE listing IS NULL AND premium_type IS NULL AND days IS NULL"
            " AND success_url IS NULL AND cancel_url IS NULL END",
            name="charge",
        ),
    )


def operation_states() -> tuple[CheckConstraint, ...]:
    """Of an operation in each status."""
    return (
        one_of("status", TransactionStatus),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint(
            "(open_purchase IS NOT NULL)"
            " = (kind = 'charge' AND status NOT IN ('success', 'failed', 'canceled'))",
            name="open",
        ),
        joined("open_purchase", "listing", "premium_type"),
        CheckConstraint("retry_of <> id", name="retry_of"),
        CheckConstraint(
            "gateway_id IS NOT NULL OR status NOT IN ('awaiting_confirmation', 'success')",
            name="gateway_id",
        ),
        CheckConstraint("failure IS NOT NULL OR status <> 'failed'", name="failure"),
        CheckConstraint(
            "settled_at IS NOT NULL OR status NOT IN ('success', 'failed', 'canceled')",
            name="settled",
        ),
        CheckConstraint(
            "due_at IS NULL OR status NOT IN ('success', 'failed', 'canceled')", name="due"
        ),
    )
