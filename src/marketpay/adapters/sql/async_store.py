"""The SQL store, async: the same transactions over an async driver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from marketpay.adapters.sql.asking import Asking
from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.columns import PREFIX
from marketpay.adapters.sql.connections import Pooled
from marketpay.adapters.sql.creation import check_columns, prepare
from marketpay.adapters.sql.engines import backend_for, backend_of
from marketpay.adapters.sql.gate import gate_before
from marketpay.adapters.sql.hosting import AsyncJoinedStore, check_async_host
from marketpay.adapters.sql.lending import transact_on_loan
from marketpay.adapters.sql.line import Bounds
from marketpay.adapters.sql.opening import opened, refuse_foreign
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.schema import Tables, usual_tables
from marketpay.adapters.sql.sql import Sql, sql_of
from marketpay.adapters.sql.sqlite import is_in_memory
from marketpay.adapters.sql.transaction import Transaction
from marketpay.adapters.sql.writing import SqlWork
from marketpay.ports.store import Records, Work

R = TypeVar("R")


class AsyncSqlStore:
    """For FastAPI and friends.  Nothing blocks the event loop.

    `use` stays an ordinary function: it runs in a greenlet, SQLAlchemy's own bridge, and each
    batch of statements that it exchanges with the database is awaited.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Not for use: an async engine has to be awaited.  See `on` and `connect`."""
        raise TypeError("await AsyncSqlStore.on(engine), or AsyncSqlStore.connect(url)")

    @classmethod
    async def on(cls, engine: AsyncEngine, *, tables: Tables | None = None) -> AsyncSqlStore:
        """On an engine of the host's; see `SqlStore`."""
        backend = backend_for(engine.dialect, is_async=True)
        refuse_foreign(backend)
        check = prepare if tables is None else check_columns
        with opened(engine.url, backend):
            return await cls._opened(engine, backend, tables or usual_tables(), check)

    @classmethod
    async def connect(
        cls, url: str, *, prefix: str = PREFIX, schema: str | None = None, **engine_options: Any
    ) -> AsyncSqlStore:
        """Open the database at `url`; make the tables if it is empty."""
        backend = backend_of(url, is_async=True)
        tables = usual_tables(prefix, schema)
        with opened(url, backend):
            engine = backend.open_async_engine(url, **engine_options)
            try:
                return await cls._opened(engine, backend, tables, prepare)
            except BaseException:
                await engine.dispose()
                raise

    @classmethod
    async def _opened(
        cls,
        engine: AsyncEngine,
        backend: Backend,
        tables: Tables,
        check: Callable[[Connection, Tables, Backend], None],
    ) -> AsyncSqlStore:
        store = cls.__new__(cls)
        store._engine = engine
        store._backend = backend
        store._asking = Asking(backend)
        store._sql = sql_of(backend.dialect, tables)
        store._turn = store._reading_turn = gate_before(engine.sync_engine.pool)
        if backend.dialect.name == "sqlite":
            store._turn = asyncio.Lock()
            store._reading_turn = store._turn if is_in_memory(engine.url) else nullcontext()
        async with engine.connect() as connection:
            await connection.run_sync(backend.meet)
            await connection.run_sync(check, tables, backend)
        store._connections = Pooled(engine.sync_engine, backend)
        return store

    _engine: AsyncEngine
    _backend: Backend
    _asking: Asking
    _sql: Sql
    _connections: Pooled
    _turn: AbstractAsyncContextManager[None]
    _reading_turn: AbstractAsyncContextManager[None]

    async def run(self, use: Callable[[Work], R], /) -> R:
        """See `AsyncStore.run`."""
        async with self._turn:
            done: R = await greenlet_spawn(
                self._transact,
                self._backend.writing,
                lambda transaction: use(SqlWork(transaction, self._sql)),
            )
            return done

    async def read(self, use: Callable[[Records], R], /) -> R:
        """See `AsyncStore.read`."""
        async with self._reading_turn:
            answer: R = await greenlet_spawn(
                self._asking.read,
                use,
                lambda bounds: self._transact(
                    bounds, lambda transaction: use(SqlRecords(transaction, self._sql))
                ),
            )
            return answer

    def within_async(self, host: object, /, *, attempts: int) -> AsyncJoinedStore:
        """See `AsyncJoinable.within_async`."""
        check_async_host(host)
        return AsyncJoinedStore(host=host, backend=self._backend, sql=self._sql, attempts=attempts)

    async def close(self) -> None:
        """See `AsyncStore.close`."""
        await self._engine.dispose()

    def _transact(self, bounds: Callable[[Any], Bounds], use: Callable[[Transaction], R]) -> R:
        connections = self._connections
        return transact_on_loan(connections, connections.writing, bounds, self._backend, use)
