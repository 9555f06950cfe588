"""Edge cases of the work and its clearance, each by its number in the list."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketpay import (
    AcceptOffer,
    CancelJob,
    JobStatus,
    Marketplace,
    PostJob,
    StartJob,
    SubmitWork,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    books_are_right,
    completed,
    heard,
    in_progress,
    now,
    send,
    usd,
)
from tests.money import refund, settle, work_off

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.edge(37)
def test_work_may_take_longer_than_any_hold_for_its_money_is_captured(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = in_progress(market)
    clock.advance(days=90)
    work_off(market)

    assert now(market, accepted.job).status is JobStatus.IN_PROGRESS
    assert now(market, accepted.payment).refundable == usd("1000")
    assert gateway.balance("USD") == usd("1000")
    books_are_right(market, gateway)


@pytest.mark.edge(37)
@pytest.mark.parametrize("end", ["refunded", "released"])
def test_work_that_takes_too_long_is_never_silent(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, end: str
) -> None:
    market = open_market(auto_release=timedelta(days=7))
    deadline = clock() + timedelta(days=75)
    job = market.execute(
        PostJob(by=CUSTOMER, title="Paint the fence", currency="USD", deadline=deadline)
    )
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    clock.advance(days=75)
    with heard(market) as told:
        work_off(market)
    assert told.names == ["job.overdue"]
    if end == "refunded":
        market.execute(CancelJob(by=CUSTOMER, job=job.id))
        assert gateway.balance("USD") == usd("0")
    else:
        market.execute(SubmitWork(by=CONTRACTOR, job=job.id))
        clock.advance(days=7)
        work_off(market)
        assert market.wallet("ctr_42", "USD").available == usd("700")
    books_are_right(market, gateway)


@pytest.mark.edge(40)
def test_a_deadline_is_a_moment_whatever_the_clocks_of_its_zone_do(
    market: Marketplace, clock: VirtualClock
) -> None:
    """That night the clocks of Berlin go from two to three."""
    deadline = datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)
    job = market.execute(
        PostJob(by=CUSTOMER, title="Paint the fence", currency="USD", deadline=deadline)
    )
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    clock.advance(seconds=int((moment - clock()).total_seconds()) - 1)
    work_off(market)
    assert now(market, job).overdue_at is None
    clock.advance(seconds=1)
    work_off(market)

    assert now(market, job).deadline == now(market, job).overdue_at == moment


@pytest.mark.edge(40)
@on_both_stores
def test_every_time_that_is_waited_for_is_the_houses_own(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """A whole winter passes in no time, to the second."""
    day = timedelta(days=1)
    market = open_market(auto_release=30 * day, clearance=60 * day)
    accepted = in_progress(market)
    job = market.execute(SubmitWork(by=CONTRACTOR, job=accepted.job.id))
    assert job.submitted_at == clock()
    clock.advance(days=30)
    settle(market, gateway)
    released = now(market, accepted.payment)
    assert (released.released_at, released.clears_at) == (clock(), clock() + 60 * day)
    clock.advance(days=60, seconds=-1)
    settle(market, gateway)
    assert market.wallet("ctr_42", "USD").available == usd("0")
    clock.advance(seconds=1)
    settle(market, gateway)

    assert market.wallet("ctr_42", "USD").available == usd("700")
    books_are_right(market, gateway)


@pytest.mark.edge(18)
def test_a_refund_after_the_release_takes_what_waits_before_what_is_available(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    earlier = completed(open_market())
    market = open_market(clearance=timedelta(days=7))
    paid = completed(market).payment
    assert earlier.payment.clearing == usd("0")
    refund(market, paid, "400")
    has = market.wallet("ctr_42", "USD")

    assert (has.pending, has.available, has.receivable) == (usd("420"), usd("700"), usd("0"))
    books_are_right(market, gateway)
