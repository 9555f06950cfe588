"""What the second revision adds to the tables: constraints."""

from __future__ import annotations

from typing import Final

CURRENCY: Final = (
    "currency BETWEEN 'A' AND 'ZZZZZZZZZZZZ' AND currency = UPPER(currency) AND "
    "LENGTH(currency) BETWEEN 3 AND 12"
)
KIND: Final = (
    "kind IN ('bad_debt', 'chargeback_fee', 'chargeback_loss', 'connected', "
    "'credit.available', 'disputed', 'escrow', 'payout_in_transit', 'platform_fee', "
    "'processor', 'processor_fee', 'refunds_in_transit', 'service_fee', 'upgrade')"
)
OWNER: Final = "(owner <> '') = (kind IN ('connected', 'credit.available', 'payout_in_transit'))"
PARTIES: Final = "customer <> '' AND contractor <> '' AND contractor <> customer"

# By table and name: the whole condition.
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
    "cursors": {
        "position": "position >= 0",
    },
    "incidents": {
        "note": "note <> '' OR status <> 'resolved'",
    },
    "jobs": {
        "currency": CURRENCY,
        "parties": (
            "customer <> '' AND (contractor IS NULL OR (contractor <> '' AND contractor <> "
            "customer))"
        ),
    },
    "journal": {
        "role": "role IN ('customer', 'contractor', 'admin', 'service', 'system')",
        "actor": "actor <> ''",
    },
    "payer_accounts": {
        "customer": "customer <> ''",
    },
    "payout_accounts": {
        "contractor": "contractor <> ''",
        "country": (
            "country = UPPER(country) AND country <> LOWER(country) AND LENGTH(country) = 2"
        ),
        "gateway_account": "gateway_account IS NOT NULL OR status IN ('pending', 'rejected')",
    },
    "timers": {
        "kind": (
            "kind IN ('offer_expiry', 'authorization_expiry', 'transfer_sweep', "
            "'transfer_retry', 'authorization_warning', 'withdrawal', 'upgrade_end', "
            "'payout_schedule')"
        ),
    },
    "upgrades": {
        "customer": "customer <> ''",
        "expires_at": "expires_at > created_at",
    },
    "wallets": {
        "currency": CURRENCY,
        "owner": "owner <> ''",
    },
    "webhooks": {
        "due": (
            "CASE status WHEN 'received' THEN 1 = 1 WHEN 'deferred' THEN due_at IS NOT NULL "
            "ELSE due_at IS NULL END"
        ),
    },
    "withdrawals": {
        "currency": CURRENCY,
        "contractor": "contractor <> ''",
        "gateway_payout": (
            "CASE WHEN gateway_payout IS NULL THEN status <> 'paid' ELSE status IN "
            "('processing', 'paid', 'failed') END"
        ),
        "failure": (
            "CASE WHEN failure IS NULL THEN status <> 'failed' ELSE status IN ('processing', "
            "'failed') END"
        ),
        "elsewhere": "origin <> 'gateway' OR status IN ('paid', 'failed')",
    },
    "applications": {
        "parties": PARTIES,
    },
    "feed": {
        "position": "position > 0",
        "link": "LENGTH(link) = 64",
    },
    "offers": {
        "currency": CURRENCY,
        "parties": PARTIES,
        "claimed_job": "claimed_job = job",
    },
    "payments": {
        "currency": CURRENCY,
        "whole_split": (
            "(split_platform_fee IS NULL) = (split_service_fee IS NULL) AND "
            "(split_platform_fee IS NULL) = (split_payout IS NULL)"
        ),
        "parties": PARTIES,
        "released": (
            "status IN ('refunded', 'charged_back') OR (released_at IS NOT NULL) = (status = "
            "'released')"
        ),
        "unreleased": (
            "released_at IS NOT NULL OR (withheld = 0 AND transferring = 0 AND transferred = "
            "0 AND transfer_blocked IS NULL)"
        ),
        "gateway_payment": "gateway_payment IS NOT NULL OR status IN ('pending', 'failed')",
        "gateway_charge": (
            "gateway_charge IS NULL OR status IN ('captured', 'released', 'refunded', "
            "'charged_back')"
        ),
        "failure": "failure IS NOT NULL OR status <> 'failed'",
        "whole_refund": "status <> 'refunded' OR refunded + lost = amount",
    },
    "chargebacks": {
        "currency": CURRENCY,
        "parties": PARTIES,
        "covered": "covered BETWEEN 0 AND withdrawn",
        "reserved": "reserved BETWEEN 0 AND covered",
        "lost": "lost BETWEEN 0 AND withdrawn",
        "decided": (
            "CASE status WHEN 'lost' THEN lost = withdrawn AND reserved = 0 WHEN 'won' THEN "
            "lost = 0 AND covered = 0 WHEN 'closed' THEN lost = 0 AND covered = 0 ELSE 1 = 1 "
            "END"
        ),
        "borne": "borne BETWEEN 0 AND lost",
    },
    "ledger_entries": {
        "currency": CURRENCY,
        "debit_kind": (
            "debit_kind IN ('bad_debt', 'chargeback_fee', 'chargeback_loss', 'connected', "
            "'credit.available', 'disputed', 'escrow', 'payout_in_transit', 'platform_fee', "
            "'processor', 'processor_fee', 'receivable', 'refunds_in_transit', 'service_fee',"
            " 'upgrade', 'wallet.available', 'wallet.pending', 'wallet.reserved')"
        ),
        "debit_owner": (
            "(debit_owner <> '') = (debit_kind IN ('connected', 'credit.available', "
            "'payout_in_transit', 'receivable', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved'))"
        ),
        "credit_kind": (
            "credit_kind IN ('bad_debt', 'chargeback_fee', 'chargeback_loss', 'connected', "
            "'credit.available', 'disputed', 'escrow', 'payout_in_transit', 'platform_fee', "
            "'processor', 'processor_fee', 'receivable', 'refunds_in_transit', 'service_fee',"
            " 'upgrade', 'wallet.available', 'wallet.pending', 'wallet.reserved')"
        ),
        "credit_owner": (
            "(credit_owner <> '') = (credit_kind IN ('connected', 'credit.available', "
            "'payout_in_transit', 'receivable', 'wallet.available', 'wallet.pending', "
            "'wallet.reserved'))"
        ),
    },
    "processor_fees": {
        "currency": CURRENCY,
    },
    "refunds": {
        "currency": CURRENCY,
        "customer": "customer <> ''",
        "gateway_id": "gateway_id IS NOT NULL OR status IN ('requested', 'failed')",
        "failure": "failure IS NOT NULL OR status <> 'failed'",
    },
    "payment_transactions": {
        "currency": CURRENCY,
        "refund": "(refund IS NOT NULL) = (kind = 'refund')",
        "party": "party <> ''",
        "method": "(method IS NULL AND payer IS NULL) OR kind = 'authorize'",
        "target": ("target IS NOT NULL OR kind IN ('authorize', 'transfer', 'payout', 'charge')"),
        "destination": "destination IS NOT NULL OR kind NOT IN ('transfer', 'payout')",
        "charge": (
            "CASE WHEN kind = 'charge' THEN listing IS NOT NULL AND premium_type IS NOT NULL "
            "AND COALESCE(days, 0) > 0 AND success_url IS NOT NULL AND cancel_url IS NOT NULL"
            " ELSE listing IS NULL AND premium_type IS NULL AND days IS NULL AND success_url "
            "IS NULL AND cancel_url IS NULL END"
        ),
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
    },
}

# By table and key: the two columns that it joins by a colon.
JOINED: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "upgrades": {"active_listing": ("listing", "premium_type")},
    "wallets": {"holder": ("currency", "owner")},
    "withdrawals": {"open_wallet": ("currency", "contractor")},
    "applications": {"live_pair": ("job", "contractor")},
    "offers": {"live_pair": ("job", "contractor")},
    "payment_transactions": {"open_purchase": ("listing", "premium_type")},
}

# By table: checks that are no more.
DROPPED: Final[dict[str, tuple[str, ...]]] = {
    "wallets": ("receivable",),
    "chargebacks": ("withdrawn",),
    "payment_transactions": ("listing",),
}
