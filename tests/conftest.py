"""Fixtures.  Whoever asks for `market` runs over every store, sync and async."""

import asyncio
import inspect
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast
from zlib import crc32

import pytest

from marketpay import (
    AsyncMarketplace,
    Marketplace,
    MemoryPublisher,
    MemoryStore,
    Rules,
    ThreadedStore,
)
from marketpay.adapters.sql.schema import Tables
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.servers.mariadb import MariadbDatabases
from tests.servers.postgres import PostgresDatabases

pytest_plugins = ["tests.servers.fixtures"]

T = TypeVar("T")

DECIDING = ("sqlite", "postgres")
STORES = ("memory", "sqlite", "async memory", "async sqlite", "aiosqlite", "postgres")
# All tables but the one that says which revision they have.
FILLED = [table.name for table in Tables().all() if table.name != "marketpay_version"]
# For tables of cases that the stores cannot tell apart.
on_one_store = pytest.mark.parametrize("open_market", ["memory"], indirect=True)
on_both_stores = pytest.mark.parametrize("open_market", ["memory", "sqlite"], indirect=True)


class Blocking:
    """An asynchronous object that a plain test can use: one event loop, run until done."""

    def __init__(self, wrapped: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._wrapped = wrapped
        self._loop = loop

    @classmethod
    def market(cls, make: Callable[[], Awaitable[AsyncMarketplace]]) -> Marketplace:
        """The marketplace that `make` makes, with its own loop."""
        loop = asyncio.new_event_loop()

        async def made() -> AsyncMarketplace:
            return await make()

        return cast("Marketplace", cls(loop.run_until_complete(made()), loop))

    @property
    def rules(self) -> Rules:
        """See `AsyncMarketplace.rules`."""
        return cast("Rules", self._wrapped.rules)

    @property
    def store(self) -> "Blocking":
        """The store, awaited too."""
        return Blocking(self._wrapped.store, self._loop)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._wrapped, name)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        return lambda *args, **kwargs: self._loop.run_until_complete(awaited(*args, **kwargs))

    def close(self) -> None:
        """Close the marketplace, then the loop."""
        self._loop.run_until_complete(self._wrapped.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class OpenMarket(Protocol):
    """Opens the same data again, under other rules."""

    def __call__(self, **rules: Any) -> Marketplace: ...


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gateway(clock: VirtualClock) -> SimulatedGateway:
    return SimulatedGateway(now=clock)


@pytest.fixture
def publisher() -> MemoryPublisher:
    return MemoryPublisher()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, to be copied: that is faster than making them each time."""
    path = tmp_path_factory.mktemp("empty") / "market.db"
    Marketplace.connect(f"sqlite:///{path}", gateway=SimulatedGateway()).close()
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres: PostgresDatabases) -> Iterator[str]:
    """The same on PostgreSQL."""
    url = postgres.fresh_database()
    Marketplace.connect(url, gateway=SimulatedGateway()).close()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def postgres_copy(postgres: PostgresDatabases, empty_postgres: str) -> Iterator[str]:
    """A PostgreSQL database that has its tables and nothing in them."""
    url = postgres.copied_database(empty_postgres)
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def used_postgres(postgres: PostgresDatabases, empty_postgres: str) -> Iterator[str]:
    """One for test after test."""
    url = postgres.copied_database(empty_postgres)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def postgres_ready(postgres: PostgresDatabases, used_postgres: str) -> str:
    """It, emptied: that is faster than a copy, for tests that leave the tables as they are."""
    postgres.empty(used_postgres, FILLED)
    return used_postgres


@pytest.fixture(scope="session")
def empty_mariadb(mariadb: MariadbDatabases) -> Iterator[str]:
    """Likewise on MariaDB."""
    url = mariadb.fresh_database()
    Marketplace.connect(url, gateway=SimulatedGateway()).close()
    yield url
    mariadb.drop_database(url)


@pytest.fixture
def mariadb_ready(mariadb: MariadbDatabases, empty_mariadb: str) -> str:
    """A MariaDB database that has its tables and nothing in them."""
    mariadb.empty(empty_mariadb, FILLED)
    return empty_mariadb


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A marketplace over every store, unless the test says which.

    A decision is the same whoever awaits it, and wherever it is written: a command's own tests do
    with the memory, and one of two databases by their names.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    if "open_market" in metafunc.fixturenames and not any(
        "open_market" in m.args[0] for m in marks
    ):
        is_of_command = metafunc.definition.path.parent.name == "commands"
        turn = crc32(metafunc.definition.nodeid.encode()) % len(DECIDING)
        stores = ("memory", DECIDING[turn]) if is_of_command else STORES
        metafunc.parametrize("open_market", stores, indirect=True)


@pytest.fixture
def open_market(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_database: Path,
    clock: VirtualClock,
    gateway: SimulatedGateway,
    publisher: MemoryPublisher,
) -> Iterator[OpenMarket]:
    memory, database = MemoryStore(), str(tmp_path / "market.db")
    opened: list[Marketplace] = []
    if "sqlite" in request.param:
        shutil.copyfile(empty_database, database)
    elif request.param == "postgres":
        database = request.getfixturevalue("postgres_ready")

    def open_market(**rules: Any) -> Marketplace:
        house: dict[str, Any] = {
            "gateway": gateway,
            "publisher": publisher,
            "rules": Rules(now=clock, **rules),
        }
        market = _open(request.param, memory, database, house)
        opened.append(market)
        return market

    yield open_market
    for market in opened:
        market.close()


def _open(kind: str, memory: MemoryStore, database: str, house: dict[str, Any]) -> Marketplace:
    async def threaded() -> AsyncMarketplace:
        return AsyncMarketplace(store=ThreadedStore(memory), **house)

    match kind:
        case "memory":
            return Marketplace(store=memory, **house)
        case "sqlite":
            return Marketplace.connect(f"sqlite:///{database}", **house)
        case "postgres":
            return Marketplace.connect(database, **house)
        case "async memory":
            return Blocking.market(threaded)
        case "async sqlite":
            url = f"sqlite:///{database}"
        case _:
            url = f"sqlite+aiosqlite:///{database}"
    return Blocking.market(lambda: AsyncMarketplace.connect(url, **house))


@pytest.fixture
def market(open_market: OpenMarket) -> Marketplace:
    """A fresh marketplace; a test that asks for it runs over every store."""
    return open_market()
