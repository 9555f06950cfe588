"""Payments for milestones that are not what they should be: asked, unwanted, taken elsewhere."""

import pytest

from marketpay import (
    CancelMilestone,
    IncidentKind,
    Marketplace,
    Payment,
    PaymentStatus,
    TransactionKind,
)
from marketpay.ports.gateway import Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import ASKING, CONTRACTOR, now, operations
from tests.hearing import incidents, receive, rest
from tests.milestones import fund, in_parts


def let_go(market: Marketplace, gateway: SimulatedGateway) -> Payment:
    """A payment that is confirmed although its milestone was cancelled."""
    _, (_, second) = in_parts(market, "500", "300")
    asked = fund(market, second, payment_method=ASKING)
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    gateway.confirm(asked.payment.id)
    receive(market, gateway.webhooks())
    return asked.payment


@pytest.mark.parametrize("heard_first", [True, False])
def test_what_is_captured_elsewhere_while_it_is_let_go_is_an_incident(
    market: Marketplace, gateway: SimulatedGateway, *, heard_first: bool
) -> None:
    payment = let_go(market, gateway)
    gateway.script(Void, *[Outcome.TIMEOUT_BEFORE] * 2)
    gateway.capture_elsewhere(payment.id)
    taken = gateway.webhooks()
    if heard_first:
        receive(market, taken)
    rest(market)
    receive(market, taken)
    rest(market)
    assert now(market, payment).status is PaymentStatus.AUTHORIZED
    assert [one.subject for one in incidents(market, IncidentKind.CAPTURED_ELSEWHERE)] == [
        payment.id
    ]


def test_a_hold_that_the_gateway_does_not_let_go_of_is_one_incident(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = let_go(market, gateway)
    gateway.capture_elsewhere(payment.id)
    gateway.webhooks()  # which do not arrive
    for _ in range(10):
        clock.advance(days=2)
        rest(market)
    assert len(operations(market, payment, TransactionKind.VOID)) > 1
    [raised] = incidents(market, IncidentKind.VOID_FAILED)
    assert (raised.subject, raised.detail) == (payment.id, "payment_intent_unexpected_state")
