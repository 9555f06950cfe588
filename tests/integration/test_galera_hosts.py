"""Bulk, and a host's own transaction, on a cluster whose other nodes are not idle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar

import pymysql  # type: ignore[import-untyped]  # it has no types
import pytest
from attrs import define, frozen
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError, PendingRollbackError

from marketpay import (
    AcceptOffer,
    Actor,
    Conflict,
    Done,
    Failed,
    Marketplace,
    Offer,
    PostJob,
    Refused,
    Rules,
)
from marketpay.adapters.sql.galera import MADE, TAKE, turn
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import Capture, Void
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import CONTRACTOR, CUSTOMER, RIVAL, books_are_right, now, offering, post, send
from tests.hosts import KINDS, Shop
from tests.integration import races
from tests.integration.nodes import (
    FIRST,
    SECOND,
    all_nodes_have_the_same,
)
from tests.servers.galera import GaleraCluster

pytestmark = pytest.mark.xdist_group("galera")  # one worker, one cluster

R = TypeVar("R")
Connect = Callable[..., Marketplace]
URLs = tuple[str, ...]


@pytest.fixture(scope="module")
def urls(galera: GaleraCluster) -> Iterator[URLs]:
    """One database for all tests that leave the nodes as they are."""
    urls = galera.fresh_database()
    yield urls
    galera.nodes[FIRST].databases.drop_database(urls[FIRST])


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="module")
def gateway(clock: VirtualClock) -> SimulatedGateway:
    return SimulatedGateway(now=clock)


@pytest.fixture
def connect(urls: URLs, gateway: SimulatedGateway, clock: VirtualClock) -> Iterator[Connect]:
    with ExitStack() as doors:

        def connect(node: int, **rules: Any) -> Marketplace:
            market = Marketplace.connect(
                urls[node], gateway=gateway, rules=Rules(now=clock, **rules)
            )
            return doors.enter_context(market)

        yield connect


@pytest.fixture
def captured(gateway: SimulatedGateway) -> Callable[[], int]:
    """How many payments were captured since the test began."""
    before = gateway.effects(Capture)
    return lambda: gateway.effects(Capture) - before


def settled(market: Marketplace, gateway: SimulatedGateway) -> None:
    while market.work(limit=500):
        pass
    books_are_right(market, gateway)


# --- bulk


def accepting(offers: list[Offer]) -> list[AcceptOffer]:
    return [AcceptOffer(by=Actor.contractor(one.contractor), offer=one.id) for one in offers]


def test_many_at_two_nodes_at_once_end_as_one_after_the_other(
    galera: GaleraCluster,
    urls: URLs,
    connect: Connect,
    gateway: SimulatedGateway,
    captured: Callable[[], int],
) -> None:
    first, second = connect(FIRST), connect(SECOND)
    voided = gateway.effects(Void)
    jobs = [post(first) for _ in range(15)]
    mine = [send(first, job).offer for job in jobs]
    theirs = [send(first, job, RIVAL).offer for job in jobs]
    together = threading.Barrier(2)

    def accept(market: Marketplace, offers: list[Offer]) -> tuple[Any, ...]:
        together.wait(60)
        return market.execute_many(accepting(offers))

    with ThreadPoolExecutor() as threads:
        begun = [threads.submit(accept, first, mine), threads.submit(accept, second, theirs[::-1])]
        outcomes = [one.result(timeout=60) for one in begun]

    for job, one, other in zip(jobs, outcomes[0], outcomes[1][::-1], strict=True):
        [done] = [each for each in (one, other) if isinstance(each, Done)]
        [lost] = [each for each in (one, other) if isinstance(each, Failed)]
        assert getattr(lost.error, "reason", lost.error) in races.LOST
        assert now(second, job).contractor == done.result.offer.contractor
    assert captured() == 15
    settled(first, gateway)
    assert gateway.effects(Void) == voided + 15
    all_nodes_have_the_same(galera, urls)


@define
class Meddler:
    """Ids as usual; but when the first is made, somebody else is quicker."""

    act: Callable[[], object] | None = None

    def __call__(self, prefix: str) -> str:
        act, self.act = self.act, None
        if act is not None:
            act()
        return new_id(prefix)


def test_one_of_many_that_another_node_has_changed_is_decided_again(
    connect: Connect, gateway: SimulatedGateway, captured: Callable[[], int]
) -> None:
    meddler = Meddler()
    first, second = connect(FIRST, new_id=meddler), connect(SECOND)
    jobs = [post(second) for _ in range(5)]
    mine = [send(second, job).offer for job in jobs]
    theirs = send(second, jobs[2], RIVAL).offer

    def overtake() -> None:
        second.execute(AcceptOffer(by=RIVAL, offer=theirs.id))
        second.execute(offering(now(second, jobs[4]), RIVAL))

    meddler.act = overtake
    outcomes = first.execute_many(accepting(mine))
    assert [type(one) for one in outcomes] == [Done, Done, Failed, Done, Done]
    [lost] = [one.error for one in outcomes if isinstance(one, Failed)]
    assert getattr(lost, "reason", lost) in races.LOST
    assert captured() == 5
    settled(second, gateway)


# --- a host's own transaction


@frozen
class Twice:
    """A host's transaction, run as often as it takes."""

    shop: Shop
    market: Marketplace
    offer: Offer

    def run(self, before_commit: Callable[[], object] = lambda: None) -> None:
        with self.shop.transaction() as transaction:
            part = self.market.within(transaction.host)
            part.execute(AcceptOffer(by=CONTRACTOR, offer=self.offer.id))
            transaction.order(self.offer.id)
            if self.shop.kind == "session":
                transaction.host.flush()
            before_commit()


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, urls: URLs) -> Iterator[Shop]:
    shop = Shop(create_engine(urls[FIRST]), request.param)
    shop.make_tables()
    yield shop
    shop.engine.dispose()


def test_a_commit_that_another_node_has_overtaken_leaves_nothing_and_can_be_run_again(
    shop: Shop, connect: Connect, gateway: SimulatedGateway, captured: Callable[[], int]
) -> None:
    first, second = connect(FIRST), connect(SECOND)
    job = post(first)
    host = Twice(shop, first, send(first, job).offer)

    def overtake() -> None:
        second.execute(offering(now(second, job), RIVAL))

    with pytest.raises((OperationalError, pymysql.err.OperationalError)) as caught:
        host.run(overtake)
    assert getattr(caught.value, "orig", caught.value).args[0] == 1213
    assert shop.orders() == []
    assert now(second, host.offer) == host.offer
    assert first.verify().problems == second.verify().problems == ()
    assert captured() == 0

    host.run()
    assert shop.orders() == [host.offer.id]
    settled(second, gateway)
    assert now(second, job).contractor == CONTRACTOR.id
    assert captured() == 1


@pytest.mark.parametrize("shop", ["session"], indirect=True)
def test_who_runs_it_again_hears_why_it_cannot_be(
    shop: Shop, connect: Connect, gateway: SimulatedGateway, captured: Callable[[], int]
) -> None:
    first, second = connect(FIRST), connect(SECOND)
    job = post(first)
    host, theirs = Twice(shop, first, send(first, job).offer), send(first, job, RIVAL).offer

    with pytest.raises((OperationalError, pymysql.err.OperationalError)):
        host.run(lambda: second.execute(AcceptOffer(by=RIVAL, offer=theirs.id)))
    with pytest.raises(Refused) as told:
        host.run()
    assert told.value.reason in races.LOST
    assert shop.orders() == []
    settled(first, gateway)
    assert captured() == 1


def test_a_transaction_that_another_node_has_ended_takes_no_more_commands(
    urls: URLs, connect: Connect, gateway: SimulatedGateway, captured: Callable[[], int]
) -> None:
    first, second = connect(FIRST), connect(SECOND)
    job = post(first)
    offer, engine = send(first, job).offer, create_engine(urls[FIRST])
    posting = PostJob(by=CUSTOMER, title="Paint the gate", currency="USD")
    with engine.connect() as connection:
        part = first.within(connection)
        part.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        second.execute(offering(now(second, job), RIVAL))
        now(first, job)  # which waits until this node has it, and so has ended the transaction
        with pytest.raises(Conflict) as caught:
            part.execute(posting)
        assert caught.value.retryable
        with pytest.raises(PendingRollbackError):
            connection.execute(text("SELECT 1"))
        connection.rollback()
        part.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        connection.commit()
    engine.dispose()
    settled(first, gateway)
    assert captured() == 1


# --- making the tables


def undone(engine: Engine) -> Any:
    """How many transactions this node undid, because another was quicker."""
    counted = "SHOW GLOBAL STATUS LIKE 'wsrep_local_bf_aborts'"
    with engine.connect() as connection:
        return connection.exec_driver_sql(counted).one()[1]


def test_who_was_about_to_change_what_another_node_changes_has_their_turn_too(urls: URLs) -> None:
    engines = [create_engine(url) for url in urls]
    with engines[FIRST].connect() as first, engines[SECOND].connect() as second:
        first.exec_driver_sql("CREATE TABLE contended (id int PRIMARY KEY, n int)")
        first.exec_driver_sql("INSERT INTO contended VALUES (1, 0)")
        first.commit()
        synced = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT n FROM contended"
        assert second.exec_driver_sql(synced).scalar() == 0
        second.exec_driver_sql("UPDATE contended SET n = 2")
        before, until = undone(engines[SECOND]), time.monotonic() + 30
        first.exec_driver_sql("UPDATE contended SET n = 1")
        first.commit()
        while undone(engines[SECOND]) == before and time.monotonic() < until:
            time.sleep(0.05)
        with turn(second, patience=1.0):
            assert second.exec_driver_sql(synced).scalar() == 1
    for engine in engines:
        engine.dispose()


def test_of_those_who_wait_for_a_dead_ones_turn_each_has_it_alone(urls: URLs) -> None:
    engines = [create_engine(url) for url in urls]
    with engines[FIRST].connect() as dead:
        dead.exec_driver_sql(MADE)
        dead.exec_driver_sql(TAKE, ("dead",))
        dead.commit()
    inside, most = list[int](), list[int]()

    def act(number: int) -> None:
        with engines[number].connect() as connection, turn(connection, patience=1.0):
            inside.append(number)
            most.append(len(inside))
            connection.exec_driver_sql("SELECT SLEEP(0.1)")
            inside.remove(number)

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(act, number) for number in range(3)]:
            done.result(timeout=60)
    assert most == [1, 1, 1]
    for engine in engines:
        engine.dispose()
