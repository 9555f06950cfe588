"""Which conditions and keys the third revision changes."""

from __future__ import annotations

from typing import Final

# By table: those of them that are new, or were otherwise.
NEW: Final[dict[str, tuple[str, ...]]] = {
    "account_balances": ("kind", "owner"),
    "account_deltas": ("kind", "owner"),
    "incidents": ("kind",),
    "jobs": (
        "status",
        "overdue",
        "submitted",
        "assigned_at",
        "contractor_erased_at",
        "cancellation_by",
        "cancellation",
    ),
    "timers": ("kind",),
    "offers": (
        "status",
        "live",
        "counter",
        "counter_plan",
        "countered",
        "counter_message",
        "revision",
        "revising",
        "revisable",
        "revised_terms",
    ),
    "payments": (
        "kept",
        "gone",
        "transfers",
        "clearing",
        "clears_at",
        "credit",
        "credit_reserved",
        "credit_expiring",
        "credited",
        "charged",
        "credit_taken",
        "purpose",
        "split_at_once",
        "unreleased",
        "contested",
    ),
    "chargebacks": ("recovered",),
    "ledger_entries": ("debit_kind", "debit_owner", "credit_kind", "credit_owner"),
    "refunds": ("credit", "excess", "gateway_id"),
    "payment_transactions": ("payment", "refund", "withdrawal"),
}

# ... and those that there were, and are not as they were.
OLD: Final[dict[str, tuple[str, ...]]] = {
    "account_balances": ("kind", "owner"),
    "account_deltas": ("kind", "owner"),
    "incidents": ("kind",),
    "jobs": ("status",),
    "timers": ("kind",),
    "offers": ("live", "status"),
    "payments": ("gone", "transfers", "unreleased"),
    "ledger_entries": ("credit_kind", "credit_owner", "debit_kind", "debit_owner"),
    "refunds": ("excess", "gateway_id"),
    "payment_transactions": ("payment", "refund", "withdrawal"),
}

# By table and key: the two columns that it joins by a colon.
JOINED: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "wallets": {"holder": ("currency", "owner")},
    "offers": {"live_pair": ("job", "contractor")},
    "payment_transactions": {"open_purchase": ("listing", "premium_type")},
}
