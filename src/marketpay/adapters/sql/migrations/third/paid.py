"""The conditions on the rows of the third revision's changed tables of what was paid."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.sql.migrations.third.checks import CURRENCY, PARTIES

# By table and name: as those of the other tables.
PAID: Final[dict[str, dict[str, str]]] = {
    "payments": {
        "currency": CURRENCY,
        "amount": "amount > 0",
        "refunded": "refunded >= 0",
        "disputed": "disputed >= 0",
        "lost": "lost >= 0",
        "kept": "kept >= 0",
        "gone": "refunded + disputed + lost + kept <= amount",
        "withheld": "ABS(withheld) <= COALESCE(split_payout, 0)",
        "transferring": "transferring >= 0",
        "transferred": "transferred >= 0",
        "transfers": (
            "transferring + transferred + clearing <= COALESCE(split_payout, 0) - withheld"
        ),
        "clearing": "clearing >= 0",
        "clears_at": "clearing = 0 OR clears_at IS NOT NULL",
        "whole_split": (
            "(split_platform_fee IS NULL) = (split_service_fee IS NULL) AND "
            "(split_platform_fee IS NULL) = (split_payout IS NULL)"
        ),
        "split": (
            "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee "
            ">= 0 AND split_payout >= 0 AND split_platform_fee + split_service_fee + "
            "split_payout = amount)"
        ),
        "credit": "credit >= 0 AND (credit = 0 OR credit < amount)",
        "credit_reserved": "credit_reserved IN (0, credit)",
        "credit_expiring": (
            "credit_expiring BETWEEN 0 AND credit AND (credit_expiring = 0) = "
            "(credit_expires_at IS NULL)"
        ),
        "credited": "credited BETWEEN 0 AND credit",
        "charged": ("credit = 0 OR refunded - credited + disputed + lost <= amount - credit"),
        "credit_taken": (
            "credit_reserved = 0 OR status NOT IN ('captured', 'released', 'refunded', "
            "'charged_back')"
        ),
        "purpose": "purpose IN ('offer', 'extra', 'milestone', 'tip')",
        "split_at_once": "split_platform_fee IS NOT NULL OR purpose = 'offer'",
        "status": (
            "status IN ('pending', 'awaiting_confirmation', 'authorized', 'captured', "
            "'released', 'refunded', 'failed', 'canceled', 'expired', 'charged_back')"
        ),
        "parties": PARTIES,
        "released": (
            "status IN ('refunded', 'charged_back') OR (released_at IS NOT NULL) = (status "
            "= 'released')"
        ),
        "unreleased": (
            "released_at IS NOT NULL OR (withheld = 0 AND transferring = 0 AND transferred "
            "= 0 AND transfer_blocked IS NULL AND clears_at IS NULL)"
        ),
        "captured": (
            "split_platform_fee IS NOT NULL OR status NOT IN ('captured', 'released', "
            "'refunded', 'charged_back')"
        ),
        "gateway_payment": "gateway_payment IS NOT NULL OR status IN ('pending', 'failed')",
        "gateway_charge": (
            "gateway_charge IS NULL OR status IN ('captured', 'released', 'refunded', "
            "'charged_back')"
        ),
        "contested": (
            "contested IS NULL OR status IN ('captured', 'released', 'refunded', 'charged_back')"
        ),
        "failure": "failure IS NOT NULL OR status <> 'failed'",
        "whole_refund": "status <> 'refunded' OR refunded + lost = amount",
        "version": "version > 0",
    },
    "chargebacks": {
        "currency": CURRENCY,
        "status": (
            "status IN ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed')"
        ),
        "parties": PARTIES,
        "amount": "amount > 0",
        "covered": "covered BETWEEN 0 AND withdrawn",
        "reserved": "reserved BETWEEN 0 AND covered",
        "lost": "lost BETWEEN 0 AND withdrawn",
        "decided": (
            "CASE status WHEN 'lost' THEN lost = withdrawn AND reserved = 0 WHEN 'won' THEN"
            " lost = 0 AND covered = 0 WHEN 'closed' THEN lost = 0 AND covered = 0 ELSE 1 ="
            " 1 END"
        ),
        "borne": "borne BETWEEN 0 AND lost",
        "recovered": "recovered BETWEEN 0 AND lost",
        "fee": "fee >= 0",
        "version": "version > 0",
    },
    "ledger_entries": {
        "amount": "amount > 0",
        "currency": CURRENCY,
        "debit_kind": (
            "debit_kind IN ('adjustment', 'bad_debt', 'cancellation_fee', 'chargeback_fee',"
            " 'chargeback_loss', 'connected', 'credit.available', 'credit.reserved', "
            "'disputed', 'escrow', 'payout_in_transit', 'platform_fee', 'processor', "
            "'processor_fee', 'promotion', 'receivable', 'refunds_in_transit', "
            "'service_fee', 'upgrade', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved')"
        ),
        "debit_owner": (
            "(debit_owner <> '') = (debit_kind IN ('connected', 'credit.available', "
            "'credit.reserved', 'payout_in_transit', 'receivable', 'wallet.available', "
            "'wallet.pending', 'wallet.reserved'))"
        ),
        "credit_kind": (
            "credit_kind IN ('adjustment', 'bad_debt', 'cancellation_fee', "
            "'chargeback_fee', 'chargeback_loss', 'connected', 'credit.available', "
            "'credit.reserved', 'disputed', 'escrow', 'payout_in_transit', 'platform_fee', "
            "'processor', 'processor_fee', 'promotion', 'receivable', 'refunds_in_transit',"
            " 'service_fee', 'upgrade', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved')"
        ),
        "credit_owner": (
            "(credit_owner <> '') = (credit_kind IN ('connected', 'credit.available', "
            "'credit.reserved', 'payout_in_transit', 'receivable', 'wallet.available', "
            "'wallet.pending', 'wallet.reserved'))"
        ),
        "two_accounts": "debit_kind <> credit_kind OR debit_owner <> credit_owner",
    },
    "refunds": {
        "currency": CURRENCY,
        "status": "status IN ('requested', 'pending', 'succeeded', 'failed')",
        "customer": "customer <> ''",
        "amount": "amount > 0",
        "credit": "credit BETWEEN 0 AND amount",
        "excess": "excess BETWEEN 0 AND amount - credit",
        "gateway_id": (
            "gateway_id IS NOT NULL OR status IN ('requested', 'failed') OR credit = amount"
        ),
        "failure": "failure IS NOT NULL OR status <> 'failed'",
        "version": "version > 0",
    },
    "payment_transactions": {
        "currency": CURRENCY,
        "kind": (
            "kind IN ('authorize', 'capture', 'void', 'refund', 'transfer', "
            "'transfer_reversal', 'payout', 'charge')"
        ),
        "amount": "amount > 0",
        "payment": (
            "kind = 'refund' OR (payment IS NULL) = (kind = 'charge' OR withdrawal IS NOT NULL)"
        ),
        "refund": (
            "CASE WHEN kind = 'refund' THEN (payment IS NULL) = (refund IS NULL) ELSE "
            "refund IS NULL END"
        ),
        "withdrawal": (
            "CASE WHEN withdrawal IS NULL THEN kind <> 'payout' ELSE kind IN ('payout', "
            "'transfer', 'transfer_reversal') END"
        ),
        "party": "party <> ''",
        "method": "(method IS NULL AND payer IS NULL) OR kind = 'authorize'",
        "target": ("target IS NOT NULL OR kind IN ('authorize', 'transfer', 'payout', 'charge')"),
        "destination": "destination IS NOT NULL OR kind NOT IN ('transfer', 'payout')",
        "charge": (
            "CASE WHEN kind = 'charge' THEN listing IS NOT NULL AND premium_type IS NOT "
            "NULL AND COALESCE(days, 0) > 0 AND success_url IS NOT NULL AND cancel_url IS "
            "NOT NULL ELSE listing IS NULL AND premium_type IS NULL AND days IS NULL AND "
            "success_url IS NULL AND cancel_url IS NULL END"
        ),
        "status": (
            "status IN ('pending', 'awaiting_confirmation', 'success', 'failed', "
            "'canceled', 'unknown')"
        ),
        "attempts": "attempts >= 0",
        "open": (
            "(open_purchase IS NOT NULL) = (kind = 'charge' AND status NOT IN ('success', "
            "'failed', 'canceled'))"
        ),
        "retry_of": "retry_of <> id",
        "gateway_id": (
            "gateway_id IS NOT NULL OR status NOT IN ('awaiting_confirmation', 'success')"
        ),
        "failure": "failure IS NOT NULL OR status <> 'failed'",
        "settled": ("settled_at IS NOT NULL OR status NOT IN ('success', 'failed', 'canceled')"),
        "due": "due_at IS NULL OR status NOT IN ('success', 'failed', 'canceled')",
        "version": "version > 0",
    },
}
