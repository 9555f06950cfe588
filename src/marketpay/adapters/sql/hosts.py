"""Connections of the host's: that a transaction is open on them, and how to speak on them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

from attrs import frozen

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.line import Ask, CursorLine, Line
from marketpay.adapters.sql.mariadb_line import MariadbLine
from marketpay.adapters.sql.types import MARIADB
from marketpay.domain.errors import ConfigurationError, DatabaseUnavailable

NOT_BEGUN: Final = (
    "This connection commits each statement by itself (autocommit) and no transaction is open; "
    "begin one, and take part in it: market.within(connection)."
)


class Host(Protocol):
    """What differs from engine to engine in a transaction of the host's."""

    @property
    def drivers(self) -> tuple[str, ...]:
        """The packages of drivers that it can be spoken to by."""
        ...

    def begin(self, connection: Any, *, to_write: bool) -> None:
        """See to it that a transaction is open: as the driver does at its first statement."""
        ...

    def line(self, connection: Any, invalidate: Callable[[], None] | None) -> Line:
        """How statements get to it; rows are tuples, whatever the host has set.

        Dropped is the host's whole transaction: what is ours in it could not be undone.  Who
        uses it nevertheless is told, by SQLAlchemy (`invalidate`) or by the driver.
        """
        ...

    def sees_others(self, line: Line) -> bool:
        """Whether the transaction sees what others have committed since it began."""
        ...


def host_of(backend: Backend) -> Host:
    """The hosts of this backend's engine."""
    if backend.dialect.name == "sqlite":
        return SqliteHost()
    return MariadbHost() if backend.dialect.name in MARIADB else PostgresHost(backend)


def driver_of(connection: Any) -> Any:
    """The driver's own connection under SQLAlchemy's face of an async one."""
    return getattr(connection, "driver_connection", connection)


def package_of(connection: Any) -> str:
    """The package that a driver's connection comes from."""
    packages = [kind.__module__.partition(".")[0] for kind in type(connection).__mro__]
    return next((one for one in packages if one in DRIVERS), packages[0])


DRIVERS: Final = ("psycopg", "sqlite3", "aiosqlite", "pymysql", "asyncmy", "MySQLdb")


@frozen
class PostgresHost:
    """PostgreSQL through psycopg 3.  Our pipeline goes past the driver, which begins late."""

    backend: Backend
    drivers: tuple[str, ...] = ("psycopg",)

    def begin(self, connection: Any, *, to_write: bool) -> None:
        """See `Host.begin`."""
        from psycopg.pq import PipelineStatus, TransactionStatus

        driver = driver_of(connection)
        if driver.pgconn.pipeline_status != PipelineStatus.OFF:
            raise ConfigurationError(
                "This connection is in pipeline mode; leave it before you call marketpay."
            )
        match driver.pgconn.transaction_status:
            case TransactionStatus.INTRANS:
                return
            case TransactionStatus.IDLE if driver.autocommit:
                raise ConfigurationError(NOT_BEGUN)
            case TransactionStatus.IDLE:
                connection.cursor().execute("SELECT 1")
            case TransactionStatus.INERROR:
                raise ConfigurationError(
                    "A statement has failed in this transaction, which can only be rolled back; "
                    "do that, and run it again."
                )
            case TransactionStatus.ACTIVE:
                raise ConfigurationError(
                    "This connection is in the middle of something (COPY, or a stream of rows)."
                )
            case _:
                raise DatabaseUnavailable("the connection is closed")

    def line(self, connection: Any, invalidate: Callable[[], None] | None) -> Line:
        """See `Host.line`.  The pipeline reads rows itself."""
        return self.backend.line(connection, invalidate or connection.close)

    def sees_others(self, line: Line) -> bool:
        """See `Host.sees_others`."""
        [[(level,)]] = line.exchange((), [Ask("SHOW transaction_isolation")])
        return bool(level == "read committed")


LEGACY: Final = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, which Python 3.11 has no name for


@frozen
class SqliteHost:
    """SQLite.  Its driver begins at the first write, and our savepoint is none."""

    drivers: tuple[str, ...] = ("sqlite3", "aiosqlite")

    def begin(self, connection: Any, *, to_write: bool) -> None:
        """See `Host.begin`.  To write, the write lock is taken now: waiting for it later fails."""
        driver = driver_of(connection)
        if driver.in_transaction:
            return
        if driver.isolation_level is None or getattr(driver, "autocommit", LEGACY) is True:
            raise ConfigurationError(NOT_BEGUN)
        connection.cursor().execute("BEGIN IMMEDIATE" if to_write else "BEGIN")

    def line(self, connection: Any, invalidate: Callable[[], None] | None) -> Line:
        """See `Host.line`."""
        is_raw = package_of(connection) == "sqlite3"
        plain = _Lent(connection, _without_factory) if is_raw else connection
        return CursorLine(plain, invalidate or connection.rollback)

    def sees_others(self, line: Line) -> bool:
        """See `Host.sees_others`."""
        return False


@frozen
class MariadbHost:
    """MariaDB through PyMySQL or asyncmy."""

    drivers: tuple[str, ...] = ("pymysql", "asyncmy", "MySQLdb")

    def begin(self, connection: Any, *, to_write: bool) -> None:
        """See `Host.begin`.  Without autocommit a savepoint begins a transaction."""
        if not connection.get_autocommit():
            return
        cursor = _plain(connection).cursor()
        cursor.execute("SELECT @@in_transaction")
        [(is_open,)] = cursor.fetchall()
        if not is_open:
            raise ConfigurationError(NOT_BEGUN)

    def line(self, connection: Any, invalidate: Callable[[], None] | None) -> Line:
        """See `Host.line`."""
        return MariadbLine(CursorLine(_plain(connection), invalidate or connection.close))

    def sees_others(self, line: Line) -> bool:
        """See `Host.sees_others`.  Never surely: a deadlock ends the whole transaction."""
        return False


@frozen
class _Lent:
    """A driver's connection, with cursors of another kind than the host has set."""

    connection: Any
    new_cursor: Callable[[Any], Any]

    def cursor(self) -> Any:
        return self.new_cursor(self.connection)


def _without_factory(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor


def _plain(connection: Any) -> Any:
    """A connection to MariaDB, whose cursors are the driver's usual ones."""
    driver = package_of(connection)
    if driver not in ("pymysql", "MySQLdb"):
        return connection
    kind = sys.modules[f"{driver}.cursors"].Cursor
    return _Lent(connection, lambda lent: lent.cursor(kind))
