"""Timers are taken up together and fire once, whoever has them and for how long."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import define, field

from marketpay import (
    Actor,
    Marketplace,
    MemoryStore,
    Offer,
    OfferStatus,
    Rules,
    SqlStore,
)
from marketpay.commands.timers import ExpireOffer
from marketpay.delivery.firing import COMMANDS
from marketpay.domain.decision import Decision
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Records, Store, Work
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.store_contract.samples import a_record
from tests.deals import happened_to, now, send
from tests.delivery.mortal import Death

R = TypeVar("R")


@define
class Hooked:
    """A store where something happens before a timer is fired, and whose claims are counted."""

    store: Store
    happens: Callable[[int], object] = lambda _: None
    fired: int = 0
    claims: list[int] = field(factory=list)

    def run(self, use: Callable[[Work], R], /) -> R:
        if isinstance(getattr(use, "command", None), ExpireOffer):
            self.fired += 1
            self.happens(self.fired)
        result = self.store.run(use)
        match result:
            case [Timer(), *_] as leased:
                self.claims.append(len(leased))
        return result

    def read(self, use: Callable[[Records], R], /) -> R:
        return self.store.read(use)

    def close(self) -> None:
        self.store.close()


@pytest.fixture(params=["memory", "sqlite"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_memory = request.param == "memory"
    made = MemoryStore() if is_memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield made
    made.close()


@pytest.fixture
def store(shared: Store) -> Hooked:
    return Hooked(shared)


@pytest.fixture
def market(store: Hooked, gateway: SimulatedGateway, clock: VirtualClock) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))


@pytest.fixture
def other(shared: Store, market: Marketplace, gateway: SimulatedGateway) -> Marketplace:
    """Another worker."""
    return Marketplace(store=shared, gateway=gateway, rules=market.rules)


def expired(market: Marketplace, clock: VirtualClock, number: int) -> list[Offer]:
    """So many offers whose time is over, one a second after the other."""
    first = clock() + timedelta(hours=1)
    offers = [
        send(market, to=Actor.contractor(f"ctr_{n}"), expires_at=first + timedelta(seconds=n)).offer
        for n in range(number)
    ]
    clock.advance(hours=2)
    return offers


def each_expired_once(market: Marketplace, offers: list[Offer]) -> None:
    for offer in offers:
        assert now(market, offer).status is OfferStatus.EXPIRED
        assert happened_to(market, offer.id).count("ExpireOffer") == 1


def test_timers_are_taken_up_together(
    market: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers = expired(market, clock, 60)

    assert market.work().timers == 60
    assert store.claims == [50, 10]
    each_expired_once(market, offers)


def test_no_more_timers_are_taken_up_than_was_asked_for(
    market: Marketplace, other: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers = expired(market, clock, 5)

    assert market.work(limit=3).timers == 3
    assert store.claims == [3]
    assert other.work().timers == 2
    each_expired_once(market, offers)


def test_what_one_worker_has_taken_up_no_other_fires(
    market: Marketplace, other: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers, others = expired(market, clock, 60), list[int]()
    store.happens = lambda number: others.append(other.work().timers) if number == 1 else None

    assert (market.work().timers, others) == (50, [10])
    each_expired_once(market, offers)


def test_what_a_worker_had_when_it_died_fires_when_its_lease_is_over(
    market: Marketplace, other: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers = expired(market, clock, 60)

    def die(number: int) -> None:
        if number == 21:
            raise Death

    store.happens = die
    with pytest.raises(Death):
        market.work()

    assert other.work().timers == 10
    clock.advance(minutes=4)
    assert other.work().timers == 0
    clock.advance(minutes=1)
    assert other.work().timers == 30
    each_expired_once(market, offers)


def test_a_worker_whose_lease_is_over_fires_nothing_that_another_has(
    market: Marketplace, other: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers, others = expired(market, clock, 3), list[int]()

    def stall(number: int) -> None:
        if number == 1:
            clock.advance(minutes=5)
            others.append(other.work().timers)

    store.happens = stall
    report = market.work()

    assert (report.timers, report.failures, others) == (0, (), [3])
    assert store.fired == 1
    each_expired_once(market, offers)


def test_a_worker_that_is_too_slow_leaves_the_rest_for_when_its_lease_is_over(
    market: Marketplace, other: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    offers = expired(market, clock, 3)
    store.happens = lambda _: clock.advance(minutes=2)

    assert market.work().timers == 2
    assert other.work().timers == 0
    clock.advance(minutes=1)
    assert other.work().timers == 1
    each_expired_once(market, offers)


def test_a_timer_that_is_set_anew_before_it_fires_comes_up_at_its_new_time_only(
    market: Marketplace, store: Hooked, clock: VirtualClock
) -> None:
    [offer] = expired(market, clock, 1)
    later = clock() + market.rules.lease

    def set_anew(_: int) -> None:
        anew = Timer(TimerKind.OFFER_EXPIRY, offer.id, later)
        store.store.run(lambda work: work.write(Decision(None, timers=(anew,)), a_record()))
        store.happens = lambda _: None

    store.happens = set_anew
    report = market.work()

    assert (report.timers, report.failures) == (0, ())
    assert now(market, offer).status is OfferStatus.PENDING
    assert market.work().timers == 0
    clock.advance(minutes=5)
    assert market.work().timers == 1
    each_expired_once(market, [offer])


def test_each_kind_of_timer_has_its_command() -> None:
    assert set(COMMANDS) == set(TimerKind)
