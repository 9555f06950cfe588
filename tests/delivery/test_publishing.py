"""Publishing: at least once, in the order of the feed, by one worker at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from marketpay import Actor, Marketplace, MemoryStore, PostJob, Rules, SqlStore
from marketpay.ports.publisher import PublishedEvent
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway, VirtualClock

CUSTOMER = Actor.customer("cus_17")


class Listener:
    """Remembers what it heard, and fails when it is told to."""

    def __init__(self) -> None:
        self.heard: list[PublishedEvent] = []
        self.fails = 0
        self.meanwhile: list[Marketplace] = []

    def publish(self, events: Sequence[PublishedEvent], /) -> None:
        for market in self.meanwhile:
            market.work()
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the queue is down")
        self.heard.extend(events)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def market(store: Store, clock: VirtualClock, listener: Listener) -> Marketplace:
    return opened(store, clock, listener)


def opened(store: Store, clock: VirtualClock, listener: Listener) -> Marketplace:
    rules = Rules(now=clock)
    return Marketplace(store=store, gateway=SimulatedGateway(), rules=rules, publisher=listener)


def post(market: Marketplace, times: int) -> list[str]:
    command = PostJob(by=CUSTOMER, title="Paint", currency="USD")
    return [market.execute(command).id for _ in range(times)]


def jobs(events: Sequence[PublishedEvent]) -> list[str]:
    return [event.event.job for event in events]  # type: ignore[attr-defined]


@pytest.mark.covers("B069")
def test_events_come_in_the_order_of_the_feed(market: Marketplace, listener: Listener) -> None:
    posted = post(market, 7)

    while market.work(limit=3):
        pass

    assert jobs(listener.heard) == posted
    assert [event.position for event in listener.heard] == [1, 2, 3, 4, 5, 6, 7]
    assert {event.name for event in listener.heard} == {"job.posted"}


def test_what_was_published_does_not_come_again(market: Marketplace, listener: Listener) -> None:
    post(market, 2)
    market.work()

    assert not market.work()
    assert len(listener.heard) == 2


def test_after_an_error_they_come_again_in_their_order(
    market: Marketplace, listener: Listener
) -> None:
    posted = post(market, 3)
    listener.fails = 2

    for _ in range(2):
        [failure] = market.work().failures
        assert failure.subject == "publisher"
        assert isinstance(failure.error, ConnectionError)
    posted += post(market, 1)
    while market.work():
        pass

    assert jobs(listener.heard) == posted


def test_an_error_of_the_publisher_stops_nothing_else(
    market: Marketplace, listener: Listener, store: Store
) -> None:
    post(market, 1)
    listener.fails = 1

    market.work()

    assert len(store.read(lambda records: records.feed(0, limit=9))) == 1


def test_two_workers_do_not_mix_the_order(
    market: Marketplace, listener: Listener, store: Store, clock: VirtualClock
) -> None:
    posted = post(market, 4)
    listener.meanwhile = [opened(store, clock, Listener())]

    while market.work(limit=2):
        pass

    assert jobs(listener.heard) == posted


def test_a_worker_that_died_while_publishing_is_followed_by_another(
    market: Marketplace, listener: Listener, clock: VirtualClock, store: Store
) -> None:
    class Death(BaseException):
        pass

    class Dying(Listener):
        def publish(self, events: Sequence[PublishedEvent], /) -> None:
            super().publish(events)
            raise Death

    posted = post(market, 3)
    dying = Dying()
    with pytest.raises(Death):
        opened(store, clock, dying).work()

    market.work()
    assert listener.heard == []  # the other may still be at it
    clock.advance(minutes=6)
    market.work()

    assert jobs(dying.heard) == jobs(listener.heard) == posted
    assert [event.id for event in dying.heard] == [event.id for event in listener.heard]


def test_a_late_worker_does_not_turn_the_cursor_back(
    market: Marketplace, listener: Listener, clock: VirtualClock, store: Store
) -> None:
    posted = post(market, 2)
    quick = Listener()

    class Slow(Listener):
        def publish(self, events: Sequence[PublishedEvent], /) -> None:
            clock.advance(minutes=6)
            other = opened(store, clock, quick)
            posted.extend(post(other, 2))
            other.work()
            super().publish(events)

    opened(store, clock, Slow()).work()
    while market.work():
        pass

    assert jobs(quick.heard) == posted
    assert listener.heard == []


def test_without_a_publisher_events_wait_for_one(store: Store, clock: VirtualClock) -> None:
    silent = Marketplace(store=store, gateway=SimulatedGateway(), rules=Rules(now=clock))
    posted = post(silent, 2)
    silent.work()
    listener = Listener()

    opened(store, clock, listener).work()

    assert jobs(listener.heard) == posted
