"""Giving up what the gateway never answered."""

from typing import Any

import pytest

from marketpay import (
    AbandonTransaction,
    Account,
    AccountKind,
    Actor,
    Forbidden,
    GetBalance,
    GetOffer,
    GetPayment,
    GetPaymentTransaction,
    IllegalTransition,
    Marketplace,
    OfferStatus,
    PaymentStatus,
    PayOffer,
    RetryTransfer,
    TransactionKind,
    TransactionStatus,
)
from marketpay.ports.gateway import LookUp
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.commands.test_settling import LATER, unanswered
from tests.deals import ADMIN, CUSTOMER, EVERYBODY, PRICE, books_are_right

BEFORE = Outcome.TIMEOUT_BEFORE


def stuck(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: TransactionKind
) -> Any:
    """An operation of this kind that went unanswered until its key was too old."""
    one, _ = unanswered(market, gateway, kind)
    if kind in LATER:
        gateway.script(LATER[kind], BEFORE, BEFORE)
        market.work()
    clock.advance(hours=24)
    market.work()
    found = market.query(GetPaymentTransaction(one.id))
    assert (found.status, found.failure) == (TransactionStatus.UNKNOWN, "no_answer")
    return found


@pytest.mark.parametrize("by", [who for who in EVERYBODY if who != ADMIN], ids=str)
def test_only_an_administrator_may(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.AUTHORIZE)

    with pytest.raises(Forbidden):
        market.execute(AbandonTransaction(by=by, transaction=one.id))


def test_what_is_not_stuck_cannot_be_abandoned(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    one, _ = unanswered(market, gateway, TransactionKind.AUTHORIZE)

    with pytest.raises(IllegalTransition):
        market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))


@pytest.mark.covers("B044")
@pytest.mark.parametrize("kind", TransactionKind)
def test_it_is_as_if_the_gateway_had_refused(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: TransactionKind
) -> None:
    one = stuck(market, gateway, clock, kind)

    for _ in range(2):  # the second time without effect
        abandoned = market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))
        assert (abandoned.status, abandoned.failure) == (TransactionStatus.FAILED, "abandoned")
        assert abandoned.due_at is None
    assert market.verify().ok


def test_the_customer_can_then_pay_with_another_card(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.AUTHORIZE)
    market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))
    offer = market.query(GetPayment(one.payment)).offer

    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer, payment_method="pm_card_visa"))

    assert paid.payment.status is PaymentStatus.AUTHORIZED
    books_are_right(market, gateway)


def test_an_offer_whose_capture_was_abandoned_waits_for_another_card(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.CAPTURE)
    market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))
    market.work()

    payment = market.query(GetPayment(one.payment))
    assert market.query(GetOffer(payment.offer)).status is OfferStatus.PENDING
    assert payment.status is PaymentStatus.FAILED
    assert gateway.held("USD") == PRICE - PRICE  # the old hold was let go


def test_a_customer_whose_refund_was_abandoned_has_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.REFUND)
    market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))

    credit = Account(AccountKind.CREDIT_AVAILABLE, "USD", CUSTOMER.id)
    assert market.query(GetBalance(credit)) == PRICE


def test_a_transfer_that_was_abandoned_is_made_again_when_an_administrator_says_so(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.TRANSFER)
    market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))
    for _ in range(3):
        clock.advance(days=1)
        market.work()
    blocked = market.query(GetPayment(one.payment))
    assert (blocked.transfer_blocked, blocked.transferred.minor) == ("abandoned", 0)

    market.execute(RetryTransfer(by=ADMIN, payment=one.payment))
    market.work()

    assert market.query(GetPayment(one.payment)).transferred == one.amount
    books_are_right(market, gateway)


def test_what_is_stuck_is_looked_for_and_settled_when_it_is_found_after_all(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one = stuck(market, gateway, clock, TransactionKind.CAPTURE)
    gateway.processor.capture(
        one.target, amount=one.amount.minor, currency="USD"
    )  # it took effect after all
    looked = gateway.count(LookUp)

    clock.advance(hours=1)
    market.work()

    assert gateway.count(LookUp) == looked + 1
    assert market.query(GetPayment(one.payment)).status is PaymentStatus.CAPTURED
    books_are_right(market, gateway)
