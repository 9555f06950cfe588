"""Whoever is interrupted in the middle of an exchange leaves nothing behind in the pool."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from marketpay import AsyncMarketplace, GetJob, Job, Offer, PostJob
from marketpay.adapters.sql.async_store import AsyncSqlStore
from marketpay.adapters.sql.store import SqlStore
from marketpay.testing import SimulatedGateway
from tests.adapters.sql.doors import engine_of, fixture_of
from tests.deals import CUSTOMER
from tests.servers.mariadb import MariadbDatabases
from tests.servers.postgres import PostgresDatabases
from tests.servers.process import wait_until

ONE_CONNECTION: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 5}
SLEEP = {"postgresql": "SELECT pg_sleep(30)", "mariadb": "SELECT SLEEP(30)"}
ASLEEP = {
    "postgresql": "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    "mariadb": "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%%'",
}


@pytest.fixture
def is_asleep(request: pytest.FixtureRequest, driver: str) -> Callable[[], bool]:
    """Whether the server is in the middle of an answer."""
    databases: PostgresDatabases | MariadbDatabases = request.getfixturevalue(
        "postgres" if engine_of(driver) == "postgresql" else "mariadb"
    )
    return lambda: databases.run(ASLEEP[engine_of(driver)]) != []


@pytest.fixture
def url(request: pytest.FixtureRequest, driver: str) -> str:
    return str(request.getfixturevalue(fixture_of(driver)))


def sleep(driver: str) -> Callable[[Any], Any]:
    return lambda records: records._transaction.ask(SLEEP[engine_of(driver)])


@pytest.mark.parametrize("driver", ["async psycopg", "asyncmy"])
@pytest.mark.parametrize("use", ["read", "run"])
def test_a_task_that_is_cancelled(
    driver: str, url: str, use: str, is_asleep: Callable[[], bool]
) -> None:
    async def cancelled() -> None:
        store = await AsyncSqlStore.connect(url.replace("pymysql", "asyncmy"), **ONE_CONNECTION)
        task = asyncio.create_task(getattr(store, use)(sleep(driver)))
        await asyncio.to_thread(wait_until, is_asleep, "asleep")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(3):
            assert await store.read(lambda records: records.find(Job)) == []
        await store.close()

    asyncio.run(cancelled())


@pytest.mark.parametrize("driver", ["async psycopg", "asyncmy"])
def test_tasks_that_are_cancelled_at_any_moment(driver: str, url: str) -> None:
    async def cancelled() -> None:
        store = await AsyncSqlStore.connect(url.replace("pymysql", "asyncmy"), **ONE_CONNECTION)
        market = AsyncMarketplace(store=store, gateway=SimulatedGateway())
        job = await market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        for moment in range(60):
            task = asyncio.create_task(
                store.read(lambda records: (records.find(Offer), records.find(Job)))
            )
            for _ in range(moment // 2):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert await market.query(GetJob(job.id)) == job
        await market.close()

    asyncio.run(cancelled())


@pytest.mark.parametrize("driver", ["psycopg", "pymysql"])
@pytest.mark.parametrize("use", ["read", "run"])
def test_a_program_that_is_interrupted(
    driver: str, url: str, use: str, is_asleep: Callable[[], bool]
) -> None:
    store = SqlStore.connect(url, **ONE_CONNECTION)

    def interrupt() -> None:
        wait_until(is_asleep, "asleep")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        getattr(store, use)(sleep(driver))
    thread.join()

    for _ in range(3):
        assert store.read(lambda records: records.find(Job)) == []
    store.close()
