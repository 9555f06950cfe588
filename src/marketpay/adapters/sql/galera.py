"""What is different where MariaDB is a Galera cluster: a lock holds on one node only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from attrs import define, field
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from marketpay.domain.errors import DatabaseBusy

TURN: Final = "marketpay_turn"
PATIENCE: Final = 60.0  # seconds
POLL: Final = 0.1
EXISTS: Final = 1062
STALLED: Final = 1205  # the node is behind: it waits for a statement of the others', perhaps
DEADLOCK: Final = 1213
MISSING: Final = 1146

MADE: Final = f"CREATE TABLE IF NOT EXISTS {TURN} (id int PRIMARY KEY, owner text, beat int)"
# The name in these is the constant above; every value is a parameter.
# What others have committed is seen, and waited for as long as it takes them.
LOOK: Final = f"SET STATEMENT wsrep_sync_wait = 1 FOR SELECT owner, beat FROM {TURN}"  # noqa: S608
TAKE: Final = f"INSERT INTO {TURN} VALUES (1, %s, 0)"  # noqa: S608
RENEW: Final = f"UPDATE {TURN} SET beat = beat + 1 WHERE owner = %s"  # noqa: S608
SUCCEED: Final = f"UPDATE {TURN} SET owner = %s WHERE owner = %s AND beat = %s"  # noqa: S608

Mark = tuple[str, int]  # who has the turn, and how often they have said that they live


def is_node(connection: Connection) -> bool:
    """Whether this server is a node of a cluster."""
    rows = connection.execute(text("SHOW VARIABLES LIKE 'wsrep_on'"))
    return [value for _, value in rows] == ["ON"]


@contextmanager
def turn(connection: Connection, patience: float = PATIENCE) -> Iterator[None]:
    """Have the whole cluster's database to oneself for making tables.

    The turn is a row, which one of all nodes can insert.  Who has it says so again before what
    they run, and stops with `DatabaseBusy` once they were succeeded; they are only if nothing
    was heard of them for as long as `patience` (seconds) while the cluster did not stall.  What
    they say in a transaction is heard when it is committed: it must not be that long.
    """
    mine = _Turn(connection, patience)
    mine.take()
    event.listen(connection, "before_cursor_execute", mine.renew_in_time)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", mine.renew_in_time)
        with suppress(SQLAlchemyError):  # whoever comes next waits for a while, and succeeds us
            mine.leave()


@define(eq=False)
class _Turn:
    """Somebody's turn, or wish for it."""

    connection: Connection
    patience: float
    owner: str = field(factory=lambda: secrets.token_hex(16))
    renewed_at: float = 0.0
    is_renewing: bool = False

    def take(self) -> None:
        """Wait for it, as long as others live who have it."""
        seen: Mark | None = None
        silent = 0.0
        self._forget()
        while True:
            try:
                holder = self._holder()
            except DBAPIError as error:
                if _number(error) != STALLED:
                    raise
                seen = None  # who makes the others wait is alive
            else:
                silent = silent + POLL if holder == seen else 0.0
                seen = holder
                if holder is None and self._begin():
                    break
                if holder is not None and silent > self.patience and self._succeed(holder):
                    break
            self._forget()
            time.sleep(POLL)
        self.renewed_at = time.monotonic()

    def renew_in_time(self, *_: Any) -> None:
        """Say before a statement that we live, if that was not done lately."""
        is_due = time.monotonic() - self.renewed_at > self.patience / 60
        if not is_due or self.is_renewing:
            return
        self.is_renewing = True  # which is a statement, too
        try:
            if not self._is_renewed():
                raise DatabaseBusy("database", "somebody else makes its tables by now")
        finally:
            self.is_renewing = False

    def leave(self) -> None:
        """Give it up, unless it is somebody else's by now."""
        if self._is_renewed():
            self.connection.exec_driver_sql(f"DROP TABLE {TURN}")

    def _is_renewed(self) -> bool:
        in_transaction = "SELECT @@in_transaction"
        is_open = self.connection.exec_driver_sql(in_transaction).scalar()
        done = self._changed(RENEW, self.owner, is_alone=not is_open)
        self.renewed_at = time.monotonic()
        return done

    def _holder(self) -> Mark | None:
        try:
            row = self.connection.exec_driver_sql(LOOK).first()
        except DBAPIError as error:
            if _number(error) != MISSING:
                raise
            return None
        return None if row is None else (row[0], row[1])

    def _forget(self) -> None:
        """See what is new at the next look, and be in nobody's way until then.

        Where another node was quicker it is forgotten already, and this is how one is told.
        """
        try:
            self.connection.exec_driver_sql("ROLLBACK")
        except DBAPIError as error:
            if _number(error) != DEADLOCK:
                raise

    def _begin(self) -> bool:
        self.connection.exec_driver_sql(MADE)
        return self._changed(TAKE, self.owner)

    def _succeed(self, holder: Mark) -> bool:
        return self._changed(SUCCEED, self.owner, *holder)

    def _changed(self, sql: str, *values: Any, is_alone: bool = True) -> bool:
        """Whether a row was changed, and nobody at another node was quicker."""
        try:
            done = self.connection.exec_driver_sql(sql, values).rowcount == 1
            if is_alone:
                self.connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            if _number(error) not in (EXISTS, MISSING, DEADLOCK, STALLED):
                raise
            return False
        return done


def _number(error: DBAPIError) -> int | None:
    """The server's number of an error."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments else None
