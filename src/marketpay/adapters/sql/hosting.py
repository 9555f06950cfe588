"""The store within a transaction of the host's: a savepoint in it is all that is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from attrs import frozen
from sqlalchemy import Connection

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.hosts import DRIVERS, Host, driver_of, host_of, package_of
from marketpay.adapters.sql.line import Bounds, Line, Rows
from marketpay.adapters.sql.noted import Noted
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.transaction import Forgotten, Transaction, transact
from marketpay.adapters.sql.writing import SqlWork
from marketpay.domain.errors import (
    CommitUnknown,
    ConfigurationError,
    Conflict,
    DatabaseBusy,
    DatabaseUnavailable,
    MarketpayError,
)
from marketpay.ports.store import Records, Work

R = TypeVar("R")

SAVEPOINT: Final = Bounds.savepoint("marketpay")
NOTHING: Final = Bounds((), (), ())  # to read, nothing has to begin or to end

WANTED: Final = (
    "market.within() takes a SQLAlchemy Connection or Session, or the driver's own connection "
    "(of psycopg, sqlite3 or PyMySQL)"
)
WANTED_ASYNC: Final = "market.within() takes SQLAlchemy's AsyncConnection or AsyncSession"


def check_host(host: object) -> None:
    """Raise unless this is something that can be joined."""
    if hasattr(host, "run_sync"):
        raise ConfigurationError(f"{WANTED}; an async one is for AsyncMarketplace.")
    is_ours = isinstance(host, Connection) or _is_session(host) or package_of(host) in DRIVERS
    if not is_ours:
        raise ConfigurationError(f"{WANTED}, not {type(host).__name__}.")


def check_async_host(host: object) -> None:
    """Raise unless this is something async that can be joined."""
    if not hasattr(host, "run_sync"):
        raise ConfigurationError(f"{WANTED_ASYNC}, not {type(host).__name__}.")


def _is_session(host: Any) -> bool:
    """Also of Flask-SQLAlchemy's, which is one by its methods alone."""
    return callable(getattr(host, "flush", None)) and callable(getattr(host, "connection", None))


@frozen(kw_only=True)
class JoinedStore:
    """A `Store` whose transactions are part of the host's."""

    host: Any
    backend: Backend
    sql: Sql
    attempts: int

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Joinable.within`."""
        engine = host_of(self.backend)
        line = self._line(engine, to_write=True)
        with self._explained():
            for _ in range(self.attempts - 1):
                try:
                    return self._run(line, use)
                except DatabaseBusy:
                    raise
                except Conflict as error:
                    if not (isinstance(error, Forgotten) or engine.sees_others(line)):
                        raise
            return self._run(line, use)

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Joinable.within`.

        Each statement may see another state of the host's transaction.  So what is raised is
        told only if it is so in one of them; what is returned is written under versions.
        """
        line = self._line(host_of(self.backend), to_write=False)
        before: list[Rows] | None = None
        with self._explained():
            for _ in range(self.attempts + 1):
                noted = Noted(line)
                try:
                    return use(SqlRecords(Transaction(noted, NOTHING), self.sql))
                except Exception:
                    if noted.is_broken or noted.is_of_one_state(before):
                        raise
                    before = noted.answers
                except BaseException:  # an interruption, perhaps in the middle of an answer
                    line.drop()
                    raise
            raise Conflict("state", "it kept changing")

    def close(self) -> None:
        """Nothing: the connection is the host's."""

    def _line(self, engine: Host, *, to_write: bool) -> Line:
        """What the host has not sent yet is sent first, and its transaction is begun."""
        lender: Any = self.host
        if _is_session(lender):
            lender.flush()
            lender = lender.connection()
        connection, invalidate = lender, None
        if isinstance(lender, Connection):
            if not lender.in_transaction():
                lender.begin()
            connection, invalidate = lender.connection.dbapi_connection, lender.invalidate
        if package_of(driver_of(connection)) not in engine.drivers:
            raise ConfigurationError(
                f"The marketplace is in {self.backend.dialect.name}, through "
                f"{' or '.join(engine.drivers)}; this is a connection of "
                f"{package_of(driver_of(connection))}."
            )
        with self._explained():
            engine.begin(connection, to_write=to_write)
            return engine.line(connection, invalidate)

    def _run(self, line: Line, use: Callable[[Work], R]) -> R:
        try:
            return transact(
                line, SAVEPOINT, self.backend, lambda part: use(SqlWork(part, self.sql))
            )
        except CommitUnknown as error:  # nothing was to be committed: all of it is gone
            cause = error.__cause__
            explained = self.backend.explain(cause) if isinstance(cause, Exception) else error
            is_said = isinstance(explained, Conflict | DatabaseUnavailable)
            raise (explained if is_said else DatabaseUnavailable(str(cause))) from cause

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except MarketpayError:
            raise
        except Exception as error:
            explained = self.backend.explain(error)
            if explained is error:
                raise
            raise explained from error


@frozen(kw_only=True)
class AsyncJoinedStore:
    """The same for SQLAlchemy's async connections and sessions, by its own bridge."""

    host: Any
    backend: Backend
    sql: Sql
    attempts: int

    async def run(self, use: Callable[[Work], R], /) -> R:
        """See `Joinable.within`."""
        done: R = await self.host.run_sync(lambda host: self._store(host).run(use))
        return done

    async def read(self, use: Callable[[Records], R], /) -> R:
        """See `Joinable.within`."""
        done: R = await self.host.run_sync(lambda host: self._store(host).read(use))
        return done

    async def close(self) -> None:
        """Nothing: the connection is the host's."""

    def _store(self, host: Any) -> JoinedStore:
        return JoinedStore(host=host, backend=self.backend, sql=self.sql, attempts=self.attempts)
