"""SQLite as marketpay opens it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from marketpay import (
    Actor,
    ConfigurationError,
    Job,
    ListJobs,
    MarketpayError,
    Marketplace,
    PostJob,
    SqlStore,
)
from marketpay.ports.store import Records
from marketpay.testing import SimulatedGateway

CUSTOMER = Actor.customer("cus_17")


def post(url: str, title: str) -> None:
    """Open the database and post a job; run in processes of its own."""
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        market.execute(PostJob(by=CUSTOMER, title=title, currency="USD"))


def _writing_line(store: Any) -> Any:
    """The one line that an SQLite store writes on."""
    return store._connections._turn.line


def test_a_commit_that_was_answered_is_on_the_disk(tmp_path: Path) -> None:
    store = SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    connection = store._engine.raw_connection()
    cursor = connection.cursor()

    told = {
        name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }

    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    connection.close()
    store.close()


def test_a_database_of_a_newer_revision_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    SqlStore.connect(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE marketpay_version SET version_num = '9999'")
    database.close()

    with pytest.raises(ConfigurationError, match=r"revision 9999 .* newer .* upgrade the package"):
        SqlStore.connect(f"sqlite:///{path}")


def test_tables_of_the_host_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE jobs (mine TEXT)")
    database.close()

    post(f"sqlite:///{path}", "Paint the fence")

    with sqlite3.connect(path) as database:
        assert database.execute("SELECT * FROM jobs").fetchall() == []
    database.close()


def test_an_engine_of_the_hosts_own_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'market.db'}")

    with pytest.raises(ConfigurationError, match="by its URL"):
        SqlStore(engine)


def test_a_database_that_is_not_supported_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not in mssql"):
        Marketplace.connect("mssql+pyodbc://localhost/x", gateway=SimulatedGateway())


def test_several_processes_can_start_on_an_empty_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'market.db'}"
    spawn = multiprocessing.get_context("spawn")
    starting = [spawn.Process(target=post, args=(url, f"job {n}")) for n in range(4)]
    for process in starting:
        process.start()
    for process in starting:
        process.join()

    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        titles = sorted(job.title for job in market.query(ListJobs()).items)
    assert titles == [f"job {n}" for n in range(4)]


@pytest.mark.parametrize("name", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_shared_by_all_threads(name: str) -> None:
    with Marketplace.connect(name, gateway=SimulatedGateway()) as market:

        def one(number: int) -> None:
            market.execute(PostJob(by=CUSTOMER, title=f"job {number}", currency="USD"))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(one, range(40)))

        assert len(market.query(ListJobs(limit=100)).items) == 40


def test_two_databases_in_memory_are_two() -> None:
    with (
        Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as one,
        Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as other,
    ):
        one.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))

        assert other.query(ListJobs()).items == ()


def test_a_process_that_cannot_get_the_write_lock_is_told_to_try_again(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    with Marketplace.connect(f"sqlite:///{path}", gateway=SimulatedGateway()) as market:
        _writing_line(market.store).connection.execute("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(MarketpayError) as refused:
            market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))

        assert (refused.value.code, refused.value.retryable) == ("conflict", True)
        other.execute("ROLLBACK")
        market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
        other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_store_is_opened_in_each_process(tmp_path: Path) -> None:
    """A pre-forking web server opens it after the fork: SQLite's connections cannot cross one."""
    store = SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    child = os.fork()
    if child == 0:
        refused = 0
        for use in (store.run, store.read):
            try:
                use(lambda records: records.find(Job))
            except ConfigurationError:
                refused += 1
        os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    store.close()


def test_readers_do_not_wait_for_the_writer_nor_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'market.db'}"
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
        together = threading.Barrier(20, timeout=30)

        def read(_: int) -> int:
            def answer(records: Records) -> int:
                together.wait()
                return len(records.find(Job))

            return market.store.read(answer)

        with ThreadPoolExecutor(20) as threads:
            writing = market.store.run(lambda _: list(threads.map(read, range(20))))
        assert writing == [1] * 20


def test_an_interrupted_wait_leaves_the_store_usable(tmp_path: Path) -> None:
    """An exception between BEGIN and the first statement, as a signal handler raises one."""
    store = SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")

    class Interrupted:
        def __init__(self, cursor: Any) -> None:
            self._cursor = cursor

        def execute(self, sql: str, *args: Any) -> Any:
            done = self._cursor.execute(sql, *args)
            if sql.startswith("BEGIN"):
                raise KeyboardInterrupt
            return done

    line = _writing_line(store)
    cursor = line._cursor
    object.__setattr__(line, "_cursor", Interrupted(cursor))
    with pytest.raises(KeyboardInterrupt):
        store.run(lambda work: work.find(Job))
    object.__setattr__(line, "_cursor", cursor)

    assert store.run(lambda work: work.find(Job)) == []
    store.close()
