"""The SQL store, sync."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from marketpay.adapters.sql.asking import Asking
from marketpay.adapters.sql.backend import Backend, Connections
from marketpay.adapters.sql.columns import PREFIX
from marketpay.adapters.sql.creation import check_columns, prepare, require
from marketpay.adapters.sql.engines import backend_for, backend_of
from marketpay.adapters.sql.hosting import (
    AsyncJoinedStore,
    JoinedStore,
    check_async_host,
    check_host,
)
from marketpay.adapters.sql.lending import transact_on_loan
from marketpay.adapters.sql.opening import opened, refuse_foreign
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.schema import Tables, usual_tables
from marketpay.adapters.sql.sql import sql_of
from marketpay.adapters.sql.writing import SqlWork
from marketpay.ports.store import Records, Work

R = TypeVar("R")
Check = Callable[[Connection, Tables, Backend], None]  # before a database is used


class SqlStore:
    """For Django, Flask, scripts and workers.  Safe to share between threads."""

    def __init__(self, engine: Engine, *, tables: Tables | None = None) -> None:
        """On an engine of the host's, of PostgreSQL or MariaDB.

        An empty database gets the tables.  `tables` are those that were registered in the
        host's MetaData: its own migrations make them, and here every column is looked for.
        """
        backend = backend_for(engine.dialect)
        refuse_foreign(backend)
        check = prepare if tables is None else check_columns
        with opened(engine.url, backend):
            self._open(engine, backend, tables or usual_tables(), check)

    @classmethod
    def connect(
        cls, url: str, *, prefix: str = PREFIX, schema: str | None = None, **engine_options: Any
    ) -> SqlStore:
        """Open the database at `url`; make the tables if it is empty."""
        return cls._opened(url, usual_tables(prefix, schema), prepare, engine_options)

    @classmethod
    def existing(
        cls, url: str, *, prefix: str = PREFIX, schema: str | None = None, **engine_options: Any
    ) -> SqlStore:
        """Open the database at `url`, which has its tables: `ConfigurationError` if not."""
        return cls._opened(url, usual_tables(prefix, schema), require, engine_options)

    @classmethod
    def _opened(
        cls, url: str, tables: Tables, check: Check, engine_options: dict[str, Any]
    ) -> SqlStore:
        store = cls.__new__(cls)
        backend = backend_of(url)
        with opened(url, backend):
            engine = backend.open_engine(url, **engine_options)
            try:
                store._open(engine, backend, tables, check)
            except BaseException:
                engine.dispose()
                raise
        return store

    def _open(
        self,
        engine: Engine,
        backend: Backend,
        tables: Tables,
        check: Check,
    ) -> None:
        self._engine = engine
        self._backend = backend
        self._asking = Asking(backend)
        self._sql = sql_of(backend.dialect, tables)
        with engine.connect() as connection:
            backend.meet(connection)
            check(connection, tables, backend)
        self._connections: Connections = backend.connections(engine)

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        return transact_on_loan(
            self._connections,
            self._connections.writing,
            self._backend.writing,
            self._backend,
            lambda transaction: use(SqlWork(transaction, self._sql)),
        )

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        return self._asking.read(
            use,
            lambda bounds: transact_on_loan(
                self._connections,
                self._connections.reading,
                bounds,
                self._backend,
                lambda transaction: use(SqlRecords(transaction, self._sql)),
            ),
        )

    def within(self, host: object, /, *, attempts: int) -> JoinedStore:
        """See `Joinable.within`."""
        check_host(host)
        return JoinedStore(host=host, backend=self._backend, sql=self._sql, attempts=attempts)

    def within_async(self, host: object, /, *, attempts: int) -> AsyncJoinedStore:
        """See `AsyncJoinable.within_async`."""
        check_async_host(host)
        backend = backend_for(self._engine.dialect, is_async=True)
        return AsyncJoinedStore(host=host, backend=backend, sql=self._sql, attempts=attempts)

    def close(self) -> None:
        """See `Store.close`."""
        self._connections.close()
