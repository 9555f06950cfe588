"""The ledger against the gateway: what differs is told, and nothing is corrected."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AccountKind,
    BalancePage,
    BreakKind,
    BuyUpgrade,
    GatewayReply,
    GatewayRequest,
    InvalidInput,
    Marketplace,
    Money,
    Reconciliation,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.terms import Fees, Terms
from tests.conftest import on_both_stores, on_one_store
from tests.deals import (
    CUSTOMER,
    PRICE,
    assigned,
    balance,
    books_are_right,
    completed,
    nothing_changes,
    now,
    payee,
    usd,
)
from tests.hearing import rest


@pytest.fixture
def gateway(clock: VirtualClock) -> SimulatedGateway:
    terms = Terms(fees=Fees(rate=Decimal("0.029"), fixed=30), country="US")
    return SimulatedGateway(now=clock, terms=terms)


def reconciled(market: Marketplace, clock: VirtualClock) -> Reconciliation:
    """Today, so far."""
    clock.advance(hours=1)
    return market.reconcile(since=clock() - timedelta(days=1), until=clock())


@pytest.mark.covers("B008")
@pytest.mark.edge(50)
@on_both_stores
def test_books_that_are_right_have_no_difference_and_get_the_gateways_fees(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    completed(market)
    rest(market)
    found = reconciled(market, clock)

    assert (found.ok, found.changes, found.fees, found.unbooked) == (True, 2, 1, 0)
    assert balance(market, AccountKind.PROCESSOR_FEE) == usd("29.30")
    books_are_right(market, gateway)
    with nothing_changes(market, SimulatedGateway()):
        again = reconciled(market, clock)
    assert (again.ok, again.fees) == (True, 0)


@pytest.mark.edge(50)
@on_one_store
def test_what_only_the_gateway_has_is_told_and_not_booked(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = assigned(market).payment
    reconciled(market, clock)
    refund = gateway.refund_elsewhere(payment, usd("50"))  # and nobody tells
    with nothing_changes(market, SimulatedGateway()):
        [one] = reconciled(market, clock).breaks

    assert (one.kind, one.gateway_id, one.subject) == (BreakKind.MISSING_HERE, refund.id, None)
    assert (one.here, one.there) == (None, usd("-50"))


@pytest.mark.edge(50)
@on_one_store
def test_what_only_the_books_have_is_told(
    market: Marketplace, clock: VirtualClock, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    other = SimulatedGateway(now=clock)  # as with a key of another account
    elsewhere = Marketplace(store=market.store, gateway=other, rules=Rules(now=clock))
    clock.advance(hours=1)
    [one] = elsewhere.reconcile(since=clock() - timedelta(days=1), until=clock()).breaks

    assert (one.kind, one.change, one.there) == (BreakKind.MISSING_THERE, None, None)
    assert one.here == PRICE
    assert now(market, accepted.payment) == accepted.payment


class Misreading:
    """A gateway whose balance tells something else of each change."""

    def __init__(self, inner: SimulatedGateway, **otherwise: Any) -> None:
        self.inner = inner
        self.otherwise = otherwise

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.inner.perform(request, key=key)
        if isinstance(reply, BalancePage):
            changes = (evolve(one, **self.otherwise) for one in reply.changes)
            return evolve(reply, changes=tuple(changes))
        return reply


@pytest.mark.edge(50)
@pytest.mark.parametrize(
    ("otherwise", "kinds"),
    [
        ({"amount": 99_999}, [BreakKind.AMOUNT]),
        ({"currency": "EUR"}, [BreakKind.CURRENCY]),
        ({"fee": 2_931}, [BreakKind.FEE]),
        ({"amount": 99_999, "fee": 0}, [BreakKind.AMOUNT, BreakKind.FEE]),
    ],
)
@on_one_store
def test_what_both_have_otherwise_is_told_by_what_differs(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    otherwise: dict[str, Any],
    kinds: list[BreakKind],
) -> None:
    assigned(market)
    assert reconciled(market, clock).fees == 1
    misread = Misreading(gateway, **otherwise)
    other = Marketplace(store=market.store, gateway=misread, rules=market.rules)
    with nothing_changes(market, SimulatedGateway()):
        found = reconciled(other, clock)

    assert [one.kind for one in found.breaks] == kinds
    assert found.fees == 0


@on_one_store
def test_an_upgrade_is_found_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    urls = {"success_url": "https://host.example/yes", "cancel_url": "https://host.example/no"}
    buy = BuyUpgrade(by=CUSTOMER, listing="lst_7", premium_type="gold", **urls)
    gateway.pay_checkout(market.execute(buy).transaction)
    clock.advance(minutes=10)
    rest(market)
    found = reconciled(market, clock)

    assert (found.breaks, found.changes, found.fees) == ((), 1, 1)
    assert market.revenue("TRY").upgrades == Money("249", "TRY")


@pytest.mark.parametrize("wrong", ["no zone", "the same", "backwards"])
@on_one_store
def test_there_is_time_from_one_to_the_other(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, wrong: str
) -> None:
    since: Any = clock()
    until: datetime = {
        "no zone": datetime(2030, 1, 1),  # noqa: DTZ001  # that is what is wrong
        "the same": since,
        "backwards": since - timedelta(seconds=1),
    }[wrong]
    with nothing_changes(market, gateway), pytest.raises(InvalidInput) as caught:
        market.reconcile(since=since, until=until)

    assert caught.value.field == "until"
