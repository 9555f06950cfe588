"""The conditions on the rows of tables that the third revision changes."""

from __future__ import annotations

from typing import Final

CURRENCY: Final = (
    "currency BETWEEN 'A' AND 'ZZZZZZZZZZZZ' AND currency = UPPER(currency) AND "
    "LENGTH(currency) BETWEEN 3 AND 12"
)
KIND: Final = (
    "kind IN ('adjustment', 'bad_debt', 'cancellation_fee', 'chargeback_fee', "
    "'chargeback_loss', 'connected', 'credit.available', 'credit.reserved', "
    "'disputed', 'escrow', 'payout_in_transit', 'platform_fee', 'processor', "
    "'processor_fee', 'promotion', 'refunds_in_transit', 'service_fee', 'upgrade')"
)
OWNER: Final = (
    "(owner <> '') = (kind IN ('connected', 'credit.available', 'credit.reserved', "
    "'payout_in_transit'))"
)
PARTIES: Final = "customer <> '' AND contractor <> '' AND contractor <> customer"

# By table and name: every condition on its rows, but for keys that are joined.
CHECKS: Final[dict[str, dict[str, str]]] = {
    "account_balances": {
        "currency": CURRENCY,
        "kind": KIND,
        "owner": OWNER,
    },
    "account_deltas": {
        "currency": CURRENCY,
        "kind": KIND,
        "owner": OWNER,
        "amount": "amount <> 0",
    },
    "incidents": {
        "kind": (
            "kind IN ('captured_elsewhere', 'chargeback', 'fraud_warning', "
            "'operation_stuck', 'paid_twice', 'payout_elsewhere', 'payout_returned', "
            "'refund_elsewhere', 'refund_failed', 'reversed_elsewhere', 'void_failed', "
            "'webhook_dead')"
        ),
        "status": "status IN ('open', 'resolved')",
        "note": "note <> '' OR status <> 'resolved'",
        "version": "version > 0",
    },
    "jobs": {
        "currency": CURRENCY,
        "status": (
            "status IN ('open', 'assigned', 'in_progress', 'submitted', 'completed', 'cancelled')"
        ),
        "overdue": "overdue_at IS NULL OR deadline IS NOT NULL",
        "submitted": (
            "CASE status WHEN 'submitted' THEN submitted_at IS NOT NULL WHEN 'open' THEN "
            "submitted_at IS NULL AND overdue_at IS NULL WHEN 'assigned' THEN submitted_at "
            "IS NULL ELSE 1 = 1 END"
        ),
        "parties": (
            "customer <> '' AND (contractor IS NULL OR (contractor <> '' AND contractor <> "
            "customer))"
        ),
        "assigned": "contractor IS NOT NULL OR status IN ('open', 'cancelled')",
        "assigned_at": "assigned_at IS NULL OR contractor IS NOT NULL",
        "cancellation_by": (
            "cancellation_by IS NULL OR (cancellation_by IN ('customer', 'contractor') AND "
            "status NOT IN ('open', 'assigned', 'completed'))"
        ),
        "cancellation": (
            "(cancellation_to_customer IS NULL) = (cancellation_by IS NULL) AND "
            "(cancellation_of IS NULL) = (cancellation_by IS NULL) AND (cancellation_kept "
            "IS NULL) = (cancellation_by IS NULL) AND (cancellation_by IS NULL OR "
            "(cancellation_to_customer >= 0 AND cancellation_kept >= 0 AND "
            "cancellation_to_customer + cancellation_kept <= cancellation_of))"
        ),
        "version": "version > 0",
    },
    "timers": {
        "kind": (
            "kind IN ('offer_expiry', 'authorization_expiry', 'transfer_sweep', "
            "'transfer_retry', 'authorization_warning', 'withdrawal', 'upgrade_end', "
            "'payout_schedule', 'escrow', 'dispute_deadline', 'auto_release', "
            "'milestone_release', 'clearance', 'adjustment_expiry', 'job_deadline', "
            "'credit', 'credit_expiry', 'points')"
        ),
    },
    "wallets": {
        "currency": CURRENCY,
        "owner": "owner <> ''",
        "pending": "pending >= 0",
        "available": "available >= 0",
        "reserved": "reserved >= 0",
        "overdrawn": "overdrawn BETWEEN 0 AND receivable",
        "version": "version > 0",
    },
    "offers": {
        "currency": CURRENCY,
        "status": (
            "status IN ('pending', 'countered', 'accepting', 'accepted', 'rejected', "
            "'withdrawn', 'expired', 'superseded')"
        ),
        "price": "price > 0",
        "parties": PARTIES,
        "claimed_job": "claimed_job = job",
        "claimed": "(claimed_job IS NOT NULL) = (status IN ('accepting', 'accepted'))",
        "live": (
            "(live_pair IS NOT NULL) = (status IN ('pending', 'countered', 'accepting', "
            "'accepted'))"
        ),
        "counter": (
            "counter > 0 AND (counter <> price OR counter_plan IS NOT NULL OR plan IS NOT NULL)"
        ),
        "counter_plan": "counter IS NOT NULL OR counter_plan IS NULL",
        "countered": "(counter IS NOT NULL) = (status = 'countered')",
        "counter_message": "(counter IS NULL) = (counter_message IS NULL)",
        "revision": "revision >= 0",
        "revising": "revising <> payment",
        "revisable": "revising IS NULL OR status IN ('pending', 'countered')",
        "revised_terms": (
            "revising IS NOT NULL OR (revising_message IS NULL AND revising_until IS NULL "
            "AND revising_plan IS NULL)"
        ),
        "version": "version > 0",
    },
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
