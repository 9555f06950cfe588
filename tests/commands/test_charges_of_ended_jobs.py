"""What was paid beside an offer, when its job ends: none of it stays in escrow."""

from datetime import timedelta

import pytest

from marketpay import (
    AcceptCancellation,
    AccountKind,
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    ClearPayment,
    CompleteJob,
    DeclineCancellation,
    EmptyEscrow,
    FlagPayment,
    IssueRefund,
    Job,
    JobStatus,
    Marketplace,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentStatus,
    PayTip,
    Pending,
    ProposeCancellation,
    Reason,
    Refused,
    SubmitWork,
    WithdrawDispute,
)
from marketpay.ports.gateway import Capture, RefundPayment
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
from tests.hearing import stated, tell
from tests.money import hear, settle


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
    market.work()
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


def test_an_extra_that_two_dispute_waits_for_both(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    main = disputed(market, deal=deal)
    beside = market.execute(OpenDispute(by=CUSTOMER, payment=extra.id, reason="x"))
    resolved(market, main, "400", "600")
    gateway.dispute(now(market, extra))
    hear(market, gateway)
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=beside.id))
    market.work()
    assert not now(market, extra).is_released

    gateway.win(now(market, extra))
    settle(market, gateway)
    assert now(market, extra).is_released
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


@pytest.mark.parametrize("ending", [CompleteJob, CancelJob])
def test_an_extra_that_a_bank_gives_back_goes_where_the_job_went(
    market: Marketplace, gateway: SimulatedGateway, ending: type[CompleteJob | CancelJob]
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    tell(market, stated(market, extra, "lost", "50", amount="50"))
    market.execute(ending(by=ADMIN, job=deal.job.id))
    assert balance(market, AccountKind.ESCROW) == usd("0")

    tell(market, stated(market, extra, "won", amount="50"))
    market.work()
    after = now(market, extra)
    assert (after.is_released, after.refunded == usd("50")) == (
        ending is CompleteJob,
        ending is CancelJob,
    )
    assert balance(market, AccountKind.ESCROW) == usd("0")
    assert market.verify().ok


def test_who_finds_nothing_to_empty_was_not_overtaken_by_the_end_of_the_job(
    market: Marketplace,
) -> None:
    deal = in_progress(market)
    extra = extra_of(market, deal.job)
    decision = market.preview(EmptyEscrow(by=Actor.SYSTEM, payment=extra.id))
    assert [one.id for one in decision.relies_on] == [deal.job.id]
    assert decision.changes == ()


@pytest.mark.parametrize("what", [PayExtra, PayTip])
def test_what_is_captured_while_it_is_under_review_waits_until_somebody_has_looked(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    what: type[PayExtra | PayTip],
) -> None:
    deal = in_progress(market)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    pay = what(by=CUSTOMER, job=deal.job.id, amount=usd("50"), payment_method=GOOD)
    payment = market.execute(pay).payment
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=payment.id, detail="issfr_1"))
    market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id))
    clock.advance(minutes=10)
    market.work()
    held = now(market, payment)
    assert (held.status, held.is_released) == (PaymentStatus.CAPTURED, False)

    market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    market.work()
    assert now(market, payment).is_released
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


def test_an_extra_is_cleared_while_a_bank_has_it_and_released_when_it_gives_it_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    deal = in_progress(market)
    tip = PayTip(by=CUSTOMER, job=deal.job.id, amount=usd("50"), payment_method=GOOD)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    payment = market.execute(tip).payment
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=payment.id, detail="issfr_1"))
    clock.advance(minutes=10)
    market.work()
    gateway.dispute(now(market, payment))
    hear(market, gateway)
    cleared = market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    assert (cleared.status, cleared.flagged) == (PaymentStatus.CHARGED_BACK, None)
    assert not now(market, payment).is_released

    gateway.win(now(market, payment))
    settle(market, gateway)
    assert now(market, payment).is_released
    books_are_right(market, gateway)


def test_a_customer_s_own_proposal_to_cancel_holds_up_their_silent_consent(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    market = open_market(auto_release=timedelta(days=7))
    deal = in_progress(market)
    market.execute(SubmitWork(by=CONTRACTOR, job=deal.job.id))
    market.execute(ProposeCancellation(by=CUSTOMER, job=deal.job.id))
    clock.advance(days=8)
    assert market.work().failures == ()
    assert now(market, deal.job).status is JobStatus.SUBMITTED

    market.execute(DeclineCancellation(by=CONTRACTOR, job=deal.job.id))
    clock.advance(days=8)
    market.work()
    assert now(market, deal.job).status is JobStatus.COMPLETED


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
