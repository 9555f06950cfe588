"""MariaDB, alone or as a Galera cluster, through PyMySQL or asyncmy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from marketpay.adapters.sql.backend import Connections
from marketpay.adapters.sql.connections import Pooled
from marketpay.adapters.sql.galera import PATIENCE, POLL, is_node, turn
from marketpay.adapters.sql.line import Bounds, CursorLine
from marketpay.adapters.sql.mariadb_line import MariadbLine
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

READ_COMMITTED: Final = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
REPEATABLE_READ: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
START: Final = "START TRANSACTION"
START_READING: Final = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
# Wait once, at the start, for all that other nodes have committed: nobody reads what is over.
CAUGHT_UP: Final = "SET STATEMENT wsrep_sync_wait = 1 FOR "

WRITING: Final = Bounds.between(READ_COMMITTED, START)
READING: Final = Bounds.between(REPEATABLE_READ, START_READING)
NODE_WRITING: Final = Bounds.between(READ_COMMITTED, CAUGHT_UP + START)
NODE_READING: Final = Bounds.between(REPEATABLE_READ, CAUGHT_UP + START_READING)

# https://mariadb.com/kb/en/mariadb-error-code-reference/
DUPLICATE: Final = 1062
BROKEN: Final = {1048, 1364, 1451, 1452, 1644, 4025}  # constraints and triggers
LOST_RACES: Final = {1213: "deadlock", 1020: "record has changed", 1614: "transaction rolled back"}
BUSY: Final = {
    1205: "lock wait timeout",
    1317: "interrupted",
    1969: "statement timeout",
    3024: "statement timeout",
}
# The server does not know any more what a COMMIT came to, or the line to it is cut.
GONE: Final = {1053, 1152, 1153, 1158, 1159, 1160, 1161, 1180, 1184, 1927, 2003, 2006, 2013, 2055}
# 1047: a node that is not part of the cluster now.
UNAVAILABLE: Final = {1021, 1037, 1040, 1041, 1047, 1114, 1203, 1226, 1290, 1792, 1836, 2002, 2003}
UNMADE: Final = {1054, 1146}
REFUSED: Final = {1044, 1045, 1049, 1130, 1142, 1143, 1698}


class MariaDB:
    """MariaDB through one of two drivers."""

    def __init__(self, driver: str = "pymysql") -> None:
        made: Any = make_url(f"mariadb+{driver}://").get_dialect()
        self.dialect: Dialect = made(paramstyle="format")
        self.error: type[Exception] = DBAPIError
        self._is_node = False

    def meet(self, connection: Connection) -> None:
        """See `Backend.meet`."""
        self._is_node = is_node(connection)

    def line(self, connection: Any, drop: Callable[[], None]) -> MariadbLine:
        """See `Backend.line`."""
        return MariadbLine(CursorLine(connection, drop))

    def writing(self, connection: Any) -> Bounds:
        """See `Backend.writing`."""
        return NODE_WRITING if self._is_node else WRITING

    def reading(self, connection: Any) -> Bounds:
        """See `Backend.reading`."""
        return NODE_READING if self._is_node else READING

    def asking(self) -> None:
        """See `Backend.asking`.  On the host's connections nothing is committed by itself."""

    def is_lost(self, error: Exception, connection: Any) -> bool:
        """See `Backend.is_lost`.  An error of the interface means a closed connection."""
        is_told = _number(error) in GONE or type(error).__name__ == "InterfaceError"
        return is_told or isinstance(error, OSError | EOFError) or _is_closed(connection)

    def explain(self, error: Exception) -> Exception:
        """See `Backend.explain`."""
        if isinstance(error, PoolTimeout):
            return DatabaseBusy("database", "no free connection")
        error = getattr(error, "orig", None) or error
        number = _number(error)
        if number == DUPLICATE:
            return Conflict("value", "unique")
        if number in LOST_RACES:
            return Conflict("entity", LOST_RACES[number])
        if number in BUSY:
            return DatabaseBusy("database", BUSY[number])
        if number in UNMADE:
            return ConfigurationError(
                f"marketpay's tables are not as they should be ({error}); "
                "run: marketpay db upgrade."
            )
        if number in REFUSED:
            return ConfigurationError(f"The database refuses to serve us: {error}.")
        if number in BROKEN:
            return DatabaseRefused(str(error.args[-1]))
        if number in UNAVAILABLE or self.is_lost(error, None):
            return DatabaseUnavailable(str(error))
        return error

    def open_engine(self, url: str, **options: Any) -> Engine:
        """See `Backend.open_engine`."""
        engine = create_engine(url, **OWN | options)
        event.listen(engine, "connect", set_up)
        return engine

    def open_async_engine(self, url: str, **options: Any) -> AsyncEngine:
        """See `Backend.open_async_engine`."""
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(url, **OWN | options)
        event.listen(engine.sync_engine, "connect", set_up)
        return engine

    def connections(self, engine: Engine) -> Connections:
        """See `Backend.connections`."""
        return Pooled(engine, self)

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[None]:
        """See `Backend.alone`."""
        deadline = time.monotonic() + PATIENCE
        while not connection.execute(text("SELECT GET_LOCK('marketpay', 0)")).scalar():
            if time.monotonic() > deadline:
                raise DatabaseBusy("database", "somebody else makes its tables")
            time.sleep(POLL)  # the server's own wait may be longer than the driver's patience
        try:
            with turn(connection) if is_node(connection) else nullcontext():
                yield
                connection.commit()
        finally:
            connection.execute(text("SELECT RELEASE_LOCK('marketpay')"))


def _is_closed(connection: Any) -> bool:
    """Whether the driver has let go of a connection."""
    driver = getattr(connection, "driver_connection", connection)
    return not getattr(driver, "connected", getattr(driver, "open", True))


def _number(error: Exception) -> int:
    """The server's number of an error, 0 if it is none of the server's or the driver's."""
    module = type(error).__module__.partition(".")[0]
    first = error.args[0] if error.args else None
    return first if module in ("pymysql", "asyncmy", "MySQLdb") and isinstance(first, int) else 0


SETTINGS = (
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION')",
    "SET SESSION time_zone = '+00:00'",
)


def set_up(connection: Any, _record: Any) -> None:
    """What every new connection of our own engine is told."""
    cursor = connection.cursor()
    for setting in SETTINGS:
        cursor.execute(setting)
    cursor.close()
