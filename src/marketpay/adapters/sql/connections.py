"""Where a store's connections come from."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any, Final

from attrs import define, field, frozen
from sqlalchemy import Engine

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.line import Line
from marketpay.domain.errors import ConfigurationError

WAITING: Final = 8  # lines to read on that are kept open while nobody reads


@define
class _Loan:
    """A connection of the pool."""

    engine: Engine
    backend: Backend
    connection: Any = None

    def __enter__(self) -> Line:
        self.connection = connection = self.engine.raw_connection()
        return self.backend.line(connection.dbapi_connection, connection.invalidate)

    def __exit__(self, *_error: object) -> None:
        self.connection.close()


class Pooled:
    """From the engine's pool: a server lets many write at once."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine = engine
        self._backend = backend
        self._process = os.getpid()

    def writing(self) -> _Loan:
        """See `Connections.writing`.

        After a fork the pooled connections are the parent's: the child makes its own.
        """
        if self._process != os.getpid():
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return _Loan(self._engine, self._backend)

    reading = writing

    def spare(self) -> int:
        """See `Connections.spare`."""
        pool: Any = self._engine.pool
        waiting: int = getattr(pool, "checkedin", lambda: 1)()
        return waiting

    def close(self) -> None:
        """See `Connections.close`."""
        self._engine.dispose()


@frozen
class _Turn:
    """The one line that writes, for whoever's turn it is."""

    line: Line
    _lock: Lock = field(factory=Lock)

    def __enter__(self) -> Line:
        self._lock.acquire()
        return self.line

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


@define
class _Reading:
    """A line that only reads: one that waits, or a new one."""

    readers: _Readers
    reader: Any = None

    def __enter__(self) -> Line:
        self.reader = reader = self.readers.take()
        line: Line = reader[0]
        return line

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, Exception):
            self.readers.give_back(self.reader)
        else:  # an interruption: perhaps in the middle of its rows, which hold on to a state
            self.reader[1].close()


class _Readers:
    """Lines that only read, each with its connection of the pool."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine = engine
        self._backend = backend
        self._waiting: list[tuple[Line, Any]] = []  # appending and popping are atomic
        self._kept = WAITING

    def take(self) -> tuple[Line, Any]:
        try:
            return self._waiting.pop()
        except IndexError:
            connection = self._engine.raw_connection()
            return self._backend.line(connection, connection.invalidate), connection

    def give_back(self, reader: tuple[Line, Any]) -> None:
        self._waiting.append(reader)
        self._close_beyond(self._kept)

    def close(self) -> None:
        self._kept = 0
        self._close_beyond(0)

    def _close_beyond(self, kept: int) -> None:
        while len(self._waiting) > kept:
            try:
                _, connection = self._waiting.pop()
            except IndexError:  # another thread took it
                return
            connection.close()


class OneWriter:
    """SQLite's: threads take turns on one connection that writes."""

    def __init__(self, engine: Engine, backend: Backend, *, in_memory: bool) -> None:
        self._engine = engine
        self._in_memory = in_memory
        self._process = os.getpid()
        self._connection: Any = engine.raw_connection()
        self._turn = _Turn(backend.line(self._connection, lambda: None))
        self._readers = _Readers(engine, backend)

    def writing(self) -> _Turn:
        """See `Connections.writing`."""
        self._check_process()
        return self._turn

    def reading(self) -> _Turn | _Reading:
        """See `Connections.reading`.  A database in memory has one connection for all."""
        self._check_process()
        return self._turn if self._in_memory else _Reading(self._readers)

    def spare(self) -> int:
        """See `Connections.spare`."""
        return 0

    def close(self) -> None:
        """See `Connections.close`."""
        with self._turn:
            self._connection.close()
            self._readers.close()
            self._engine.dispose()

    def _check_process(self) -> None:
        """SQLite's connections must not cross a fork, not even to be closed."""
        if self._process != os.getpid():
            raise ConfigurationError(
                "This store was opened before the process forked; open it in each process."
            )
