"""What lists and workers were read by first."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.sql.migrations.terms import Place, index

LISTED: Final = {
    "jobs": ("customer", "contractor", "status"),
    "applications": ("job", "contractor"),
    "offers": ("job", "customer", "contractor"),
    "payments": ("job", "customer", "contractor"),
    "payment_transactions": ("payment", "status", "withdrawal", "gateway_id", "settled_at"),
    "refunds": ("payment",),
    "wallets": ("owner",),
    "withdrawals": ("contractor", "status"),
    "chargebacks": ("payment", "status"),
    "upgrades": ("listing", "customer", "status"),
    "incidents": ("status", "subject"),
    "webhooks": ("status",),
}
DUE: Final = ("payment_transactions", "payout_accounts", "webhooks")


def define(place: Place) -> None:
    """Define the indexes."""
    for name, columns in LISTED.items():
        table = place[name]
        for column in columns:
            index(f"{column}_id", table.c[column], table.c.id)
    for name in DUE:
        due = place[name].c.due_at
        index("due_at", due, where=due.is_not(None))
