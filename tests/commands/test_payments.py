"""Paying for an offer again, after a refusal."""

from datetime import timedelta

import pytest

from marketpay import (
    AcceptOffer,
    CancelJob,
    ClientAction,
    IllegalTransition,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Pending,
    Reason,
    Refused,
    RejectOffer,
    TransactionKind,
    TransactionStatus,
)
from marketpay.ports.gateway import Authorize, Capture, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    PRICE,
    REFUSED,
    RIVAL,
    assigned,
    declined,
    heard,
    nothing_changes,
    now,
    offering,
    operations,
    payment_of,
    post,
    send,
    usd,
)


@pytest.mark.covers("A147")
def test_another_card_pays_for_the_offer(market: Marketplace, gateway: SimulatedGateway) -> None:
    offer = declined(market)
    with heard(market) as told:
        paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))

    assert paid.next_action is None
    assert (paid.offer.status, paid.payment.status) == (
        OfferStatus.PENDING,
        PaymentStatus.AUTHORIZED,
    )
    assert (paid.payment.id, paid.payment.failure) == (offer.payment, None)
    assert paid.offer.expires_at == paid.payment.authorization_expires_at is not None
    assert told.names == [
        "payment.retried",
        "payment_transaction.started",
        "payment.authorized",
        "payment_transaction.succeeded",
        "offer.funded",
    ]
    assert gateway.held("USD") == PRICE
    assert market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id)).job.contractor == "ctr_42"


def test_each_try_is_a_transaction_that_names_the_one_before(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = declined(market)
    with pytest.raises(PaymentDeclined):
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=REFUSED))
    market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    first, second, third = operations(market, payment_of(market, offer), TransactionKind.AUTHORIZE)

    assert (first.retry_of, second.retry_of, third.retry_of) == (None, first.id, second.id)
    assert [one.status for one in (first, second, third)] == [
        TransactionStatus.FAILED,
        TransactionStatus.FAILED,
        TransactionStatus.SUCCESS,
    ]
    assert [key for _, key in gateway.calls] == [first.id, second.id, third.id]


def test_the_other_card_may_be_refused_too(market: Marketplace) -> None:
    offer = declined(market)
    card = "pm_card_chargeDeclinedInsufficientFunds"
    with pytest.raises(PaymentDeclined) as again:
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=card), key="k")

    assert again.value.decline_code == "insufficient_funds"
    assert payment_of(market, offer).failure == "insufficient_funds"
    with pytest.raises(PaymentDeclined):
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=card), key="k")


def test_the_other_card_may_ask_its_owner(market: Marketplace, gateway: SimulatedGateway) -> None:
    offer = declined(market)
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=ASKING))
    assert isinstance(paid.next_action, ClientAction)
    assert market.client_action(paid.payment) == paid.next_action
    gateway.confirm(paid.next_action.gateway_payment)
    market.work()

    assert payment_of(market, offer).status is PaymentStatus.AUTHORIZED


def test_the_other_card_may_get_no_answer(market: Marketplace, gateway: SimulatedGateway) -> None:
    offer = declined(market)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert isinstance(paid.next_action, Pending)
    market.work()

    assert payment_of(market, offer).status is PaymentStatus.AUTHORIZED
    assert gateway.held("USD") == PRICE


def test_the_key_of_a_refused_offer_says_so_still_after_it_was_paid(
    market: Marketplace,
) -> None:
    command = offering(post(market), payment_method=REFUSED)
    with pytest.raises(PaymentDeclined) as first:
        market.execute(command, key="k")
    paid = market.execute(PayOffer(by=CUSTOMER, offer=first.value.offer.id, payment_method=GOOD))
    with pytest.raises(PaymentDeclined) as again:
        market.execute(command, key="k")

    assert again.value.payment == paid.payment


def test_what_is_held_is_not_held_twice(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    with heard(market) as told:
        paid = market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))

    assert (paid.offer, paid.payment) == (sent.offer, sent.payment)
    assert told.names == []
    assert gateway.count(Authorize) == 1


@pytest.mark.parametrize("outcome", [Outcome.ACTION_REQUIRED, Outcome.TIMEOUT_AFTER])
def test_one_try_at_a_time(
    market: Marketplace, gateway: SimulatedGateway, outcome: Outcome
) -> None:
    gateway.script(Authorize, outcome)
    offer = send(market).offer

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert refused.value.reason is Reason.PAYMENT_IN_PROGRESS


def test_an_offer_past_its_time_is_not_paid(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job, tomorrow = post(market), clock() + timedelta(days=1)
    with pytest.raises(PaymentDeclined) as error:
        send(market, job, payment_method=REFUSED, expires_at=tomorrow)
    command = PayOffer(by=CUSTOMER, offer=error.value.offer.id, payment_method=GOOD)
    clock.advance(days=1)
    for _ in range(2):  # before its timer has fired, and after
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.OFFER_EXPIRED
        market.work()
    assert now(market, error.value.offer).status is OfferStatus.EXPIRED


def test_a_superseded_offer_is_not_paid(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = post(market)
    offer = declined(market, job, to=RIVAL)
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert refused.value.reason is Reason.JOB_ALREADY_ASSIGNED


def test_an_offer_that_is_being_accepted_is_not_paid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert refused.value.reason is Reason.ACCEPTANCE_IN_PROGRESS


def test_an_offer_that_is_over_is_not_paid(market: Marketplace, gateway: SimulatedGateway) -> None:
    rejected, gone, accepted = declined(market), declined(market), assigned(market).offer
    market.execute(RejectOffer(by=CONTRACTOR, offer=rejected.id))
    market.execute(CancelJob(by=CUSTOMER, job=gone.job))

    with nothing_changes(market, gateway):
        for offer in (rejected, gone, accepted):
            with pytest.raises(IllegalTransition):
                market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))


def test_after_a_refused_capture_another_card_can_pay(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    market.work()

    assert gateway.held("USD") == PRICE  # the new hold; the old one was let go
    assert gateway.effects(Void) == 1
    market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    assert gateway.balance("USD") == PRICE
    assert gateway.held("USD") == usd("0")


def test_letting_go_of_the_old_hold_leaves_the_new_cards_question_open(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=ASKING))
    market.work()  # lets go of the old hold
    gateway.confirm(paid.payment.gateway_payment or "")
    market.work()

    assert [one.status for one in operations(market, paid.payment, TransactionKind.AUTHORIZE)] == [
        TransactionStatus.SUCCESS,
        TransactionStatus.SUCCESS,
    ]
    assert payment_of(market, offer).status is PaymentStatus.AUTHORIZED
