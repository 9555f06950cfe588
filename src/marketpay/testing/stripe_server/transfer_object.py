"""Transfers, reversals and payouts as Stripe shows them."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Payout, PayoutStatus, Reversal, Transfer
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import sublist
from marketpay.testing.stripe_server.units import outwards, seconds
from marketpay.testing.stripe_server.world import World, derived_id

_FAILURES: Final = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "no_account": "The bank account details on file are probably incorrect.",
}


def transfer(world: World, one: Transfer) -> Json:
    """The transfer, with what came back of it."""
    reversals = world.processor.find_all(Reversal, one.id) if one.reversed else ()
    amount, back = outwards(one.amount, one.currency), outwards(one.reversed, one.currency)
    return {
        "id": one.id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": back,
        "balance_transaction": one.balance_transaction,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "description": world.detail(one.id, "description"),
        "destination": one.account,
        "destination_payment": derived_id("py", one.id),
        "livemode": False,
        "metadata": world.metadata(one),
        "reversals": sublist(
            f"/v1/transfers/{one.id}/reversals", [reversal(world, each) for each in reversals[:10]]
        )
        | {"has_more": len(reversals) > 10},
        "reversed": back == amount,
        "source_transaction": one.source,
        "source_type": "card",
        "transfer_group": one.group or world.detail(one.id, "group"),
    }


def reversal(world: World, one: Reversal) -> Json:
    """What came back of a transfer."""
    return {
        "id": one.id,
        "object": "transfer_reversal",
        "amount": outwards(one.amount, one.currency),
        "balance_transaction": one.balance_transaction,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "destination_payment_refund": derived_id("pyr", one.id),
        "metadata": world.metadata(one),
        "source_refund": None,
        "transfer": one.transfer,
    }


def payout(world: World, one: Payout) -> Json:
    """The payout."""
    failed = one.status is PayoutStatus.FAILED
    code = (one.failure or "could_not_process") if failed else None
    return {
        "id": one.id,
        "object": "payout",
        "amount": outwards(one.amount, one.currency),
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": seconds(one.arrives_at),
        "automatic": False,
        "balance_transaction": one.balance_transaction,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "description": world.detail(one.id, "description"),
        "destination": derived_id("ba", one.account),
        "failure_balance_transaction": one.failure_balance_transaction,
        "failure_code": code,
        "failure_message": code and _FAILURES.get(code, "The payout failed."),
        "livemode": False,
        "metadata": world.metadata(one),
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": world.detail(one.id, "statement_descriptor"),
        "status": one.status.value,
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
