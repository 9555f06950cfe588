"""Which object an id stands for, and `expand`: objects in the place of their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from marketpay.testing.processor_values import (
    Account,
    Charge,
    Checkout,
    Customer,
    Dispute,
    FraudWarning,
    Funds,
    Happened,
    Payment,
    Payout,
    Refund,
    Reversal,
    Transfer,
)
from marketpay.testing.stripe_server.account_object import account
from marketpay.testing.stripe_server.balance_object import balance_of, balance_transaction, top_up
from marketpay.testing.stripe_server.cards import any_method
from marketpay.testing.stripe_server.charge_object import charge, dispute, fraud_warning, refund
from marketpay.testing.stripe_server.checkout_object import checkout_session, customer, line_items
from marketpay.testing.stripe_server.errors import invalid
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.payment_object import payment_intent
from marketpay.testing.stripe_server.transfer_object import payout, reversal, transfer
from marketpay.testing.stripe_server.world import World

_SHOWN: Final[dict[str, tuple[type[Any], Callable[[World, Any], Json]]]] = {
    "acct": (Account, account),
    "ch": (Charge, charge),
    "cs": (Checkout, checkout_session),
    "cus": (Customer, customer),
    "du": (Dispute, dispute),
    "issfr": (FraudWarning, fraud_warning),
    "pi": (Payment, payment_intent),
    "po": (Payout, payout),
    "re": (Refund, refund),
    "tr": (Transfer, transfer),
    "trr": (Reversal, reversal),
}
_BY_KIND: Final = dict(_SHOWN.values())
_DEEPEST: Final = 4


def snapshot(world: World, record: Happened) -> Json:
    """The object that an event is about, as it was then."""
    if isinstance(record, Funds):
        return balance_of(record)
    return _BY_KIND[type(record)](world, record)


def object_named(world: World, id: str) -> Json | None:
    """The object with that id, as it is now."""
    prefix = id.partition("_")[0]
    if prefix == "txn":
        found = world.processor.transaction(id)
        return None if found is None else balance_transaction(world, found)
    if prefix == "tu":
        return top_up(world, id)
    if prefix == "pm":
        return any_method(world, id)
    if prefix not in _SHOWN:
        return None
    kind, show = _SHOWN[prefix]
    record = world.processor.find(kind, id)
    return None if record is None else show(world, record)


def expand(world: World, shown: Json, paths: list[str]) -> Json:
    """The object (or list) with what `paths` name in the place of its ids."""
    for path in paths:
        names = path.split(".")
        if len(names) > _DEEPEST:
            message = f"You cannot expand more than {_DEEPEST} levels of a property ({path})."
            raise invalid(message, param="expand")
        if names[0] == "data" and shown.get("object") == "list":
            for each in shown["data"]:
                _expand(world, each, names[1:], path)
        else:
            _expand(world, shown, names, path)
    return shown


def _expand(world: World, shown: Json, names: list[str], path: str) -> None:
    name = names[0] if names else ""
    if name == "line_items" and shown.get("object") == "checkout.session":
        checkout = cast("Checkout", world.processor.find(Checkout, shown["id"]))
        shown[name] = line_items(world, checkout)
        return
    if name == "refunds" and shown.get("object") == "charge":
        found = world.processor.find_all(Refund, shown["id"])
        data = [refund(world, each) for each in found[:10]]
        url = f"/v1/charges/{shown['id']}/refunds"
        shown[name] = {"object": "list", "data": data, "has_more": len(found) > 10, "url": url}
        return
    inside = shown.get(name)
    if isinstance(inside, str):
        found_object = object_named(world, inside)
        if found_object is None:
            raise _not_expandable(path)
        shown[name] = inside = found_object
    if inside is None and name in shown:
        return  # there is none; Stripe takes that in its stride
    if not isinstance(inside, dict):
        raise _not_expandable(path)
    if len(names) > 1:
        rest = names[2:] if names[1] == "data" else names[1:]
        for each in inside["data"] if names[1] == "data" else [inside]:
            _expand(world, each, rest, path)


def _not_expandable(path: str) -> Exception:
    message = (
        f"This property cannot be expanded ({path}). You may want to try expanding an id of "
        "another object instead."
    )
    return invalid(message, param="expand")
