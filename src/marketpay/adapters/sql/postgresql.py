"""PostgreSQL through psycopg: whatever is sent together is one round trip."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from attrs import frozen
from psycopg.waiting import Ready, Wait
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout

from marketpay.adapters.sql.backend import Connections
from marketpay.adapters.sql.connections import Pooled
from marketpay.adapters.sql.line import Ask, Bounds, Line, Rows, Write
from marketpay.adapters.sql.pipeline import FORGOTTEN, Answer, exchanged
from marketpay.adapters.sql.transaction import Forgotten
from marketpay.domain.errors import (
    ConfigurationError,
    Conflict,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnavailable,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# A transaction is always ended by us: nothing is left to roll back when a connection returns.
OWN: Final[dict[str, Any]] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}


def _own(options: dict[str, Any]) -> dict[str, Any]:
    arguments = {"client_encoding": "utf8"} | options.get("connect_args", {})
    return OWN | options | {"connect_args": arguments}


LOCK: Final = 0x6D61726B  # for whoever makes the tables

WRITING: Final = Bounds.between("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
READING: Final = Bounds.between("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
ASKING: Final = Bounds.lone()

# https://www.postgresql.org/docs/current/errcodes-appendix.html
UNIQUE_VIOLATION: Final = "23505"
BROKEN: Final = "23"  # every other constraint, and our triggers
LOST_RACES: Final = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "22012": "no such version",  # see `Compiler.update`
    "26000": "forgotten statement",  # see `pipeline`
    "0A000": "changed tables",
}
BUSY: Final = {"57014": "statement timeout", "55P03": "lock timeout"}
GONE: Final = ("57P01", "57P02", "57P05", "08", "40003")
UNAVAILABLE: Final = ("53", "57P03", "58", "25006")
UNMADE: Final = ("42P01", "42703", "3F000")
REFUSING: Final = ("28", "3D", "42501")
# Of a refusal to connect, the driver has but the text.
REFUSED: Final = re.compile(
    "password authentication failed|no password supplied|no pg_hba.conf entry|"
    '(?:role|database) ".*" does not exist|not permitted to log in|permission denied for database'
)
POOLED: Final = "42P05"  # two who prepare under one name are one to the server


@frozen
class PipelineLine:
    """All of an exchange at once."""

    connection: Any
    drop: Callable[[], None]

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        """See `Line.exchange`."""
        return self._exchanged(writes, asks).rows

    def count(self, write: Write) -> int:
        """See `Line.count`."""
        return self._exchanged([write], ()).hit

    def insert(self, writes: Sequence[Write]) -> int:
        """See `Line.insert`: the number of a column `id`."""
        *before, last = writes
        [[(number,)]] = self.exchange(before, [Ask(f"{last.sql} RETURNING id", last.rows[0])])
        return int(number)

    def _exchanged(self, writes: Sequence[Write], asks: Sequence[Ask]) -> Answer:
        answer: Answer = self.connection.wait(exchanged(self.connection, writes, asks))
        return answer


@frozen
class AsyncPipelineLine(PipelineLine):
    """The same, awaited underneath: to whoever runs it in a greenlet it looks like waiting."""

    def _exchanged(self, writes: Sequence[Write], asks: Sequence[Ask]) -> Answer:
        answer: Answer = self.connection.run_async(
            lambda driver: _awaited(exchanged(driver, writes, asks), driver.pgconn.socket)
        )
        return answer


async def _awaited(exchange: Generator[Wait, Ready, Answer], socket: int) -> Answer:
    """What the driver's own `wait` does, without its timers: half of what a short batch costs.

    Cancelled in the middle, the connection is not used again: nobody can roll it back.
    """
    loop = asyncio.get_running_loop()
    try:
        wanted = next(exchange)
        while True:
            ready = loop.create_future()
            if wanted & Wait.W:
                loop.add_writer(socket, _resolve, ready, Ready.W)
            loop.add_reader(socket, _resolve, ready, Ready.R)
            try:
                got = await ready
            finally:
                loop.remove_reader(socket)
                if wanted & Wait.W:
                    loop.remove_writer(socket)
            wanted = exchange.send(got)
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer


def _resolve(future: asyncio.Future[Ready], ready: Ready) -> None:
    if not future.done():
        future.set_result(ready)


def _misconfigured(state: str, error: psycopg.Error) -> ConfigurationError | None:
    if state in UNMADE:
        return ConfigurationError(
            f"marketpay's tables are not as they should be ({error}); run: marketpay db upgrade."
        )
    if state == POOLED:
        return ConfigurationError(
            f"Behind a connection pooler ({error}) nothing can be prepared; "
            'pass connect_args={"prepare_threshold": None}.'
        )
    if state.startswith(REFUSING) or (not state and REFUSED.search(str(error))):
        return ConfigurationError(f"The database refuses to serve us: {error}.")
    return None


def _unavailable(state: str, error: psycopg.Error) -> DatabaseUnavailable | None:
    is_cut = isinstance(error, psycopg.OperationalError) and not state
    if is_cut or state.startswith((*GONE, *UNAVAILABLE)):
        return DatabaseUnavailable(str(error))
    return None


def _driver(connection: Any) -> Any:
    return getattr(connection, "driver_connection", connection)


class PostgreSQL:
    """PostgreSQL, or what speaks like it, through psycopg."""

    def __init__(self, name: str = "postgresql", *, is_async: bool = False) -> None:
        made: Any = make_url(f"{name}+psycopg://").get_dialect()
        self.dialect: Dialect = made(paramstyle="numeric_dollar")
        self.error: type[Exception] = psycopg.Error
        self._line = AsyncPipelineLine if is_async else PipelineLine

    def meet(self, connection: Connection) -> None:
        """See `Backend.meet`."""

    def line(self, connection: Any, drop: Callable[[], None]) -> Line:
        """See `Backend.line`."""
        return self._line(connection, drop)

    def writing(self, connection: Any) -> Bounds:
        """See `Backend.writing`.  Versions are compared in every write: no more is needed."""
        return WRITING

    def reading(self, connection: Any) -> Bounds:
        """See `Backend.reading`."""
        return READING

    def asking(self) -> Bounds | None:
        """See `Backend.asking`."""
        return ASKING

    def is_lost(self, error: Exception, connection: Any) -> bool:
        """See `Backend.is_lost`."""
        state = getattr(error, "sqlstate", None) or ""
        return state.startswith(GONE) or bool(_driver(connection).closed)

    def explain(self, error: Exception) -> Exception:
        """See `Backend.explain`."""
        if isinstance(error, PoolTimeout):
            return DatabaseBusy("database", "no free connection")
        error = getattr(error, "orig", None) or error
        if not isinstance(error, psycopg.Error):
            return error
        state = error.sqlstate or ""
        if state == UNIQUE_VIOLATION:
            return Conflict("value", "unique")
        if state.startswith(BROKEN):
            return DatabaseRefused(error.diag.constraint_name or str(error))
        if state in FORGOTTEN:
            return Forgotten("connection", LOST_RACES[state])
        if state in LOST_RACES:
            return Conflict("entity", LOST_RACES[state])
        if state in BUSY:
            return DatabaseBusy("database", BUSY[state])
        return _misconfigured(state, error) or _unavailable(state, error) or error

    def open_engine(self, url: str, **options: Any) -> Engine:
        """See `Backend.open_engine`."""
        return create_engine(url, **_own(options))

    def open_async_engine(self, url: str, **options: Any) -> AsyncEngine:
        """See `Backend.open_async_engine`."""
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(url, **_own(options))

    def connections(self, engine: Engine) -> Connections:
        """See `Backend.connections`."""
        return Pooled(engine, self)

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[None]:
        """See `Backend.alone`."""
        outside = connection.execution_options(isolation_level="READ COMMITTED")
        with outside.begin():
            outside.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            yield
