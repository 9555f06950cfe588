"""One contract over every store that comes with the package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketpay.adapters.memory.store import MemoryStore
from marketpay.adapters.sql.async_store import AsyncSqlStore
from marketpay.adapters.sql.store import SqlStore
from marketpay.adapters.threaded import ThreadedStore
from marketpay.ports.store import Store
from marketpay.testing import Blocking, StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = MemoryStore()
        yield store
        store.close()


@pytest.mark.covers("A025", "A138", "A157")
class TestSqlStoreInAFile(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
        yield store
        store.close()


class TestSqlStoreInMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = SqlStore.connect("sqlite://")
        yield store
        store.close()


class TestThreadedMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = Blocking(ThreadedStore(MemoryStore()))
        yield store
        store.close()


class TestThreadedSqlStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        database = SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
        store = Blocking(ThreadedStore(database))
        yield store
        store.close()


class TestAsyncSqlStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        url = f"sqlite+aiosqlite:///{tmp_path / 'market.db'}"
        store = Blocking.opened(AsyncSqlStore.connect(url))
        yield store
        store.close()


@pytest.mark.covers("B010", "B088")
class TestSqlStoreOnPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgres_ready: str) -> Iterator[Store]:
        store = SqlStore.connect(postgres_ready)
        yield store
        store.close()


class TestAsyncSqlStoreOnPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgres_ready: str) -> Iterator[Store]:
        store = Blocking.opened(AsyncSqlStore.connect(postgres_ready))
        yield store
        store.close()


class TestSqlStoreOnMariaDB(StoreContract):
    @pytest.fixture
    def store(self, mariadb_ready: str) -> Iterator[Store]:
        store = SqlStore.connect(mariadb_ready)
        yield store
        store.close()


class TestAsyncSqlStoreOnMariaDB(StoreContract):
    @pytest.fixture
    def store(self, mariadb_ready: str) -> Iterator[Store]:
        url = mariadb_ready.replace("+pymysql", "+asyncmy")
        store = Blocking.opened(AsyncSqlStore.connect(url))
        yield store
        store.close()
