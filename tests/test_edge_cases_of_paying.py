"""Edge cases of ways to pay, each by its number in the list."""

import pytest

from marketpay import (
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import SimulatedGateway
from tests.deals import CUSTOMER, GOOD, books_are_right, payment_of, post, send

SLOW = ("pm_usBankAccount_success", "pm_sepaDebit_x")


@pytest.mark.edge(38)
@pytest.mark.covers("A173")
@pytest.mark.parametrize("method", SLOW)
def test_an_offer_is_not_paid_with_what_cannot_be_held(
    market: Marketplace, gateway: SimulatedGateway, method: str
) -> None:
    """It is told as such, nothing is charged, and the offer waits for a card."""
    with pytest.raises(PaymentDeclined) as declined:
        send(market, post(market), payment_method=method)
    error = declined.value
    assert (error.code, error.decline_code) == ("payment_declined", "payment_method_not_holdable")
    assert (error.offer.status, error.payment.status) == (
        OfferStatus.PENDING,
        PaymentStatus.FAILED,
    )
    assert gateway.effects(Capture) == 0
    books_are_right(market, gateway)

    again = PayOffer(by=CUSTOMER, offer=error.offer.id, payment_method=GOOD)
    market.execute(again)
    assert payment_of(market, error.offer).status is PaymentStatus.AUTHORIZED
