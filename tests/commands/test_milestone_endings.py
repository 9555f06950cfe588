"""Who ends a job in parts, with what, and what was said of each part."""

from typing import Any

import pytest

from marketpay import (
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CancelMilestone,
    CompleteJob,
    GetPayment,
    Job,
    Marketplace,
    Milestone,
    PayExtra,
    Payment,
    PaymentId,
    PaymentStatus,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, nothing_changes, now, payee, usd
from tests.hearing import rest, stated, tell
from tests.milestones import (
    fund,
    in_parts,
    nothing_is_done,
    nothing_is_left,
    release,
    statuses,
)
from tests.money import wallet, work_off

CLOSING: dict[str, Any] = {
    "release": ReleaseMilestone,
    "refund": RefundMilestone,
    "cancel": CancelMilestone,
}


def extra(market: Marketplace, job: Job) -> Payment:
    """What was paid beside the parts."""
    command = PayExtra(by=CUSTOMER, job=job.id, amount=usd("500"), payment_method=GOOD)
    return market.execute(command).payment


def before_the_last(market: Marketplace, first: str, last: str) -> tuple[Job, Any, Payment]:
    """A job of which one part is open, and an extra is in escrow."""
    job, parts = in_parts(market, "10", "500")
    market.execute(CLOSING[first](by=ADMIN, milestone=parts[0].id))
    if last != "cancel":
        fund(market, parts[1])
    return job, parts[1], extra(market, job)


@pytest.mark.parametrize(
    ("first", "last", "by"),
    [
        ("release", "cancel", CONTRACTOR),
        ("release", "refund", CONTRACTOR),
        ("refund", "cancel", CUSTOMER),
    ],
)
def test_nobody_takes_what_was_paid_beside_the_parts_by_closing_the_last(
    market: Marketplace, gateway: SimulatedGateway, first: str, last: str, by: Actor
) -> None:
    job, part, paid = before_the_last(market, first, last)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(CLOSING[last](by=by, milestone=part.id))
    assert refused.value.reason is Reason.EXTRAS_OPEN
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    assert now(market, paid).status is PaymentStatus.RELEASED
    nothing_is_left(market, gateway)


@pytest.mark.parametrize(
    ("first", "last", "by", "ends"),
    [
        ("release", "cancel", CUSTOMER, "completed"),
        ("release", "cancel", ADMIN, "completed"),
        ("release", "refund", ADMIN, "completed"),
        ("refund", "release", CUSTOMER, "completed"),
        ("refund", "cancel", CONTRACTOR, "cancelled"),
        ("refund", "refund", CONTRACTOR, "cancelled"),
        ("refund", "cancel", ADMIN, "cancelled"),
    ],
)
def test_who_cannot_gain_by_it_ends_the_job_with_the_last_part(
    market: Marketplace, gateway: SimulatedGateway, first: str, last: str, by: Actor, ends: str
) -> None:
    _, part, paid = before_the_last(market, first, last)
    assert market.execute(CLOSING[last](by=by, milestone=part.id)).job.status == ends
    goes = {"completed": PaymentStatus.RELEASED, "cancelled": PaymentStatus.REFUNDED}
    assert now(market, paid).status is goes[ends]
    nothing_is_left(market, gateway)


def test_nor_what_is_just_being_captured(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job, (first, last) = in_parts(market, "10", "500")
    release(market, first)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    paid = extra(market, job)
    assert now(market, paid).status is PaymentStatus.AUTHORIZED
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(CancelMilestone(by=CONTRACTOR, milestone=last.id))
    assert refused.value.reason is Reason.EXTRAS_OPEN
    clock.advance(hours=1)
    work_off(market)
    assert now(market, paid).status is PaymentStatus.CAPTURED
    assert (statuses(market, job), wallet(market)[0]) == (["released", "pending"], "7.00")


def taken_back(market: Marketplace, part: Milestone) -> Payment:
    """What was paid for a part; its customer's bank has taken it, for good as it seems."""
    paid = market.query(GetPayment(PaymentId(str(now(market, part).payment))))
    tell(market, stated(market, paid, "lost", "500", amount="500"))
    return paid


@pytest.mark.parametrize("how", ["release", "complete", "refund"])
def test_what_the_bank_gives_back_after_all_goes_where_the_part_went(
    market: Marketplace, gateway: SimulatedGateway, how: str
) -> None:
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    job, (first, second) = in_parts(market, "500", "300")
    fund(market, second)
    paid = taken_back(market, first)
    closing: dict[str, Any] = {
        "release": ReleaseMilestone(by=CUSTOMER, milestone=first.id),
        "refund": RefundMilestone(by=CONTRACTOR, milestone=first.id),
        "complete": CompleteJob(by=CUSTOMER, job=job.id),
    }
    market.execute(closing[how])
    said = "refunded" if how == "refund" else "released"
    assert statuses(market, job)[0] == said
    with nothing_is_done(market):
        market.execute(closing[how])
    tell(market, stated(market, paid, "won", amount="500"))
    rest(market)
    after = now(market, paid)
    assert (after.status.value, after.is_released) == (said, said == "released")
    assert market.verify().ok


def test_a_part_of_which_the_contractor_gets_nothing_is_not_released(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    tier = CancellationTier(stage="in_progress", to_customer="0.5")
    market = open_market(cancellation=CancellationPolicy([tier]))
    job, _ = in_parts(market, "500", "300")
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert statuses(market, job) == ["refunded", "cancelled"]
    assert market.revenue("USD").cancellation_fees.minor > 0
    nothing_is_left(market, gateway)


@pytest.mark.parametrize("how", ["complete", "cancel"])
@pytest.mark.parametrize("works", [True, False], ids=["worked", "at once"])
def test_what_a_closed_part_got_back_goes_where_it_went_whatever_ends_first(
    market: Marketplace, gateway: SimulatedGateway, how: str, *, works: bool
) -> None:
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    job, (first, second) = in_parts(market, "500", "300")
    fund(market, second)
    paid = taken_back(market, first)
    closer: Any = ReleaseMilestone if how == "cancel" else RefundMilestone
    market.execute(closer(by=ADMIN, milestone=first.id))
    tell(market, stated(market, paid, "won", amount="500"))
    if works:
        rest(market)
    over: Any = CancelJob if how == "cancel" else CompleteJob
    market.execute(over(by=ADMIN, job=job.id))
    rest(market)
    status = PaymentStatus.RELEASED if how == "cancel" else PaymentStatus.REFUNDED
    assert now(market, paid).status is status
    assert market.verify().ok
