"""The floor's other driver: psycopg, a round trip to read and one to write and COMMIT.

The connection stays in pipeline mode, every statement is prepared at its first use.  A versioned
UPDATE divides by how many rows it found, so that a lost race fails before the COMMIT that is
already on its way.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any, Final

import psycopg
from psycopg.types.numeric import Int8Dumper

from benchmarks.floor_driver import Asked
from benchmarks.floor_rows import OF_RECORD, RECORD, Refusal, Row

NUMBER: Final = "currval('marketpay_journal_id_seq')"


class Texts(dict[str, str]):
    """SQL as psycopg takes it, by what it is for `sqlite3`; each made at its first use."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, sql: str) -> str:
        self[sql] = text = self._make(sql)
        return text


def _numbered(sql: str) -> str:
    """With the placeholders of the server; the number of a journal's row is what it came to."""
    if sql in OF_RECORD:
        sql = f"{sql.removesuffix('?)')}{NUMBER})"
    first, *rest = sql.split("?")
    return first + "".join(f"${n}{part}" for n, part in zip(count(1), rest))


def _guarded(sql: str) -> str:
    return f"WITH found AS ({_numbered(sql)} RETURNING 1) SELECT 1 / count(*) FROM found"


class Postgres:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(
            url, autocommit=True, prepare_threshold=0, cursor_factory=psycopg.RawCursor
        )
        self._connection.prepared_max = None
        self._connection.adapters.register_dumper(int, Int8Dumper)  # one type, one statement
        self._execute = self._connection.execute
        self._cursor = self._connection.cursor()
        self._plain, self._guarded = Texts(_numbered), Texts(_guarded)
        self._is_begun = False
        self._waiting: list[tuple[str, list[Row]]] = []
        self._enter_pipeline()

    def _enter_pipeline(self) -> None:
        self._open = ExitStack()
        self._pipeline = self._open.enter_context(self._connection.pipeline())

    def __enter__(self) -> None:
        """BEGIN goes with what comes first."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._commit()
            elif self._is_begun:
                self._roll_back()
        finally:
            self._is_begun = False
            self._waiting.clear()

    def _begin(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._cursor.execute("BEGIN")

    def _commit(self) -> None:
        self._begin()
        execute = self._cursor.execute
        try:
            for sql, rows in self._waiting:
                if len(rows) == 1:
                    execute(sql, rows[0])
                else:
                    self._cursor.executemany(sql, rows)
            execute("COMMIT")
            self._pipeline.sync()
        except psycopg.errors.DivisionByZero as lost:
            self._roll_back()
            raise Refusal("something changed meanwhile") from lost
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        """Outside of the pipeline: the driver forgets its prepared statements at a ROLLBACK."""
        with suppress(psycopg.Error):
            self._open.close()
        self._connection.execute("ROLLBACK")
        self._enter_pipeline()

    def read(self, *asked: Asked) -> list[list[Row]]:
        self._begin()
        return self._found(asked)

    def look(self, *asked: Asked) -> list[list[Row]]:
        self._begin()
        found = self._found(asked)
        self._commit()
        self._is_begun = False
        return found

    def _found(self, asked: Iterable[Asked]) -> list[list[Row]]:
        cursors = [self._execute(self._plain[sql], values) for sql, values in asked]
        return [cursor.fetchall() for cursor in cursors]

    def write(self, sql: str, values: Row, /) -> None:
        self._waiting.append((self._plain[sql], [values]))

    def write_all(self, sql: str, rows: Iterable[Row], /) -> None:
        if given := list(rows):
            self._waiting.append((self._plain[sql], given))

    def change(self, sql: str, *values: Any) -> None:
        self._waiting.append((self._guarded[sql], [values]))

    def record(self, values: Row) -> Row:
        self.write(RECORD, values)
        return ()

    def time(self, text: str) -> datetime:
        return datetime.fromisoformat(text)

    def moment(self, read: datetime) -> datetime:
        return read

    def close(self) -> None:
        self._open.close()
        self._connection.close()
