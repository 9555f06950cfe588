"""Cancelling a job whose money is captured, by a policy that gives everybody something."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    Commission,
    CompleteJob,
    FlagPayment,
    IssueRefund,
    JobStatus,
    Marketplace,
    Money,
    PaymentStatus,
    Reason,
    RefundStatus,
    Refused,
    RequestWithdrawal,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    assigned,
    balance,
    books_are_right,
    completed,
    entries,
    everything,
    heard,
    in_progress,
    nothing_changes,
    now,
    payee,
    post,
    send,
    usd,
)
from tests.hearing import hear

NOTHING = usd("0")


def policy(stage: str = "assigned", **fields: Any) -> CancellationPolicy:
    shares = {"to_customer": "0.50", "to_contractor": "0.30", **fields}
    return CancellationPolicy([CancellationTier(stage=stage, **shares)])


def cancel(market: Marketplace, job: Any, by: Actor = CUSTOMER, key: str | None = None) -> Any:
    return market.execute(CancelJob(by=by, job=job.id), key=key)


@pytest.mark.covers("A172")
def test_everybody_gets_their_share(open_market: OpenMarket, gateway: SimulatedGateway) -> None:
    market = open_market(cancellation=policy())
    payee(market, gateway)
    job = assigned(market).job
    with heard(market) as told:
        cancelled = cancel(market, job)

    payment, refund = cancelled.payment, cancelled.refund
    assert (cancelled.job.status, cancelled.next_action) == (JobStatus.CANCELLED, None)
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, usd("500"))
    assert payment.status is PaymentStatus.RELEASED
    assert (payment.refunded, payment.kept) == (usd("500"), usd("200"))
    for thing in (cancelled.job, payment, refund):
        assert now(market, thing) == thing
    assert sorted(told.names) == [
        "job.cancelled",
        "payment.fee_kept",
        "payment.partly_refunded",
        "payment.refund_requested",
        "payment.released",
        "payment_transaction.started",
        "payment_transaction.started",
        "payment_transaction.succeeded",
        "refund.requested",
        "refund.succeeded",
        "wallet.credited",
    ]
    assert entries(market, payment)[2:] == [
        ("escrow", "refunds_in_transit", "450.00"),
        ("platform_fee", "refunds_in_transit", "50.00"),
        ("escrow", "cancellation_fee", "180.00"),
        ("escrow", "service_fee", "60.00"),
        ("escrow", "wallet.available(ctr_42)", "210.00"),
        ("refunds_in_transit", "processor", "500.00"),
    ]
    earned = market.revenue("USD")
    assert (earned.platform_fee, earned.service_fee) == (usd("50"), usd("60"))
    assert (earned.cancellation_fees, earned.total) == (usd("180"), usd("290"))
    market.work()
    assert gateway.connected_balance("ctr_42", "USD") == usd("210")
    assert balance(market, AccountKind.ESCROW) == NOTHING
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (("1", "0"), ("1000", "0", "0")),
        (("0", "0"), ("0", "0", "1000")),
        (("0", "1"), ("0", "700", "300")),
        (("0.90", "0"), ("900", "0", "100")),
        (("0.90", "0.10"), ("900", "70", "30")),
        (("0.335", "0.335"), ("335", "234.50", "430.50")),
    ],
    ids=str,
)
def test_a_share_can_be_nothing(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    shares: tuple[str, str],
    expected: tuple[str, str, str],
) -> None:
    to_customer, to_contractor = shares
    market = open_market(cancellation=policy(to_customer=to_customer, to_contractor=to_contractor))
    cancelled = cancel(market, assigned(market).job)

    refunded, payout, revenue = (usd(amount) for amount in expected)
    assert cancelled.payment.refunded == refunded
    assert (cancelled.refund is None) == (refunded == NOTHING)
    assert market.wallet("ctr_42", "USD").total == payout
    assert market.revenue("USD").total == revenue
    assert balance(market, AccountKind.ESCROW) == NOTHING
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR, ADMIN], ids=str)
def test_who_cancels_can_make_a_difference(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor
) -> None:
    market = open_market(cancellation=policy(by="customer"))
    cancelled = cancel(market, assigned(market).job, by)

    assert cancelled.refund.amount == (usd("500") if by == CUSTOMER else PRICE)
    books_are_right(market, gateway)


@on_both_stores
def test_a_tier_begins_so_long_after_the_job_was_assigned(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(cancellation=policy(after=timedelta(days=1)))
    jobs = [assigned(market).job for _ in range(2)]
    assert jobs[0].assigned_at == clock()
    clock.advance(hours=23, minutes=59, seconds=59)
    first = cancel(market, jobs[0])
    clock.advance(seconds=1)
    second = cancel(market, jobs[1])

    assert (first.refund.amount, second.refund.amount) == (PRICE, usd("500"))
    books_are_right(market, gateway)


@on_both_stores
def test_work_under_way_has_a_tier_of_its_own_for_the_administrator_too(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    assert cancel(market, in_progress(market).job, ADMIN).refund.amount == PRICE
    market = open_market(cancellation=policy("in_progress"))
    assert cancel(market, in_progress(market).job, ADMIN).refund.amount == usd("500")
    books_are_right(market, gateway)


@on_both_stores
def test_what_was_refunded_before_is_not_divided_again(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    accepted = assigned(market)
    market.execute(IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=usd("400")))
    cancelled = cancel(market, accepted.job)

    assert cancelled.refund.amount == usd("300")
    assert (cancelled.payment.refunded, cancelled.payment.kept) == (usd("700"), usd("120"))
    assert market.wallet("ctr_42", "USD").available == usd("126")
    books_are_right(market, gateway)


@on_both_stores
def test_nothing_is_left_to_divide_once_all_was_refunded(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    accepted = assigned(market)
    market.execute(IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=PRICE))
    cancelled = cancel(market, accepted.job)

    assert (cancelled.job.status, cancelled.refund) == (JobStatus.CANCELLED, None)
    assert market.wallet("ctr_42", "USD").total == market.revenue("USD").total == NOTHING
    books_are_right(market, gateway)


@pytest.mark.parametrize("key", [None, "k"])
def test_cancelling_again_divides_nothing_again(
    open_market: OpenMarket, gateway: SimulatedGateway, key: str | None
) -> None:
    market = open_market(cancellation=policy())
    job = assigned(market).job
    first = cancel(market, job, key=key)
    before, calls = everything(market), gateway.calls

    assert cancel(market, job, key=key) == first
    assert (everything(market), gateway.calls) == (before, calls)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_refund_without_answer_is_made_once_and_the_rest_is_divided_at_once(
    open_market: OpenMarket, gateway: SimulatedGateway, outcome: Outcome
) -> None:
    market = open_market(cancellation=policy())
    job = assigned(market).job
    gateway.script(RefundPayment, outcome)
    cancelled = cancel(market, job)
    assert cancelled.next_action is not None
    assert market.wallet("ctr_42", "USD").available == usd("210")
    assert market.verify().ok
    market.work()

    assert cancel(market, job).refund.status is RefundStatus.SUCCEEDED
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)


@on_both_stores
def test_a_refused_refund_undoes_nothing_of_it(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    job = assigned(market).job
    gateway.script(RefundPayment, Outcome.DECLINE)
    cancelled = cancel(market, job)

    assert cancelled.refund.status is RefundStatus.FAILED
    assert cancelled.payment.status is PaymentStatus.RELEASED
    assert balance(market, AccountKind.CREDIT_AVAILABLE, "cus_17") == usd("500")
    assert market.wallet("ctr_42", "USD").available == usd("210")
    books_are_right(market, gateway)


@on_both_stores
def test_the_contractors_debts_are_collected_from_their_share(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    payee(market, gateway)
    old = completed(market).payment
    market.work()
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    market.work()
    market.execute(IssueRefund(by=ADMIN, payment=old.id, amount=PRICE))
    cancel(market, assigned(market).job)
    market.work()

    wallet = market.wallet("ctr_42", "USD")
    assert (wallet.available, wallet.receivable) == (NOTHING, usd("490"))
    books_are_right(market, gateway)


@on_both_stores
def test_a_payment_under_review_is_not_released_by_a_cancellation(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    accepted = assigned(market)
    flag = FlagPayment(by=Actor.SYSTEM, payment=accepted.payment.id, detail="issfr_1")
    market.execute(flag)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        cancel(market, accepted.job)
    assert refused.value.reason is Reason.PAYMENT_UNDER_REVIEW

    market = open_market(cancellation=policy(to_contractor=0))
    assert cancel(market, accepted.job).payment.kept == usd("500")
    books_are_right(market, gateway)


@on_both_stores
def test_a_disputed_payment_is_not_divided(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy())
    accepted = assigned(market)
    gateway.dispute(accepted.payment)
    hear(market, gateway)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        cancel(market, accepted.job)
    assert refused.value.reason is Reason.CHARGEBACK_OPEN


@on_both_stores
def test_of_a_job_assigned_before_the_time_was_kept_the_first_tier_holds(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(cancellation=policy(after=timedelta(days=1)))
    job = assigned(market).job
    market.store.run(lambda work: work.put(_without_time(work, job)))
    clock.advance(days=30)

    assert cancel(market, job).refund.amount == PRICE


def _without_time(work: Any, job: Any) -> Any:
    return evolve(work.get(type(job), job.id), assigned_at=None)


@on_both_stores
def test_a_cancelled_job_is_not_completed(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=policy("in_progress"))
    job = in_progress(market).job
    cancel(market, job, ADMIN)
    with nothing_changes(market, gateway), pytest.raises(Exception, match="cancelled"):
        market.execute(CompleteJob(by=CUSTOMER, job=job.id))


@on_both_stores
def test_shares_are_of_any_currency(open_market: OpenMarket, gateway: SimulatedGateway) -> None:
    market = open_market(cancellation=policy())
    sent = send(market, post(market, currency="JPY"), price=Money("999", "JPY"))
    job = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job
    cancelled = cancel(market, job)

    assert cancelled.refund.amount == Money("499", "JPY")
    assert cancelled.payment.kept == Money("200", "JPY")
    books_are_right(market, gateway, "JPY")


@on_both_stores
@pytest.mark.parametrize("cancelled", [True, False])
def test_who_gets_nothing_has_no_wallet_to_be_paid_out_by_schedule(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, cancelled: bool
) -> None:
    market = open_market(
        cancellation=policy("in_progress", to_contractor=0),
        commission=Commission("0.5", "0.5"),
        transfers="scheduled",
    )
    job = in_progress(market).job
    kind = CancelJob if cancelled else CompleteJob
    market.execute(kind(by=ADMIN, job=job.id))
    clock.advance(days=30)

    assert market.work().failures == ()
    assert market.wallet("ctr_42", "USD").total == NOTHING
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("end", ["win", "lose"])
@pytest.mark.parametrize("amount", ["1000", "300", "100"])
@pytest.mark.parametrize("shares", [("0.50", "0.30"), ("0.50", "0"), ("0", "0"), ("0", "1")])
def test_a_bank_can_take_back_what_was_divided(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    end: str,
    amount: str,
    shares: tuple[str, str],
) -> None:
    to_customer, to_contractor = shares
    market = open_market(cancellation=policy(to_customer=to_customer, to_contractor=to_contractor))
    payee(market, gateway)
    paid = cancel(market, assigned(market).job).payment
    market.work()
    disputed = gateway.dispute(paid, amount=usd(amount))
    hear(market, gateway)
    books_are_right(market, gateway)
    getattr(gateway, end)(disputed)
    hear(market, gateway)
    market.work()

    books_are_right(market, gateway)
    left = PRICE - now(market, paid).gone
    assert balance(market, AccountKind.ESCROW) == NOTHING
    assert left.minor >= 0
