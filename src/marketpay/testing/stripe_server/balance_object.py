"""Balances and their changes as Stripe shows them."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import PLATFORM, BalanceTransaction, Funds, Movement
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.units import outwards, seconds
from marketpay.testing.stripe_server.world import World

# the type of a change and its category in reports; on a connected account where they differ
_WORDS: Final[dict[Movement, tuple[str, str]]] = {
    Movement.CHARGE: ("charge", "charge"),
    Movement.REFUND: ("refund", "refund"),
    Movement.REFUND_FAILURE: ("refund_failure", "refund_failure"),
    Movement.TRANSFER: ("transfer", "transfer"),
    Movement.TRANSFER_REVERSAL: ("transfer_refund", "transfer_reversal"),
    Movement.PAYOUT: ("payout", "payout"),
    Movement.PAYOUT_FAILURE: ("payout_failure", "payout_reversal"),
    Movement.PAYOUT_CANCEL: ("payout_cancel", "payout_reversal"),
    Movement.DISPUTE: ("adjustment", "dispute"),
    Movement.DISPUTE_REVERSAL: ("adjustment", "dispute_reversal"),
    Movement.TOP_UP: ("topup", "topup"),
}
_CONNECTED: Final = {
    Movement.TRANSFER: ("payment", "charge"),
    Movement.TRANSFER_REVERSAL: ("payment_refund", "refund"),
}
_DESCRIBED: Final = {
    Movement.DISPUTE: "Chargeback withdrawal",
    Movement.DISPUTE_REVERSAL: "Chargeback reversal",
    Movement.PAYOUT: "STRIPE PAYOUT",
}


def words(one: BalanceTransaction) -> tuple[str, str]:
    """Stripe's type and reporting category for the change."""
    if one.account != PLATFORM and one.movement in _CONNECTED:
        return _CONNECTED[one.movement]
    return _WORDS[one.movement]


def balance_transaction(world: World, one: BalanceTransaction) -> Json:
    """The change of a balance."""
    type, category = words(one)
    currency, fee = one.currency.lower(), outwards(one.fee, one.currency)
    amount = outwards(one.amount, one.currency)
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Dispute fee"
        if category.startswith("dispute")
        else "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": one.id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": seconds(one.available_on),
        "balance_type": "payments",
        "created": seconds(one.created),
        "currency": currency,
        "description": _DESCRIBED.get(one.movement),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": one.source,
        "status": "available" if one.available_on <= world.now() else "pending",
        "type": type,
    }


def balance(world: World, account: str) -> Json:
    """What lies on an account, in every currency it ever had."""
    funds = world.processor.funds(account) or [_nothing(account)]
    shown = {
        "object": "balance",
        "available": [_amount(each.available, each.currency) for each in funds],
        "livemode": False,
        "pending": [_amount(each.pending, each.currency) for each in funds],
    }
    if account == PLATFORM:
        shown["connect_reserved"] = [_bare(each.currency) for each in funds]
    return shown


def balance_of(funds: Funds) -> Json:
    """One currency's worth of a balance, as an event reports it."""
    return {
        "object": "balance",
        "available": [_amount(funds.available, funds.currency)],
        "livemode": False,
        "pending": [_amount(funds.pending, funds.currency)],
    }


def _amount(amount: int, currency: str) -> Json:
    shown = outwards(amount, currency)
    return {"amount": shown, "currency": currency.lower(), "source_types": {"card": shown}}


def _bare(currency: str) -> Json:
    return {"amount": 0, "currency": currency.lower()}


def _nothing(account: str) -> Funds:
    return Funds(id=account, currency="USD", available=0, pending=0)


def top_up(world: World, id: str) -> Json | None:
    """Money of the platform's own that it put on its balance."""
    booked = world.processor.transactions()
    one = next((each for each in booked if each.source == id), None)
    if one is None:
        return None
    return {
        "id": id,
        "object": "topup",
        "amount": outwards(one.amount, one.currency),
        "balance_transaction": one.id,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "description": None,
        "expected_availability_date": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "source": None,
        "statement_descriptor": None,
        "status": "succeeded",
        "transfer_group": None,
    }
