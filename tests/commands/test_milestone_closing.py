"""How a job in parts ends: completed, cancelled, disputed, charged back."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptCancellation,
    AcceptOffer,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CompleteJob,
    IssueRefund,
    Job,
    Marketplace,
    Milestone,
    OpenDispute,
    Payment,
    PaymentId,
    PaymentStatus,
    PostJob,
    ProposeCancellation,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
    StartJob,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    heard,
    nothing_changes,
    now,
    payee,
    send,
    usd,
)
from tests.disputes import resolved
from tests.milestones import (
    fund,
    in_parts,
    milestones_of,
    nothing_is_left,
    planned,
    release,
    statuses,
    submitted,
)
from tests.money import all_is_right, hear, wallet, work_off


def payment_of(market: Marketplace, milestone: Milestone) -> Any:
    """As it stands now."""
    id = now(market, milestone).payment
    return market.store.read(lambda records: records.get(Payment, str(id)))


def halfway(market: Marketplace) -> tuple[Job, list[Milestone]]:
    """One part released, one funded, one not."""
    job, parts = in_parts(market, "500", "300", "200")
    release(market, parts[0])
    fund(market, parts[1])
    return job, milestones_of(market, job)


def disputing(market: Marketplace, milestone: Milestone) -> Any:
    command = OpenDispute(
        by=CUSTOMER, payment=PaymentId(str(milestone.payment)), reason="Half is missing"
    )
    return market.execute(command)


def test_completing_the_job_releases_what_is_funded_and_cancels_the_rest(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, _ = halfway(market)
    with heard(market) as told:
        done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    assert done.job.status == "completed"
    assert statuses(market, job) == ["released", "released", "cancelled"]
    assert {"milestone.released", "milestone.cancelled"} <= {*told.names}
    assert wallet(market) == ("560.00", "0.00", "0.00")
    nothing_is_left(market, gateway)


def test_cancelling_the_job_gives_back_what_is_not_released(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, _ = halfway(market)
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert now(market, job).status == "cancelled"
    assert statuses(market, job) == ["released", "refunded", "cancelled"]
    assert wallet(market) == ("350.00", "0.00", "0.00")
    assert gateway.balance("USD") == usd("500")
    nothing_is_left(market, gateway)


def test_a_policy_divides_each_part(open_market: OpenMarket, gateway: SimulatedGateway) -> None:
    tier = CancellationTier(stage="in_progress", to_customer="0.5", to_contractor="0.5")
    market = open_market(cancellation=CancellationPolicy([tier]))
    job, parts = in_parts(market, "500", "300", "200")
    fund(market, parts[1])
    quoted = market.quote_cancellation(job=job.id, by=ADMIN)
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert statuses(market, job) == ["released", "released", "cancelled"]
    assert quoted.shares.to_customer == usd("400")
    assert wallet(market)[0] == str(quoted.payout.amount)
    nothing_is_left(market, gateway)


@pytest.mark.parametrize(
    ("to_customer", "expected"),
    [
        ("0", ["released", "released", "cancelled"]),
        ("400", ["released", "refunded", "cancelled"]),
        ("800", ["refunded", "refunded", "cancelled"]),
    ],
)
def test_both_sides_agree_on_all_that_is_in_escrow(
    market: Marketplace, gateway: SimulatedGateway, to_customer: str, expected: list[str]
) -> None:
    job, parts = in_parts(market, "500", "300", "200")
    fund(market, parts[1])
    amount = usd(to_customer)
    market.execute(ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=amount))
    market.execute(AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=amount))
    assert statuses(market, job) == expected
    assert gateway.balance("USD") == usd("800") - amount
    nothing_is_left(market, gateway)


def test_what_is_released_is_not_divided_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, _ = halfway(market)
    too_much = ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd("301"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(too_much)
    assert refused.value.reason is Reason.NOT_REFUNDABLE
    market.execute(ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd("300")))
    market.execute(AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("300")))
    assert statuses(market, job) == ["released", "refunded", "cancelled"]
    nothing_is_left(market, gateway)


def test_a_customer_alone_does_not_cancel_what_was_submitted(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    later = clock() + timedelta(days=10)
    posting = PostJob(by=CUSTOMER, title="Paint", currency="USD", deadline=later)
    sent = send(market, market.execute(posting), milestones=planned("600", "400"))
    job = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    submitted(market, milestones_of(market, job)[0])
    clock.advance(days=11)
    work_off(market)
    assert now(market, job).is_forsaken
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(CancelJob(by=CUSTOMER, job=job.id))
    assert refused.value.reason is Reason.WORK_SUBMITTED


@pytest.mark.parametrize(("is_submitted", "back"), [(True, "300"), (False, "600")])
def test_only_of_an_overdue_job_of_which_nothing_was_submitted_a_customer_would_get_all(
    open_market: OpenMarket, clock: VirtualClock, *, is_submitted: bool, back: str
) -> None:
    half = [CancellationTier(stage="in_progress", to_customer="0.5", to_contractor="0.5")]
    market = open_market(cancellation=CancellationPolicy(half))
    later = clock() + timedelta(days=10)
    posting = PostJob(by=CUSTOMER, title="Paint", currency="USD", deadline=later)
    sent = send(market, market.execute(posting), milestones=planned("600", "400"))
    job = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    if is_submitted:
        submitted(market, milestones_of(market, job)[0])
    clock.advance(days=11)
    work_off(market)
    proposed = market.execute(ProposeCancellation(by=CUSTOMER, job=job.id))
    assert proposed.cancellation_to_customer == usd(back)


@pytest.mark.parametrize(
    ("to_customer", "status"), [("300", "refunded"), ("100", "released"), ("0", "released")]
)
def test_a_dispute_closes_its_milestone_and_the_job_goes_on(
    market: Marketplace, gateway: SimulatedGateway, to_customer: str, status: str
) -> None:
    job, parts = halfway(market)
    dispute = disputing(market, parts[1])
    outcome = resolved(market, dispute, to_customer, str(300 - int(to_customer)))
    assert outcome.job.status == "in_progress"
    assert statuses(market, job) == ["released", status, "pending"]
    nothing_is_left(market, gateway)


@pytest.mark.parametrize(
    ("first", "to_customer", "ends"),
    [
        ("release", "300", "completed"),
        ("release", "100", "completed"),
        ("refund", "300", "cancelled"),
        ("refund", "299", "completed"),
    ],
)
def test_a_dispute_about_the_last_part_ends_the_job(
    market: Marketplace, gateway: SimulatedGateway, first: str, to_customer: str, ends: str
) -> None:
    _, parts = in_parts(market, "500", "300")
    fund(market, parts[1])
    close = ReleaseMilestone if first == "release" else RefundMilestone
    market.execute(close(by=ADMIN, milestone=parts[0].id))
    dispute = disputing(market, now(market, parts[1]))
    outcome = resolved(market, dispute, to_customer, str(300 - int(to_customer)))
    assert outcome.job.status == ends
    nothing_is_left(market, gateway)


def test_a_dispute_about_the_first_part_does_not_end_the_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, parts = in_parts(market, "500", "300")
    dispute = disputing(market, parts[0])
    assert resolved(market, dispute, "500", "0").job.status == "in_progress"
    assert statuses(market, job) == ["refunded", "pending"]
    nothing_is_left(market, gateway)


def test_what_waits_in_a_clearance_is_disputed_without_ending_the_job(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(clearance=timedelta(days=7))
    job, parts = in_parts(market, "500", "300")
    release(market, parts[0])
    dispute = disputing(market, parts[0])
    fund(market, parts[1])
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        release(market, parts[1])
    assert refused.value.reason is Reason.DISPUTE_OPEN
    assert resolved(market, dispute, "200", "300").job.status == "in_progress"
    assert statuses(market, job) == ["released", "funded"]
    assert release(market, parts[1]).job.status == "completed"
    nothing_is_left(market, gateway)


def test_nothing_of_a_part_in_dispute_moves(market: Marketplace, gateway: SimulatedGateway) -> None:
    job, parts = halfway(market)
    disputing(market, parts[1])
    for command in (
        ReleaseMilestone(by=CUSTOMER, milestone=parts[1].id),
        RefundMilestone(by=CONTRACTOR, milestone=parts[1].id),
        CompleteJob(by=CUSTOMER, job=job.id),
        CancelJob(by=ADMIN, job=job.id),
    ):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.DISPUTE_OPEN


@pytest.mark.parametrize("wins", [True, False])
def test_a_chargeback_of_a_part_in_escrow_waits_for_the_bank(
    market: Marketplace, gateway: SimulatedGateway, *, wins: bool
) -> None:
    job, parts = halfway(market)
    gateway.dispute(payment_of(market, parts[1]))
    hear(market, gateway)
    for command in (
        ReleaseMilestone(by=CUSTOMER, milestone=parts[1].id),
        RefundMilestone(by=CONTRACTOR, milestone=parts[1].id),
    ):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.CHARGEBACK_OPEN
    (gateway.win if wins else gateway.lose)(payment_of(market, parts[1]))
    hear(market, gateway)
    done = release(market, parts[1])
    assert done.milestone.status == "released"
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    nothing_is_left(market, gateway)


def test_a_chargeback_of_a_released_part_leaves_the_others(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    job, parts = halfway(market)
    gateway.dispute(payment_of(market, parts[0]))
    hear(market, gateway)
    assert release(market, parts[1]).milestone.status == "released"
    gateway.lose(payment_of(market, parts[0]))
    hear(market, gateway)
    assert market.execute(CompleteJob(by=CUSTOMER, job=job.id)).job.status == "completed"
    all_is_right(market, gateway)


@pytest.mark.parametrize("ending", ["complete", "cancel"])
def test_a_bank_that_disputes_a_released_part_keeps_no_job_from_ending(
    market: Marketplace, gateway: SimulatedGateway, ending: str
) -> None:
    job, parts = halfway(market)
    gateway.dispute(payment_of(market, parts[0]))
    hear(market, gateway)
    over: Any = {"complete": CompleteJob, "cancel": CancelJob}[ending]
    market.execute(over(by=ADMIN, job=job.id))
    last = "released" if ending == "complete" else "refunded"
    assert statuses(market, job) == ["released", last, "cancelled"]
    gateway.win(payment_of(market, parts[0]))
    hear(market, gateway)
    nothing_is_left(market, gateway)


def test_a_part_that_staff_gave_back_whole_can_be_released_for_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, parts = halfway(market)
    refund = IssueRefund(by=ADMIN, payment=PaymentId(str(parts[1].payment)), amount=usd("300"))
    market.execute(refund)
    assert release(market, parts[1]).milestone.status == "released"
    nothing_is_left(market, gateway)


def test_a_part_of_which_some_went_back_is_released_for_the_rest(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, parts = halfway(market)
    refund = IssueRefund(by=ADMIN, payment=PaymentId(str(parts[1].payment)), amount=usd("100"))
    market.execute(refund)
    assert release(market, parts[1]).milestone.status == "released"
    assert wallet(market)[0] == "490.00"
    nothing_is_left(market, gateway)


def test_a_part_under_review_is_not_released(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, parts = halfway(market)
    gateway.warn(payment_of(market, parts[1]))
    hear(market, gateway)
    with pytest.raises(Refused) as refused:
        release(market, parts[1])
    assert refused.value.reason is Reason.PAYMENT_UNDER_REVIEW
    market.execute(RefundMilestone(by=CONTRACTOR, milestone=parts[1].id))
    nothing_is_left(market, gateway)


@pytest.mark.parametrize("ending", ["complete", "cancel"])
def test_what_is_captured_when_the_job_is_over_goes_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, ending: str
) -> None:
    job, parts = in_parts(market, "500", "300")
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    asked = fund(market, parts[1])
    over: dict[str, Any] = {
        "complete": CompleteJob(by=CUSTOMER, job=job.id),
        "cancel": CancelJob(by=ADMIN, job=job.id),
    }
    market.execute(over[ending])
    for _ in range(3):
        clock.advance(minutes=10)
        work_off(market)
    assert now(market, asked.payment).status is PaymentStatus.REFUNDED
    assert statuses(market, job)[1] == "cancelled"
    nothing_is_left(market, gateway)


def test_a_dispute_about_the_last_part_ends_the_job_beside_another_dispute(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(clearance=timedelta(days=7))
    job, parts = in_parts(market, "500", "300")
    fund(market, parts[1])
    release(market, parts[0])
    earlier = disputing(market, parts[0])
    last = disputing(market, now(market, parts[1]))
    assert resolved(market, last, "300", "0").job.status == "completed"
    assert resolved(market, earlier, "500", "0").job.status == "completed"
    assert statuses(market, job) == ["released", "refunded"]
    nothing_is_left(market, gateway)
