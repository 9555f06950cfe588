"""The SQL store, sync."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine

from marketpay.adapters.sql.creation import prepare
from marketpay.adapters.sql.reading import Cursor, SqlRecords
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.sqlite import (
    check_sqlite,
    check_url,
    is_busy,
    is_in_memory,
    is_taken,
    open_engine,
)
from marketpay.adapters.sql.writing import SqlWork
from marketpay.domain.errors import CommitUnknown, ConfigurationError, Conflict, DatabaseBusy
from marketpay.ports.store import Records, Work

R = TypeVar("R")

BEGIN_WRITING = "BEGIN IMMEDIATE"  # the write lock now, not in the middle
BEGIN_READING = "BEGIN"


def transact(cursor: Cursor, begin: str, use: Callable[[], R]) -> R:
    """BEGIN, use, COMMIT; ROLLBACK if anything is raised.  The same for sync and async."""
    try:
        try:
            cursor.execute(begin)
            result = use()
        except BaseException:
            with suppress(sqlite3.OperationalError):  # nothing was begun, or SQLite has done so
                cursor.execute("ROLLBACK")
            raise
        _commit(cursor)
    except sqlite3.Error as error:
        if is_busy(error):
            raise DatabaseBusy("database", "sqlite") from error
        if is_taken(error):
            raise Conflict("value", "unique") from error
        raise
    return result


def _commit(cursor: Cursor) -> None:
    try:
        cursor.execute("COMMIT")
    except BaseException as error:
        try:
            cursor.execute("ROLLBACK")
        except sqlite3.Error:
            if isinstance(error, sqlite3.OperationalError):
                raise CommitUnknown from error  # no transaction is open: it may be done
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
        check_url(url, drivers=("sqlite", "sqlite+pysqlite"))
        try:
            store._open(open_engine(url, **engine_options), in_memory=is_in_memory(url))
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(f"The database at {url} cannot be opened: {error}.") from error
        return store

    def _open(self, engine: Engine, *, in_memory: bool) -> None:
        self._engine = engine
        self._sql = Sql(engine.dialect)
        self._in_memory = in_memory
        self._lock = Lock()
        self._begin()
        with self._lock:
            transact(self._cursor, BEGIN_WRITING, lambda: prepare(self._cursor, engine.dialect))
        self._process = os.getpid()

    def _begin(self) -> None:
        """Open the one connection that writes."""
        self._writer: Any = self._engine.raw_connection()
        cursor: Any = self._writer.cursor()
        self._cursor: Cursor = cursor

    def _check_process(self) -> None:
        """SQLite's connections must not cross a fork, not even to be closed."""
        if self._process != os.getpid():
            raise ConfigurationError(
                "This store was opened before the process forked; open it in each process."
            )

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        self._check_process()
        with self._lock:
            work = SqlWork(self._cursor, self._sql)
            return transact(self._cursor, BEGIN_WRITING, lambda: use(work))

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        self._check_process()
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
