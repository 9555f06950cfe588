"""Holds: what becomes of them outside, and the warning before they run out."""

from datetime import timedelta

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelJob,
    ClearPayment,
    CompleteJob,
    Forbidden,
    IncidentKind,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Refused,
    SettleHold,
    StartJob,
    TransactionKind,
    TransactionStatus,
    WarnOfExpiry,
    WithdrawOffer,
)
from marketpay.ports.gateway import (
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    Declined,
    GatewayNews,
    HoldGone,
    LookUp,
    NoAnswer,
    NotThere,
    Processing,
    Void,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    GOOD,
    PRICE,
    RIVAL,
    balance,
    books_are_right,
    heard,
    journal,
    nothing_changes,
    now,
    operations,
    post,
    send,
    usd,
)
from tests.hearing import hear, incidents, receive, rest

P = PaymentStatus


def test_a_hold_that_the_bank_let_go_of_ends_payment_and_offer(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    hear(market, gateway)
    gateway.expire(sent.payment)
    with heard(market) as told:
        hear(market, gateway)

    after = now(market, sent.payment)
    assert (after.status, after.failure) == (P.EXPIRED, "authorization_expired")
    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert told.names == ["payment.expired", "offer.expired"]
    assert operations(market, after, TransactionKind.VOID) == []
    books_are_right(market, gateway)


def test_a_hold_that_was_cancelled_at_the_dashboard_ends_likewise(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.cancel_elsewhere(sent.payment)
    hear(market, gateway)

    assert now(market, sent.payment).status is P.EXPIRED
    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    with pytest.raises(Refused) as refused:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert refused.value.reason == "offer_expired"


def test_a_hold_that_is_gone_during_the_acceptance_is_settled_by_the_acceptance(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    hear(market, gateway)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    gateway.expire(sent.payment)
    hear(market, gateway)

    assert now(market, sent.payment).status is P.EXPIRED
    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    books_are_right(market, gateway)


@pytest.mark.parametrize("before", [timedelta(days=1), timedelta(hours=3)])
def test_the_parties_are_told_once_before_it_runs_out(
    open_market: OpenMarket, clock: VirtualClock, before: timedelta
) -> None:
    market = open_market(warn_before=before)
    payment = send(market).payment
    until = now(market, payment).authorization_expires_at
    clock.advance(seconds=int((until - before - clock()).total_seconds()) - 1)
    with heard(market) as told:
        rest(market)
    assert told.names == []

    with heard(market) as told:
        clock.advance(seconds=1)
        rest(market)
        clock.advance(minutes=30)
        rest(market)
    assert told.names == ["payment.expiring"]
    with heard(market) as told:
        clock.advance(seconds=int(before.total_seconds()))
        rest(market)
    assert told.names.count("payment.expiring") == 0
    assert "offer.expired" in told.names


def test_a_hold_shorter_than_the_warning_is_warned_of_at_once(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    market = open_market(warn_before=timedelta(days=30))
    send(market)
    with heard(market) as told:
        rest(market)
        clock.advance(hours=1)
        rest(market)

    assert told.names == ["payment.expiring"]


@pytest.mark.parametrize("end", ["accepted", "withdrawn"])
def test_nobody_is_told_of_a_hold_that_no_longer_stands(
    market: Marketplace, clock: VirtualClock, end: str
) -> None:
    sent = send(market)
    if end == "accepted":
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    else:
        market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    rest(market)
    clock.advance(days=6, minutes=1)
    with heard(market) as told:
        rest(market)

    assert "payment.expiring" not in told.names


def test_a_new_hold_has_a_warning_of_its_own(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, payment_method=ASKING)
    gateway.fail_confirmation(sent.payment)
    hear(market, gateway)
    clock.advance(days=3)
    market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    with heard(market) as told:
        clock.advance(days=4)
        rest(market)
        assert now(market, sent.payment).status is P.AUTHORIZED
        clock.advance(days=2, minutes=1)
        rest(market)

    assert told.names.count("payment.expiring") == 1


def test_a_confirmation_is_known_by_the_webhook(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    hear(market, gateway)
    assert now(market, sent.payment).status is P.AWAITING_CONFIRMATION
    gateway.confirm(sent.payment)
    receive(market, gateway.webhooks())

    assert now(market, sent.payment).status is P.AUTHORIZED
    assert now(market, sent.offer).status is OfferStatus.PENDING
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert balance(market, AccountKind.ESCROW) == usd("900")


@pytest.mark.parametrize("how", ["declined", "given up"])
def test_a_refusal_after_the_challenge_is_known_by_the_webhook(
    market: Marketplace, gateway: SimulatedGateway, how: str
) -> None:
    method = "pm_card_threeDSecureRequiredChargeDeclined" if how == "declined" else ASKING
    sent = send(market, payment_method=method)
    if how == "declined":
        gateway.confirm(sent.payment)
    else:
        gateway.fail_confirmation(sent.payment)
    receive(market, gateway.webhooks())

    failed = now(market, sent.payment)
    assert failed.status is P.FAILED
    assert failed.failure
    assert now(market, sent.offer).status is OfferStatus.PENDING
    hear(market, gateway)
    again = market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    assert now(market, again.payment).status is P.AUTHORIZED
    books_are_right(market, gateway)


def test_what_is_captured_elsewhere_is_flagged_and_an_incident(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.capture_elsewhere(sent.payment)
    hear(market, gateway)

    flagged = now(market, sent.payment)
    assert (flagged.status, flagged.flagged) == (P.AUTHORIZED, "captured_elsewhere")
    assert [one.subject for one in incidents(market, IncidentKind.CAPTURED_ELSEWHERE)] == [
        flagged.id
    ]


def test_what_was_captured_elsewhere_can_be_accepted_once_it_is_cleared(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.capture_elsewhere(sent.payment)
    hear(market, gateway)
    with pytest.raises(Refused) as refused:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert refused.value.reason == "payment_under_review"
    market.execute(ClearPayment(by=ADMIN, payment=sent.payment.id))
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    hear(market, gateway)
    assert balance(market, AccountKind.ESCROW) == usd("900")
    market.execute(StartJob(by=CONTRACTOR, job=accepted.job.id))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert len(incidents(market, IncidentKind.CAPTURED_ELSEWHERE)) == 1
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("was", ["asked", "unanswered"])
def test_what_is_captured_elsewhere_before_its_hold_was_known_is_flagged_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, was: str
) -> None:
    if was == "unanswered":
        gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
        sent = send(market)
    else:
        sent = send(market, payment_method=ASKING)
        gateway.confirm(sent.payment)
    gateway.capture_elsewhere(sent.payment.id)
    hear(market, gateway)
    clock.advance(hours=1)
    rest(market)

    assert now(market, sent.payment).status is P.AUTHORIZED
    assert len(incidents(market, IncidentKind.CAPTURED_ELSEWHERE)) == 1


def test_a_late_authorization_of_a_superseded_offer_is_let_go(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    asked = send(market, job, to=RIVAL, payment_method=ASKING)
    taken = send(market, job)
    gateway.script(Void, *[Outcome.TIMEOUT_BEFORE] * 2)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=taken.offer.id))
    assert now(market, asked.offer).status is OfferStatus.SUPERSEDED
    gateway.confirm(asked.payment)
    receive(market, gateway.webhooks())
    assert now(market, asked.payment).status is P.AUTHORIZED
    for _ in range(2):
        hear(market, gateway)
        clock.advance(minutes=1)

    assert now(market, asked.payment).status is P.CANCELED
    assert gateway.held("USD") == usd("0")
    books_are_right(market, gateway)


def test_what_nobody_confirmed_is_canceled_whatever_is_heard_of_first(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market, payment_method=ASKING)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    gateway.script(Void, Outcome.TIMEOUT_AFTER)  # the authorization is looked up before it
    for _ in range(3):
        clock.advance(minutes=6)
        rest(market)

    assert now(market, sent.payment).status is P.CANCELED
    [asked] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert asked.status is TransactionStatus.CANCELED
    [void] = operations(market, sent.payment, TransactionKind.VOID)
    assert void.status is TransactionStatus.SUCCESS


def test_an_authorization_that_was_unanswered_when_its_offer_ended_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    assert gateway.held("USD") == PRICE
    hear(market, gateway)

    assert now(market, sent.payment).status is P.CANCELED
    assert gateway.held("USD") == usd("0")


NEWS: tuple[GatewayNews, ...] = (
    Authorized(gateway_id="x", expires_at=None),
    ActionRequired(gateway_id="x", client_secret="top secret"),
    Processing(gateway_id="x"),
    Captured(gateway_id="x", amount=PRICE),
    Declined(code="no"),
    HoldGone(gateway_id="x"),
    NotThere(),
    NoAnswer(),
)


@on_one_store
@pytest.mark.parametrize("news", NEWS, ids=lambda news: type(news).__name__)
def test_what_says_nothing_new_of_a_hold_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, news: GatewayNews
) -> None:
    held = send(market).payment
    command = SettleHold(by=Actor.SYSTEM, payment=held.id, news=news)
    if isinstance(news, Captured | HoldGone):
        assert market.execute(command).version > held.version
    with nothing_changes(market, gateway):
        market.execute(command)


@on_one_store
@pytest.mark.parametrize("news", NEWS, ids=lambda news: type(news).__name__)
def test_what_is_said_of_a_hold_that_no_longer_stands_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, news: GatewayNews
) -> None:
    sent = send(market)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    with nothing_changes(market, gateway):
        market.execute(SettleHold(by=Actor.SYSTEM, payment=sent.payment.id, news=news))


@on_one_store
@pytest.mark.parametrize("by", [a for a in EVERYBODY if a != Actor.SYSTEM], ids=lambda a: a.id)
def test_nobody_but_the_system_settles_or_warns(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    held = send(market).payment
    for command in (
        SettleHold(by=by, payment=held.id, news=HoldGone(gateway_id="x")),
        WarnOfExpiry(by=by, payment=held.id),
    ):
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(command)


@on_both_stores
def test_the_clients_secret_is_not_written_down(market: Marketplace) -> None:
    held = send(market).payment
    news = ActionRequired(gateway_id="x", client_secret="top secret")
    market.execute(SettleHold(by=Actor.SYSTEM, payment=held.id, news=news), key="once")

    assert not any("top secret" in record.body for record in journal(market))


def test_a_look_that_is_not_answered_leaves_the_hold_as_it_is(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    hear(market, gateway)
    gateway.expire(sent.payment)
    gateway.script(LookUp, *[Outcome.TIMEOUT_BEFORE] * 4)
    receive(market, gateway.webhooks())
    assert now(market, sent.payment).status is P.AUTHORIZED
    for _ in range(4):
        clock.advance(minutes=10)
        rest(market)

    assert now(market, sent.payment).status is P.EXPIRED


@on_both_stores
def test_a_part_that_was_captured_elsewhere_does_not_lock_the_job_for_good(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.capture_elsewhere(sent.payment, usd("400"))
    hear(market, gateway)
    market.execute(ClearPayment(by=ADMIN, payment=sent.payment.id))
    with pytest.raises(PaymentDeclined, match="captured_elsewhere"):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    rest(market)

    assert now(market, sent.payment).status is P.FAILED
    assert now(market, sent.offer).status is OfferStatus.PENDING
    assert len(incidents(market, IncidentKind.CAPTURED_ELSEWHERE)) == 1
    cancelled = market.execute(CancelJob(by=ADMIN, job=sent.offer.job))
    assert cancelled.job.status == "cancelled"
