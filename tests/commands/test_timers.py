"""What timers do: each looks for itself whether there is still something to do."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    Command,
    JobStatus,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Refused,
    RejectOffer,
    TransactionKind,
    TransactionStatus,
    WithdrawOffer,
)
from marketpay.commands.timers import ExpireAuthorization, ExpireOffer
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.gateway import Capture, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    FOR_EVER,
    GOOD,
    RIVAL,
    assigned,
    books_are_right,
    declined,
    heard,
    nothing_changes,
    now,
    operations,
    post,
    send,
    usd,
)

DAY = timedelta(days=1)


def timers(market: Marketplace) -> list[Timer]:
    return market.store.read(lambda records: records.due(FOR_EVER, limit=500))


def test_an_offer_ends_on_its_own_date(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=2))
    clock.advance(days=1, hours=23)
    assert not market.work().timers
    clock.advance(hours=1)
    with heard(market) as told:
        report = market.work()

    assert report.timers == 1
    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert told.names[0] == "offer.expired"
    assert gateway.effects(Void) == 1
    assert gateway.held("USD") == usd("0")
    books_are_right(market, gateway)


def test_an_offer_without_a_date_ends_with_its_hold(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    clock.advance(days=6, hours=23)
    market.work()
    assert now(market, sent.offer).status is OfferStatus.PENDING
    clock.advance(hours=1)
    with heard(market) as told:
        market.work()

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.payment).status is PaymentStatus.EXPIRED
    assert told.names.count("offer.expired") == told.names.count("payment.expired") == 1
    market.work()
    assert timers(market) == []
    assert not market.work()


def test_a_hold_that_ends_before_its_offer_takes_it_along(
    market: Marketplace, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=30))
    clock.advance(days=7)
    market.work()

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.payment).status is PaymentStatus.EXPIRED


def test_an_offer_that_was_never_paid_ends_on_its_date(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    with pytest.raises(PaymentDeclined) as error:
        send(market, job, payment_method="pm_card_chargeDeclined", expires_at=clock() + DAY)
    clock.advance(days=1)
    market.work()

    assert now(market, error.value.offer).status is OfferStatus.EXPIRED
    assert gateway.count(Void) == 0


def test_an_offer_that_nobody_confirmed_ends_on_its_date(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, payment_method=ASKING, expires_at=clock() + DAY)
    clock.advance(days=1)
    for _ in range(2):
        market.work()

    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert hold.status is TransactionStatus.CANCELED


def test_a_new_hold_gives_an_offer_a_new_date(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    clock.advance(days=6)
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    paid = market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    assert paid.offer.expires_at == clock() + timedelta(days=7)
    clock.advance(days=2)  # past the first hold's date
    market.work()

    assert now(market, sent.offer).status is OfferStatus.PENDING
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    clock.advance(days=5)
    market.work()
    assert now(market, sent.offer).status is OfferStatus.EXPIRED


def test_after_a_refused_capture_an_offers_own_date_still_holds(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + DAY)
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined) as error:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert error.value.offer.expires_at == sent.offer.expires_at
    clock.advance(days=1)
    market.work()

    assert now(market, sent.offer).status is OfferStatus.EXPIRED


def test_a_captured_payment_does_not_expire(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = assigned(market)
    clock.advance(days=30)
    with heard(market) as told:
        market.work()

    assert told.names == []
    assert now(market, accepted.job).status is JobStatus.ASSIGNED
    assert now(market, accepted.payment) == accepted.payment


def test_a_hold_does_not_expire_while_it_is_being_captured(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    clock.advance(days=8)
    market.work()

    assert now(market, sent.offer).status is OfferStatus.ACCEPTED
    books_are_right(market, gateway)


@pytest.mark.parametrize("end", [RejectOffer, WithdrawOffer, CancelJob])
def test_what_is_over_does_not_expire_too(
    market: Marketplace, clock: VirtualClock, end: Any
) -> None:
    sent = send(market, expires_at=clock() + DAY)
    by = CONTRACTOR if end is RejectOffer else CUSTOMER
    of = {"job": sent.offer.job} if end is CancelJob else {"offer": sent.offer.id}
    market.execute(end(by=by, **of))
    market.work()
    ended, canceled = now(market, sent.offer), now(market, sent.payment)
    clock.advance(days=30)
    market.work()

    assert (now(market, sent.offer), now(market, sent.payment)) == (ended, canceled)


def test_a_timer_that_fires_early_or_twice_does_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + DAY)
    commands: tuple[Command[Any], ...] = (
        ExpireOffer(by=Actor.SYSTEM, offer=sent.offer.id),
        ExpireAuthorization(by=Actor.SYSTEM, payment=sent.payment.id),
    )
    with nothing_changes(market, gateway):
        for command in commands:
            market.execute(command)
    clock.advance(days=7)
    market.work()
    market.work()
    with nothing_changes(market, gateway):
        for command in commands:
            market.execute(command)


def test_the_gateways_date_is_what_counts(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=30))
    found = timers(market)

    assert (
        Timer(
            TimerKind.AUTHORIZATION_EXPIRY,
            sent.payment.id,
            sent.payment.authorization_expires_at or clock(),
        )
        in found
    )
    assert Timer(TimerKind.OFFER_EXPIRY, sent.offer.id, clock() + timedelta(days=30)) in found


def test_expiring_one_offer_leaves_the_others(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    short, long = send(market, job, expires_at=clock() + DAY), send(market, job, to=RIVAL)
    unpaid = declined(market, job, to=Actor.contractor("ctr_44"))
    clock.advance(days=1)
    market.work()

    assert now(market, short.offer).status is OfferStatus.EXPIRED
    assert now(market, unpaid).status is OfferStatus.PENDING
    accepted = market.execute(AcceptOffer(by=RIVAL, offer=long.offer.id))
    assert accepted.job.contractor == RIVAL.id
    with pytest.raises(Refused):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=short.offer.id))
