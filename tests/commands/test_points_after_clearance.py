"""Points are earned once nobody can take back any more what was paid: see `test_loyalty`."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptSettlement,
    Actor,
    CompleteJob,
    EarnPoints,
    GetPayment,
    Marketplace,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentStatus,
    PayTip,
    ProposeSettlement,
    WithdrawDispute,
)
from marketpay.domain.timer import Timer, TimerKind
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.credits import LOYALTY, give, has
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    FOR_EVER,
    GOOD,
    completed,
    in_progress,
    nothing_changes,
    payee,
    usd,
)
from tests.milestones import in_parts, release
from tests.money import adjusted, all_is_right, hear, refund, settle

WEEK = timedelta(days=7)
NOTHING = ("0", "0")


@pytest.fixture
def market(open_market: OpenMarket) -> Marketplace:
    """A house with points, and a clearance of a week."""
    return open_market(loyalty=LOYALTY, clearance=WEEK)


def timers(market: Marketplace, payment: Payment) -> list[Timer]:
    """Whatever is still to happen to its points."""
    due = market.store.read(lambda records: records.due(FOR_EVER, limit=100))
    return [one for one in due if (one.kind, one.subject) == (TimerKind.POINTS, payment.id)]


def contested(market: Marketplace, payment: Payment, by: Actor = CUSTOMER) -> Any:
    """Its parties dispute it."""
    return market.execute(OpenDispute(by=by, payment=payment.id, reason="Half is missing"))


def settled(market: Marketplace, payment: Payment, to_customer: str) -> None:
    """They dispute it, and agree."""
    dispute, amount = contested(market, payment), usd(to_customer)
    market.execute(ProposeSettlement(by=CONTRACTOR, dispute=dispute.id, to_customer=amount))
    market.execute(AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=amount))


def test_nothing_is_earned_before_the_clearance_is_over(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = completed(market).payment
    clock.advance(days=6, hours=23)
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == (NOTHING, [])
    with nothing_changes(market, gateway):
        assert market.execute(EarnPoints(by=Actor.SYSTEM, payment=payment.id)) is None
    clock.advance(hours=1)
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == (("2000", "0"), [])
    all_is_right(market, gateway)


def test_what_is_settled_to_go_back_earns_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    payment = completed(market).payment
    settle(market, gateway)
    settled(market, payment, "1000")
    for _ in range(3):
        settle(market, gateway)
        clock.advance(days=4)
    settle(market, gateway)
    assert market.query(GetPayment(payment.id)).status is PaymentStatus.REFUNDED
    assert (has(market, "PTS"), timers(market, payment)) == (NOTHING, [])
    all_is_right(market, gateway)


def test_what_is_left_after_a_settlement_earns(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "400")
    accepted = in_progress(market, credit=usd("400"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    settle(market, gateway)
    settled(market, accepted.payment, "100.50")
    refund(market, accepted.payment, "100")
    clock.advance(days=7)
    settle(market, gateway)
    assert has(market, "PTS") == ("799", "0")  # of 600 by card
    all_is_right(market, gateway)


@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR], ids=["customer", "contractor"])
def test_a_dispute_that_outlasts_the_clearance_is_waited_for(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    payment = completed(market).payment
    clock.advance(days=5)
    dispute = contested(market, payment, by)
    clock.advance(days=6)
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == (NOTHING, [])
    market.execute(WithdrawDispute(by=by, dispute=dispute.id))
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == (("2000", "0"), [])
    all_is_right(market, gateway)


@pytest.mark.parametrize(("how", "points"), [("win", "2000"), ("lose", "0")])
def test_a_bank_that_outlasts_the_clearance_is_waited_for(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str, points: str
) -> None:
    payment = completed(market).payment
    taken = gateway.dispute(payment, amount=usd("300"))
    hear(market, gateway)
    clock.advance(days=8)
    settle(market, gateway)
    assert has(market, "PTS") == NOTHING
    getattr(gateway, how)(taken.id)
    settle(market, gateway)
    clock.advance(hours=1)
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == ((points, "0"), [])
    all_is_right(market, gateway)


def test_extras_wait_too_and_tips_earn_none(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = in_progress(market)
    job = accepted.job.id
    market.execute(PayExtra(by=CUSTOMER, job=job, amount=usd("100"), payment_method=GOOD))
    market.execute(CompleteJob(by=CUSTOMER, job=job))
    market.execute(PayTip(by=CUSTOMER, job=job, amount=usd("10"), payment_method=GOOD))
    settle(market, gateway)
    settled(market, accepted.payment, "1000")
    settle(market, gateway)
    assert has(market, "PTS") == NOTHING
    clock.advance(days=7)
    settle(market, gateway)
    assert has(market, "PTS") == ("200", "0")
    all_is_right(market, gateway)


def test_each_milestone_waits_for_its_own(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    _, (first, _) = in_parts(market, "500", "500")
    release(market, first)
    settle(market, gateway)
    assert has(market, "PTS") == NOTHING
    clock.advance(days=7)
    settle(market, gateway)
    assert has(market, "PTS") == ("1000", "0")
    all_is_right(market, gateway)


def test_what_only_pays_a_debt_waits_for_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    adjusted(market, "debit", "900")
    payment = completed(market).payment
    assert payment.clears_at is None
    settle(market, gateway)
    assert (has(market, "PTS"), timers(market, payment)) == (("2000", "0"), [])
    all_is_right(market, gateway)


def test_the_rules_at_the_end_of_the_clearance_count(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    before = open_market(clearance=WEEK)
    completed(before)
    settle(before, gateway)
    clock.advance(days=7)
    market = open_market(loyalty=LOYALTY)
    settle(market, gateway)
    assert has(market, "PTS") == ("2000", "0")
    all_is_right(market, gateway)
