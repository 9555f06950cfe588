"""`/v1/balance` and `/v1/balance_transactions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from marketpay.testing.processor_values import BalanceTransaction
from marketpay.testing.stripe_server.balance_object import balance, balance_transaction, words
from marketpay.testing.stripe_server.errors import no_such
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import lists, page
from marketpay.testing.stripe_server.params import currency, takes, text
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.world import World

_CHUNK: Final = 100


def retrieve_balance(world: World, call: Call) -> Json:
    """What lies on the account that the request is made for."""
    return balance(world, world.owner(call.account))


def retrieve_transaction(world: World, call: Call) -> Json:
    """One change of a balance."""
    one = world.processor.transaction(call.id)
    if one is None or one.account != world.owner(call.account):
        raise no_such("balance transaction", call.id)
    return balance_transaction(world, one)


def list_transactions(world: World, call: Call) -> Json:
    """The changes of the balance of the account that the request is made for."""
    source = call.get("source") or call.get("payout")
    type, code = call.get("type"), call.get("currency")
    found = (
        one
        for one in _changes(world, world.owner(call.account))
        if source in (None, one.source)
        and type in (None, words(one)[0])
        and code in (None, one.currency)
    )
    return page(call, found, lambda one: balance_transaction(world, one), "balance transaction")


def _changes(world: World, account: str) -> Iterator[BalanceTransaction]:
    after = None
    list_some = world.processor.list_transactions
    while chunk := list_some(account, after=after, limit=_CHUNK):
        yield from chunk
        after = chunk[-1].id


ROUTES: Final = (
    Route("GET", "/v1/balance", retrieve_balance, takes()),
    Route("GET", "/v1/balance_transactions", list_transactions,
          lists(type=text, source=text, payout=text, currency=currency)),
    Route("GET", "/v1/balance_transactions/{id}", retrieve_transaction, takes()),
)  # fmt: skip
