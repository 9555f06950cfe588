"""Countering and revising an offer: which terms stand, and whose hold, at every moment.

What ends or touches an offer does this to its revision:

- accepted: the old terms are; the revision's hold is let go, or when it comes;
- rejected, withdrawn, expired, superseded, its job cancelled, its application withdrawn: both
  holds are let go, or when they come;
- the old hold runs out or is gone at the gateway: the offer expires, the revision's hold is let go;
- the revision's hold is refused: the old terms stand; once revised, the old hold can run out, be
  taken or be gone at the gateway, and the offer is none the wiser;
- paid again (the old terms, after a refusal): both go on, and the revision wins once it is held.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    ClientAction,
    Command,
    CounterOffer,
    CurrencyMismatch,
    Forbidden,
    GetOffer,
    IllegalTransition,
    IncidentStatus,
    InvalidInput,
    ListIncidents,
    ListPayments,
    Marketplace,
    Money,
    MoneyError,
    Offer,
    OfferFunding,
    OfferHistory,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Pending,
    Reason,
    Refused,
    RejectOffer,
    ReviseOffer,
    SettleHold,
    TransactionKind,
    WarnOfExpiry,
    WithdrawApplication,
    WithdrawOffer,
)
from marketpay.commands.timers import ExpireAuthorization
from marketpay.domain.limits import Limits
from marketpay.ports.gateway import Authorize, Capture, HoldGone, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.credits import give
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    PRICE,
    REFUSED,
    RIVAL,
    applied,
    books_are_right,
    declined,
    everything,
    heard,
    nothing_changes,
    now,
    operations,
    post,
    send,
    usd,
)
from tests.hearing import hear

MORE = usd("1200")


def countering(offer: Offer, price: Money = MORE, **fields: Any) -> CounterOffer:
    return CounterOffer(
        by=Actor.contractor(offer.contractor), offer=offer.id, price=price, **fields
    )


def revising(offer: Offer, price: Money = MORE, **fields: Any) -> ReviseOffer:
    usual = {"payment_method": GOOD, **fields}
    return ReviseOffer(by=CUSTOMER, offer=offer.id, price=price, **usual)


def accept(market: Marketplace, offer: Offer) -> Any:
    return market.execute(AcceptOffer(by=Actor.contractor(offer.contractor), offer=offer.id))


def reason(market: Marketplace, command: Command[Any]) -> Reason:
    with pytest.raises(Refused) as refused:
        market.execute(command)
    return refused.value.reason


def settled(market: Marketplace, gateway: SimulatedGateway) -> None:
    """Everything is heard and done that can be done now."""
    hear(market, gateway)
    while market.work():
        hear(market, gateway)


def amounts(market: Marketplace, offer: Offer) -> dict[str, str]:
    """Every payment of the offer, by its amount."""
    payments = market.query(ListPayments(job=offer.job)).items
    return {str(one.amount.amount): one.status.value for one in payments if one.offer == offer.id}


# --- the contractor asks for another price


def test_a_countered_offer_stands_with_its_hold_and_says_what_is_asked(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    with heard(market) as told:
        countered = market.execute(countering(sent.offer, message="It is a long fence."))

    assert countered.status is OfferStatus.COUNTERED
    assert (countered.counter, countered.counter_message) == (MORE, "It is a long fence.")
    assert (countered.price, countered.payment) == (PRICE, sent.payment.id)
    assert told.names == ["offer.countered"]
    assert '"counter":{"amount":"1200.00","currency":"USD"}' in told.records[0].events
    assert "fence" not in told.records[0].body
    assert now(market, sent.offer) == countered
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert gateway.held("USD") == PRICE


@on_both_stores
def test_the_same_counter_has_no_effect_and_another_takes_its_place(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    market.execute(countering(sent.offer))
    before = everything(market)
    market.execute(countering(sent.offer))
    assert everything(market) == before

    assert market.execute(countering(sent.offer, usd("1150"))).counter == usd("1150")


@on_one_store
@pytest.mark.parametrize(
    ("price", "error"),
    [(Money("1200", "EUR"), CurrencyMismatch), (PRICE, InvalidInput), (usd("0"), MoneyError)],
)
def test_a_price_that_cannot_be_asked_is_said_so(
    market: Marketplace, gateway: SimulatedGateway, price: Money, error: type[Exception]
) -> None:
    sent = send(market)
    with nothing_changes(market, gateway), pytest.raises(error):
        market.execute(countering(sent.offer, price))


@on_one_store
def test_what_the_gateway_cannot_charge_is_neither_asked_nor_offered(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(limits=lambda _: Limits(least=50, most=200_000))
    sent = send(market)
    for price in (usd("0.49"), usd("2000.01")):
        for make in (countering, revising):
            with nothing_changes(market, gateway), pytest.raises(MoneyError):
                market.execute(make(sent.offer, price))


@on_both_stores
def test_a_counter_is_over_once_the_contractor_takes_the_standing_terms(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    market.execute(countering(sent.offer))
    accepted = accept(market, sent.offer)

    assert accepted.payment.amount == PRICE
    assert accepted.offer.status is OfferStatus.ACCEPTED
    assert (accepted.offer.counter, accepted.offer.counter_message) == (None, None)
    books_are_right(market, gateway)


@on_both_stores
def test_a_refused_capture_leaves_no_counter(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    market.execute(countering(sent.offer))
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        accept(market, sent.offer)

    offer = now(market, sent.offer)
    assert (offer.status, offer.counter) == (OfferStatus.PENDING, None)
    market.execute(countering(offer))
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert paid.offer.status is OfferStatus.COUNTERED
    assert accept(market, offer).offer.status is OfferStatus.ACCEPTED
    settled(market, gateway)
    assert gateway.held("USD") == usd("0")


@on_both_stores
def test_an_offer_can_be_countered_before_its_hold_stands(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    market.execute(countering(sent.offer))
    gateway.confirm(sent.payment)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.status, offer.counter) == (OfferStatus.COUNTERED, MORE)
    assert accept(market, offer).payment.status is PaymentStatus.CAPTURED


# --- the customer offers other terms


def test_new_terms_stand_with_their_hold_and_then_the_old_hold_is_let_go(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, message="Please")
    market.execute(countering(sent.offer))
    clock.advance(days=2)
    with heard(market) as told:
        revised = market.execute(revising(sent.offer, message="All right."))

    assert revised.next_action is None
    offer, payment = revised.offer, revised.payment
    assert (offer.status, offer.price, offer.message) == (OfferStatus.PENDING, MORE, "All right.")
    assert (offer.payment, offer.revision) == (payment.id, 1)
    assert (offer.counter, offer.revising, offer.revising_message) == (None, None, None)
    assert (payment.amount, payment.status) == (MORE, PaymentStatus.AUTHORIZED)
    assert offer.expires_at == payment.authorization_expires_at == clock() + timedelta(days=7)
    assert told.names.index("payment.authorized") < told.names.index("offer.revised")
    assert "offer.funded" not in told.names
    assert gateway.held("USD") == PRICE + MORE  # never none
    settled(market, gateway)
    assert gateway.held("USD") == MORE
    assert now(market, sent.payment).status is PaymentStatus.CANCELED

    assert accept(market, offer).payment.amount == MORE
    books_are_right(market, gateway)


@pytest.mark.covers("A065")
@on_both_stores
def test_every_revision_is_in_the_history_of_the_offer(market: Marketplace) -> None:
    sent = send(market)
    for price in ("1100", "1200", "900"):
        market.execute(revising(sent.offer, usd(price)))

    assert market.query(GetOffer(sent.offer.id)).revision == 3
    history = market.query(OfferHistory(offer=sent.offer.id)).items
    told = [entry.record.events for entry in history if "offer.revised" in entry.record.events]
    assert ['"price":{"amount":"900.00"' in told[0], len(told)] == [True, 3]
    assert [one.record.command for one in history].count("ReviseOffer") == 3


@on_both_stores
def test_the_same_terms_again_have_no_effect_but_a_later_end_renews_the_hold(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    market.execute(revising(sent.offer))
    settled(market, gateway)
    before = everything(market)
    market.execute(revising(sent.offer))
    market.execute(revising(sent.offer, message=""))
    assert (everything(market), gateway.effects(Authorize)) == (before, 2)
    clock.advance(days=6)
    later = clock() + timedelta(days=5)
    renewed = market.execute(revising(sent.offer, expires_at=later))
    settled(market, gateway)

    assert (renewed.offer.revision, renewed.offer.expires_at) == (2, later)
    clock.advance(days=3)  # past the first holds
    settled(market, gateway)
    assert accept(market, sent.offer).payment.amount == MORE
    books_are_right(market, gateway)


@on_both_stores
def test_a_keyed_revision_is_made_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    first = market.execute(revising(sent.offer), key="k")
    again = market.execute(revising(sent.offer), key="k")

    assert again.payment.id == first.payment.id
    assert gateway.effects(Authorize) == 2


@on_both_stores
def test_a_refused_card_leaves_the_old_terms_and_their_hold(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    market.execute(countering(sent.offer))
    with heard(market) as told, pytest.raises(PaymentDeclined) as error:
        market.execute(revising(sent.offer, usd("1100"), payment_method=REFUSED, message="No"))

    assert error.value.payment.amount == usd("1100")
    assert error.value.payment.status is PaymentStatus.FAILED
    offer = now(market, sent.offer)
    assert error.value.offer == offer
    assert (offer.status, offer.price, offer.counter) == (OfferStatus.COUNTERED, PRICE, MORE)
    assert (offer.payment, offer.revising, offer.message) == (sent.payment.id, None, "")
    assert told.names[-3:] == ["offer.revision_failed", "payment.failed",
                               "payment_transaction.failed"]  # fmt: skip
    settled(market, gateway)
    assert gateway.held("USD") == PRICE
    assert market.execute(revising(sent.offer)).offer.price == MORE


@on_both_stores
def test_until_the_customer_confirms_the_old_terms_stand(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    assert isinstance(begun.next_action, ClientAction)
    assert begun.next_action.payment == begun.payment.id == begun.offer.revising
    assert (begun.offer.price, begun.offer.payment) == (PRICE, sent.payment.id)

    gateway.confirm(begun.payment)
    settled(market, gateway)
    offer = now(market, sent.offer)
    assert (offer.price, offer.payment, offer.revision) == (MORE, begun.payment.id, 1)
    assert gateway.held("USD") == MORE


@on_both_stores
def test_a_confirmation_that_fails_leaves_the_old_terms(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    gateway.fail_confirmation(begun.payment)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.price, offer.revising, offer.revision) == (PRICE, None, 0)
    assert gateway.held("USD") == PRICE
    assert market.execute(revising(sent.offer)).offer.revision == 1


@on_both_stores
def test_an_unanswered_revision_is_finished_by_a_worker(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    begun = market.execute(revising(sent.offer))
    assert isinstance(begun.next_action, Pending)
    assert now(market, sent.offer).price == PRICE
    clock.advance(minutes=6)
    settled(market, gateway)

    assert now(market, sent.offer).price == MORE
    assert gateway.held("USD") == MORE


@on_both_stores
@pytest.mark.parametrize("first", ["old", "new"])
def test_of_two_holds_under_way_the_new_one_is_kept(
    market: Marketplace, gateway: SimulatedGateway, first: str
) -> None:
    """Revised before the first hold was confirmed: whichever stands first."""
    sent = send(market, payment_method=ASKING)
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    payments = [sent.payment, begun.payment]
    for payment in payments if first == "old" else payments[::-1]:
        if now(market, payment).status is PaymentStatus.AWAITING_CONFIRMATION:
            gateway.confirm(payment)
        hear(market, gateway)
    settled(market, gateway)

    assert (now(market, sent.offer).price, gateway.held("USD")) == (MORE, MORE)
    assert amounts(market, sent.offer) == {"1000.00": "canceled", "1200.00": "authorized"}


@on_both_stores
def test_what_the_old_terms_would_have_the_customer_confirm_is_called_off(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """The first hold's answer was lost, and is heard of once the offer is revised."""
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market, payment_method=ASKING)
    gateway.webhooks()  # lost too
    assert market.execute(revising(sent.offer)).offer.price == MORE
    clock.advance(minutes=6)
    settled(market, gateway)

    assert amounts(market, sent.offer) == {"1000.00": "canceled", "1200.00": "authorized"}
    assert gateway.held("USD") == MORE


@on_both_stores
def test_an_offer_whose_card_was_refused_can_be_revised(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = declined(market)
    revised = market.execute(revising(offer, usd("800")))

    assert accept(market, offer).payment == now(market, revised.payment)
    settled(market, gateway)
    books_are_right(market, gateway)


@on_both_stores
def test_paying_again_and_revising_end_with_the_revision(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = declined(market)
    begun = market.execute(revising(offer, payment_method=ASKING))
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
    assert (paid.offer.price, paid.offer.revising) == (PRICE, begun.payment.id)
    gateway.confirm(begun.payment)
    settled(market, gateway)

    assert gateway.held("USD") == MORE
    assert amounts(market, offer) == {"1000.00": "canceled", "1200.00": "authorized"}


@on_both_stores
def test_until_the_gateway_answers_no_other_revision_begins(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    market.execute(revising(sent.offer))
    with nothing_changes(market, gateway):
        assert reason(market, revising(sent.offer)) is Reason.PAYMENT_IN_PROGRESS


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_revision_that_nobody_confirms_makes_way_for_another(
    market: Marketplace, gateway: SimulatedGateway, *, is_confirmed: bool
) -> None:
    sent = send(market)
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    revised = market.execute(revising(sent.offer, price=usd("1100")))
    assert (revised.offer.price, revised.offer.payment) == (usd("1100"), revised.payment.id)
    if is_confirmed:
        gateway.confirm(begun.payment)  # late: the void is not made yet
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.price, offer.revision, offer.revising) == (usd("1100"), 1, None)
    assert now(market, begun.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("1100")
    books_are_right(market, gateway)


def test_the_credit_of_a_revision_that_makes_way_is_the_customers_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    sent = send(market)
    market.execute(revising(sent.offer, payment_method=ASKING, credit=usd("30")))
    market.execute(revising(sent.offer, payment_method=ASKING, credit=usd("20")))
    settled(market, gateway)

    credit = market.credit(CUSTOMER.id, "USD")
    assert (credit.available, credit.reserved) == (usd("30"), usd("20"))
    books_are_right(market, gateway)


# --- what ends an offer ends its revision


def withdraw_application(market: Marketplace, sent: OfferFunding) -> None:
    [mine] = market.store.read(lambda r: r.deal(offer=sent.offer.id)).applications
    market.execute(WithdrawApplication(by=CONTRACTOR, application=mine.id))


def supersede(market: Marketplace, sent: OfferFunding) -> None:
    job = market.store.read(lambda r: r.deal(offer=sent.offer.id)).job
    other = send(market, job, to=RIVAL, price=usd("1"))
    accept(market, other.offer)


ENDS: dict[str, tuple[Callable[[Marketplace, OfferFunding], Any], OfferStatus]] = {
    "rejected": (
        lambda market, sent: market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id)),
        OfferStatus.REJECTED,
    ),
    "withdrawn": (
        lambda market, sent: market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id)),
        OfferStatus.WITHDRAWN,
    ),
    "cancelled": (
        lambda market, sent: market.execute(CancelJob(by=CUSTOMER, job=sent.offer.job)),
        OfferStatus.WITHDRAWN,
    ),
    "application withdrawn": (withdraw_application, OfferStatus.WITHDRAWN),
    "superseded": (supersede, OfferStatus.SUPERSEDED),
    "accepted": (lambda market, sent: accept(market, sent.offer), OfferStatus.ACCEPTED),
}


@on_both_stores
@pytest.mark.parametrize("way", ["confirmed", "unconfirmed", "unanswered"])
@pytest.mark.parametrize("name", ENDS)
def test_whatever_ends_an_offer_leaves_no_hold_of_its_revision(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, name: str, way: str
) -> None:
    end, status = ENDS[name]
    job = post(market)
    applied(market, job)
    sent = send(market, job)
    market.execute(countering(sent.offer))
    if way == "unanswered":
        gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    card = GOOD if way == "unanswered" else ASKING
    begun = market.execute(revising(sent.offer, payment_method=card))
    end(market, sent)
    if way == "confirmed":
        gateway.confirm(begun.payment)  # late: the void is not made yet
    clock.advance(minutes=6)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.status, offer.price, offer.revision) == (status, PRICE, 0)
    assert (offer.counter, offer.revising) == (None, None)
    assert now(market, begun.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")
    books_are_right(market, gateway)


@on_both_stores
def test_an_offer_whose_time_is_over_is_not_revived_by_a_late_hold(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(hours=1))
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    clock.advance(hours=1)
    gateway.confirm(begun.payment)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.status, offer.price) == (OfferStatus.EXPIRED, PRICE)
    assert gateway.held("USD") == usd("0")
    assert reason(market, revising(offer)) is Reason.OFFER_EXPIRED
    assert reason(market, countering(offer)) is Reason.OFFER_EXPIRED


@on_both_stores
def test_terms_whose_own_time_is_over_before_their_hold_stands_never_stand(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    until = clock() + timedelta(hours=1)
    begun = market.execute(revising(sent.offer, payment_method=ASKING, expires_at=until))
    clock.advance(hours=2)
    gateway.confirm(begun.payment)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.status, offer.price, offer.revising) == (OfferStatus.PENDING, PRICE, None)
    assert gateway.held("USD") == PRICE


# --- time, and what the gateway tells of the old hold


@on_both_stores
def test_a_revision_moves_the_end_of_the_offer(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=1))
    market.execute(revising(sent.offer, expires_at=clock() + timedelta(days=3)))
    clock.advance(days=2)
    settled(market, gateway)
    assert now(market, sent.offer).status is OfferStatus.PENDING
    clock.advance(days=1)
    settled(market, gateway)

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert gateway.held("USD") == usd("0")


def revised_with_the_old_hold_left(market: Marketplace, gateway: SimulatedGateway) -> Any:
    """The void of the old hold is refused: it stands until it falls off."""
    sent = send(market)
    gateway.script(Void, Outcome.DECLINE)
    revised = market.execute(revising(sent.offer))
    market.work()
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    return sent, revised


@on_both_stores
@pytest.mark.parametrize("how", ["expired", "gone", "told"])
def test_the_end_of_an_old_hold_is_not_the_end_of_the_offer(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str
) -> None:
    sent, revised = revised_with_the_old_hold_left(market, gateway)
    if how == "expired":
        clock.advance(days=6)
        market.execute(revising(sent.offer, usd("1300")))
        clock.advance(days=1)
        market.execute(ExpireAuthorization(by=Actor.SYSTEM, payment=sent.payment.id))
    elif how == "gone":
        gone = HoldGone(gateway_id=str(sent.payment.gateway_payment))
        market.execute(SettleHold(by=Actor.SYSTEM, payment=sent.payment.id, news=gone))
    else:
        gateway.cancel_elsewhere(sent.payment)
    settled(market, gateway)

    assert now(market, sent.payment).status is PaymentStatus.EXPIRED
    offer = now(market, sent.offer)
    assert offer.status is OfferStatus.PENDING
    assert now(market, revised.payment).status is not PaymentStatus.EXPIRED
    assert accept(market, offer).offer.status is OfferStatus.ACCEPTED


@on_both_stores
def test_an_old_hold_can_end_while_the_new_terms_are_being_accepted(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent, _ = revised_with_the_old_hold_left(market, gateway)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    accept(market, sent.offer)
    gone = HoldGone(gateway_id=str(sent.payment.gateway_payment))
    market.execute(SettleHold(by=Actor.SYSTEM, payment=sent.payment.id, news=gone))

    assert now(market, sent.payment).status is PaymentStatus.EXPIRED
    clock.advance(minutes=6)
    settled(market, gateway)
    assert now(market, sent.offer).status is OfferStatus.ACCEPTED


@on_both_stores
def test_nobody_is_warned_of_an_old_hold(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent, revised = revised_with_the_old_hold_left(market, gateway)
    clock.advance(days=6, hours=1)
    with heard(market) as told:
        for payment in (sent.payment, revised.payment):
            market.execute(WarnOfExpiry(by=Actor.SYSTEM, payment=payment.id))

    assert told.names == ["payment.expiring"]
    assert revised.payment.id in told.records[0].events


@on_both_stores
def test_an_old_hold_that_was_taken_at_the_gateway_is_an_incident_and_flags_no_new_one(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    revised = market.execute(revising(sent.offer))
    gateway.capture_elsewhere(sent.payment)
    settled(market, gateway)

    kinds = [
        one.kind.value for one in market.query(ListIncidents(status=IncidentStatus.OPEN)).items
    ]
    assert kinds == ["captured_elsewhere"]
    assert now(market, revised.payment).flagged is None
    assert accept(market, sent.offer).payment.amount == MORE


@on_both_stores
def test_a_new_hold_that_was_taken_at_the_gateway_stands_under_review(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    begun = market.execute(revising(sent.offer))
    gateway.capture_elsewhere(begun.payment.id)
    clock.advance(minutes=6)
    settled(market, gateway)

    assert now(market, sent.offer).payment == begun.payment.id
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    command = AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)
    assert reason(market, command) is Reason.PAYMENT_UNDER_REVIEW


@on_both_stores
def test_the_hold_of_the_standing_terms_runs_out_under_a_revision(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    clock.advance(days=6)
    begun = market.execute(revising(sent.offer, payment_method=ASKING))
    clock.advance(days=1, hours=1)
    settled(market, gateway)

    offer = now(market, sent.offer)
    assert (offer.status, offer.revising) == (OfferStatus.EXPIRED, None)
    assert now(market, begun.payment).status is PaymentStatus.CANCELED
    assert [one.status for one in operations(market, begun.payment, TransactionKind.VOID)] == [
        "success"
    ]


# --- who, and when


@on_one_store
def test_only_its_contractor_counters_and_only_its_customer_revises(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    for command, others in (
        (countering(offer), (CUSTOMER, RIVAL, ADMIN)),
        (revising(offer), (CONTRACTOR, OTHER_CUSTOMER, ADMIN)),
    ):
        for by in others:
            with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
                market.execute(evolve(command, by=by))


@on_one_store
def test_while_an_offer_of_the_job_is_being_accepted_none_is_negotiated(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    accept(market, sent.offer)
    for offer in (sent.offer, other.offer):
        for command in (countering(offer), revising(offer)):
            with nothing_changes(market, gateway):
                assert reason(market, command) is Reason.ACCEPTANCE_IN_PROGRESS


@on_one_store
@pytest.mark.parametrize("name", ENDS)
def test_what_is_over_is_not_negotiated(
    market: Marketplace, gateway: SimulatedGateway, name: str
) -> None:
    end, status = ENDS[name]
    job = post(market)
    applied(market, job)
    sent = send(market, job)
    end(market, sent)
    superseded = status is OfferStatus.SUPERSEDED
    for command in (countering(sent.offer), revising(sent.offer)):
        with (
            nothing_changes(market, gateway),
            pytest.raises(Refused if superseded else IllegalTransition) as error,
        ):
            market.execute(command)
        if superseded:
            assert error.value.code == Reason.JOB_ALREADY_ASSIGNED


@on_one_store
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"price": Money("1200", "EUR")}, CurrencyMismatch),
        ({"price": usd("0")}, MoneyError),
        ({"price": 12.5}, TypeError),
        ({"payment_method": "4242424242424242"}, InvalidInput),
        ({"message": 7}, TypeError),
    ],
)
def test_terms_that_cannot_be_are_said_so(
    market: Marketplace,
    gateway: SimulatedGateway,
    fields: dict[str, Any],
    error: type[Exception],
) -> None:
    sent = send(market)
    with nothing_changes(market, gateway), pytest.raises(error):
        market.execute(revising(sent.offer, **fields))


@on_one_store
def test_terms_that_are_over_already_are_said_so(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    with nothing_changes(market, gateway), pytest.raises(InvalidInput):
        market.execute(revising(sent.offer, expires_at=clock()))
