"""Where a store's connections come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import Engine

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.line import Line
from marketpay.domain.errors import ConfigurationError


class Pooled:
    """From the engine's pool: a server lets many write at once."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine = engine
        self._backend = backend
        self._process = os.getpid()

    @contextmanager
    def writing(self) -> Iterator[Line]:
        """See `Connections.writing`.

        After a fork the pooled connections are the parent's: the child makes its own.
        """
        if self._process != os.getpid():
            self._engine.dispose(close=False)
            self._process = os.getpid()
        connection = self._engine.raw_connection()
        try:
            yield self._backend.line(connection.dbapi_connection, connection.invalidate)
        finally:
            connection.close()

    reading = writing

    def spare(self) -> int:
        """See `Connections.spare`."""
        pool: Any = self._engine.pool
        waiting: int = getattr(pool, "checkedin", lambda: 1)()
        return waiting

    def close(self) -> None:
        """See `Connections.close`."""
        self._engine.dispose()


class OneWriter:
    """SQLite's: threads take turns on one connection that writes."""

    def __init__(self, engine: Engine, backend: Backend, *, in_memory: bool) -> None:
        self._engine = engine
        self._backend = backend
        self._in_memory = in_memory
        self._lock = Lock()
        self._process = os.getpid()
        self._connection: Any = engine.raw_connection()
        self._line = backend.line(self._connection, lambda: None)

    @contextmanager
    def writing(self) -> Iterator[Line]:
        """See `Connections.writing`."""
        self._check_process()
        with self._lock:
            yield self._line

    @contextmanager
    def reading(self) -> Iterator[Line]:
        """See `Connections.reading`.  A database in memory has one connection for all."""
        if self._in_memory:
            with self.writing() as line:
                yield line
            return
        self._check_process()
        connection = self._engine.raw_connection()
        try:
            yield self._backend.line(connection, connection.invalidate)
        finally:
            connection.close()

    def spare(self) -> int:
        """See `Connections.spare`."""
        return 0

    def close(self) -> None:
        """See `Connections.close`."""
        with self._lock:
            self._connection.close()
            self._engine.dispose()

    def _check_process(self) -> None:
        """SQLite's connections must not cross a fork, not even to be closed."""
        if self._process != os.getpid():
            raise ConfigurationError(
                "This store was opened before the process forked; open it in each process."
            )
