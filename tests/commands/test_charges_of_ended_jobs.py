"""What was paid beside an offer, when its job ends: none of it stays in escrow."""

import pytest

from marketpay import (
    AcceptCancellation,
    AccountKind,
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CompleteJob,
    IssueRefund,
    Job,
    Marketplace,
    OpenDispute,
    PayExtra,
    Payment,
    PayTip,
    Pending,
    ProposeCancellation,
    Reason,
    Refused,
    WithdrawDispute,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    balance,
    books_are_right,
    in_progress,
    now,
    usd,
)
from tests.disputes import disputed, resolved
from tests.money import hear


def extra_of(market: Marketplace, job: Job, amount: str = "50") -> Payment:
    command = PayExtra(by=CUSTOMER, job=job.id, amount=usd(amount), payment_method=GOOD)
    return market.execute(command).payment


@pytest.mark.parametrize("to_customer", ["400", "1000"])
def test_an_extra_whose_dispute_is_withdrawn_goes_where_the_job_went(
    market: Marketplace, gateway: SimulatedGateway, to_customer: str
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    main = disputed(market, deal=deal)
    beside = market.execute(OpenDispute(by=CUSTOMER, payment=extra.id, reason="x"))
    resolved(market, main, to_customer, str(1000 - int(to_customer)))
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=beside.id))
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


def test_no_job_ends_while_a_bank_disputes_an_extra_of_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    main = disputed(market, deal=deal)
    gateway.dispute(now(market, extra))
    hear(market, gateway)
    with pytest.raises(Refused) as refused:
        resolved(market, main, "400", "600")
    assert refused.value.reason is Reason.CHARGEBACK_OPEN

    gateway.win(now(market, extra))
    hear(market, gateway)
    resolved(market, main, "400", "600")
    assert balance(market, AccountKind.ESCROW) == usd("0")


def test_the_time_of_a_dispute_beside_a_flagged_extra_is_no_failure(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    disputed(market, CONTRACTOR, deal)
    gateway.warn(now(market, extra))
    hear(market, gateway)
    clock.advance(days=8)
    assert market.work().failures == ()


@pytest.mark.parametrize(("by", "other"), [(CUSTOMER, CONTRACTOR), (CONTRACTOR, CUSTOMER)])
def test_extras_are_divided_as_for_who_proposed(
    open_market: OpenMarket, by: Actor, other: Actor
) -> None:
    tiers = [
        CancellationTier(stage="in_progress", by="customer", to_customer=0, to_contractor=1),
        CancellationTier(stage="in_progress", by="contractor", to_customer=1),
    ]
    market = open_market(cancellation=CancellationPolicy(tiers))
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    proposed = market.execute(ProposeCancellation(by=by, job=deal.job.id))
    amount = proposed.cancellation_to_customer
    market.execute(AcceptCancellation(by=other, job=deal.job.id, to_customer=amount))
    assert now(market, extra).refunded.minor * 20 == now(market, deal.payment).refunded.minor


@pytest.mark.parametrize("when", ["before", "after"])
def test_accepting_again_is_the_same_whatever_else_was_refunded(
    market: Marketplace, when: str
) -> None:
    deal = in_progress(market)
    refund = IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("100"))
    to_customer = usd("0" if when == "before" else "400")
    if when == "before":
        market.execute(refund)
    market.execute(ProposeCancellation(by=CUSTOMER, job=deal.job.id, to_customer=to_customer))
    accept = AcceptCancellation(by=CONTRACTOR, job=deal.job.id, to_customer=to_customer)
    first = market.execute(accept)
    if when == "after":
        market.execute(refund)
    again = market.execute(accept)
    assert (first.refund and first.refund.id) == (again.refund and again.refund.id)


def test_no_dispute_is_taken_back_while_a_bank_disputes_what_outlived_its_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    main = disputed(market, deal=deal)
    beside = market.execute(OpenDispute(by=CUSTOMER, payment=extra.id, reason="x"))
    resolved(market, main, "400", "600")
    gateway.dispute(now(market, extra))
    hear(market, gateway)
    withdraw = WithdrawDispute(by=CUSTOMER, dispute=beside.id)
    with pytest.raises(Refused) as refused:
        market.execute(withdraw)
    assert refused.value.reason is Reason.CHARGEBACK_OPEN

    gateway.win(now(market, extra))
    hear(market, gateway)
    market.execute(withdraw)
    assert balance(market, AccountKind.ESCROW) == usd("0")


def test_a_dispute_is_not_taken_back_on_what_the_job_was(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    beside = market.execute(OpenDispute(by=CUSTOMER, payment=extra.id, reason="x"))
    decision = market.preview(WithdrawDispute(by=CUSTOMER, dispute=beside.id))
    assert deal.job.id in [one.id for one in decision.relies_on]


def test_a_tip_that_a_bank_disputes_keeps_no_job_from_ending(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    tip = PayTip(by=CUSTOMER, job=deal.job.id, amount=usd("20"), payment_method=GOOD)
    gateway.dispute(market.execute(tip).payment)
    hear(market, gateway)
    assert market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id)).job.status == "completed"


def test_what_is_still_to_happen_to_the_first_of_two_refunds_is_said(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    extra_of(market, deal.job)
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    cancelled = market.execute(CancelJob(by=ADMIN, job=deal.job.id))
    assert isinstance(cancelled.next_action, Pending)
