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
        "contractor_erased_at": (
            "contractor_erased_at IS NULL OR (contractor IS NOT NULL AND status IN "
            "('completed', 'cancelled'))"
        ),
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
            "'confirmation', 'credit', 'credit_expiry', 'refund', 'points')"
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
}
