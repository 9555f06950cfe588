"""The line to the server fails: before COMMIT, after it, in the middle, or while nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import make_url

from marketpay import DatabaseUnavailable, Job, ListJobs, Marketplace, Offer, PostJob, Rules
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import (
    DRIVERS,
    SAID,
    Deal,
    Told,
    check,
    connected,
    engine_of,
    enrolled,
    finished,
    fixture_of,
)
from tests.deals import CUSTOMER
from tests.servers.proxy import COMMIT, Lost, Proxy, Trap

POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")


@frozen
class Far:
    """A marketplace at the other end of a line that fails when it is told to."""

    market: Marketplace
    gateway: SimulatedGateway
    told: Told
    clock: VirtualClock
    proxy: Proxy
    commit: bytes

    def trap(self, lost: Lost) -> Trap:
        """Lose the next COMMIT, or the answer to it."""
        cut = self.proxy.cut_before if lost is Lost.REQUEST else self.proxy.cut_after
        return cut(self.commit)


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def far(
    driver: str, request: pytest.FixtureRequest, clock: VirtualClock, gateway: SimulatedGateway
) -> Iterator[Far]:
    url = make_url(request.getfixturevalue(fixture_of(driver)))
    assert url.port is not None
    with Proxy(url.port) as proxy:
        told = Told(gateway)
        there = url.set(port=proxy.port).render_as_string(hide_password=False)
        market = connected(
            driver, there, told, Rules(now=clock, attempts=5), **SAID.get(driver, {})
        )
        yield Far(market, gateway, told, clock, proxy, COMMIT[engine_of(driver)])
        market.close()


@pytest.mark.parametrize("lost", Lost)
def test_whichever_commit_of_a_deal_is_lost_the_caller_does_not_notice(
    far: Far, lost: Lost
) -> None:
    enrolled(far.market, far.gateway)
    for step in Deal(far.market, far.clock, "decided").steps():
        trap = far.trap(lost)
        step()
        assert trap.sprung.is_set()
    finished(far.market, far.clock)

    for step in Deal(far.market, far.clock, "settled").steps():
        traps: list[Trap] = []
        far.told.before = lambda traps=traps: traps.append(far.trap(lost))
        step()
        assert all(trap.sprung.is_set() for trap in traps)
    finished(far.market, far.clock)

    check(far.market, far.gateway, 2)


@pytest.mark.parametrize("lost", Lost)
def test_a_worker_whose_commits_are_lost_finishes_all_the_same(far: Far, lost: Lost) -> None:
    enrolled(far.market, far.gateway)
    for step in Deal(far.market, far.clock).steps():
        step()
    for _ in range(4):
        far.trap(lost)
        far.told.before = lambda: far.trap(lost)
        far.market.work()
        far.clock.advance(minutes=6)
    finished(far.market, far.clock)

    check(far.market, far.gateway, 1)


def test_connections_that_were_cut_while_idle_are_not_noticed(far: Far, driver: str) -> None:
    if driver == "psycopg":
        fill_the_pool(far.market)
    for step in Deal(far.market, far.clock).steps():
        far.market.query(ListJobs())
        far.proxy.cut()
        step()
        far.proxy.cut()
        assert far.market.query(ListJobs()).items != ()


def fill_the_pool(market: Marketplace) -> None:
    """Five connections lie in wait."""
    together = Barrier(5, timeout=30)
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: market.store.read(lambda _: together.wait()), range(5)))


def test_a_connection_that_is_cut_in_the_middle_of_a_read_is_told(far: Far) -> None:
    def read(records: Any) -> None:
        records.find(Job)
        far.proxy.cut()
        records.find(Offer)

    with pytest.raises(DatabaseUnavailable) as told:
        far.market.store.read(read)

    assert told.value.retryable
    assert far.market.query(ListJobs()).items == ()


def test_one_that_is_cut_while_a_command_is_decided_is_not_noticed(far: Far) -> None:
    cuts = iter([far.proxy.cut, far.proxy.cut])

    class Interrupted(PostJob):
        def decide(self, read: Any, rules: Rules) -> Any:
            read.find(Job)
            next(cuts, lambda: None)()
            read.find(Job)
            return super().decide(read, rules)

    far.market.execute(Interrupted(by=CUSTOMER, title="Paint the fence", currency="USD"))

    assert len(far.market.query(ListJobs()).items) == 1


def test_a_server_that_is_not_there_is_told_and_is_there_again(far: Far) -> None:
    target, far.proxy.target = far.proxy.target, 1  # a port at which no database listens
    far.proxy.cut()

    for use in (lambda: far.market.query(ListJobs()), lambda: far.market.execute(POST),
                far.market.work):  # fmt: skip
        with pytest.raises(DatabaseUnavailable):
            use()

    far.proxy.target = target
    far.market.execute(POST)
    assert len(far.market.query(ListJobs()).items) == 1


def test_a_line_that_stalls_goes_on_where_it_stopped(far: Far) -> None:
    far.market.query(ListJobs())
    far.proxy.stall()
    with ThreadPoolExecutor(1) as thread:
        posting = thread.submit(far.market.execute, POST)
        assert not posting.done()
        far.proxy.flow()
        posting.result(timeout=60)

    assert len(far.market.query(ListJobs()).items) == 1
