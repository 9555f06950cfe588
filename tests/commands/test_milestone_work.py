"""The work of a milestone: started, submitted, sent back, released by time."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    Actor,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    ListDisputes,
    Marketplace,
    MilestoneStatus,
    NotFound,
    OpenDispute,
    PaymentId,
    ProposeCancellation,
    Reason,
    Refused,
    ReleaseMilestoneAutomatically,
    RequestMilestoneChanges,
    StartMilestone,
    SubmitMilestone,
    SubmitWork,
    WithdrawDispute,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    OTHER_CUSTOMER,
    RIVAL,
    nothing_changes,
    now,
    usd,
)
from tests.milestones import fund, in_parts, nothing_is_done, nothing_is_left, statuses, submitted
from tests.money import wallet, work_off

M = MilestoneStatus
WEEK = timedelta(days=7)
WORK: list[Any] = [StartMilestone, SubmitMilestone, RequestMilestoneChanges]


def test_a_part_is_started_submitted_and_sent_back(market: Marketplace) -> None:
    job, (first, _) = in_parts(market, "600", "400")
    done = submitted(market, first)
    assert (done.status, done.submitted_at is None) == (M.SUBMITTED, False)
    back = RequestMilestoneChanges(by=CUSTOMER, milestone=first.id, message="The gate, too")
    assert market.execute(back).status is M.IN_PROGRESS
    again = SubmitMilestone(by=CONTRACTOR, milestone=first.id, message="There it is")
    assert market.execute(again).status is M.SUBMITTED
    assert now(market, job).status == "in_progress"


def test_saying_it_again_has_no_effect(market: Marketplace) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    for command in (
        StartMilestone(by=CONTRACTOR, milestone=first.id),
        SubmitMilestone(by=CONTRACTOR, milestone=first.id),
        RequestMilestoneChanges(by=CUSTOMER, milestone=first.id),
    ):
        done = market.execute(command)
        with nothing_is_done(market):
            assert market.execute(command) == done


def test_nothing_is_started_that_is_not_paid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(StartMilestone(by=CONTRACTOR, milestone=second.id))


@on_one_store
@pytest.mark.parametrize("kind", [SubmitMilestone, RequestMilestoneChanges])
def test_nothing_is_submitted_or_sent_back_at_another_time(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    by = CUSTOMER if kind is RequestMilestoneChanges else CONTRACTOR
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(kind(by=by, milestone=first.id))


@on_one_store
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (StartMilestone, (CUSTOMER, RIVAL, ADMIN)),
        (SubmitMilestone, (CUSTOMER, RIVAL, ADMIN)),
        (RequestMilestoneChanges, (CONTRACTOR, OTHER_CUSTOMER, ADMIN)),
        (ReleaseMilestoneAutomatically, (CUSTOMER, CONTRACTOR, ADMIN)),
    ],
)
def test_only_who_may(
    market: Marketplace, gateway: SimulatedGateway, kind: Any, wrong: tuple[Actor, ...]
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    for by in wrong:
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(kind(by=by, milestone=first.id))


@on_one_store
@pytest.mark.parametrize("kind", WORK)
def test_a_milestone_that_is_not_there_is_not_found(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(kind(by=CUSTOMER, milestone=f"mst_{NONE_SUCH}"))


@pytest.mark.parametrize("kind", WORK)
def test_bad_values_are_refused(kind: Any) -> None:
    with pytest.raises(InvalidInput):
        kind(by=CUSTOMER, milestone="off_1")
    if kind is not StartMilestone:
        with pytest.raises(TypeError):
            kind(by=CUSTOMER, milestone=f"mst_{NONE_SUCH}", message=1)
        with pytest.raises(InvalidInput):
            kind(by=CUSTOMER, milestone=f"mst_{NONE_SUCH}", message="x" * 20_001)


def test_a_job_in_parts_is_not_submitted_as_a_whole(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, _ = in_parts(market, "600", "400")
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(SubmitWork(by=CONTRACTOR, job=job.id))
    assert refused.value.reason is Reason.MILESTONES_OPEN


def test_silence_releases_what_was_submitted_and_nothing_else(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    job, (first, second) = in_parts(market, "600", "400")
    fund(market, second)
    submitted(market, first)
    clock.advance(days=6)
    work_off(market)
    assert now(market, first).status is M.SUBMITTED
    clock.advance(days=1)
    work_off(market)
    assert statuses(market, job) == ["released", "funded"]
    assert wallet(market)[0] == "420.00"
    submitted(market, second)
    clock.advance(days=7)
    work_off(market)
    assert now(market, job).status == "completed"
    nothing_is_left(market, gateway)


def test_what_is_submitted_anew_has_time_from_then_on(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    _, (first, _) = in_parts(market, "600", "400")
    submitted(market, first)
    clock.advance(days=5)
    market.execute(RequestMilestoneChanges(by=CUSTOMER, milestone=first.id))
    clock.advance(days=3)
    work_off(market)
    assert now(market, first).status is M.IN_PROGRESS
    market.execute(SubmitMilestone(by=CONTRACTOR, milestone=first.id))
    clock.advance(days=6)
    work_off(market)
    assert now(market, first).status is M.SUBMITTED
    clock.advance(days=1)
    work_off(market)
    assert now(market, first).status is M.RELEASED


@pytest.mark.parametrize("why", ["dispute", "proposal"])
def test_silence_releases_nothing_while_something_stands_in_the_way(
    open_market: OpenMarket, clock: VirtualClock, why: str
) -> None:
    market = open_market(auto_release=WEEK, dispute_response=timedelta(days=90))
    job, (first, _) = in_parts(market, "600", "400")
    submitted(market, first)
    if why == "dispute":
        opening = OpenDispute(
            by=CUSTOMER, payment=PaymentId(str(first.payment)), reason="Half is missing"
        )
        market.execute(opening)
    else:
        market.execute(ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd("1")))
    clock.advance(days=8)
    work_off(market)
    assert now(market, first).status is M.SUBMITTED
    if why == "dispute":
        [dispute] = market.query(ListDisputes(job=job.id)).items
        market.execute(WithdrawDispute(by=CUSTOMER, dispute=dispute.id))
        clock.advance(days=1)
        work_off(market)
        assert now(market, first).status is M.RELEASED


@on_one_store
def test_the_timer_is_early_or_late_without_effect(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    _, (first, _) = in_parts(market, "600", "400")
    fire = ReleaseMilestoneAutomatically(by=Actor.SYSTEM, milestone=first.id)
    with nothing_is_done(market):
        assert market.execute(fire).milestone.status is M.FUNDED
    submitted(market, first)
    with nothing_is_done(market):
        assert market.execute(fire).milestone.status is M.SUBMITTED
