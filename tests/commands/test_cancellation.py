"""Cancelling a job: holds are let go, captured money goes back whole."""

from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    ApplicationStatus,
    CancelJob,
    Commission,
    IllegalTransition,
    JobStatus,
    Marketplace,
    Money,
    OfferStatus,
    PaymentStatus,
    Pending,
    Reason,
    RefundStatus,
    Refused,
    TransactionKind,
    TransactionStatus,
)
from marketpay.ports.gateway import Authorize, Capture, RefundPayment, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    RIVAL,
    applied,
    assigned,
    balance,
    books_are_right,
    completed,
    entries,
    heard,
    in_progress,
    nothing_changes,
    now,
    operations,
    post,
    send,
    usd,
)


def cancel(market: Marketplace, job: Any, by: Actor = CUSTOMER, key: str | None = None) -> Any:
    return market.execute(CancelJob(by=by, job=job.id), key=key)


def test_an_open_job_takes_its_offers_and_applications_along(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    mine, theirs = applied(market, job), applied(market, job, by=RIVAL)
    sent, asked = send(market, job), send(market, job, to=RIVAL, payment_method=ASKING)
    with heard(market) as told:
        cancelled = cancel(market, job)

    assert cancelled.job.status is JobStatus.CANCELLED
    assert (cancelled.payment, cancelled.refund, cancelled.next_action) == (None, None, None)
    assert told.names[0] == "job.cancelled"
    assert sorted(told.names[1:]) == [
        *["application.rejected"] * 2,
        *["offer.withdrawn"] * 2,
        *["payment_transaction.started"] * 2,
    ]
    for application in (mine, theirs):
        assert now(market, application).status is ApplicationStatus.REJECTED
    market.work()
    for one in (sent, asked):
        assert now(market, one.offer).status is OfferStatus.WITHDRAWN
        assert now(market, one.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Void) == 2
    assert gateway.held("USD") == usd("0")


def test_a_hold_that_arrives_after_the_cancellation_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market, job)
    cancel(market, job)
    for _ in range(3):
        market.work()

    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")


@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR, ADMIN], ids=str)
def test_an_assigned_job_is_refunded_whole(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    job = assigned(market).job
    with heard(market) as told:
        cancelled = cancel(market, job, by)

    payment, refund = cancelled.payment, cancelled.refund
    assert (cancelled.job.status, cancelled.next_action) == (JobStatus.CANCELLED, None)
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, PRICE)
    assert (refund.status, refund.amount, refund.customer) == (
        RefundStatus.SUCCEEDED,
        PRICE,
        "cus_17",
    )
    assert refund.gateway_id is not None
    for thing in (cancelled.job, payment, refund):
        assert now(market, thing) == thing
    assert told.names == [
        "job.cancelled",
        "payment.refund_requested",
        "refund.requested",
        "payment_transaction.started",
        "payment.refunded",
        "refund.succeeded",
        "payment_transaction.succeeded",
    ]
    assert entries(market, payment)[2:] == [
        ("escrow", "refunds_in_transit", "900.00"),
        ("platform_fee", "refunds_in_transit", "100.00"),
        ("refunds_in_transit", "processor", "1000.00"),
    ]
    assert market.revenue("USD").total == gateway.balance("USD") == usd("0")
    assert all(
        balance(market, kind) == usd("0")
        for kind in (AccountKind.ESCROW, AccountKind.REFUNDS_IN_TRANSIT, AccountKind.PROCESSOR)
    )
    books_are_right(market, gateway)


@pytest.mark.parametrize("price", ["0.01", "0.05", "33.35", "999.99"])
@pytest.mark.parametrize("rates", [("0", "0"), ("0.10", "0.20"), ("1", "0"), ("0.335", "0.335")])
def test_whatever_was_taken_goes_back(
    open_market: OpenMarket, gateway: SimulatedGateway, price: str, rates: tuple[str, str]
) -> None:
    market = open_market(commission=Commission(*rates))
    job = assigned(market, price=usd(price)).job
    cancel(market, job)

    assert gateway.balance("USD") == market.revenue("USD").total == usd("0")
    books_are_right(market, gateway)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
@pytest.mark.parametrize("key", [None, "k"])
def test_a_refund_without_answer_is_found_or_asked_for_again(
    market: Marketplace, gateway: SimulatedGateway, outcome: Outcome, key: str | None
) -> None:
    job = assigned(market).job
    gateway.script(RefundPayment, outcome)
    cancelled = cancel(market, job, key=key)

    [sent] = operations(market, cancelled.payment, TransactionKind.REFUND)
    assert cancelled.next_action == Pending(transaction=sent.id)
    assert cancelled.job.status is JobStatus.CANCELLED
    assert cancelled.payment.status is PaymentStatus.CAPTURED
    assert (cancelled.payment.refunded, cancelled.refund.status) == (PRICE, RefundStatus.REQUESTED)
    assert balance(market, AccountKind.REFUNDS_IN_TRANSIT) == PRICE
    assert market.verify().ok
    if key is None:
        assert cancel(market, job).next_action == cancelled.next_action
        market.work()
    again = cancel(market, job, key=key)

    assert again.next_action is None
    assert (again.payment.status, again.refund.status) == (
        PaymentStatus.REFUNDED,
        RefundStatus.SUCCEEDED,
    )
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)


def test_a_refused_refund_leaves_the_customer_with_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = assigned(market).job
    gateway.script(RefundPayment, Outcome.DECLINE)
    with heard(market) as told:
        cancelled = cancel(market, job, key="k")

    assert cancelled.next_action is None
    assert cancelled.job.status is JobStatus.CANCELLED
    assert cancelled.refund.status is RefundStatus.FAILED
    assert cancelled.refund.failure == "generic_decline"
    assert told.names[-5:] == [
        "payment.refunded",
        "refund.failed",
        "incident.raised",
        "credit.added",
        "payment_transaction.failed",
    ]
    assert balance(market, AccountKind.CREDIT_AVAILABLE, "cus_17") == PRICE
    assert gateway.balance("USD") == PRICE
    books_are_right(market, gateway)
    with nothing_changes(market, gateway):
        assert cancel(market, job, key="k") == cancelled
    assert cancel(market, job) == cancelled


def test_cancelling_again_has_no_effect(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = assigned(market).job
    first = cancel(market, job)
    calls = gateway.calls

    assert cancel(market, job, by=CONTRACTOR) == first
    assert gateway.calls == calls


def test_work_under_way_is_stopped_by_an_administrator_only(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = in_progress(market).job
    with nothing_changes(market, gateway):
        for by in (CUSTOMER, CONTRACTOR):
            with pytest.raises(IllegalTransition) as illegal:
                cancel(market, job, by)
            assert illegal.value.status == "in_progress"

    assert cancel(market, job, ADMIN).payment.status is PaymentStatus.REFUNDED
    books_are_right(market, gateway)


def test_a_completed_job_is_not_cancelled(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = completed(market).job
    with nothing_changes(market, gateway):
        for by in (CUSTOMER, CONTRACTOR, ADMIN):
            with pytest.raises(IllegalTransition):
                cancel(market, job, by)


def test_nothing_is_cancelled_while_an_acceptance_is_under_way(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        cancel(market, accepted.job)
    assert refused.value.reason is Reason.ACCEPTANCE_IN_PROGRESS
    market.work()
    assert cancel(market, accepted.job).payment.status is PaymentStatus.REFUNDED


def test_a_refund_is_sent_under_the_same_key_until_it_is_answered(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = assigned(market).job
    gateway.script(RefundPayment, *[Outcome.TIMEOUT_BEFORE] * 4)
    cancelled = cancel(market, job)
    for _ in range(8):
        clock.advance(minutes=10)
        market.work()

    [sent] = operations(market, cancelled.payment, TransactionKind.REFUND)
    assert sent.status is TransactionStatus.SUCCESS
    assert {key for request, key in gateway.calls if request is RefundPayment} == {sent.id}
    assert gateway.effects(RefundPayment) == 1


def test_a_refund_is_in_the_currency_of_the_payment(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market, currency="JPY")
    sent = send(market, job, price=Money("999", "JPY"))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert cancel(market, job).refund.amount == Money("999", "JPY")
    assert gateway.balance("JPY") == Money("0", "JPY")
    books_are_right(market, gateway, "JPY")
