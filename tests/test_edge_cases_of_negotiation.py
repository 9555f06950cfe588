"""Edge cases of negotiating an offer, each by its number in the list."""

import pytest

from marketpay import (
    ClientAction,
    CounterOffer,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    ReviseOffer,
    WithdrawApplication,
)
from marketpay.ports.gateway import Authorize, Void
from marketpay.testing import SimulatedGateway
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    PRICE,
    REFUSED,
    applied,
    books_are_right,
    heard,
    now,
    post,
    send,
    usd,
)
from tests.hearing import hear

MORE = usd("1200")


@pytest.mark.edge(35)
@pytest.mark.parametrize("is_countered", [False, True])
def test_an_application_withdrawn_takes_the_open_offer_and_its_hold_along(
    market: Marketplace, gateway: SimulatedGateway, is_countered: bool
) -> None:
    job = post(market)
    application = applied(market, job)
    sent = send(market, job)
    if is_countered:
        market.execute(CounterOffer(by=CONTRACTOR, offer=sent.offer.id, price=MORE))
    with heard(market) as told:
        market.execute(WithdrawApplication(by=CONTRACTOR, application=application.id))
    market.work()

    assert {"application.withdrawn", "offer.withdrawn"} <= {*told.names}
    assert now(market, sent.offer).status is OfferStatus.WITHDRAWN
    assert gateway.held("USD") == usd("0")
    books_are_right(market, gateway)


@pytest.mark.edge(36)
def test_another_price_is_another_revision_and_the_old_hold_goes_after_the_new_one_stands(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    command = ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=MORE, payment_method=REFUSED)
    with pytest.raises(PaymentDeclined):
        market.execute(command)
    market.work()
    assert (now(market, sent.offer).price, gateway.held("USD")) == (PRICE, PRICE)
    assert gateway.effects(Void) == 0

    revised = market.execute(
        ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=MORE, payment_method=GOOD)
    )
    assert (revised.offer.price, revised.offer.revision) == (MORE, 1)
    assert revised.payment.id == revised.offer.payment != sent.payment.id
    assert gateway.held("USD") == PRICE + MORE
    market.work()
    assert gateway.held("USD") == MORE
    assert [request for request, _ in gateway.calls] == [Authorize, Authorize, Authorize, Void]


@pytest.mark.edge(39)
def test_a_revision_that_the_customer_must_confirm_is_an_action_and_no_failure(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    begun = market.execute(
        ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=MORE, payment_method=ASKING)
    )

    assert isinstance(begun.next_action, ClientAction)
    assert begun.next_action.client_secret
    assert begun.payment.status is PaymentStatus.AWAITING_CONFIRMATION
    again = market.client_action(begun.payment.id)
    assert again is not None
    assert again.gateway_payment == begun.next_action.gateway_payment
    gateway.confirm(begun.payment)
    hear(market, gateway)
    assert (now(market, sent.offer).price, gateway.held("USD")) == (MORE, MORE)
