"""`marketpay reconcile`: what Stripe says of its balance, and what the books say."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from marketpay.adapters.sql.store import SqlStore
from marketpay.adapters.stripe import StripeGateway
from marketpay.delivery.reconciling import Break, Reconciliation
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.money import Money
from marketpay.marketplace import Marketplace

KEY: Final = "STRIPE_SECRET_KEY"  # the environment variable


def reconcile(
    url: str,
    since: datetime,
    until: datetime,
    stripe_url: str | None,
    prefix: str,
    schema: str | None,
    *,
    as_json: bool,
) -> bool:
    """Print what differs between the database at `url` and Stripe.  Whether nothing does."""
    key = os.environ.get(KEY)
    if key is None:
        raise ConfigurationError(f"Set {KEY} to the secret key of your Stripe account.")
    gateway = StripeGateway(key, base_url=stripe_url)
    try:
        store = SqlStore.existing(url, prefix=prefix, schema=schema)
        with Marketplace(store=store, gateway=gateway) as market:
            found = market.reconcile(since, until)
    finally:
        gateway.close()
    if as_json:
        sys.stdout.write(json.dumps(_facts(found), indent=2) + "\n")
    else:
        _show(found)
    return found.ok


def _show(found: Reconciliation) -> None:
    console = Console()
    console.print(
        f"{found.changes} changes of the balance from {found.since:%Y-%m-%d %H:%M} until before "
        f"{found.until:%Y-%m-%d %H:%M} UTC; {found.fees} fees booked; {found.unbooked} are none "
        "of marketpay's."
    )
    if found.ok:
        console.print("The books say the same.")
        return
    table = Table("difference", "change", "Stripe's id", "our id", "our amount", "Stripe's amount")
    for one in found.breaks:
        table.add_row(*(value or "-" for value in _row(one).values()))
    console.print(table)


def _facts(found: Reconciliation) -> dict[str, Any]:
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "changes": found.changes,
        "fees_booked": found.fees,
        "unbooked": found.unbooked,
        "breaks": [_row(one) for one in found.breaks],
        "ok": found.ok,
    }


def _row(one: Break) -> dict[str, str | None]:
    return {
        "kind": one.kind.value,
        "change": one.change.value if one.change else None,
        "gateway_id": one.gateway_id,
        "subject": one.subject,
        "here": _amount(one.here),
        "there": _amount(one.there),
    }


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money)
