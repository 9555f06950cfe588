"""A line to the database: batches of statements go one way, rows come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from attrs import field, frozen

from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict

Row = tuple[Any, ...]
Rows = Sequence[Any]


class Ask(NamedTuple):
    """A statement whose rows are wanted.  A tuple: nothing is made as often, or as quickly."""

    sql: str
    row: Row = ()


class Write(NamedTuple):
    """One statement for some rows.  A guarded one must hit a row for each, or it is a conflict."""

    sql: str
    rows: Sequence[Row] = ((),)
    guarded: Entity | None = None


def _said(*statements: str) -> tuple[Write, ...]:
    return tuple(Write(statement) for statement in statements)


@frozen
class Bounds:
    """What begins a transaction, and what ends it."""

    begin: tuple[Write, ...]
    commit: tuple[Write, ...]
    roll_back: tuple[Write, ...]

    is_lone: bool = False

    @classmethod
    def lone(cls) -> Bounds:
        """One question alone, which sees one state by itself: no transaction is begun for it."""
        return cls((), (), (), is_lone=True)

    @classmethod
    def between(cls, *begin: str) -> Bounds:
        """A transaction of our own."""
        return cls(_said(*begin), _said("COMMIT"), _said("ROLLBACK"))

    @classmethod
    def savepoint(cls, name: str) -> Bounds:
        """A part of somebody else's, whose own COMMIT decides."""
        gone = f"RELEASE SAVEPOINT {name}"
        undo = _said(f"ROLLBACK TO SAVEPOINT {name}", gone)
        return cls(_said(f"SAVEPOINT {name}"), _said(gone), undo)


class Line(Protocol):
    """A connection, as far as it is needed."""

    @property
    def connection(self) -> Any:
        """The driver's connection, or SQLAlchemy's face of an async one."""
        ...

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        """Run the writes in order, then the asks; the rows of each ask.

        `Conflict` if a guarded write hit too few rows.  On a pipeline all of it is one round
        trip, and the database itself fails such a write (see `Compiler.update`).
        """
        ...

    def count(self, write: Write) -> int:
        """Run one write and tell how many rows it hit."""
        ...

    def insert(self, writes: Sequence[Write]) -> int:
        """Run the writes in order; the number that the engine gave to the one row of the last."""
        ...

    def drop(self) -> None:
        """Nobody must use this connection again."""
        ...


class Cursor(Protocol):
    """What is used of a driver's cursor (PEP 249)."""

    rowcount: int
    lastrowid: Any

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run a statement."""
        ...

    def executemany(self, sql: str, rows: Any, /) -> Any:
        """Run a statement for each row."""
        ...

    def fetchall(self) -> Any:
        """The rows it found."""
        ...


@frozen
class CursorLine:
    """One statement after the other, on a driver's cursor or on SQLAlchemy's of an async one."""

    connection: Any
    drop: Callable[[], None] = field(default=lambda: None)
    _cursor: Cursor = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_cursor", self.connection.cursor())

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        """See `Line.exchange`."""
        cursor = self._cursor
        for write in writes:
            rows = write.rows
            if len(rows) == 1:
                cursor.execute(write.sql, rows[0])
            else:
                cursor.executemany(write.sql, rows)
            if write.guarded is not None and cursor.rowcount != len(rows):
                raise Conflict(type(write.guarded).__name__, write.guarded.id)
        answers: list[Rows] = []
        for ask in asks:
            cursor.execute(ask.sql, ask.row)
            answers.append(cursor.fetchall())
        return answers

    def count(self, write: Write) -> int:
        """See `Line.count`."""
        self.exchange([Write(write.sql, write.rows)])
        return self._cursor.rowcount

    def insert(self, writes: Sequence[Write]) -> int:
        """See `Line.insert`."""
        self.exchange(writes)
        return int(self._cursor.lastrowid)
