"""Accepting an offer: claimed first, then captured, then settled."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    CancelJob,
    Commission,
    Forbidden,
    IllegalTransition,
    JobStatus,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    Pending,
    Reason,
    Refused,
    RejectOffer,
    TransactionKind,
    TransactionStatus,
    WithdrawOffer,
)
from marketpay.ports.gateway import Authorize, Capture, LookUp, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    RIVAL,
    assigned,
    balance,
    books_are_right,
    declined,
    entries,
    everything,
    heard,
    nothing_changes,
    now,
    operations,
    payment_of,
    post,
    send,
    usd,
)


def accept(market: Marketplace, sent: Any, by: Any = CONTRACTOR, key: str | None = None) -> Any:
    return market.execute(AcceptOffer(by=by, offer=sent.offer.id), key=key)


def refusal(market: Marketplace, gateway: SimulatedGateway, sent: Any, by: Any) -> Reason:
    """Why accepting is refused; it must change nothing."""
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        accept(market, sent, by)
    return refused.value.reason


@pytest.mark.covers("A029", "A037", "A073")
def test_accepting_captures_the_money_and_assigns_the_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    with heard(market) as told:
        accepted = accept(market, sent)

    assert accepted.next_action is None
    assert accepted.offer.status is OfferStatus.ACCEPTED
    assert (accepted.job.status, accepted.job.contractor) == (JobStatus.ASSIGNED, "ctr_42")
    assert accepted.payment.status is PaymentStatus.CAPTURED
    assert accepted.payment.split == Commission().split(PRICE)
    for thing in (accepted.offer, accepted.job, accepted.payment):
        assert now(market, thing) == thing
    assert told.names == [
        "offer.claimed",
        "payment.split_frozen",
        "payment_transaction.started",
        "job.assigned",
        "offer.accepted",
        "payment.captured",
        "payment_transaction.succeeded",
    ]
    assert entries(market, sent.payment) == [
        ("processor", "escrow", "1000.00"),
        ("escrow", "platform_fee", "100.00"),
    ]
    assert balance(market, AccountKind.ESCROW) == usd("900")
    assert (gateway.balance("USD"), gateway.held("USD")) == (PRICE, usd("0"))
    books_are_right(market, gateway)


def test_the_split_is_that_of_the_moment_the_offer_is_claimed(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    before = open_market(commission=Commission("0.10", "0.20"))
    sent = send(before)
    after = open_market(commission=Commission("0.05", "0.05"))
    accepted = accept(after, sent)

    assert accepted.payment.split.platform_fee == usd("50")
    assert before.revenue("USD").total == usd("50")
    books_are_right(after, gateway)


def test_accepting_again_has_no_effect(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    first = accept(market, sent)
    before, calls = everything(market), gateway.calls

    assert accept(market, sent) == first
    assert (everything(market), gateway.calls) == (before, calls)


def test_a_key_finds_the_acceptance(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    first = accept(market, sent, key="k")

    with nothing_changes(market, gateway):
        assert accept(market, sent, key="k") == first
    assert gateway.count(Capture) == 1


@pytest.mark.covers("A064")
def test_only_the_offers_contractor_accepts(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden) as denied:
        accept(market, sent, by=RIVAL)

    assert str(denied.value) == (
        "ctr_43 (contractor) may not accept this offer; only its contractor may."
    )


@pytest.mark.covers("A066")
@pytest.mark.parametrize("declined_card", [False, True])
def test_without_hold_there_is_nothing_to_accept(
    market: Marketplace, gateway: SimulatedGateway, declined_card: bool
) -> None:
    offer = declined(market) if declined_card else send(market, payment_method=ASKING).offer

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    assert refused.value.reason is Reason.PAYMENT_NOT_AUTHORIZED


def test_a_hold_without_answer_is_no_hold_yet(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market)
    assert refusal(market, gateway, sent, CONTRACTOR) is Reason.PAYMENT_NOT_AUTHORIZED
    market.work()

    assert accept(market, sent).offer.status is OfferStatus.ACCEPTED


def test_an_offer_past_its_time_is_refused_told_or_not(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(hours=1))
    clock.advance(hours=1)
    assert refusal(market, gateway, sent, CONTRACTOR) is Reason.OFFER_EXPIRED
    market.work()

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert refusal(market, gateway, sent, CONTRACTOR) is Reason.OFFER_EXPIRED


def test_an_offer_lasts_until_the_last_moment(market: Marketplace, clock: VirtualClock) -> None:
    sent = send(market, expires_at=clock() + timedelta(hours=1))
    clock.advance(minutes=59, seconds=59)

    assert accept(market, sent).offer.status is OfferStatus.ACCEPTED


def test_a_superseded_offer_is_refused_whatever_its_time(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    accept(market, sent)
    assert now(market, other.offer).status is OfferStatus.SUPERSEDED
    assert refusal(market, gateway, other, RIVAL) is Reason.JOB_ALREADY_ASSIGNED
    clock.advance(days=30)

    assert refusal(market, gateway, other, RIVAL) is Reason.JOB_ALREADY_ASSIGNED


@pytest.mark.parametrize("end", [RejectOffer, WithdrawOffer, CancelJob])
def test_an_offer_that_is_over_cannot_be_accepted(
    market: Marketplace, gateway: SimulatedGateway, end: Any
) -> None:
    sent = send(market)
    by = CONTRACTOR if end is RejectOffer else CUSTOMER
    of = {"job": sent.offer.job} if end is CancelJob else {"offer": sent.offer.id}
    market.execute(end(by=by, **of))

    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
        accept(market, sent)
    assert (illegal.value.event, illegal.value.possible) == ("offer.claimed", ())


def test_the_others_are_superseded_and_their_holds_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, held = send(market, job), send(market, job, to=RIVAL)
    asked = send(market, job, contractor="ctr_44", payment_method=ASKING)
    unpaid = send_declined(market, job, "ctr_45")
    with heard(market) as told:
        accept(market, sent)

    for offer in (held.offer, asked.offer, unpaid):
        assert now(market, offer).status is OfferStatus.SUPERSEDED
    assert told.names.count("offer.superseded") == 3
    assert told.names.count("payment_transaction.started") == 3  # the capture and two voids
    market.work()
    assert now(market, held.payment).status is PaymentStatus.CANCELED
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert payment_of(market, unpaid).status is PaymentStatus.FAILED
    assert gateway.effects(Void) == 2
    assert gateway.held("USD") == usd("0")


def send_declined(market: Marketplace, job: Any, contractor: str) -> Any:
    with pytest.raises(PaymentDeclined) as error:
        send(market, job, contractor=contractor, payment_method="pm_card_chargeDeclined")
    return error.value.offer


def test_a_siblings_hold_that_arrives_late_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent = send(market, job)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    late = send(market, job, to=RIVAL)
    accept(market, sent)
    for _ in range(3):
        market.work()

    assert now(market, late.offer).status is OfferStatus.SUPERSEDED
    assert now(market, late.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")


UNANSWERED = [
    Outcome.TIMEOUT_BEFORE,
    Outcome.TIMEOUT_AFTER,
    Outcome.ERROR_500,
]


@pytest.mark.parametrize("outcome", UNANSWERED)
@pytest.mark.parametrize("wait", [0, 10])
def test_a_capture_without_answer_freezes_the_job_until_it_is_known(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    outcome: Outcome,
    wait: int,
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, outcome)
    accepted = accept(market, sent)
    [capture] = operations(market, sent.payment, TransactionKind.CAPTURE)

    assert accepted.next_action == Pending(transaction=capture.id)
    assert accepted.offer.status is OfferStatus.ACCEPTING
    assert accepted.job.status is JobStatus.OPEN
    assert accepted.payment.status is PaymentStatus.AUTHORIZED
    assert capture.status is TransactionStatus.UNKNOWN
    assert refusal(market, gateway, other, RIVAL) is Reason.ACCEPTANCE_IN_PROGRESS
    with nothing_changes(market, gateway), pytest.raises(Refused):
        market.execute(CancelJob(by=CUSTOMER, job=job.id))
    again = accept(market, sent)
    assert again.next_action == accepted.next_action
    assert again.offer == accepted.offer

    clock.advance(minutes=wait)
    market.work()
    assert now(market, sent.offer).status is OfferStatus.ACCEPTED
    assert now(market, other.offer).status is OfferStatus.SUPERSEDED
    assert now(market, job).contractor == "ctr_42"
    assert gateway.effects(Capture) == 1
    assert accept(market, sent).next_action is None
    books_are_right(market, gateway)


def test_the_other_offers_can_be_sent_and_rejected_meanwhile(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    accept(market, sent)
    market.execute(RejectOffer(by=RIVAL, offer=other.offer.id))
    market.work()

    assert now(market, other.offer).status is OfferStatus.REJECTED
    assert now(market, sent.offer).status is OfferStatus.ACCEPTED


def test_the_key_of_an_unanswered_acceptance_catches_up_with_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    assert isinstance(accept(market, sent, key="k").next_action, Pending)
    accepted = accept(market, sent, key="k")

    assert accepted.next_action is None
    assert (accepted.offer.status, accepted.job.status) == (
        OfferStatus.ACCEPTED,
        JobStatus.ASSIGNED,
    )


@pytest.mark.parametrize("times", [1, 2])
def test_the_key_of_a_repeat_says_too_that_it_is_still_pending(
    market: Marketplace, gateway: SimulatedGateway, times: int
) -> None:
    sent = send(market)
    gateway.script(Capture, *[Outcome.TIMEOUT_BEFORE] * 9)
    gateway.script(LookUp, *[Outcome.TIMEOUT_BEFORE] * 9)
    accept(market, sent)
    for _ in range(times - 1):
        accept(market, sent, key="k")
    again = accept(market, sent, key="k")

    assert again.offer.status is OfferStatus.ACCEPTING
    assert isinstance(again.next_action, Pending)


@pytest.mark.covers("A139")
def test_a_refused_capture_undoes_the_claim(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.DECLINE)
    with heard(market) as told, pytest.raises(PaymentDeclined) as error:
        accept(market, sent, key="k")

    assert error.value.offer.status is OfferStatus.PENDING
    assert error.value.payment.status is PaymentStatus.FAILED
    assert error.value.payment.split is None
    assert (now(market, sent.offer), now(market, sent.payment)) == (
        error.value.offer,
        error.value.payment,
    )
    assert told.names[3:] == [
        "offer.acceptance_failed",
        "payment.failed",
        "payment_transaction.failed",
        "payment_transaction.started",
    ]
    with nothing_changes(market, gateway), pytest.raises(PaymentDeclined):
        accept(market, sent, key="k")
    market.work()
    assert gateway.held("USD") == gateway.balance("USD") == usd("0")
    assert entries(market, sent.payment) == []
    assert refusal(market, gateway, sent, CONTRACTOR) is Reason.PAYMENT_NOT_AUTHORIZED


def test_after_a_refused_capture_the_others_can_be_accepted(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        accept(market, sent)

    assert accept(market, other, by=RIVAL).job.contractor == RIVAL.id
    assert now(market, sent.offer).status is OfferStatus.SUPERSEDED


def test_a_hold_that_is_gone_expires_the_offer_and_then_says_so(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.expire(sent.payment)
    with heard(market) as told, pytest.raises(Refused) as refused:
        accept(market, sent, key="k")

    assert refused.value.code == "authorization_expired"
    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.payment).status is PaymentStatus.EXPIRED
    assert now(market, job).status is JobStatus.OPEN
    assert told.names[3:] == ["offer.expired", "payment.expired", "payment_transaction.failed"]
    with nothing_changes(market, gateway), pytest.raises(Refused) as again:
        accept(market, sent, key="k")
    assert again.value.reason is Reason.AUTHORIZATION_EXPIRED
    assert refusal(market, gateway, sent, CONTRACTOR) is Reason.OFFER_EXPIRED  # without the key
    assert accept(market, other, by=RIVAL).job.contractor == RIVAL.id
    books_are_right(market, gateway)


def test_an_unanswered_capture_may_turn_out_to_have_found_no_hold(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.expire(sent.payment)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    assert isinstance(accept(market, sent, key="k").next_action, Pending)
    market.work()

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    with pytest.raises(Refused) as refused:
        accept(market, sent, key="k")
    assert refused.value.reason is Reason.AUTHORIZATION_EXPIRED


@on_both_stores
def test_of_two_contractors_at_once_one_gets_the_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    rivals = {CONTRACTOR: send(market, job), RIVAL: send(market, job, to=RIVAL)}

    def attempt(by: Any) -> Any:
        try:
            return accept(market, rivals[by], by)
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(attempt, rivals))

    lost = [one for one in outcomes if isinstance(one, Reason)]
    assert lost in ([Reason.JOB_ALREADY_ASSIGNED], [Reason.ACCEPTANCE_IN_PROGRESS])
    assert gateway.effects(Capture) == gateway.count(Capture) == 1
    market.work()
    assert gateway.held("USD") == usd("0")
    books_are_right(market, gateway)


def test_an_offer_sent_while_another_is_being_accepted_ends_with_the_rest(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent = send(market, job)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    accept(market, sent)
    late = send(market, job, to=RIVAL)
    for _ in range(3):
        market.work()

    assert now(market, late.offer).status is OfferStatus.SUPERSEDED
    assert gateway.held("USD") == usd("0")


def test_the_claim_is_the_accepted_offers_for_good(market: Marketplace) -> None:
    accepted = assigned(market)

    assert accepted.offer.claimed_job == accepted.job.id
