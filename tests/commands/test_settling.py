"""Settling: whatever the gateway says of an operation, once, twice, late or never."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    BuyUpgrade,
    CancelJob,
    ContinueWithdrawal,
    GatewayError,
    GetWithdrawal,
    IncidentKind,
    IssueRefund,
    ListIncidents,
    Marketplace,
    Money,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    PaymentTransaction,
    Pending,
    Refund,
    RefundStatus,
    RequestWithdrawal,
    SettleHold,
    TransactionKind,
    TransactionStatus,
    WithdrawalStatus,
    WithdrawOffer,
)
from marketpay.commands.settling import SettleTransaction
from marketpay.ports.gateway import (
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    CheckoutExpired,
    CheckoutOpen,
    CheckoutPaid,
    Declined,
    GatewayNews,
    HoldGone,
    LookUp,
    NoAnswer,
    NotThere,
    PaidOut,
    PayOut,
    Processing,
    Refunded,
    RefundPayment,
    Reversed,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Transferred,
    Void,
    Voided,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_one_store
from tests.deals import (
    ADMIN,
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

NEWS: tuple[Any, ...] = (
    Authorized(gateway_id="x", expires_at=None),
    ActionRequired(gateway_id="x", client_secret="top secret"),
    Processing(gateway_id="x"),
    Captured(gateway_id="x", amount=PRICE),
    Voided(gateway_id="x"),
    Refunded(gateway_id="x", amount=PRICE),
    Transferred(gateway_id="x", amount=PRICE),
    Reversed(gateway_id="x", amount=PRICE),
    PaidOut(gateway_id="x", amount=PRICE),
    CheckoutOpen(gateway_id="x", url="https://pay.example/1", expires_at=None),
    CheckoutPaid(gateway_id="x", payment="pi_x", amount=PRICE),
    CheckoutExpired(gateway_id="x"),
    Declined(code="no"),
    HoldGone(gateway_id="x"),
    NotThere(),
    NoAnswer(),
)
names = [type(news).__name__ for news in NEWS]

# What only a worker sends, and how.
LATER: dict[TransactionKind, Any] = {
    TransactionKind.VOID: Void,
    TransactionKind.TRANSFER: Transfer,
    TransactionKind.TRANSFER_REVERSAL: ReverseTransfer,
    TransactionKind.PAYOUT: PayOut,
}
AT_ONCE: dict[TransactionKind, Any] = {
    TransactionKind.AUTHORIZE: Authorize,
    TransactionKind.CAPTURE: Capture,
    TransactionKind.REFUND: RefundPayment,
    TransactionKind.CHARGE: StartCheckout,
}
PREMIUM = BuyUpgrade(
    by=CUSTOMER,
    listing="lst_1",
    premium_type="gold",
    success_url="https://host.example/yes",
    cancel_url="https://host.example/no",
)


def settle(market: Marketplace, transaction: Any, news: GatewayNews) -> Any:
    command = SettleTransaction(by=Actor.SYSTEM, transaction=transaction.id, news=news)
    return market.execute(command)


def unanswered(
    market: Marketplace,
    gateway: SimulatedGateway,
    kind: TransactionKind,
    outcome: Outcome = Outcome.TIMEOUT_BEFORE,
) -> tuple[Any, Any]:
    """An operation of this kind that was never answered or never sent, and its payment."""
    if kind in AT_ONCE:
        return _at_once(market, gateway, kind, outcome)
    payment: Any
    if kind is TransactionKind.VOID:
        sent = send(market)
        market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
        payment = sent.payment
    else:
        payee(market, gateway)
        payment = completed(market).payment
    if kind is TransactionKind.TRANSFER_REVERSAL:
        market.work()
        market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("300")))
    if kind is TransactionKind.PAYOUT:
        market.work()
        asked = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
        market.execute(ContinueWithdrawal(by=Actor.SYSTEM, withdrawal=asked.id))
    return only(market, kind), payment


def _at_once(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind, outcome: Outcome
) -> tuple[Any, Any]:
    payment: Any = None
    request = AT_ONCE[kind]
    if kind is TransactionKind.AUTHORIZE:
        gateway.script(request, outcome)
        payment = send(market).payment
    elif kind is TransactionKind.CAPTURE:
        sent = send(market)
        gateway.script(request, outcome)
        payment = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).payment
    elif kind is TransactionKind.REFUND:
        job = assigned(market).job
        gateway.script(request, outcome)
        payment = market.execute(CancelJob(by=CUSTOMER, job=job.id)).payment
    else:
        gateway.script(request, outcome)
        market.execute(PREMIUM)
    return only(market, kind), payment


def only(market: Marketplace, kind: TransactionKind) -> Any:
    """The one operation of this kind that there is."""
    [one] = market.store.read(lambda records: records.find(PaymentTransaction, kind=kind))
    return one


def of_its_amount(news: Any, transaction: PaymentTransaction) -> Any:
    """The news, of as much as was asked for."""
    return evolve(news, amount=transaction.amount) if hasattr(news, "amount") else news


FIT = {
    TransactionKind.AUTHORIZE: {"Authorized", "Captured", "ActionRequired", "Declined", "HoldGone"},
    TransactionKind.CAPTURE: {"Captured", "Declined", "HoldGone"},
    TransactionKind.VOID: {"Voided", "Captured", "HoldGone", "Declined"},
    TransactionKind.REFUND: {"Refunded", "Declined"},
    TransactionKind.TRANSFER: {"Transferred", "Declined"},
    TransactionKind.TRANSFER_REVERSAL: {"Reversed", "Declined"},
    TransactionKind.PAYOUT: {"PaidOut", "Declined"},
    TransactionKind.CHARGE: {"CheckoutOpen", "CheckoutPaid", "CheckoutExpired", "Declined"},
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
    told = of_its_amount(news, one)
    if name in FIT[kind] | ALWAYS:
        assert settle(market, one, told).version > one.version
        return
    with nothing_changes(market, gateway), pytest.raises(GatewayError, match=name):
        settle(market, one, told)


AMOUNTS: dict[TransactionKind, Any] = {
    TransactionKind.REFUND: Refunded(gateway_id="x", amount=PRICE),
    TransactionKind.TRANSFER: Transferred(gateway_id="x", amount=PRICE),
    TransactionKind.TRANSFER_REVERSAL: Reversed(gateway_id="x", amount=PRICE),
    TransactionKind.PAYOUT: PaidOut(gateway_id="x", amount=PRICE),
    TransactionKind.CHARGE: CheckoutPaid(gateway_id="x", payment="pi_x", amount=PRICE),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_another_amount_than_was_asked_for_is_the_gateways_fault(
    market: Marketplace, gateway: SimulatedGateway, kind: TransactionKind
) -> None:
    one, _ = unanswered(market, gateway, kind)

    for wrong in (
        Money.from_minor(one.amount.minor - 1, one.currency),
        Money.from_minor(one.amount.minor, "EUR"),
    ):
        with nothing_changes(market, gateway), pytest.raises(GatewayError):
            settle(market, one, evolve(AMOUNTS[kind], amount=wrong))


def succeeded(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: TransactionKind
) -> Any:
    """An operation of this kind that the gateway has carried out."""
    one, _ = unanswered(market, gateway, kind)
    market.work()
    if kind is TransactionKind.CHARGE:
        gateway.pay_checkout(one.id)
    clock.advance(days=3)
    for _ in range(2):
        market.work()
    settled = now(market, one)
    assert settled.status is TransactionStatus.SUCCESS
    return settled


@pytest.mark.covers("B017")
@on_one_store
@pytest.mark.parametrize("news", NEWS, ids=names)
@pytest.mark.parametrize("kind", TransactionKind)
def test_what_is_settled_ignores_whatever_else_is_said(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: TransactionKind,
    news: GatewayNews,
) -> None:
    settled = succeeded(market, gateway, clock, kind)
    if isinstance(news, Declined) and kind in (TransactionKind.REFUND, TransactionKind.PAYOUT):
        return  # a bank can change its mind

    with nothing_changes(market, gateway):
        assert settle(market, settled, of_its_amount(news, settled)) == settled


def test_a_refund_that_the_bank_sends_back_is_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = succeeded(market, gateway, clock, TransactionKind.REFUND)
    gateway.fail_refund(sent.id)
    with heard(market) as told:
        settle(market, sent, Declined(code="lost_or_stolen_card"))
    with nothing_changes(market, gateway):
        settle(market, sent, Declined(code="lost_or_stolen_card"))
    [refund] = market.store.read(lambda records: records.find(Refund, payment=sent.payment))

    assert told.names == ["refund.failed", "incident.raised", "credit.added"]
    assert (refund.status, refund.failure) == (RefundStatus.FAILED, "lost_or_stolen_card")
    assert now(market, sent) == sent
    assert balance(market, AccountKind.CREDIT_AVAILABLE, "cus_17") == PRICE
    books_are_right(market, gateway)


def test_a_payout_that_the_bank_sends_back_is_in_the_wallet_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = succeeded(market, gateway, clock, TransactionKind.PAYOUT)
    assert market.wallet("ctr_42", "USD").total == usd("0")
    gateway.fail_payout(sent.id)
    with heard(market) as told:
        settle(market, sent, Declined(code="account_closed"))
    with nothing_changes(market, gateway):
        settle(market, sent, Declined(code="account_closed"))
    withdrawal = market.query(GetWithdrawal(sent.withdrawal))

    assert told.names == ["wallet.credited", "withdrawal.returned", "incident.raised"]
    assert (withdrawal.status, withdrawal.failure) == (WithdrawalStatus.FAILED, "account_closed")
    assert now(market, sent) == sent
    assert market.wallet("ctr_42", "USD").available == usd("700")
    assert balance(market, AccountKind.CONNECTED, "ctr_42") == usd("700")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    books_are_right(market, gateway)


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
    accepted = assigned(market, payment_method="pm_card_pendingRefund")
    with heard(market) as told:
        cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
        [one] = operations(market, accepted.payment, TransactionKind.REFUND)
        settle(market, one, Processing(gateway_id=str(one.gateway_id)))
    assert cancelled.refund is not None

    assert cancelled.refund.status is RefundStatus.PENDING
    assert cancelled.next_action == Pending(transaction=one.id)
    assert one.status is TransactionStatus.AWAITING_CONFIRMATION
    assert told.names.count("refund.pending") == 1
    clock.advance(hours=1)
    market.work()
    assert now(market, cancelled.refund).status is RefundStatus.SUCCEEDED
    assert now(market, accepted.payment).status is PaymentStatus.REFUNDED
    books_are_right(market, gateway)


def test_a_payout_is_on_its_way_until_the_bank_is_expected_to_have_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    one, _ = unanswered(market, gateway, TransactionKind.PAYOUT)
    market.work()
    withdrawal = market.query(GetWithdrawal(one.withdrawal))

    assert withdrawal.status is WithdrawalStatus.PROCESSING
    assert withdrawal.gateway_payout == now(market, one).gateway_id is not None
    assert balance(market, AccountKind.PAYOUT_IN_TRANSIT, "ctr_42") == usd("700")
    assert balance(market, AccountKind.CONNECTED, "ctr_42") == usd("0")
    assert market.wallet("ctr_42", "USD").reserved == usd("700")
    clock.advance(days=2)
    market.work()
    assert now(market, withdrawal).status is WithdrawalStatus.PAID
    assert balance(market, AccountKind.PAYOUT_IN_TRANSIT, "ctr_42") == usd("0")
    assert market.wallet("ctr_42", "USD").total == usd("0")
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


def test_a_hold_that_was_captured_cannot_be_let_go_and_is_an_incident_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    one, payment = unanswered(market, gateway, TransactionKind.VOID)
    taken = Captured(gateway_id=payment.gateway_payment, amount=PRICE)
    market.execute(SettleHold(by=Actor.SYSTEM, payment=payment.id, news=taken))
    settle(market, one, taken)
    [raised] = market.query(ListIncidents()).items

    assert (raised.kind, raised.subject) == (IncidentKind.CAPTURED_ELSEWHERE, payment.id)
    assert now(market, one).failure == "captured"


def test_so_it_is_if_the_gateway_says_it_in_its_answer_alone(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    one, payment = unanswered(market, gateway, TransactionKind.VOID)
    settle(market, one, Captured(gateway_id=payment.gateway_payment, amount=PRICE))
    [raised] = market.query(ListIncidents()).items

    assert (raised.kind, raised.subject) == (IncidentKind.CAPTURED_ELSEWHERE, payment.id)
    assert now(market, one).failure == "captured"


@pytest.mark.parametrize("kind", [k for k in TransactionKind if k is not TransactionKind.VOID])
def test_after_the_window_an_operation_is_looked_for_and_never_sent_again(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: TransactionKind,
) -> None:
    one, _ = unanswered(market, gateway, kind)
    if kind in LATER:
        gateway.script(LATER[kind], *[Outcome.TIMEOUT_BEFORE] * 2)
        market.work()
    asked = [call for call in gateway.calls if call[0] is not LookUp]
    clock.advance(hours=24)
    with heard(market) as told:
        market.work()
    stuck = now(market, one)

    assert [call for call in gateway.calls if call[0] is not LookUp] == asked
    assert (stuck.status, stuck.failure) == (TransactionStatus.UNKNOWN, "no_answer")
    assert stuck.due_at == clock() + timedelta(hours=1)  # looked for again, and so for good
    assert told.names.count("payment_transaction.stuck") == 1
    assert [incident.subject for incident in market.query(ListIncidents()).items] == [one.id]
    books_are_right(market, gateway)


@pytest.mark.parametrize("kind", TransactionKind)
def test_after_the_window_what_was_done_is_found(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: TransactionKind,
) -> None:
    one, _ = unanswered(market, gateway, kind, Outcome.TIMEOUT_AFTER)
    if kind in LATER:
        gateway.script(LATER[kind], Outcome.TIMEOUT_AFTER)
        gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
        market.work()
        assert now(market, one).status is TransactionStatus.UNKNOWN
    if kind is TransactionKind.CHARGE:
        gateway.pay_checkout(one.id)
    for _ in range(3):
        clock.advance(hours=24)
        market.work()

    assert now(market, one).status is TransactionStatus.SUCCESS
    books_are_right(market, gateway, one.currency)


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
