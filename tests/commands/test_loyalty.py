"""Loyalty points: earned, redeemed and expired."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CompleteJob,
    CurrencyMismatch,
    EarnPoints,
    Forbidden,
    GrantSource,
    InvalidInput,
    ListCreditGrants,
    Loyalty,
    Marketplace,
    Money,
    MoneyError,
    PayExtra,
    PayTip,
    Reason,
    RedeemPoints,
    Refused,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.credits import LOYALTY, give, has, promoted, pts
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    GOOD,
    assigned,
    books_are_right,
    completed,
    happened_to,
    heard,
    in_progress,
    nothing_changes,
    post,
    usd,
)
from tests.milestones import in_parts, release
from tests.money import all_is_right, hear, refund, settle, work_off

SYSTEM = Actor.SYSTEM


@pytest.fixture
def market(open_market: OpenMarket) -> Marketplace:
    """A house with points: two for a dollar, a cent and a half each."""
    return open_market(loyalty=LOYALTY)


def redeem(market: Marketplace, points: int, currency: str = "USD") -> Any:
    """The customer gives up points."""
    return market.execute(RedeemPoints(by=CUSTOMER, points=pts(points), currency=currency))


@pytest.mark.covers("A176")
def test_points_are_earned_when_a_job_is_completed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    done = completed(market)
    assert has(market, "PTS") == ("0", "0")
    with heard(market) as told:
        work_off(market)
    assert "credit_grant.made" in told.names
    assert (has(market, "PTS"), promoted(market, "PTS")) == (("2000", "0"), "2000")
    [grant] = market.query(ListCreditGrants(customer=CUSTOMER.id, currency="PTS")).items
    assert (grant.source, grant.payment, grant.expires_at) == (
        GrantSource.LOYALTY,
        done.payment.id,
        None,
    )
    with nothing_changes(market, gateway):
        again = market.execute(EarnPoints(by=SYSTEM, payment=done.payment.id))
    assert again == grant
    all_is_right(market, gateway)


def test_points_are_earned_by_what_the_card_paid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "400")
    accepted = in_progress(market, credit=usd("400"))
    refund(market, accepted.payment, "100.50")
    complete(market, accepted)
    work_off(market)
    assert has(market, "PTS") == ("999", "0")
    all_is_right(market, gateway)


def complete(market: Marketplace, accepted: Any) -> None:
    """The customer is content."""
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))


def test_an_extra_earns_points_and_a_tip_none(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    job = accepted.job.id
    market.execute(PayExtra(by=CUSTOMER, job=job, amount=usd("100"), payment_method=GOOD))
    complete(market, accepted)
    market.execute(PayTip(by=CUSTOMER, job=job, amount=usd("10"), payment_method=GOOD))
    work_off(market)
    assert has(market, "PTS") == ("2200", "0")
    all_is_right(market, gateway)


@pytest.mark.parametrize("open_market", ["memory"], indirect=True)
def test_a_job_that_was_called_off_earns_none(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    policy = CancellationPolicy(
        [CancellationTier(stage="assigned", to_customer="0.5", to_contractor="0.5")]
    )
    market = open_market(loyalty=LOYALTY, cancellation=policy)
    accepted = assigned(market)
    market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    work_off(market)
    assert has(market, "PTS") == ("0", "0")
    all_is_right(market, gateway)


def test_nothing_is_earned_while_nobody_is_paid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market).payment
    with nothing_changes(market, gateway):
        assert market.execute(EarnPoints(by=SYSTEM, payment=payment.id)) is None


@pytest.mark.parametrize("open_market", ["memory"], indirect=True)
def test_a_house_without_points_sets_no_timer(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    done = completed(market)
    work_off(market)
    assert "EarnPoints" not in happened_to(market, done.payment.id)
    with nothing_changes(market, gateway):
        assert market.execute(EarnPoints(by=SYSTEM, payment=done.payment.id)) is None
    with pytest.raises(InvalidInput, match="no points"):
        redeem(market, 1)


def test_what_a_bank_disputes_earns_its_points_later(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    done = completed(market)
    taken = gateway.dispute(done.payment)
    hear(market, gateway)
    settle(market, gateway)
    assert has(market, "PTS") == ("0", "0")
    gateway.win(taken.id)
    settle(market, gateway)
    clock.advance(hours=1)
    settle(market, gateway)
    assert has(market, "PTS") == ("2000", "0")
    all_is_right(market, gateway)


@pytest.mark.covers("A176")
def test_points_are_redeemed_for_credit(market: Marketplace, gateway: SimulatedGateway) -> None:
    completed(market)
    work_off(market)
    done = redeem(market, 1000)
    assert (done.grant.amount, done.grant.source) == (usd("15"), GrantSource.REDEMPTION)
    assert done.points.available == pts(1000)
    assert (has(market), has(market, "PTS")) == (("15.00", "0.00"), ("1000", "0"))
    assert (promoted(market), promoted(market, "PTS")) == ("15.00", "1000")
    assigned(market, credit=usd("15"))
    all_is_right(market, gateway)


@pytest.mark.parametrize(
    ("points", "taken", "worth"), [(1, 1, "0.01"), (2, 2, "0.03"), (3, 3, "0.04"), (4, 4, "0.06")]
)
def test_what_points_are_worth_is_rounded_down(
    market: Marketplace, points: int, taken: int, worth: str
) -> None:
    give(market, pts(10))
    done = redeem(market, points)
    assert (done.grant.amount, done.points.available) == (usd(worth), pts(10 - taken))


@pytest.mark.parametrize("open_market", ["memory"], indirect=True)
def test_points_that_are_not_needed_stay(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(loyalty=Loyalty(earned={}, worth={"USD": "0.0004"}))
    give(market, pts(100))
    assert redeem(market, 60).points.available == pts(50)
    with nothing_changes(market, gateway), pytest.raises(MoneyError, match="worth nothing"):
        redeem(market, 24)
    books_are_right(market, gateway)


def test_no_more_points_are_redeemed_than_there_are(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, pts(10))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        redeem(market, 11)
    assert refused.value.reason is Reason.CREDIT_TOO_LOW


@on_one_store
@pytest.mark.parametrize(
    ("points", "currency", "error"),
    [(usd("10"), "USD", CurrencyMismatch), (pts(10), "EUR", InvalidInput)],
)
def test_points_that_cannot_be_redeemed(
    market: Marketplace,
    gateway: SimulatedGateway,
    points: Money,
    currency: str,
    error: type[Exception],
) -> None:
    command = RedeemPoints(by=CUSTOMER, points=points, currency=currency)
    with nothing_changes(market, gateway), pytest.raises(error):
        market.execute(command)


@on_one_store
@pytest.mark.parametrize("by", [one for one in EVERYBODY if one.role.value != "customer"])
def test_only_customers_redeem(market: Marketplace, gateway: SimulatedGateway, by: Actor) -> None:
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(RedeemPoints(by=by, points=pts(10), currency="USD"))


@on_one_store
@pytest.mark.parametrize("by", [one for one in EVERYBODY if one is not SYSTEM])
def test_only_the_library_lets_points_be_earned(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    done = completed(market)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(EarnPoints(by=by, payment=done.payment.id))


def test_points_expire(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(loyalty=evolve(LOYALTY, expires_after=timedelta(days=30)))
    completed(market)
    work_off(market)
    redeem(market, 500)
    clock.advance(days=29)
    work_off(market)
    assert has(market, "PTS") == ("1500", "0")
    clock.advance(days=1)
    with pytest.raises(Refused):  # although the timer is late
        redeem(market, 1)
    work_off(market)
    assert (has(market, "PTS"), promoted(market, "PTS")) == (("0", "0"), "0")
    assert has(market) == ("7.50", "0.00")
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    books_are_right(market, gateway)


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_a_released_milestone_earns_whatever_becomes_of_its_job(
    market: Marketplace, gateway: SimulatedGateway, is_late: bool
) -> None:
    job, (first, _) = in_parts(market, "500", "500")
    release(market, first)
    if not is_late:
        work_off(market)
    market.execute(CancelJob(by=ADMIN, job=job.id))
    settle(market, gateway)
    assert has(market, "PTS") == ("1000", "0")
    all_is_right(market, gateway)


def test_what_a_bank_took_back_earns_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = in_progress(market)
    complete(market, accepted)
    taken = gateway.dispute(accepted.payment, amount=usd("300"))
    hear(market, gateway)
    settle(market, gateway)
    gateway.lose(taken.id)
    settle(market, gateway)
    clock.advance(hours=1)
    settle(market, gateway)
    assert has(market, "PTS") == ("0", "0")
    all_is_right(market, gateway)


def test_points_pay_for_no_job(market: Marketplace, gateway: SimulatedGateway) -> None:
    with nothing_changes(market, gateway), pytest.raises(InvalidInput, match="points"):
        post(market, currency="PTS")
