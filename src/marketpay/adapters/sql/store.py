"""The SQL store, sync."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from marketpay.adapters.sql.backend import Backend, Connections
from marketpay.adapters.sql.columns import PREFIX
from marketpay.adapters.sql.creation import check_columns, prepare
from marketpay.adapters.sql.engines import backend_for, backend_of
from marketpay.adapters.sql.opening import opened, refuse_foreign
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.schema import Tables
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.transaction import Stale, Transaction, transact
from marketpay.adapters.sql.writing import SqlWork
from marketpay.ports.store import Records, Work

R = TypeVar("R")


class SqlStore:
    """For Django, Flask, scripts and workers.  Safe to share between threads."""

    def __init__(self, engine: Engine, *, tables: Tables | None = None) -> None:
        """On an engine of the host's, of PostgreSQL or MariaDB.

        An empty database gets the tables.  `tables` are those that were registered in the
        host's MetaData: its own migrations make them, and here every column is looked for.
        """
        backend = backend_for(engine.dialect)
        refuse_foreign(backend)
        self._open(
            engine, backend, tables or Tables(), prepare if tables is None else check_columns
        )

    @classmethod
    def connect(
        cls, url: str, *, prefix: str = PREFIX, schema: str | None = None, **engine_options: Any
    ) -> SqlStore:
        """Open the database at `url`; make the tables if it is empty."""
        store = cls.__new__(cls)
        backend = backend_of(url)
        tables = Tables(prefix=prefix, schema=schema)
        with opened(url, backend):
            store._open(backend.open_engine(url, **engine_options), backend, tables, prepare)
        return store

    def _open(
        self,
        engine: Engine,
        backend: Backend,
        tables: Tables,
        check: Callable[[Connection, Tables, Backend], None],
    ) -> None:
        self._engine = engine
        self._backend = backend
        self._sql = Sql(backend.dialect, tables)
        with engine.connect() as connection:
            check(connection, tables, backend)
        self._connections: Connections = backend.connections(engine)

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        return self._transact(
            self._connections.writing,
            self._backend.writing,
            lambda transaction: use(SqlWork(transaction, self._sql)),
        )

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        return self._transact(
            self._connections.reading,
            self._backend.reading,
            lambda transaction: use(SqlRecords(transaction, self._sql)),
        )

    def _transact(
        self, lend: Callable[[], Any], bounds: Callable[[Any], Any], use: Callable[[Transaction], R]
    ) -> R:
        """On a connection that was cut while nobody used it nothing has happened: take another."""
        stale: Stale | None = None
        for _ in range(self._connections.spare() + 2):
            try:
                with lend() as line:
                    return transact(line, bounds(line.connection), self._backend, use)
            except Stale as error:
                stale = error
            except SQLAlchemyError as error:  # of the pool: no connection could be had
                raise self._backend.explain(error) from error
        assert stale is not None  # or it would have returned
        raise stale

    def close(self) -> None:
        """See `Store.close`."""
        self._connections.close()
