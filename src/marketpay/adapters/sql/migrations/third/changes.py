"""What the third revision makes of tables that are there."""

from __future__ import annotations

from typing import Final

CURRENCY: Final = (
    "currency BETWEEN 'A' AND 'ZZZZZZZZZZZZ' AND currency = UPPER(currency) AND "
    "LENGTH(currency) BETWEEN 3 AND 12"
)
KIND: Final = (
    "kind IN ('bad_debt', 'cancellation_fee', 'chargeback_fee', 'chargeback_loss', "
    "'connected', 'credit.available', 'disputed', 'escrow', 'payout_in_transit', "
    "'platform_fee', 'processor', 'processor_fee', 'refunds_in_transit', "
    "'service_fee', 'upgrade')"
)
OWNER: Final = "(owner <> '') = (kind IN ('connected', 'credit.available', 'payout_in_transit'))"

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
    "wallets": {
        "currency": CURRENCY,
        "owner": "owner <> ''",
        "pending": "pending >= 0",
        "available": "available >= 0",
        "reserved": "reserved >= 0",
        "overdrawn": "overdrawn BETWEEN 0 AND receivable",
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
        "transfers": "transferring + transferred <= COALESCE(split_payout, 0) - withheld",
        "whole_split": (
            "(split_platform_fee IS NULL) = (split_service_fee IS NULL) AND "
            "(split_platform_fee IS NULL) = (split_payout IS NULL)"
        ),
        "split": (
            "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= "
            "0 AND split_payout >= 0 AND split_platform_fee + split_service_fee + "
            "split_payout = amount)"
        ),
        "status": (
            "status IN ('pending', 'awaiting_confirmation', 'authorized', 'captured', "
            "'released', 'refunded', 'failed', 'canceled', 'expired', 'charged_back')"
        ),
        "parties": "customer <> '' AND contractor <> '' AND contractor <> customer",
        "released": (
            "status IN ('refunded', 'charged_back') OR (released_at IS NOT NULL) = (status = "
            "'released')"
        ),
        "unreleased": (
            "released_at IS NOT NULL OR (withheld = 0 AND transferring = 0 AND transferred = "
            "0 AND transfer_blocked IS NULL)"
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
        "failure": "failure IS NOT NULL OR status <> 'failed'",
        "whole_refund": "status <> 'refunded' OR refunded + lost = amount",
        "version": "version > 0",
    },
    "ledger_entries": {
        "amount": "amount > 0",
        "currency": CURRENCY,
        "debit_kind": (
            "debit_kind IN ('bad_debt', 'cancellation_fee', 'chargeback_fee', "
            "'chargeback_loss', 'connected', 'credit.available', 'disputed', 'escrow', "
            "'payout_in_transit', 'platform_fee', 'processor', 'processor_fee', 'receivable',"
            " 'refunds_in_transit', 'service_fee', 'upgrade', 'wallet.available', "
            "'wallet.pending', 'wallet.reserved')"
        ),
        "debit_owner": (
            "(debit_owner <> '') = (debit_kind IN ('connected', 'credit.available', "
            "'payout_in_transit', 'receivable', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved'))"
        ),
        "credit_kind": (
            "credit_kind IN ('bad_debt', 'cancellation_fee', 'chargeback_fee', "
            "'chargeback_loss', 'connected', 'credit.available', 'disputed', 'escrow', "
            "'payout_in_transit', 'platform_fee', 'processor', 'processor_fee', 'receivable',"
            " 'refunds_in_transit', 'service_fee', 'upgrade', 'wallet.available', "
            "'wallet.pending', 'wallet.reserved')"
        ),
        "credit_owner": (
            "(credit_owner <> '') = (credit_kind IN ('connected', 'credit.available', "
            "'payout_in_transit', 'receivable', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved'))"
        ),
        "two_accounts": "debit_kind <> credit_kind OR debit_owner <> credit_owner",
    },
}

# By table: those of them that are new, or were otherwise.
NEW: Final[dict[str, tuple[str, ...]]] = {
    "account_balances": ("kind",),
    "account_deltas": ("kind",),
    "payments": ("kept", "gone"),
    "ledger_entries": ("debit_kind", "credit_kind"),
}

# ... and those that there were, and are not as they were.
OLD: Final[dict[str, tuple[str, ...]]] = {
    "account_balances": ("kind",),
    "account_deltas": ("kind",),
    "payments": ("gone",),
    "ledger_entries": ("debit_kind", "credit_kind"),
}

# By table and key: the two columns that it joins by a colon.
JOINED: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "wallets": {"holder": ("currency", "owner")},
}

# By table and name: the columns of each index, and of which rows it is.
INDEXES: Final[dict[str, dict[str, tuple[tuple[str, ...], str | None]]]] = {
    "account_deltas": {"account": (("kind", "owner", "currency", "amount"), None)},
    "wallets": {"owner": (("owner", "id"), None)},
    "payments": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "job": (("job", "id"), None),
        "offer": (("offer", "id"), None),
    },
    "ledger_entries": {
        "credit": (("credit_owner", "currency", "id"), "credit_owner != ''"),
        "debit": (("debit_owner", "currency", "id"), "debit_owner != ''"),
        "journal": (("journal",), None),
        "payment": (("payment",), None),
    },
}
