"""A dispute in a job in parts decides its own money, and no extra goes along with it."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptSettlement,
    AccountKind,
    CancelJob,
    CancelMilestone,
    CompleteJob,
    Dispute,
    GetDispute,
    IssueRefund,
    Job,
    Marketplace,
    Milestone,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentId,
    PaymentStatus,
    ProposeSettlement,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
    StartJob,
    SubmitWork,
    WithdrawDispute,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, balance, now, usd
from tests.disputes import resolved, resolving
from tests.hearing import hear
from tests.milestones import assigned_in_parts, fund, in_parts, milestones_of, nothing_is_left
from tests.money import wallet, work_off


def extra_of(market: Marketplace, job: Job) -> Payment:
    """What was paid beside the parts."""
    command = PayExtra(by=CUSTOMER, job=job.id, amount=usd("500"), payment_method=GOOD)
    return market.execute(command).payment


def dispute_about(market: Marketplace, paid: Milestone | Payment, by: Any = CUSTOMER) -> Dispute:
    """A dispute about a payment, or about that of a part."""
    id = paid.id if isinstance(paid, Payment) else now(market, paid).payment
    return market.execute(OpenDispute(by=by, payment=PaymentId(str(id)), reason="Half is missing"))


def before_the_last(market: Marketplace, first: str) -> tuple[Job, Milestone, Payment]:
    """A job of which one part is open and funded, and an extra is in escrow."""
    job, parts = in_parts(market, "500", "300")
    close: Any = ReleaseMilestone if first == "released" else RefundMilestone
    market.execute(close(by=ADMIN, milestone=parts[0].id))
    fund(market, parts[1])
    return job, parts[1], extra_of(market, job)


def decided(market: Marketplace, dispute: Dispute, how: str, to_customer: str) -> None:
    """The dispute about the last part ends in one of the ways there are."""
    if how == "decision":
        resolved(market, dispute, to_customer, str(300 - int(to_customer)))
        return
    amount = usd(to_customer)
    market.execute(ProposeSettlement(by=CONTRACTOR, dispute=dispute.id, to_customer=amount))
    market.execute(AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=amount))


@pytest.mark.parametrize("first", ["released", "refunded"])
@pytest.mark.parametrize("how", ["decision", "agreement"])
@pytest.mark.parametrize("to_customer", ["300", "299", "0"])
def test_who_decides_about_the_last_part_decides_about_no_extra(
    market: Marketplace, gateway: SimulatedGateway, first: str, how: str, to_customer: str
) -> None:
    job, part, extra = before_the_last(market, first)
    decided(market, dispute_about(market, part), how, to_customer)
    assert now(market, part).status == ("refunded" if to_customer == "300" else "released")
    assert now(market, job).status == "in_progress"
    assert (now(market, extra).status, balance(market, AccountKind.ESCROW)) == (
        PaymentStatus.CAPTURED,
        usd("450"),
    )
    assert market.execute(CompleteJob(by=CUSTOMER, job=job.id)).job.status == "completed"
    assert now(market, extra).is_released
    nothing_is_left(market, gateway)


@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR])
def test_nor_does_the_silence_of_one_side(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Any
) -> None:
    job, part, extra = before_the_last(market, "released")
    dispute = dispute_about(market, part, by)
    clock.advance(days=8)
    assert market.work().failures == ()
    assert market.query(GetDispute(dispute.id)).status == "expired"
    assert now(market, part).status == ("refunded" if by == CUSTOMER else "released")
    assert (now(market, job).status, now(market, extra).status) == ("in_progress", "captured")
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert now(market, extra).status == "refunded"
    nothing_is_left(market, gateway)


@pytest.mark.parametrize(
    ("first", "to_customer", "ends"),
    [
        ("released", "500", "completed"),
        ("refunded", "500", "cancelled"),
        ("refunded", "499", "completed"),
    ],
)
def test_the_job_ends_with_the_dispute_about_the_extra_that_outlived_its_parts(
    market: Marketplace, gateway: SimulatedGateway, first: str, to_customer: str, ends: str
) -> None:
    _, part, extra = before_the_last(market, first)
    resolved(market, dispute_about(market, part), "300", "0")
    dispute = dispute_about(market, extra)
    outcome = resolved(market, dispute, to_customer, str(500 - int(to_customer)))
    assert outcome.job.status == ends
    nothing_is_left(market, gateway)


def test_a_contractor_whose_customer_is_silent_gets_the_extra_by_the_deadline(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job, part, extra = before_the_last(market, "released")
    resolved(market, dispute_about(market, part), "0", "300")
    dispute_about(market, extra, CONTRACTOR)
    clock.advance(days=8)
    market.work()
    assert (now(market, job).status, now(market, extra).status) == ("completed", "released")
    nothing_is_left(market, gateway)


def test_or_by_submitting_the_rest(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(auto_release=timedelta(days=7))
    job, part, extra = before_the_last(market, "released")
    resolved(market, dispute_about(market, part), "300", "0")
    assert market.execute(SubmitWork(by=CONTRACTOR, job=job.id)).status == "submitted"
    clock.advance(days=8)
    market.work()
    assert (now(market, job).status, now(market, extra).status) == ("completed", "released")
    nothing_is_left(market, gateway)


@pytest.mark.parametrize("order", ["part", "extra"])
def test_of_two_disputes_the_second_ends_the_job(
    market: Marketplace, gateway: SimulatedGateway, order: str
) -> None:
    job, part, extra = before_the_last(market, "refunded")
    both = [(dispute_about(market, part), "300"), (dispute_about(market, extra), "500")]
    (first, whole), (second, rest) = both if order == "part" else both[::-1]
    assert resolved(market, first, whole, "0").job.status == "in_progress"
    assert resolved(market, second, rest, "0").job.status == "cancelled"
    assert now(market, job).status == "cancelled"
    nothing_is_left(market, gateway)


def test_who_does_not_end_the_job_relies_on_that_nobody_does(
    open_market: OpenMarket,
) -> None:
    market = open_market()
    job, part, extra = before_the_last(market, "refunded")
    for about, whole in ((part, "300"), (extra, "500")):
        deciding = resolving(dispute_about(market, about), whole, "0")
        assert job.id in {one.id for one in market.preview(deciding).relies_on}


def test_who_takes_back_a_dispute_about_an_extra_is_not_given_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, part, extra = before_the_last(market, "released")
    beside = dispute_about(market, extra, CONTRACTOR)
    resolved(market, dispute_about(market, part), "300", "0")
    market.execute(WithdrawDispute(by=CONTRACTOR, dispute=beside.id))
    market.work()
    assert (now(market, job).status, now(market, extra).status) == ("in_progress", "captured")
    refund = IssueRefund(by=ADMIN, payment=extra.id, amount=usd("500"))
    market.execute(refund)
    assert market.execute(CompleteJob(by=CUSTOMER, job=job.id)).job.status == "completed"
    nothing_is_left(market, gateway)


def test_an_extra_is_decided_by_itself_while_a_part_is_open(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, part, extra = before_the_last(market, "released")
    assert resolved(market, dispute_about(market, extra), "100", "400").job.status == "in_progress"
    assert resolved(market, dispute_about(market, part), "300", "0").job.status == "completed"
    assert now(market, job).status == "completed"
    nothing_is_left(market, gateway)


def test_nor_does_what_is_just_being_captured_go_along(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job, parts = in_parts(market, "500", "300")
    market.execute(CancelMilestone(by=CUSTOMER, milestone=parts[1].id))
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    extra = extra_of(market, job)
    resolved(market, dispute_about(market, parts[0]), "500", "0")
    clock.advance(hours=1)
    work_off(market)
    assert (now(market, job).status, now(market, extra).status) == ("in_progress", "captured")
    assert wallet(market)[0] == "0.00"
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    nothing_is_left(market, gateway)


def test_the_part_waits_while_a_bank_has_the_extra(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, part, extra = before_the_last(market, "released")
    dispute = dispute_about(market, part)
    gateway.dispute(now(market, extra))
    hear(market, gateway)
    with pytest.raises(Refused) as refused:
        resolved(market, dispute, "300", "0")
    assert refused.value.reason is Reason.CHARGEBACK_OPEN
    gateway.win(now(market, extra))
    hear(market, gateway)
    assert resolved(market, dispute, "300", "0").job.status == "in_progress"
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    nothing_is_left(market, gateway)


def test_work_that_had_not_begun_is_begun_to_pay_the_extra(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = assigned_in_parts(market, "500", "300").job
    part, last = milestones_of(market, job)
    market.execute(CancelMilestone(by=CUSTOMER, milestone=last.id))
    extra = extra_of(market, job)
    assert resolved(market, dispute_about(market, part), "500", "0").job.status == "assigned"
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    assert now(market, extra).is_released
    nothing_is_left(market, gateway)
