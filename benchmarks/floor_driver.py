"""What the floor asks of a driver, and `sqlite3`'s way of doing it."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from benchmarks.floor_rows import RECORD, Refusal, Row

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "busy_timeout = 30000",
)

Asked = tuple[str, Row]  # a SELECT and its values


class Driver(Protocol):
    """One connection.  Inside `with driver:` is a transaction that ends in COMMIT or ROLLBACK.

    Where a round trip costs something, writes wait until the end, and then go with the COMMIT.
    """

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def read(self, *asked: Asked) -> list[list[Row]]:
        """What each of them finds, all in one round trip, with BEGIN."""
        ...

    def look(self, *asked: Asked) -> list[list[Row]]:
        """The same in a transaction of its own."""
        ...

    def write(self, sql: str, values: Row, /) -> Any: ...

    def write_all(self, sql: str, rows: Iterable[Row], /) -> Any: ...

    def change(self, sql: str, *values: Any) -> None:
        """An UPDATE that must find its row, or there is no COMMIT."""
        ...

    def record(self, values: Row) -> Row:
        """Insert a row of the journal; what to give as its number to what is `of_record`."""
        ...

    def time(self, text: str) -> Any:
        """What a moment looks like that was read."""
        ...

    def moment(self, read: Any) -> datetime:
        """Which moment that is."""
        ...

    def close(self) -> None: ...


class Sqlite:
    """`sqlite3`, by hand."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._cursor = self._connection.cursor()
        self.write, self.write_all = self._cursor.execute, self._cursor.executemany
        for pragma in PRAGMAS:
            self.write(f"PRAGMA {pragma}")

    def __enter__(self) -> None:
        self.write("BEGIN IMMEDIATE")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.write("COMMIT" if kind is None else "ROLLBACK")

    def read(self, *asked: Asked) -> list[list[Row]]:
        return [self.write(sql, values).fetchall() for sql, values in asked]

    def look(self, *asked: Asked) -> list[list[Row]]:
        self.write("BEGIN")
        found = self.read(*asked)
        self.write("COMMIT")
        return found

    def change(self, sql: str, *values: Any) -> None:
        if self.write(sql, values).rowcount != 1:
            raise Refusal(f"{values} changed meanwhile")

    def record(self, values: Row) -> Row:
        return (self.write(RECORD, values).lastrowid,)

    def time(self, text: str) -> str:
        return text

    def moment(self, read: str) -> datetime:
        return datetime.fromisoformat(read)

    def close(self) -> None:
        self._connection.close()
