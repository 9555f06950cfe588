"""Payments for milestones that are not what they should be: unconfirmed, unwanted, taken."""

import pytest

from marketpay import (
    CancelMilestone,
    IncidentKind,
    Marketplace,
    MilestoneFunding,
    Payment,
    PaymentDeclined,
    PaymentStatus,
    Reason,
    Refused,
    TransactionKind,
)
from marketpay.ports.gateway import Capture, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    REFUSED,
    books_are_right,
    nothing_changes,
    now,
    operations,
    usd,
)
from tests.hearing import incidents, receive, rest
from tests.milestones import fund, in_parts, release


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


def unconfirmed(market: Marketplace) -> MilestoneFunding:
    """A payment for the second part of a job, which waits for its customer."""
    _, (_, second) = in_parts(market, "500", "300")
    asked = fund(market, second, payment_method=ASKING)
    assert asked.payment.status is PaymentStatus.AWAITING_CONFIRMATION
    return asked


def test_a_payment_that_nobody_confirms_makes_way_for_another(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    asked = unconfirmed(market)
    assert "FundMilestone" in market.possible(asked.milestone, CUSTOMER)
    again = fund(market, asked.milestone)
    assert (again.milestone.status, again.payment.status) == ("funded", PaymentStatus.CAPTURED)
    assert again.payment.id != asked.payment.id
    rest(market)
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert now(market, asked.milestone).payment == again.payment.id
    assert gateway.balance("USD") == usd("800")
    release(market, again.milestone)
    books_are_right(market, gateway)


def test_so_it_does_as_often_as_somebody_begins_anew(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    first = unconfirmed(market)
    second, third = (fund(market, first.milestone, payment_method=ASKING) for _ in range(2))
    rest(market)
    assert [now(market, one.payment).status.value for one in (first, second, third)] == [
        "canceled",
        "canceled",
        "awaiting_confirmation",
    ]
    gateway.confirm(third.payment.id)
    receive(market, gateway.webhooks())
    rest(market)
    assert now(market, first.milestone).status == "funded"
    assert gateway.balance("USD") == usd("800")
    books_are_right(market, gateway)


@pytest.mark.parametrize("is_taken", [False, True])
def test_one_that_is_confirmed_after_all_is_let_go_or_goes_back(
    market: Marketplace, gateway: SimulatedGateway, *, is_taken: bool
) -> None:
    asked = unconfirmed(market)
    again = fund(market, asked.milestone)
    gateway.confirm(asked.payment.id)  # before it is let go
    if is_taken:
        gateway.capture_elsewhere(asked.payment.id)
    receive(market, gateway.webhooks())
    rest(market)
    came = now(market, asked.payment)
    assert came.status is (PaymentStatus.REFUNDED if is_taken else PaymentStatus.CANCELED)
    assert now(market, asked.milestone).payment == again.payment.id
    assert gateway.balance("USD") == usd("800")
    books_are_right(market, gateway)


def test_one_that_is_confirmed_already_goes_on(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    asked = unconfirmed(market)
    gateway.confirm(asked.payment.id)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    receive(market, gateway.webhooks())
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        fund(market, asked.milestone)
    assert refused.value.reason is Reason.FUNDING_IN_PROGRESS
    rest(market)
    assert now(market, asked.milestone).status == "funded"


def test_a_card_that_is_refused_after_one_that_nobody_confirmed_leaves_it_unpaid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    asked = unconfirmed(market)
    with pytest.raises(PaymentDeclined):
        fund(market, asked.milestone, payment_method=REFUSED)
    rest(market)
    unpaid = now(market, asked.milestone)
    assert (unpaid.status.value, unpaid.payment) == ("pending", None)
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert fund(market, asked.milestone).milestone.status == "funded"
