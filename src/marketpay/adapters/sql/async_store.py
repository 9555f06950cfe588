"""The SQL store, async: the same transactions over an async driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from marketpay.adapters.sql.creation import prepare
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.sqlite import check_sqlite, check_url, is_in_memory, set_pragmas
from marketpay.adapters.sql.store import BEGIN_READING, BEGIN_WRITING, transact
from marketpay.adapters.sql.writing import SqlWork
from marketpay.domain.errors import ConfigurationError
from marketpay.ports.store import Records, Work

R = TypeVar("R")


class AsyncSqlStore:
    """For FastAPI and friends.  Nothing blocks the event loop.

    `run_sync` is SQLAlchemy's own bridge: `use` stays an ordinary function, and each statement
    it runs on the driver's cursor is awaited.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        check_sqlite(engine.dialect.name)
        raise ConfigurationError(
            "An SQLite engine of your own has other settings than marketpay needs; open the "
            "database by its URL: await AsyncSqlStore.connect('sqlite+aiosqlite:///market.db')."
        )

    @classmethod
    async def connect(cls, url: str, **engine_options: Any) -> AsyncSqlStore:
        """Open the database at `url`; make the tables if it is empty."""
        check_url(url, drivers=("sqlite+aiosqlite",))
        pool = StaticPool if is_in_memory(url) else AsyncAdaptedQueuePool
        engine_options.setdefault("poolclass", pool)
        arguments = {"isolation_level": None} | engine_options.pop("connect_args", {})
        engine = create_async_engine(url, connect_args=arguments, **engine_options)
        event.listen(engine.sync_engine, "connect", set_pragmas)
        store = cls.__new__(cls)
        store._engine = engine
        store._sql = Sql(engine.dialect)
        store._lock = asyncio.Lock()
        store._in_memory = is_in_memory(url)
        try:
            await store._on_connection(
                lambda cursor: transact(
                    cursor, BEGIN_WRITING, lambda: prepare(cursor, engine.dialect)
                )
            )
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(f"The database at {url} cannot be opened: {error}.") from error
        return store

    _engine: AsyncEngine
    _sql: Sql
    _lock: asyncio.Lock
    _in_memory: bool

    async def run(self, use: Callable[[Work], R], /) -> R:
        """See `AsyncStore.run`."""

        def writing(cursor: Any) -> R:
            work = SqlWork(cursor, self._sql)
            return transact(cursor, BEGIN_WRITING, lambda: use(work))

        async with self._lock:
            return await self._on_connection(writing)

    async def read(self, use: Callable[[Records], R], /) -> R:
        """See `AsyncStore.read`."""

        def reading(cursor: Any) -> R:
            records = SqlRecords(cursor, self._sql)
            return transact(cursor, BEGIN_READING, lambda: use(records))

        if not self._in_memory:
            return await self._on_connection(reading)
        async with self._lock:
            return await self._on_connection(reading)

    async def close(self) -> None:
        """See `AsyncStore.close`."""
        await self._engine.dispose()

    async def _on_connection(self, use: Callable[[Any], R]) -> R:
        def with_cursor(connection: Connection) -> R:
            cursor = connection.connection.cursor()
            try:
                return use(cursor)
            finally:
                cursor.close()

        async with self._engine.connect() as connection:
            return await connection.run_sync(with_cursor)
