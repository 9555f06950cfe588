"""Losing a race: the loser decides again, and is told the true reason."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    CancelJob,
    Conflict,
    Forbidden,
    Job,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    Offer,
    PostJob,
    Refused,
    Rules,
    SendOffer,
    SqlStore,
    UpdateJob,
)
from marketpay.ports.gateway import Authorize, Capture
from marketpay.ports.store import Store, Work
from marketpay.testing import SimulatedGateway, VirtualClock

CUSTOMER = Actor.customer("cus_17")
ANN, BEN = Actor.contractor("ann"), Actor.contractor("ben")
GOOD, PRICE = "pm_card_visa", Money("1000", "USD")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def gateway() -> SimulatedGateway:
    return SimulatedGateway()


@pytest.fixture
def market(store: Store, gateway: SimulatedGateway) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=VirtualClock()))


def offered(market: Marketplace, *to: Actor) -> tuple[Job, list[Offer]]:
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    send = [
        SendOffer(by=CUSTOMER, job=job.id, contractor=who.id, price=PRICE, payment_method=GOOD)
        for who in to
    ]
    return job, [market.execute(command).offer for command in send]


def at_once(*things: Callable[[], Any]) -> list[Any]:
    """What each came to: its result or its error."""
    start = Barrier(len(things))

    def begin(thing: Callable[[], Any]) -> Any:
        start.wait(timeout=60)
        try:
            return thing()
        except MarketpayError as error:
            return error

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(begin, things))


@pytest.mark.parametrize("round", range(5))
def test_of_two_who_accept_at_once_one_gets_the_job(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (one, two) = offered(market, ANN, BEN)

    came = at_once(
        lambda: market.execute(AcceptOffer(by=ANN, offer=one.id)),
        lambda: market.execute(AcceptOffer(by=BEN, offer=two.id)),
    )

    [refused] = [error for error in came if isinstance(error, MarketpayError)]
    assert isinstance(refused, Refused)
    assert refused.code in ("acceptance_in_progress", "job_already_assigned")
    assert gateway.effects(Capture) == gateway.count(Capture) == 1
    statuses = sorted(
        market.store.read(lambda records: [o.status.value for o in records.find(Offer)])
    )
    assert statuses == ["accepted", "superseded"]
    assert gateway.balance("USD") == PRICE
    market.work()
    assert gateway.held("USD") == Money.zero("USD")
    assert market.verify().ok


def test_the_same_accepted_twice_at_once_is_captured_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, [offer] = offered(market, ANN)

    came = at_once(*[lambda: market.execute(AcceptOffer(by=ANN, offer=offer.id))] * 4)

    assert not [error for error in came if isinstance(error, MarketpayError)]
    assert gateway.effects(Capture) == 1


def test_one_key_at_once_is_one_command(market: Marketplace, gateway: SimulatedGateway) -> None:
    job, _ = offered(market)
    command = SendOffer(by=CUSTOMER, job=job.id, contractor="ann", price=PRICE, payment_method=GOOD)

    came = at_once(*[lambda: market.execute(command, key="k")] * 4)

    assert len({one.offer.id for one in came}) == 1
    assert gateway.effects(Authorize) == 1


def test_accepting_and_cancelling_at_once_end_in_one_of_the_two(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    for _ in range(5):
        job, [offer] = offered(market, ANN)

        at_once(
            lambda: market.execute(AcceptOffer(by=ANN, offer=offer.id)),  # noqa: B023
            lambda: market.execute(CancelJob(by=CUSTOMER, job=job.id)),  # noqa: B023
        )

        ended = market.store.read(lambda records: records.get(Job, job.id))  # noqa: B023
        said = market.store.read(lambda records: records.get(Offer, offer.id))  # noqa: B023
        assert (ended.status, said.status) in (
            ("cancelled", "withdrawn"), ("assigned", "accepted"), ("cancelled", "accepted"),
        )  # fmt: skip
    market.work()
    assert market.verify().ok


class Interfering:
    """Somebody else is always a moment quicker, so many times."""

    def __init__(self, store: Store, meanwhile: Callable[[int], None], times: int) -> None:
        self.store = store
        self.meanwhile = meanwhile
        self.times = times
        self.tries = 0
        self.read = store.read
        self.close = store.close

    def run(self, use: Callable[[Work], Any], /) -> Any:
        self.tries += 1
        if self.tries > self.times:
            return self.store.run(use)

        class Undone(Exception):
            pass

        def decided(work: Work) -> None:
            use(work)
            raise Undone

        try:
            self.store.run(decided)
        except Undone:
            self.meanwhile(self.tries)
        raise Conflict("job", "job_1")


def test_a_loser_decides_again_on_what_the_winner_left(
    market: Marketplace, store: Store, gateway: SimulatedGateway
) -> None:
    _, (one, two) = offered(market, ANN, BEN)
    winning = AcceptOffer(by=ANN, offer=one.id)

    def win(_: int) -> None:
        market.execute(winning)

    slow = Interfering(store, win, times=1)
    loser = Marketplace(store=slow, gateway=gateway, rules=market.rules)

    with pytest.raises(Refused) as caught:
        loser.execute(AcceptOffer(by=BEN, offer=two.id))

    assert caught.value.code == "job_already_assigned"
    assert gateway.effects(Capture) == 1


def test_whoever_loses_too_often_gives_up_and_has_changed_nothing(
    market: Marketplace, store: Store, gateway: SimulatedGateway
) -> None:
    job, _ = offered(market)
    never = Interfering(store, lambda _: None, times=1000)
    rules = Rules(now=market.rules.now, attempts=3)
    loser = Marketplace(store=never, gateway=gateway, rules=rules)

    with pytest.raises(Conflict) as caught:
        loser.execute(UpdateJob(by=CUSTOMER, job=job.id, title="New"), key="k")

    assert never.tries == 3
    assert caught.value.retryable
    assert market.store.read(lambda records: records.get(Job, job.id)) == job
    assert market.execute(UpdateJob(by=CUSTOMER, job=job.id, title="New"), key="k").title == "New"


def test_a_denial_is_on_record_once_however_often_it_was_decided(
    market: Marketplace, store: Store, gateway: SimulatedGateway
) -> None:
    job, _ = offered(market)
    slow = Interfering(store, lambda _: None, times=0)
    loser = Marketplace(store=slow, gateway=gateway, rules=market.rules)

    with pytest.raises(Forbidden):
        loser.execute(UpdateJob(by=Actor.customer("eve"), job=job.id, title="x"), key="k")
    store.run(lambda work: work.sequence(99))

    feed = store.read(lambda records: records.feed(0, limit=99))
    [denied] = [item.record for item in feed if item.record.error]
    assert (denied.actor, denied.error, denied.key) == ("eve", "forbidden", None)


def test_many_customers_at_once_lose_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    def deal(n: int) -> None:
        who = Actor.customer(f"cus_{n}")
        job = market.execute(PostJob(by=who, title="Paint", currency="USD"))
        market.execute(ApplyToJob(by=ANN, job=job.id))
        send = SendOffer(by=who, job=job.id, contractor="ann", price=PRICE, payment_method=GOOD)
        market.execute(AcceptOffer(by=ANN, offer=market.execute(send).offer.id))

    came = at_once(*[lambda n=n: deal(n) for n in range(8)])

    assert came == [None] * 8
    assert gateway.balance("USD") == PRICE * 8
    assert market.revenue("USD").total == Money("800", "USD")
    assert market.verify().ok
