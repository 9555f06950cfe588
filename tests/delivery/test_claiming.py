"""Taking up what is due: some together, for a time, and what is left goes back as it was."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
from attrs import define, evolve, field

from marketpay import (
    Actor,
    Conflict,
    GatewayUnavailable,
    Marketplace,
    MemoryStore,
    OfferStatus,
    PaymentTransaction,
    RejectOffer,
    Rules,
    SqlStore,
    Webhook,
    WebhookStatus,
    WorkReport,
)
from marketpay.delivery.claiming import Claim, Claimed, claim, give_back
from marketpay.delivery.commit import Attempt
from marketpay.delivery.loops import World
from marketpay.delivery.taking_away import Overtaken
from marketpay.domain.errors import DatabaseUnavailable
from marketpay.ports.gateway import GatewayReply, GatewayRequest, LookUp, Void
from marketpay.ports.store import Records, Store, Work
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    a_job,
    a_transaction,
    an_offer,
    kept,
    write,
)
from tests.deals import happened_to, send
from tests.delivery.mortal import Death

R = TypeVar("R")


@define
class Watched:
    """A store that notes how many were taken up together, and how many commands lost a race."""

    store: Store
    claims: list[int] = field(factory=list)
    lost: int = 0
    is_down: bool = False
    takes: Callable[[], object] = field(default=lambda: None)

    def run(self, use: Callable[[Work], R], /) -> R:
        if self.is_down:
            raise DatabaseUnavailable("down")
        try:
            result = self.store.run(use)
        except (Conflict, Overtaken):
            self.lost += isinstance(use, Attempt)
            raise
        self.takes()
        if isinstance(result, Claim) and result.claimed:
            self.claims.append(len(result.claimed))
        return result

    def read(self, use: Callable[[Records], R], /) -> R:
        return self.store.read(use)

    def close(self) -> None:
        self.store.close()


class Hooked(SimulatedGateway):
    """A gateway where something happens before certain requests."""

    on: type[Any] | None = None
    happens: Callable[[], None] = staticmethod(lambda: None)

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if self.on is not None and isinstance(request, self.on):
            self.happens()
        return super().perform(request, key=key)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    is_memory = request.param == "memory"
    made = MemoryStore() if is_memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield Watched(made)
    made.close()


@pytest.fixture
def gateway(clock: VirtualClock) -> Hooked:
    return Hooked(now=clock)


@pytest.fixture
def market(store: Watched, gateway: Hooked, clock: VirtualClock) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))


def told(market: Marketplace, gateway: SimulatedGateway, number: int) -> None:
    """So many webhooks are stored and not yet applied."""
    for n in range(number // 3 + 1):
        send(market, to=Actor.contractor(f"ctr_{n}"))
    for one in gateway.webhooks()[:number]:
        market.receive(one.payload, one.headers, at_once=False)
    assert len(stored(market)) == number


def stored(market: Marketplace) -> list[Webhook]:
    return market.store.read(lambda records: records.find(Webhook))


def voids(market: Marketplace, number: int) -> None:
    """So many holds are to be let go."""
    for n in range(number):
        to = Actor.contractor(f"ctr_{n}")
        market.execute(RejectOffer(by=to, offer=send(market, to=to).offer.id))


def due(store: Store, *sent: datetime | None) -> list[PaymentTransaction]:
    """Operations that are due, some of which were sent before."""
    offer, payment = an_offer(job := a_job())
    made = [a_transaction(payment, due_at=AT, sent_at=at) for at in sent]
    _, _, _, *saved = write(store, job, offer, payment, *made)
    return saved


def take(store: Store, rules: Rules, limit: int = 99) -> Claim[PaymentTransaction]:
    world = World(store=store, gateway=SimulatedGateway(), publisher=None)
    until = lambda _, now: now + rules.lease  # noqa: E731
    return world.drive(claim(PaymentTransaction, until, rules, limit=limit, skip=()))


def put_back(store: Store, rules: Rules, claimed: Sequence[Claimed[Any]]) -> None:
    World(store=store, gateway=SimulatedGateway(), publisher=None).drive(give_back(claimed, rules))


def test_what_is_given_back_is_as_it_was_before_whatever_the_clock_says(store: Watched) -> None:
    """One was sent, and unanswered was due again, at the very moment of the claim."""
    rules = Rules(now=lambda: LATER)
    [sent, unsent] = due(store, LATER, None)

    claimed = take(store, rules).claimed
    assert {one.entity.sent_at for one in claimed} == {LATER}
    put_back(store, rules, claimed)

    assert (kept(store, sent).due_at, kept(store, sent).sent_at) == (AT, LATER)
    assert (kept(store, unsent).due_at, kept(store, unsent).sent_at) == (AT, None)


def test_what_was_never_sent_is_told_by_a_clock_that_goes_on_too(store: Watched) -> None:
    ticks = count()
    rules = Rules(now=lambda: AT + timedelta(microseconds=next(ticks)))
    [unsent] = due(store, None)

    put_back(store, rules, take(store, rules).claimed)

    assert (kept(store, unsent).due_at, kept(store, unsent).sent_at) == (AT, None)


def test_what_there_is_news_of_is_not_given_back_and_keeps_nothing_else(store: Watched) -> None:
    rules = Rules(now=lambda: AT)
    due(store, None, None, None)
    one, two, three = take(store, rules).claimed
    [news] = write(store, evolve(two.entity, gateway_id="pi_1"))

    put_back(store, rules, (one, two, three))

    assert kept(store, two.entity) == news
    assert [kept(store, it.entity).due_at for it in (one, three)] == [AT, AT]


def test_a_database_that_fails_keeps_what_should_go_back_until_its_lease_is_over(
    store: Watched,
) -> None:
    rules = Rules(now=lambda: AT, attempts=3)
    [operation] = due(store, None)
    claimed = take(store, rules).claimed

    store.is_down = True
    put_back(store, rules, claimed)
    store.is_down = False

    assert kept(store, operation).due_at == AT + rules.lease
    assert take(store, rules).claimed == ()


def test_more_and_more_webhooks_are_taken_up_together(
    market: Marketplace, gateway: Hooked, store: Watched
) -> None:
    told(market, gateway, 40)

    assert market.work().webhooks == 40
    assert store.claims == [1, 2, 4, 8, 16, 9]
    assert {(one.status, one.attempts) for one in stored(market)} == {(WebhookStatus.APPLIED, 1)}


def test_no_more_webhooks_are_taken_up_than_was_asked_for(
    market: Marketplace, gateway: Hooked, store: Watched
) -> None:
    told(market, gateway, 5)

    assert [market.work(limit=2).webhooks for _ in range(4)] == [2, 2, 1, 0]
    assert store.claims == [1, 1, 1, 1, 1]


def test_a_webhook_that_cannot_be_applied_makes_the_next_claim_a_small_one(
    market: Marketplace, gateway: Hooked, store: Watched
) -> None:
    told(market, gateway, 12)
    asked = count(1)
    gateway.on, gateway.happens = LookUp, lambda: fail_at(2, asked)

    assert market.work().webhooks == 11
    assert store.claims == [1, 2, 1, 2, 4, 2]
    assert sorted(one.status for one in stored(market)) == [
        *[WebhookStatus.APPLIED] * 11,
        WebhookStatus.DEFERRED,
    ]


def fail_at(number: int, asked: Iterator[int]) -> None:
    if next(asked) == number:
        raise GatewayUnavailable("not now")


def test_webhooks_that_a_slow_gateway_leaves_are_applied_by_another_worker(
    market: Marketplace, gateway: Hooked, store: Watched, clock: VirtualClock
) -> None:
    told(market, gateway, 7)
    other = Marketplace(store=store, gateway=gateway, rules=market.rules)
    asked, left = count(1), []

    def happens() -> None:
        match next(asked):
            case 4:  # the first of four
                clock.advance(minutes=3)
                left.append(other.work().webhooks)
            case 5:  # which is the only one by now
                left.append(other.work().webhooks)

    gateway.on, gateway.happens = LookUp, happens
    report = market.work()

    assert (report.webhooks, left) == (5, [0, 2])
    assert store.claims == [1, 2, 4, 1, 1, 1]
    assert {(one.status, one.attempts) for one in stored(market)} == {(WebhookStatus.APPLIED, 1)}


def test_where_a_transaction_takes_most_of_a_lease_one_after_the_other_is_done(
    market: Marketplace, gateway: Hooked, store: Watched, clock: VirtualClock
) -> None:
    told(market, gateway, 3)
    voids(market, 2)
    offer = send(market, to=Actor.contractor("late"), expires_at=clock() + timedelta(hours=1)).offer
    clock.advance(hours=2)
    store.takes = lambda: clock.advance(minutes=3)

    report = Marketplace(store=store, gateway=gateway, rules=market.rules).work()

    assert report.webhooks == 3
    assert report.timers >= 1
    assert kept(store.store, offer).status is OfferStatus.EXPIRED


def test_what_a_worker_had_when_it_died_is_applied_when_its_lease_is_over(
    market: Marketplace, gateway: Hooked, store: Watched, clock: VirtualClock
) -> None:
    told(market, gateway, 9)
    asked = count(1)

    def happens() -> None:
        if next(asked) == 5:  # the second of four
            raise Death

    gateway.on, gateway.happens = LookUp, happens
    with pytest.raises(Death):
        market.work()
    gateway.on = None
    other = Marketplace(store=store, gateway=gateway, rules=market.rules)

    assert other.work().webhooks == 2
    clock.advance(seconds=299)
    assert other.work().webhooks == 0
    clock.advance(seconds=1)
    assert other.work().webhooks == 3
    assert {(one.status, one.attempts) for one in stored(market)} == {(WebhookStatus.APPLIED, 1)}


def test_operations_that_a_silent_gateway_leaves_are_as_if_nobody_had_taken_them_up(
    market: Marketplace, gateway: Hooked, store: Watched, clock: VirtualClock
) -> None:
    voids(market, 15)
    asked, left = count(1), list[PaymentTransaction]()

    def happens() -> None:
        number = next(asked)
        if number == 13:  # five were in vain, the rest of their claim went back
            found = market.store.read(lambda records: records.find(PaymentTransaction, kind="void"))
            left.extend(one for one in found if one.sent_at is None)
        if number > 7:
            raise GatewayUnavailable("down")

    gateway.on, gateway.happens = Void, happens
    market.work()

    assert store.claims[:5] == [1, 2, 4, 8, 1]
    assert [one.due_at for one in left] == [one.created_at for one in left] != []
    assert len(left) == 3
    gateway.on = None
    clock.advance(hours=1)
    while market.work():
        pass
    assert gateway.effects(Void) == gateway.count(Void) == 15


@pytest.mark.parametrize(
    "where",
    [
        *("memory", "sqlite", "postgres", "mariadb"),
        pytest.param("galera", marks=pytest.mark.xdist_group("galera")),
    ],
)
def test_two_workers_share_what_is_due(
    where: str, request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock
) -> None:
    gateway = SimulatedGateway(now=clock)
    with markets(where, request, tmp_path, gateway, clock) as (one, two):
        soon = clock() + timedelta(hours=1)
        offers = [send(one, to=Actor.contractor(f"c{n}"), expires_at=soon).offer for n in range(60)]
        told_by = gateway.webhooks()[:60]
        for webhook in told_by:
            one.receive(webhook.payload, webhook.headers, at_once=False)
        clock.advance(hours=2)
        reports = [report for mine in at_once(one, two) for report in mine]

        assert [failure for report in reports for failure in report.failures] == []
        assert sum(report.webhooks for report in reports) == 60
        assert sum(report.timers for report in reports) == 60
        assert {one.attempts for one in stored(one)} == {1}
        for offer in offers:
            assert happened_to(one, offer.id).count("ExpireOffer") == 1
        assert gateway.effects(Void) == gateway.count(Void) == 60
        if where != "galera":  # where neighbouring rows are enough for a conflict
            assert [market.store.lost for market in (one, two)] == [0, 0]  # type: ignore[attr-defined]


@contextmanager
def markets(
    where: str, request: pytest.FixtureRequest, folder: Path, gateway: Any, clock: VirtualClock
) -> Iterator[tuple[Marketplace, Marketplace]]:
    """Two doors to one database: in one process, or on connections of their own."""
    stores: list[Store]
    if where in ("postgres", "mariadb"):
        stores = [SqlStore.existing(request.getfixturevalue(f"{where}_ready")) for _ in range(2)]
    elif where == "galera":
        stores = [SqlStore.connect(url) for url in request.getfixturevalue("galera_urls")[:2]]
    else:
        memory = where == "memory"
        stores = [MemoryStore() if memory else SqlStore.connect(f"sqlite:///{folder / 'm.db'}")] * 2
    rules = Rules(now=clock)
    one, two = (Marketplace(store=Watched(s), gateway=gateway, rules=rules) for s in stores)
    yield one, two
    for store in stores:
        store.close()


def at_once(*markets: Marketplace) -> list[list[WorkReport]]:
    """What each did until there was nothing more to do."""
    start = Barrier(len(markets))

    def work(market: Marketplace) -> list[WorkReport]:
        start.wait(timeout=60)
        reports = [market.work()]
        while reports[-1]:
            reports.append(market.work())
        return reports

    with ThreadPoolExecutor(len(markets)) as pool:
        return list(pool.map(work, markets))
