"""SQLite as marketpay opens it: durable, strict about foreign keys, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from marketpay.domain.errors import ConfigurationError

BUSY_TIMEOUT = 30_000  # milliseconds that one process waits for another's write

PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT}",
    "PRAGMA synchronous = FULL",  # a commit that was answered is on the disk
    "PRAGMA foreign_keys = ON",
)


def is_in_memory(url: str) -> bool:
    """Whether the database lives in this process only."""
    parsed = make_url(url)
    database = parsed.database or ":memory:"
    return database in (":memory:", "file::memory:") or parsed.query.get("mode") == "memory"


def open_engine(url: str, **options: Any) -> Engine:
    """An engine whose connections leave transactions to us."""
    if is_in_memory(url):
        options.setdefault("poolclass", StaticPool)
    elif options.setdefault("poolclass", QueuePool) is QueuePool:
        options.setdefault("max_overflow", -1)  # a reader never waits for another
    arguments = {"isolation_level": None, "check_same_thread": False}
    arguments |= options.pop("connect_args", {})
    engine = create_engine(url, connect_args=arguments, **options)
    event.listen(engine, "connect", set_pragmas)
    return engine


def set_pragmas(connection: Any, _record: Any) -> None:
    """What every new connection is told."""
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    _write_ahead(cursor)
    cursor.close()


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


def is_taken(error: sqlite3.Error) -> bool:
    """Whether a unique value is taken."""
    taken = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
    return getattr(error, "sqlite_errorcode", 0) in taken


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process would not let go of the database."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def check_sqlite(name: str) -> None:
    """Raise unless this is the engine that this version of the store knows."""
    if name != "sqlite":
        raise ConfigurationError(
            f"This version of marketpay keeps its data in SQLite, not in {name}; "
            "connect to sqlite:///market.db, for example."
        )


def check_url(url: str, drivers: tuple[str, ...]) -> None:
    """Raise unless `url` names an SQLite database through one of these drivers."""
    try:
        driver = make_url(url).drivername
    except ArgumentError as error:
        example = f"{drivers[0]}:///market.db"
        raise ConfigurationError(f"{url!r} is no database URL, such as {example}.") from error
    check_sqlite(driver.partition("+")[0])
    if driver not in drivers:
        raise ConfigurationError(f"The driver {driver} does not fit here; use {drivers[0]}:...")
