"""A server that is stopped, killed, or replaced by its standby while deals are running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from attrs import define, field
from sqlalchemy import make_url

from marketpay import (
    ConfigurationError,
    Job,
    Marketplace,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import (
    POSTGRESQL,
    Deal,
    check,
    connected,
    enrolled,
    finished,
    opened,
)
from tests.servers.mariadb import MariadbServer, missing_mariadb
from tests.servers.ports import HOST
from tests.servers.postgres import PostgresServer
from tests.servers.process import wait_until

THREADS = 3
Server = PostgresServer | MariadbServer
DRIVERS_OF: dict[type[Any], tuple[str, str]] = {
    PostgresServer: ("psycopg", "async psycopg"),
    MariadbServer: ("pymysql", "asyncmy"),
}


@define
class Crowd:
    """Threads that make one deal after the other until they are told to stop."""

    market: Marketplace
    clock: VirtualClock
    names: Iterator[int] = field(factory=count)
    done: list[str] = field(factory=list)
    _stop: threading.Event = field(factory=threading.Event)

    def work(self) -> None:
        """What each thread does."""
        while not self._stop.is_set():
            name = f"deal {next(self.names)}"
            Deal(self.market, self.clock, name).run()
            self.done.append(name)

    def during(self, trouble: Callable[[], None]) -> int:
        """Let trouble come while they are at it; how many deals there are then."""
        with ThreadPoolExecutor(THREADS) as threads:
            working = [threads.submit(self.work) for _ in range(THREADS)]
            try:
                self.wait_for_more()
                trouble()
                self.wait_for_more()
            finally:
                self._stop.set()
            for one in working:
                one.result()
        return len(self.done)

    def wait_for_more(self) -> None:
        """They make progress."""
        before = len(self.done)
        wait_until(lambda: len(self.done) >= before + THREADS, "on with the deals")


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "mariadb" and (reason := missing_mariadb()):
        pytest.skip(reason)
    made: Server = (
        PostgresServer(durable=False)
        if request.param == "postgresql"
        else MariadbServer(durable=False)
    )
    with made:
        yield made


def stopped(server: Server) -> None:
    server.stop()
    server.start()


def killed(server: Server) -> None:
    server.kill()
    server.start()


@pytest.mark.parametrize("trouble", [stopped, killed])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_deals_go_on_after_a_restart(
    server: Server,
    trouble: Callable[[Server], None],
    gateway: SimulatedGateway,
    clock: VirtualClock,
    *,
    is_async: bool,
) -> None:
    driver = DRIVERS_OF[type(server)][is_async]
    with opened(driver, server.fresh_database(), gateway, Rules(now=clock)) as market:
        enrolled(market, gateway)
        deals = Crowd(market, clock).during(lambda: trouble(server))
        finished(market, clock)
        check(market, gateway, deals)


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_nothing_that_was_acknowledged_is_lost_in_a_failover(
    driver: str, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    with PostgresServer(durable=False) as primary:
        database = make_url(primary.fresh_database()).database
        with primary.standby() as standby:
            url = (
                f"postgresql+psycopg://postgres@/{database}?host={HOST}:{primary.port}"
                f"&host={HOST}:{standby.port}&target_session_attrs=read-write"
            )

            def fail_over() -> None:
                primary.kill()
                standby.promote()

            with opened(driver, url, gateway, Rules(now=clock)) as market:
                enrolled(market, gateway)
                crowd = Crowd(market, clock)
                deals = crowd.during(fail_over)
                assert {*titles(market)} == {*crowd.done}
                finished(market, clock)
                check(market, gateway, deals)


def titles(market: Marketplace) -> list[str]:
    """Of the jobs that are completed."""
    found = market.store.read(lambda records: records.find(Job, status="completed"))
    return [job.title for job in found]


def test_a_wrong_password_is_told_at_once_and_never_shown(gateway: SimulatedGateway) -> None:
    with PostgresServer(durable=False) as server:
        server.run("CREATE ROLE hal LOGIN PASSWORD 'hunter1'")
        rule = f"host all hal {HOST}/32 scram-sha-256\n"
        rules = server.data / "pg_hba.conf"
        rules.write_text(rule + rules.read_text())
        server.run("SELECT pg_reload_conf()")
        url = server.url().replace("postgres@", "hal:hunter2@")

        for driver in POSTGRESQL:
            with pytest.raises(ConfigurationError) as told:
                connected(driver, url, gateway, Rules())
            assert "hal" in str(told.value)
            assert "hunter2" not in f"{told.value!r} {told.value.__cause__!r}"
