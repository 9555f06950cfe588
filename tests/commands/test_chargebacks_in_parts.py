"""What a bank's dispute about one payment of a job in parts keeps waiting, and for how long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    Dispute,
    GetPayment,
    Job,
    Marketplace,
    Milestone,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentId,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, nothing_changes, now, payee, usd
from tests.disputes import resolved
from tests.hearing import hear, rest, stated, tell
from tests.milestones import fund, in_parts, nothing_is_left, release, statuses, submitted
from tests.money import all_is_right

wins = pytest.mark.parametrize("wins", [True, False], ids=["won", "lost"])


def payment_of(market: Marketplace, part: Milestone) -> Payment:
    """What was paid for a part."""
    return market.query(GetPayment(PaymentId(str(now(market, part).payment))))


def extra_of(market: Marketplace, job: Job) -> Payment:
    """What was paid beside the parts."""
    command = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    return market.execute(command).payment


def dispute_about(market: Marketplace, part: Milestone) -> Dispute:
    """The parties' dispute about a part."""
    about = payment_of(market, part).id
    return market.execute(OpenDispute(by=CUSTOMER, payment=about, reason="Half is missing"))


def waits(market: Marketplace, gateway: SimulatedGateway, act: Callable[[], Any]) -> None:
    """It is refused as long as the bank has not decided."""
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        act()
    assert refused.value.reason is Reason.CHARGEBACK_OPEN


def decided(market: Marketplace, gateway: SimulatedGateway, about: Payment, *, wins: bool) -> None:
    """The bank makes up its mind."""
    (gateway.win if wins else gateway.lose)(now(market, about))
    hear(market, gateway)


@wins
@pytest.mark.parametrize("about", ["released", "in escrow"])
def test_no_further_part_is_paid_until_the_bank_has_decided(
    market: Marketplace, gateway: SimulatedGateway, about: str, *, wins: bool
) -> None:
    payee(market, gateway)
    job, (first, second, third) = in_parts(market, "500", "300", "200")
    fund(market, second)
    release(market, first)
    disputed = payment_of(market, first if about == "released" else second)
    gateway.dispute(disputed)
    hear(market, gateway)
    waits(market, gateway, lambda: fund(market, third))
    waits(market, gateway, lambda: extra_of(market, job))
    decided(market, gateway, disputed, wins=wins)
    fund(market, third)
    release(market, second)
    assert release(market, third).job.status == "completed"
    all_is_right(market, gateway)


@wins
@pytest.mark.parametrize("closing", [ReleaseMilestone, RefundMilestone])
def test_no_last_part_takes_along_what_the_bank_has(
    market: Marketplace, gateway: SimulatedGateway, closing: Any, *, wins: bool
) -> None:
    job, (first, second) = in_parts(market, "500", "300")
    fund(market, second)
    extra = extra_of(market, job)
    gateway.dispute(extra)
    hear(market, gateway)
    release(market, first)  # with which nothing ends
    last = closing(by=ADMIN, milestone=second.id)
    waits(market, gateway, lambda: market.execute(last))
    decided(market, gateway, extra, wins=wins)
    assert market.execute(last).job.status == "completed"
    assert now(market, extra).is_released is wins
    nothing_is_left(market, gateway)


@wins
def test_a_part_that_was_submitted_is_released_by_itself_once_the_bank_has_decided(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, *, wins: bool
) -> None:
    market = open_market(auto_release=timedelta(days=7))
    job, (first, second) = in_parts(market, "500", "300")
    release(market, first)
    fund(market, second)
    extra = extra_of(market, job)
    submitted(market, second)
    gateway.dispute(extra)
    hear(market, gateway)
    clock.advance(days=20)
    assert market.work().failures == ()
    assert (statuses(market, job)[1], now(market, job).status) == ("submitted", "in_progress")
    decided(market, gateway, extra, wins=wins)
    clock.advance(days=1)
    rest(market)
    assert (statuses(market, job)[1], now(market, job).status) == ("released", "completed")
    nothing_is_left(market, gateway)


@wins
def test_a_bank_that_disputes_what_its_customer_has_back_keeps_nothing_waiting(
    market: Marketplace, gateway: SimulatedGateway, *, wins: bool
) -> None:
    _, (first, second, third) = in_parts(market, "500", "300", "200")
    market.execute(RefundMilestone(by=CONTRACTOR, milestone=first.id))
    hear(market, gateway)
    back = payment_of(market, first)
    tell(market, stated(market, back, "needs_response", "500", amount="500"))
    assert back.status == "refunded"
    fund(market, second)
    fund(market, third)
    release(market, second)
    assert release(market, third).job.status == "completed"
    how = "won" if wins else "lost"
    tell(market, stated(market, back, how, "0" if wins else "500", amount="500"))
    rest(market)
    assert payment_of(market, first).status == "refunded"
    assert market.verify().ok


@wins
@pytest.mark.parametrize("how", ["release", "refund", "dispute"])
def test_nor_one_that_disputes_what_it_gave_back_of_a_closed_part(
    market: Marketplace, gateway: SimulatedGateway, how: str, *, wins: bool
) -> None:
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    job, (first, second) = in_parts(market, "500", "300")
    fund(market, second)
    paid = payment_of(market, first)
    tell(market, stated(market, paid, "lost", "500", amount="500"))
    release(market, first)  # of nothing
    tell(market, stated(market, paid, "won", amount="500"))
    tell(market, stated(market, paid, "needs_response", "500", id="dp_2", amount="500"))
    assert (now(market, paid).disputed, now(market, paid).is_released) == (usd("500"), False)
    if how == "dispute":
        resolved(market, dispute_about(market, second), "300", "0")
    else:
        closing: Any = ReleaseMilestone if how == "release" else RefundMilestone
        market.execute(closing(by=ADMIN, milestone=second.id))
    assert now(market, job).status == "completed"
    how = "won" if wins else "lost"
    taken = "0" if wins else "500"
    tell(market, stated(market, paid, how, taken, id="dp_2", amount="500"))
    rest(market)
    assert now(market, paid).is_released is wins
    assert market.verify().ok
