"""The indexes of what the third revision makes or changes."""

from __future__ import annotations

from typing import Final

# By table and name: the columns of each index, and of which rows it is.
INDEXES: Final[dict[str, dict[str, tuple[tuple[str, ...], str | None]]]] = {
    "account_deltas": {"account": (("kind", "owner", "currency", "amount"), None)},
    "adjustments": {"owner": (("owner", "id"), None), "status": (("status", "id"), None)},
    "credits": {"customer": (("customer", "id"), None)},
    "incidents": {"status": (("status", "id"), None), "subject": (("subject", "id"), None)},
    "jobs": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "status": (("status", "id"), None),
    },
    "timers": {"due_at": (("due_at",), None)},
    "wallets": {"owner": (("owner", "id"), None)},
    "offers": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "job": (("job", "id"), None),
    },
    "payments": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "job": (("job", "id"), None),
        "offer": (("offer", "id"), None),
    },
    "chargebacks": {"payment": (("payment", "id"), None), "status": (("status", "id"), None)},
    "credit_grants": {
        "customer": (("customer", "id"), None),
        "open_credit": (("open_credit", "id"), None),
    },
    "ledger_entries": {
        "credit": (("credit_owner", "currency", "id"), "credit_owner != ''"),
        "debit": (("debit_owner", "currency", "id"), "debit_owner != ''"),
        "journal": (("journal",), None),
        "payment": (("payment",), None),
    },
    "milestones": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "job": (("job", "id"), None),
        "status": (("status", "id"), None),
    },
    "refunds": {"payment": (("payment", "id"), None)},
    "disputes": {
        "contractor": (("contractor", "id"), None),
        "customer": (("customer", "id"), None),
        "job": (("job", "id"), None),
        "payment": (("payment", "id"), None),
        "status": (("status", "id"), None),
    },
    "payment_transactions": {
        "due_at": (("due_at",), "due_at IS NOT NULL"),
        "gateway_id": (("gateway_id", "id"), None),
        "party": (("party", "id"), None),
        "payment": (("payment", "id"), None),
        "settled_at": (("settled_at", "id"), None),
        "status": (("status", "id"), None),
        "withdrawal": (("withdrawal", "id"), None),
    },
    "evidence": {"dispute": (("dispute", "id"), None)},
    "sales": {
        "customer": (("customer", "id"), None),
        "listing": (("listing", "id"), None),
        "upgrade": (("upgrade", "id"), None),
    },
}

# By table: the names of those that are new.
FRESH: Final[dict[str, tuple[str, ...]]] = {
    "adjustments": ("owner", "status"),
    "credits": ("customer",),
    "payments": ("offer",),
    "credit_grants": ("customer", "open_credit"),
    "milestones": ("contractor", "customer", "job", "status"),
    "disputes": ("contractor", "customer", "job", "payment", "status"),
    "payment_transactions": ("party",),
    "evidence": ("dispute",),
    "sales": ("customer", "listing", "upgrade"),
}
