"""SQLite as marketpay opens it: durable, strict about foreign keys, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool, StaticPool

from marketpay.adapters.sql.backend import Connections
from marketpay.adapters.sql.connections import OneWriter
from marketpay.adapters.sql.line import Bounds, CursorLine
from marketpay.domain.errors import (
    ConfigurationError,
    Conflict,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnavailable,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

WRITING: Final = Bounds.between("BEGIN IMMEDIATE")
READING: Final = Bounds.between("BEGIN")
ASKING: Final = Bounds.lone()
TAKEN: Final = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)

UNMADE: Final = ("no such table", "no such column", "table ")  # "table x has no column y"
UNAVAILABLE: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
)

BUSY_TIMEOUT = 30_000  # milliseconds that one process waits for another's write

PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT}",
    "PRAGMA synchronous = FULL",  # a commit that was answered is on the disk
    "PRAGMA foreign_keys = ON",
)


def is_in_memory(url: str | URL) -> bool:
    """Whether the database lives in this process only."""
    parsed = make_url(url)
    database = parsed.database or ":memory:"
    return database in (":memory:", "file::memory:") or parsed.query.get("mode") == "memory"


def set_pragmas(connection: Any, _record: Any) -> None:
    """What every new connection is told; one that cannot be told is closed, by nobody else."""
    try:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        _write_ahead(cursor)
        cursor.close()
    except BaseException:
        connection.close()
        raise


def _write_ahead(cursor: Any) -> None:
    """Keep a write-ahead log.  On a fresh file SQLite answers busy here without waiting."""
    for tried in range(BUSY_TIMEOUT // 10):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or tried == BUSY_TIMEOUT // 10 - 1:
                raise
            time.sleep(0.01)
        else:
            return


class Sqlite:
    """SQLite through `sqlite3`, or through aiosqlite in SQLAlchemy's face."""

    def __init__(self) -> None:
        self.dialect: Dialect = pysqlite.dialect()
        self.error: type[Exception] = sqlite3.Error

    def meet(self, connection: Connection) -> None:
        """See `Backend.meet`."""

    def line(self, connection: Any, drop: Callable[[], None]) -> CursorLine:
        """See `Backend.line`.  A file does not go away: what is dropped is the transaction."""
        return CursorLine(connection, connection.rollback)

    def writing(self, connection: Any) -> Bounds:
        """The write lock now, not in the middle."""
        return WRITING

    def reading(self, connection: Any) -> Bounds:
        """See `Backend.reading`."""
        return READING

    def asking(self) -> Bounds | None:
        """See `Backend.asking`."""
        return ASKING

    def is_lost(self, error: Exception, connection: Any) -> bool:
        """See `Backend.is_lost`."""
        return False

    def explain(self, error: Exception) -> Exception:
        """See `Backend.explain`."""
        if isinstance(error, PoolTimeout):
            return DatabaseBusy("database", "no free connection")
        error = getattr(error, "orig", None) or error
        if not isinstance(error, sqlite3.Error):
            return error
        code = getattr(error, "sqlite_errorcode", 0)
        if code in TAKEN:
            return Conflict("value", "unique")
        if str(error).startswith(UNMADE):
            return ConfigurationError(
                f"marketpay's tables are not as they should be ({error}); "
                "run: marketpay db upgrade."
            )
        match code & 0xFF:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return DatabaseBusy("database", "sqlite")
            case code if code in UNAVAILABLE:
                return DatabaseUnavailable(str(error))
            case sqlite3.SQLITE_CONSTRAINT:
                return DatabaseRefused(str(error))
            case _:
                return error

    def open_engine(self, url: str, **options: Any) -> Engine:
        """See `Backend.open_engine`."""
        if is_in_memory(url):
            options.setdefault("poolclass", StaticPool)
        elif options.setdefault("poolclass", QueuePool) is QueuePool:
            options.setdefault("max_overflow", -1)  # a reader never waits for another
        arguments = {"isolation_level": None, "check_same_thread": False}
        arguments |= options.pop("connect_args", {})
        engine = create_engine(url, connect_args=arguments, **options)
        event.listen(engine, "connect", set_pragmas)
        return engine

    def open_async_engine(self, url: str, **options: Any) -> AsyncEngine:
        """See `Backend.open_async_engine`."""
        from sqlalchemy.ext.asyncio import create_async_engine

        pool = StaticPool if is_in_memory(url) else AsyncAdaptedQueuePool
        options.setdefault("poolclass", pool)
        arguments = {"isolation_level": None} | options.pop("connect_args", {})
        engine = create_async_engine(url, connect_args=arguments, **options)
        event.listen(engine.sync_engine, "connect", set_pragmas)
        return engine

    def connections(self, engine: Engine) -> Connections:
        """See `Backend.connections`."""
        return OneWriter(engine, self, in_memory=is_in_memory(engine.url))

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[None]:
        """See `Backend.alone`."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def is_busy(error: Exception) -> bool:
    """Whether another process would not let go of the database."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
