"""Settling: whatever the gateway says of an operation, once, twice, late or never."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelJob,
    GatewayError,
    Marketplace,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    Refund,
    RefundStatus,
    TransactionKind,
    TransactionStatus,
    WithdrawOffer,
)
from marketpay.commands.settling import SettleTransaction
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
    Refunded,
    RefundPayment,
    Transfer,
    Transferred,
    Void,
    Voided,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_one_store
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    assigned,
    balance,
    books_are_right,
    completed,
    heard,
    journal,
    nothing_changes,
    now,
    operations,
    payee,
    send,
    usd,
)

NEWS: tuple[GatewayNews, ...] = (
    Authorized(gateway_id="x", expires_at=None),
    ActionRequired(gateway_id="x", client_secret="top secret"),
    Processing(gateway_id="x"),
    Captured(gateway_id="x", amount=PRICE),
    Voided(gateway_id="x"),
    Refunded(gateway_id="x", amount=PRICE),
    Transferred(gateway_id="x", amount=PRICE),
    Declined(code="no"),
    HoldGone(gateway_id="x"),
    NotThere(),
    NoAnswer(),
)
names = [type(news).__name__ for news in NEWS]


def settle(market: Marketplace, transaction: Any, news: GatewayNews) -> Any:
    command = SettleTransaction(by=Actor.SYSTEM, transaction=transaction.id, news=news)
    return market.execute(command)


def unanswered(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind
) -> tuple[Any, Any]:
    """An operation of this kind that was never answered, and its payment."""
    payment: Any
    if kind is TransactionKind.AUTHORIZE:
        gateway.script(Authorize, Outcome.TIMEOUT_BEFORE)
        payment = send(market).payment
    elif kind is TransactionKind.CAPTURE:
        sent = send(market)
        gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
        payment = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).payment
    elif kind is TransactionKind.VOID:
        sent = send(market)
        market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
        payment = sent.payment
    elif kind is TransactionKind.REFUND:
        job = assigned(market).job
        gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
        payment = market.execute(CancelJob(by=CUSTOMER, job=job.id)).payment
    else:
        payee(market, gateway)
        payment = completed(market).payment
    [one] = operations(market, payment, kind)
    return one, payment


FIT = {
    TransactionKind.AUTHORIZE: {"Authorized", "ActionRequired", "Declined", "HoldGone"},
    TransactionKind.CAPTURE: {"Captured", "Declined", "HoldGone"},
    TransactionKind.VOID: {"Voided", "HoldGone", "Declined"},
    TransactionKind.REFUND: {"Refunded", "Declined"},
    TransactionKind.TRANSFER: {"Transferred", "Declined"},
}
ALWAYS = {"Processing", "NotThere", "NoAnswer"}


@on_one_store
@pytest.mark.parametrize("news", NEWS, ids=names)
@pytest.mark.parametrize("kind", TransactionKind)
def test_news_that_do_not_fit_the_question_are_the_gateways_fault(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind, news: GatewayNews
) -> None:
    one, _ = unanswered(market, gateway, kind)
    name = type(news).__name__
    if name in FIT[kind] | ALWAYS:
        if isinstance(news, Transferred):
            news = Transferred(gateway_id="x", amount=usd("700"))
        assert settle(market, one, news).version > one.version
        return
    with nothing_changes(market, gateway), pytest.raises(GatewayError, match=name):
        settle(market, one, news)


@pytest.mark.parametrize("kind", [k for k in TransactionKind if k is not TransactionKind.VOID])
def test_another_amount_than_was_asked_for_is_the_gateways_fault(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind
) -> None:
    if kind is TransactionKind.AUTHORIZE:
        return  # a hold's amount is not in the news
    one, _ = unanswered(market, gateway, kind)
    news: Any = {
        TransactionKind.CAPTURE: Captured,
        TransactionKind.REFUND: Refunded,
        TransactionKind.TRANSFER: Transferred,
    }[kind]

    with nothing_changes(market, gateway), pytest.raises(GatewayError):
        settle(market, one, news(gateway_id="x", amount=usd("999.99")))


@on_one_store
@pytest.mark.parametrize("news", NEWS, ids=names)
@pytest.mark.parametrize("kind", TransactionKind)
def test_what_is_settled_ignores_whatever_else_is_said(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind, news: GatewayNews
) -> None:
    one, _ = unanswered(market, gateway, kind)
    for _ in range(2):
        market.work()
    settled = now(market, one)
    assert settled.status is TransactionStatus.SUCCESS

    with nothing_changes(market, gateway):
        assert settle(market, one, news) == settled


def test_news_that_change_nothing_are_not_worth_a_record(market: Marketplace) -> None:
    [hold] = operations(market, send(market).payment, TransactionKind.AUTHORIZE)
    before = len(journal(market))
    settle(market, hold, Authorized(gateway_id="x", expires_at=None))

    assert len(journal(market)) == before


def test_the_clients_secret_is_not_in_the_command(market: Marketplace) -> None:
    news = ActionRequired(gateway_id="x", client_secret="top secret")
    command = SettleTransaction(
        by=Actor.SYSTEM,
        transaction="ptx_1",  # type: ignore[arg-type]
        news=news,
    )

    assert command.news == ActionRequired(gateway_id="x", client_secret=None)
    assert "top secret" not in repr(news) + repr(command)


@pytest.mark.parametrize(
    "news",
    [NoAnswer(), NotThere(), Processing(gateway_id="x"), ActionRequired(gateway_id="x")],
    ids=lambda news: type(news).__name__,
)
def test_what_waits_for_the_payer_goes_on_waiting(
    market: Marketplace, gateway: SimulatedGateway, news: GatewayNews
) -> None:
    sent = send(market, payment_method=ASKING)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)

    with nothing_changes(market, gateway):
        settle(market, hold, news)


def test_an_authorization_called_off_by_the_gateway_has_failed(market: Marketplace) -> None:
    sent = send(market, payment_method=ASKING)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    settle(market, hold, HoldGone(gateway_id=str(hold.gateway_id)))

    assert now(market, sent.payment).failure == "authorization_expired"
    assert now(market, sent.payment).status is PaymentStatus.FAILED
    assert now(market, sent.offer).status is OfferStatus.PENDING


def test_a_refund_may_take_its_time(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one, payment = unanswered(market, gateway, TransactionKind.REFUND)
    with heard(market) as told:
        settle(market, one, Processing(gateway_id="re_1"))
        settle(market, one, Processing(gateway_id="re_1"))
    [refund] = market.store.read(lambda records: records.find(Refund, payment=payment.id))

    assert refund.status is RefundStatus.PENDING
    assert told.names.count("refund.pending") == 1
    clock.advance(hours=1)
    market.work()
    assert now(market, refund).status is RefundStatus.SUCCEEDED
    books_are_right(market, gateway)


def test_a_hold_that_cannot_be_let_go_leaves_everything_else_as_it_is(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one, payment = unanswered(market, gateway, TransactionKind.VOID)
    settle(market, one, Declined(code="resource_missing"))

    assert now(market, one).failure == "resource_missing"
    assert now(market, payment).status is PaymentStatus.AUTHORIZED
    clock.advance(days=8)
    market.work()
    assert now(market, payment).status is PaymentStatus.EXPIRED


@pytest.mark.parametrize("kind", [k for k in TransactionKind if k is not TransactionKind.VOID])
def test_after_the_window_an_operation_is_looked_for_and_never_sent_again(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: TransactionKind,
) -> None:
    if kind is TransactionKind.TRANSFER:
        payee(market, gateway)
        payment = completed(market).payment
        gateway.script(Transfer, *[Outcome.TIMEOUT_BEFORE] * 2)
        market.work()
        [one] = operations(market, payment, kind)
    else:
        one, _ = unanswered(market, gateway, kind)
    asked = [call for call in gateway.calls if call[0] is not LookUp]
    clock.advance(hours=24)
    with heard(market) as told:
        market.work()
    stuck = now(market, one)

    assert [call for call in gateway.calls if call[0] is not LookUp] == asked
    assert (stuck.status, stuck.failure) == (TransactionStatus.UNKNOWN, "no_answer")
    assert stuck.due_at == clock() + timedelta(hours=1)  # looked for again, and so for good
    assert "payment_transaction.stuck" in told.names
    books_are_right(market, gateway)


@pytest.mark.parametrize("kind", TransactionKind)
def test_after_the_window_what_was_done_is_found(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: TransactionKind,
) -> None:
    request = {TransactionKind.VOID: Void, TransactionKind.TRANSFER: Transfer}.get(kind)
    if request is not None:
        one, _ = unanswered(market, gateway, kind)
        gateway.script(request, Outcome.TIMEOUT_AFTER)
        gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
        market.work()
        assert now(market, one).status is TransactionStatus.UNKNOWN
    else:
        one = _done_unheard(market, gateway, kind)
    clock.advance(hours=24)
    market.work()

    assert now(market, one).status is TransactionStatus.SUCCESS
    books_are_right(market, gateway)


def _done_unheard(market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind) -> Any:
    payment: Any
    request = {
        TransactionKind.AUTHORIZE: Authorize,
        TransactionKind.CAPTURE: Capture,
        TransactionKind.REFUND: RefundPayment,
    }[kind]
    if kind is TransactionKind.AUTHORIZE:
        gateway.script(request, Outcome.TIMEOUT_AFTER)
        payment = send(market).payment
    elif kind is TransactionKind.CAPTURE:
        sent = send(market)
        gateway.script(request, Outcome.TIMEOUT_AFTER)
        payment = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).payment
    else:
        job = assigned(market).job
        gateway.script(request, Outcome.TIMEOUT_AFTER)
        payment = market.execute(CancelJob(by=CUSTOMER, job=job.id)).payment
    [one] = operations(market, payment, kind)
    return one


def test_unanswered_operations_are_tried_ever_more_seldom(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.script(Authorize, *[Outcome.TIMEOUT_BEFORE] * 200)
    send(market)
    for _ in range(23 * 4 - 1):
        clock.advance(minutes=15)
        market.work()

    assert 20 < gateway.count(Authorize) < 60


def test_a_fault_in_the_answer_is_told_and_the_operation_taken_up_later(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert hold.attempts == 0
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    [capture] = operations(market, sent.payment, TransactionKind.CAPTURE)
    assert (capture.status, capture.failure) == (TransactionStatus.FAILED, "generic_decline")
    assert balance(market, AccountKind.ESCROW) == usd("0")
