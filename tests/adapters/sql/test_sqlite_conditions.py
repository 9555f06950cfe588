"""An SQLite file on a full disk, that may not be written, that somebody holds or has spoilt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from marketpay import (
    ConfigurationError,
    DatabaseBusy,
    DatabaseUnavailable,
    ListJobs,
    Marketplace,
    PostJob,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import connected, enrolled, finished
from tests.deals import CUSTOMER, completed

POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")
PAGES = 16


@pytest.fixture(params=["sqlite", "sqlite+aiosqlite"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path, empty_database: Path) -> Path:
    path = tmp_path / "market.db"
    path.write_bytes(empty_database.read_bytes())
    return path


def market_at(
    scheme: str, path: Path | str, gateway: SimulatedGateway, clock: VirtualClock
) -> Marketplace:
    driver = "aiosqlite" if "+" in scheme else "sqlite3"
    return connected(driver, f"{scheme}:///{path}", gateway, Rules(now=clock, attempts=3))


@pytest.fixture
def small_disk() -> Iterator[list[int]]:
    """How many pages a file may have that is opened from now on."""
    pages: list[int] = []

    def limit(connection: sqlite3.Connection, _: object) -> None:
        for most in pages:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA max_page_count = {most}")
            cursor.close()

    event.listen(Engine, "connect", limit)
    yield pages
    event.remove(Engine, "connect", limit)


@pytest.mark.covers("A157")
def test_a_full_disk_is_unavailable_and_every_deal_is_whole(
    scheme: str, path: Path, small_disk: list[int], gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    with sqlite3.connect(path) as database:
        [(pages,)] = database.execute("PRAGMA page_count").fetchall()
    database.close()
    small_disk.append(pages + PAGES)
    market = market_at(scheme, path, gateway, clock)
    market.execute(POST)
    with pytest.raises(DatabaseUnavailable) as full:
        [market.execute(POST) for _ in range(1_000)]
    assert full.value.retryable
    kept = len(market.query(ListJobs(limit=500)).items)
    assert market.verify().ok
    market.close()

    small_disk.clear()
    market = market_at(scheme, path, gateway, clock)
    enrolled(market, gateway)
    market.execute(POST)
    assert len(market.query(ListJobs(limit=500)).items) == kept + 1
    completed(market)
    finished(market, clock)
    assert market.verify().ok
    market.close()


def test_a_file_that_may_not_be_written_can_be_read(
    path: Path, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = market_at("sqlite", path, gateway, clock)
    market.execute(POST)
    cursor = market.store._connections._connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA query_only = ON")

    with pytest.raises(DatabaseUnavailable):
        market.execute(POST)
    assert len(market.query(ListJobs()).items) == 1

    cursor.execute("PRAGMA query_only = OFF")
    market.execute(POST)
    assert len(market.query(ListJobs()).items) == 2
    market.close()


def test_a_file_that_another_process_holds_is_busy(
    scheme: str,
    path: Path,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "marketpay.adapters.sql.sqlite.PRAGMAS",
        ("PRAGMA busy_timeout = 1", "PRAGMA foreign_keys = ON"),
    )
    market = market_at(scheme, path, gateway, clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusy):
        market.execute(POST)
    with pytest.raises(DatabaseBusy):
        market.work()
    assert market.query(ListJobs()).items == ()

    other.execute("ROLLBACK")
    market.execute(POST)
    assert len(market.query(ListJobs()).items) == 1
    other.close()
    market.close()


def test_a_file_that_is_no_database_is_said_to_be_none(
    scheme: str, tmp_path: Path, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(ConfigurationError, match=r"letter.txt cannot be opened: .*not a database"):
        market_at(scheme, path, gateway, clock)


def test_a_folder_that_is_not_there_is_told(
    scheme: str, tmp_path: Path, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere/market.db cannot be opened"):
        market_at(scheme, tmp_path / "nowhere" / "market.db", gateway, clock)


def test_tables_that_were_dropped_meanwhile_say_what_to_run(
    scheme: str, path: Path, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = market_at(scheme, path, gateway, clock)
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE marketpay_jobs")
    database.close()

    for use in (lambda: market.execute(POST), lambda: market.query(ListJobs())):
        with pytest.raises(ConfigurationError, match="marketpay db upgrade"):
            use()
    market.close()
