"""The SQL store, sync."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine

from marketpay.adapters.sql.creation import prepare
from marketpay.adapters.sql.reading import Cursor, SqlRecords
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.sqlite import check_sqlite, is_in_memory, is_taken, open_engine
from marketpay.adapters.sql.writing import SqlWork
from marketpay.domain.errors import ConfigurationError, Conflict
from marketpay.ports.store import CommitUnknown, Records, Work

R = TypeVar("R")

BEGIN_WRITING = "BEGIN IMMEDIATE"  # the write lock now, not in the middle
BEGIN_READING = "BEGIN"


def transact(cursor: Cursor, begin: str, use: Callable[[], R]) -> R:
    """BEGIN, use, COMMIT; ROLLBACK if anything is raised.  The same for sync and async."""
    try:
        cursor.execute(begin)
        try:
            result = use()
        except BaseException:
            with suppress(sqlite3.OperationalError):  # after some errors SQLite has done so
                cursor.execute("ROLLBACK")
            raise
        _commit(cursor)
    except sqlite3.Error as error:
        if is_taken(error):
            raise Conflict("database", str(error)) from error
        raise
    return result


def _commit(cursor: Cursor) -> None:
    try:
        cursor.execute("COMMIT")
    except sqlite3.OperationalError as error:
        try:
            cursor.execute("ROLLBACK")
        except sqlite3.Error:
            raise CommitUnknown(str(error)) from error  # no transaction is open: it may be done
        raise


class SqlStore:
    """For Django, Flask, scripts and workers.  Threads take turns at writing."""

    def __init__(self, engine: Engine) -> None:
        check_sqlite(engine.dialect.name)
        raise ConfigurationError(
            "An SQLite engine of your own has other settings than marketpay needs; "
            "open the database by its URL: SqlStore.connect('sqlite:///market.db')."
        )

    @classmethod
    def connect(cls, url: str, **engine_options: Any) -> SqlStore:
        """Open the database at `url`; make the tables if it is empty."""
        store = cls.__new__(cls)
        check_sqlite(url.partition(":")[0].partition("+")[0])
        try:
            store._open(open_engine(url, **engine_options), in_memory=is_in_memory(url))
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(f"The database at {url} cannot be opened: {error}.") from error
        return store

    def _open(self, engine: Engine, *, in_memory: bool) -> None:
        self._engine = engine
        self._sql = Sql(engine.dialect)
        self._lock = Lock()
        self._in_memory = in_memory
        self._writer: Any = engine.raw_connection()
        cursor: Any = self._writer.cursor()
        self._cursor: Cursor = cursor
        transact(self._cursor, BEGIN_WRITING, lambda: prepare(self._cursor, engine.dialect))

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        with self._lock:
            work = SqlWork(self._cursor, self._sql)
            return transact(self._cursor, BEGIN_WRITING, lambda: use(work))

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        if self._in_memory:
            with self._lock:
                records = SqlRecords(self._cursor, self._sql)
                return transact(self._cursor, BEGIN_READING, lambda: use(records))
        connection = self._engine.raw_connection()
        try:
            cursor: Any = connection.cursor()
            records = SqlRecords(cursor, self._sql)
            return transact(cursor, BEGIN_READING, lambda: use(records))
        finally:
            connection.close()

    def close(self) -> None:
        """See `Store.close`."""
        with self._lock:
            self._writer.close()
            self._engine.dispose()
