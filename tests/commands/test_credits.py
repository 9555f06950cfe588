"""Credit: given by the platform, and paying for a part of an offer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    CancelJob,
    CompleteJob,
    CurrencyMismatch,
    ExpireCredit,
    Forbidden,
    FreeCredit,
    GrantCredit,
    InvalidInput,
    Marketplace,
    Money,
    MoneyError,
    Offer,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Reason,
    Refused,
    RejectOffer,
    ReviseOffer,
    StartJob,
    TransactionKind,
    WithdrawApplication,
    WithdrawOffer,
)
from marketpay.domain.limits import Limits
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.credits import K, give, grants, has, parts, promoted
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    GOOD,
    OTHER_CUSTOMER,
    PRICE,
    REFUSED,
    RIVAL,
    SERVICE,
    assigned,
    balance,
    books_are_right,
    entries,
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
from tests.money import all_is_right, settle, work_off

DAY = timedelta(days=1)
SYSTEM = Actor.SYSTEM


@pytest.mark.parametrize("by", [ADMIN, SERVICE])
def test_the_platform_gives_credit(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    with heard(market) as told:
        grant = market.execute(
            GrantCredit(by=by, customer=CUSTOMER.id, amount=usd("50"), reason="Welcome")
        )
    assert (grant.amount, grant.remaining, grant.reason) == (usd("50"), usd("50"), "Welcome")
    assert told.names == ["credit.added", "credit_grant.made"]
    assert (has(market), promoted(market)) == (("50.00", "0.00"), "50.00")
    give(market, "20")
    assert (has(market), grants(market)) == (
        ("70.00", "0.00"),
        [("50.00", "50.00"), ("20.00", "20.00")],
    )
    books_are_right(market, gateway)


@pytest.mark.covers("A081")
def test_credit_of_each_currency_is_its_own(market: Marketplace) -> None:
    give(market, "50")
    give(market, Money("30", "EUR"))
    give(market, "50", customer=OTHER_CUSTOMER.id)
    assert (has(market), has(market, "EUR")) == (("50.00", "0.00"), ("30.00", "0.00"))
    assert has(market, "JPY") == ("0", "0")


@on_one_store
@pytest.mark.parametrize("by", [one for one in EVERYBODY if one not in (ADMIN, SERVICE)])
def test_nobody_else_gives_credit(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    grant = GrantCredit(by=by, customer=CUSTOMER.id, amount=usd("1"), reason="More")
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(grant)


@on_one_store
@pytest.mark.parametrize("make", [Actor.admin, Actor.service])
def test_nobody_gives_themselves_credit(
    market: Marketplace, gateway: SimulatedGateway, make: Callable[[str], Actor]
) -> None:
    grant = GrantCredit(by=make(CUSTOMER.id), customer=CUSTOMER.id, amount=usd("1"), reason="More")
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden) as denied:
        market.execute(grant)
    assert "another admin" in str(denied.value)


@pytest.mark.covers("A176")
def test_credit_pays_for_a_part_of_an_offer(market: Marketplace, gateway: SimulatedGateway) -> None:
    give(market, "50")
    with heard(market) as told:
        sent = send(market, credit=usd("30"))
    assert "credit.reserved" in told.names
    assert parts(sent.payment) == ("30.00", "30.00", "0.00")
    assert (sent.payment.amount, sent.payment.charged) == (PRICE, usd("970"))
    assert has(market) == ("20.00", "30.00")
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert hold.amount == usd("970")
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert parts(accepted.payment) == ("30.00", "0.00", "0.00")
    assert (has(market), grants(market)) == (("20.00", "0.00"), [("20.00", "50.00")])
    assert gateway.balance("USD") == usd("970")
    assert entries(market, sent.payment) == [
        ("credit.available(cus_17)", "credit.reserved(cus_17)", "30.00"),
        ("credit.reserved(cus_17)", "escrow", "30.00"),
        ("processor", "escrow", "970.00"),
        ("escrow", "platform_fee", "100.00"),
    ]
    market.execute(StartJob(by=CONTRACTOR, job=accepted.job.id))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    assert (balance(market, K.ESCROW), promoted(market)) == (usd("0"), "50.00")
    all_is_right(market, gateway)


@on_one_store
@pytest.mark.parametrize("credit", ["50.01", "999.99"])
def test_more_credit_than_there_is(
    market: Marketplace, gateway: SimulatedGateway, credit: str
) -> None:
    give(market, "50")
    job = post(market)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(offering(job, credit=usd(credit)))
    assert refused.value.reason is Reason.CREDIT_TOO_LOW


@on_one_store
def test_credit_that_is_reserved_pays_for_nothing_else(market: Marketplace) -> None:
    give(market, "50")
    send(market, credit=usd("30"))
    with pytest.raises(Refused) as refused:
        send(market, credit=usd("30"))
    assert refused.value.reason is Reason.CREDIT_TOO_LOW
    send(market, credit=usd("20"))
    assert has(market) == ("0.00", "50.00")


@on_one_store
@pytest.mark.parametrize(
    ("credit", "error"),
    [
        (usd("1000"), MoneyError),
        (usd("1000.01"), MoneyError),
        (usd("0"), MoneyError),
        (usd("-1"), MoneyError),
        (Money("5", "EUR"), CurrencyMismatch),
        ("5", TypeError),
        (5.0, TypeError),
    ],
)
def test_credit_that_can_never_pay(
    market: Marketplace, credit: Any, error: type[Exception]
) -> None:
    job, sent = post(market), send(market)
    with pytest.raises(error):
        offering(job, credit=credit)
    with pytest.raises(error):
        ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=PRICE, credit=credit)


@pytest.mark.parametrize("open_market", ["memory"], indirect=True)
def test_what_is_charged_is_what_the_gateway_can_charge(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(limits=lambda _: Limits(least=50))
    give(market, "1000")
    job = post(market)
    with nothing_changes(market, gateway), pytest.raises(MoneyError, match="less credit"):
        market.execute(offering(job, credit=usd("999.51")))
    assert market.execute(offering(job, credit=usd("999.50"))).payment.charged == usd("0.50")


def withdrawn(market: Marketplace, offer: Any) -> None:
    """The customer takes it back."""
    market.execute(WithdrawOffer(by=CUSTOMER, offer=offer.id))


def rejected(market: Marketplace, offer: Any) -> None:
    """The contractor says no."""
    market.execute(RejectOffer(by=CONTRACTOR, offer=offer.id))


def cancelled(market: Marketplace, offer: Any) -> None:
    """The job is called off."""
    market.execute(CancelJob(by=CUSTOMER, job=offer.job))


def outdone(market: Marketplace, offer: Any) -> None:
    """Another offer for the job is accepted."""
    job = market.store.read(lambda records: records.deal(job=offer.job)).job
    other = send(market, job, RIVAL)
    market.execute(AcceptOffer(by=RIVAL, offer=other.offer.id))


def unapplied(market: Marketplace, offer: Any) -> None:
    """The contractor no longer applies."""
    application = market.execute(ApplyToJob(by=CONTRACTOR, job=offer.job, message="Me"))
    market.execute(WithdrawApplication(by=CONTRACTOR, application=application.id))


ENDS = [withdrawn, rejected, cancelled, outdone, unapplied]


@pytest.mark.parametrize("end", ENDS, ids=lambda one: one.__name__)
def test_an_offer_that_comes_to_nothing_frees_its_credit(
    market: Marketplace,
    gateway: SimulatedGateway,
    end: Callable[[Marketplace, Any], None],
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    end(market, sent.offer)
    assert has(market) == ("20.00", "30.00")
    work_off(market)
    assert (has(market), grants(market)) == (("50.00", "0.00"), [("50.00", "50.00")])
    assert parts(payment_of(market, sent.offer)) == ("30.00", "0.00", "0.00")
    again = FreeCredit(by=SYSTEM, payment=sent.payment.id)
    with nothing_changes(market, gateway):
        market.execute(again)
    all_is_right(market, gateway)


@pytest.mark.parametrize("until", [DAY, None], ids=["its time", "its hold"])
def test_an_offer_whose_time_is_over_frees_its_credit(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    until: timedelta | None,
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"), expires_at=until and clock() + until)
    clock.advance(days=40)
    work_off(market)
    assert has(market) == ("50.00", "0.00")
    assert payment_of(market, sent.offer).status in (PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
    all_is_right(market, gateway)


@pytest.mark.parametrize("is_freed", [True, False], ids=["freed", "at once"])
def test_after_a_refused_card_the_credit_is_free_until_the_next(
    market: Marketplace, gateway: SimulatedGateway, is_freed: bool
) -> None:
    give(market, "50")
    offer = refused_card(market)
    if is_freed:
        work_off(market)
        assert (has(market), grants(market)) == (("50.00", "0.00"), [("50.00", "50.00")])
        with nothing_changes(market, gateway):
            market.execute(FreeCredit(by=SYSTEM, payment=offer.payment))
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    work_off(market)
    assert (paid.payment.charged, has(market)) == (usd("970"), ("20.00", "30.00"))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    assert has(market) == ("20.00", "0.00")
    all_is_right(market, gateway)


def refused_card(market: Marketplace) -> Offer:
    """An offer with credit, without a hold."""
    with pytest.raises(PaymentDeclined) as declined:
        send(market, credit=usd("30"), payment_method=REFUSED)
    assert isinstance(declined.value.offer, Offer)
    return declined.value.offer


def test_behind_a_hold_that_nobody_confirms_credit_is_freed_after_a_day(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"), payment_method=ASKING)
    clock.advance(hours=23)
    work_off(market)
    assert has(market) == ("20.00", "30.00")
    clock.advance(hours=2)
    work_off(market)
    payment = payment_of(market, sent.offer)
    assert (payment.status, payment.failure) == (PaymentStatus.FAILED, "not_confirmed")
    assert has(market) == ("50.00", "0.00")
    market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert has(market) == ("20.00", "0.00")
    all_is_right(market, gateway)


def test_a_hold_that_was_confirmed_in_time_keeps_its_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"), payment_method=ASKING)
    gateway.confirm(sent.payment)
    settle(market, gateway)
    clock.advance(days=2)
    settle(market, gateway)
    assert has(market) == ("20.00", "30.00")
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    all_is_right(market, gateway)


def test_behind_an_offer_without_a_hold_no_credit_outlives_its_time(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50", expires_at=clock() + DAY)
    offer = refused_card(market)
    clock.advance(days=1)
    work_off(market)
    assert has(market) == ("0.00", "0.00")
    again = PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD)
    with nothing_changes(market, gateway), pytest.raises(Refused) as error:
        market.execute(again)
    assert error.value.reason is Reason.CREDIT_TOO_LOW
    all_is_right(market, gateway)


def test_after_a_refused_card_the_offer_can_be_withdrawn(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    with pytest.raises(PaymentDeclined) as declined:
        send(market, credit=usd("30"), payment_method=REFUSED)
    withdrawn(market, declined.value.offer)
    work_off(market)
    assert has(market) == ("50.00", "0.00")
    all_is_right(market, gateway)


def test_a_capture_that_is_refused_frees_the_credit_until_the_next(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    work_off(market)
    assert has(market) == ("50.00", "0.00")
    market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert has(market) == ("20.00", "0.00")
    all_is_right(market, gateway)


def test_other_terms_have_credit_of_their_own(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    revise = ReviseOffer(
        by=CUSTOMER,
        offer=sent.offer.id,
        price=usd("900"),
        payment_method=GOOD,
        credit=usd("20"),
    )
    revised = market.execute(revise)
    assert (revised.offer.price, parts(revised.payment)) == (
        usd("900"),
        ("20.00", "20.00", "0.00"),
    )
    work_off(market)
    assert has(market) == ("30.00", "20.00")
    with heard(market) as told:
        assert market.execute(revise).offer == now(market, sent.offer)
    assert told.names == []
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert (has(market), gateway.balance("USD")) == (("30.00", "0.00"), usd("880"))
    all_is_right(market, gateway)


def test_other_terms_without_credit_free_that_of_the_old(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    market.execute(ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=PRICE, payment_method=GOOD))
    work_off(market)
    assert has(market) == ("50.00", "0.00")
    all_is_right(market, gateway)


def test_other_terms_that_get_no_hold_free_their_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    with pytest.raises(PaymentDeclined):
        market.execute(
            ReviseOffer(
                by=CUSTOMER,
                offer=sent.offer.id,
                price=PRICE,
                payment_method=REFUSED,
                credit=usd("20"),
            )
        )
    assert has(market) == ("0.00", "50.00")
    work_off(market)
    assert has(market) == ("20.00", "30.00")
    all_is_right(market, gateway)


def test_other_terms_need_credit_beside_that_of_the_old(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    more = ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=PRICE, credit=usd("20.01"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(more)
    assert refused.value.reason is Reason.CREDIT_TOO_LOW


def test_an_accepted_offer_frees_the_credit_of_other_terms(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market, credit=usd("30"))
    market.execute(
        ReviseOffer(
            by=CUSTOMER,
            offer=sent.offer.id,
            price=usd("900"),
            payment_method="pm_card_threeDSecure2Required",
            credit=usd("20"),
        )
    )
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    work_off(market)
    assert has(market) == ("20.00", "0.00")
    all_is_right(market, gateway)


def test_credit_expires(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    grant = give(market, "50", expires_at=clock() + DAY)
    give(market, "20")
    early = ExpireCredit(by=SYSTEM, grant=grant.id)
    with nothing_changes(market, gateway):
        assert market.execute(early) == grant
    clock.advance(days=1)
    with heard(market) as told:
        work_off(market)
    assert told.names == ["credit.taken", "credit_grant.expired"]
    assert (has(market), promoted(market)) == (("20.00", "0.00"), "20.00")
    assert grants(market) == [("0.00", "50.00"), ("20.00", "20.00")]
    with nothing_changes(market, gateway):
        assert market.execute(early).remaining == usd("0")
    books_are_right(market, gateway)


def test_what_expires_first_is_spent_first(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "10")
    give(market, "20", expires_at=clock() + 2 * DAY)
    give(market, "40", expires_at=clock() + DAY)
    assigned(market, credit=usd("50"))
    assert grants(market) == [("10.00", "10.00"), ("10.00", "20.00"), ("0.00", "40.00")]
    clock.advance(days=2)
    work_off(market)
    assert has(market) == ("10.00", "0.00")
    all_is_right(market, gateway)


def test_what_is_reserved_does_not_expire_until_it_is_freed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50", expires_at=clock() + DAY)
    sent = send(market, credit=usd("30"))
    clock.advance(days=1)
    work_off(market)
    assert (has(market), grants(market)) == (("0.00", "30.00"), [("30.00", "50.00")])
    withdrawn(market, sent.offer)
    work_off(market)
    assert (has(market), grants(market)) == (("0.00", "0.00"), [("0.00", "50.00")])
    all_is_right(market, gateway)


def test_what_is_reserved_still_pays_after_its_time(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50", expires_at=clock() + DAY)
    sent = send(market, credit=usd("30"))
    clock.advance(days=1)
    work_off(market)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert (has(market), grants(market)) == (("0.00", "0.00"), [("0.00", "50.00")])
    all_is_right(market, gateway)


def test_what_has_expired_pays_for_nothing_although_its_timer_is_late(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50", expires_at=clock() + DAY)
    give(market, "20")
    clock.advance(days=1)
    with pytest.raises(Refused) as refused:
        send(market, credit=usd("30"))
    assert refused.value.reason is Reason.CREDIT_TOO_LOW
    send(market, credit=usd("20"))
    assert has(market) == ("0.00", "20.00")
    work_off(market)
    assert grants(market) == [("0.00", "50.00"), ("20.00", "20.00")]
    books_are_right(market, gateway)


def test_a_grant_ends_in_the_future(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    with nothing_changes(market, gateway), pytest.raises(InvalidInput):
        give(market, "50", expires_at=clock())


@on_one_store
@pytest.mark.parametrize("by", [one for one in EVERYBODY if one is not SYSTEM])
def test_only_the_library_frees_and_expires(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    grant = give(market, "50", expires_at=clock() + DAY)
    sent = send(market, credit=usd("30"))
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(FreeCredit(by=by, payment=sent.payment.id))
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(ExpireCredit(by=by, grant=grant.id))
