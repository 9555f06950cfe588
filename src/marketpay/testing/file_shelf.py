"""The records of a simulated processor in an SQLite file, shared by any number of processes.

Nothing is cached: what another process wrote is what the next call reads, and memory stays
flat however long the file grows.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from threading import RLock
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from cattrs.preconf.json import make_converter

from marketpay.domain.errors import ConfigurationError
from marketpay.testing.processor_values import (
    Account,
    Answer,
    BalanceTransaction,
    Payment,
    Payout,
    Record,
    Refund,
    Refusal,
    Result,
    ServerFault,
    Transfer,
)

R = TypeVar("R", bound=Record)

PATIENCE: Final = 60  # seconds to wait for another process
VERSION: Final = 1
KINDS: Final[dict[str, type[Result]]] = {
    kind.__name__: kind
    for kind in (Account, Payment, Payout, Refund, Refusal, ServerFault, Transfer)
}
TABLES: Final = """
CREATE TABLE record (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, open INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX open_record ON record (kind) WHERE open;
CREATE TABLE name (name TEXT, position INTEGER, PRIMARY KEY (name, position)) WITHOUT ROWID;
CREATE TABLE balance (
    account TEXT, currency TEXT, amount INTEGER NOT NULL, PRIMARY KEY (account, currency)
) WITHOUT ROWID;
CREATE TABLE movement (position INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE answer (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (operation TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
"""

_converter = make_converter()


class FileShelf:
    """A shelf in a file, made when it is not there.  One commit for each `with`.

    A commit survives the death of the process; a power cut may cost the whole file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open `path`, or refuse it if it is something else (`ConfigurationError`)."""
        self._path = os.fspath(path)
        self._lock = RLock()
        self._depth = 0
        self._connect()
        self._process = os.getpid()
        with self:
            self._set_up()

    def __enter__(self) -> Self:
        if self._process != os.getpid():
            raise ConfigurationError(
                "This gateway was opened before the process forked; open it in each process."
            )
        self._lock.acquire()
        try:
            if self._depth == 0:
                self._run("BEGIN IMMEDIATE")
        except BaseException:
            self._lock.release()
            raise
        self._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._run("COMMIT" if error is None else "ROLLBACK")
        finally:
            self._lock.release()

    def get(self, kind: type[R], id: str) -> R | None:
        """See `Shelf.get`."""
        query = "SELECT body FROM record WHERE id = ? AND kind = ?"
        row = self._run(query, id, kind.__name__).fetchone()
        return None if row is None else _read(row[0], kind)

    def named(self, kind: type[R], name: str) -> Sequence[R]:
        """See `Shelf.named`."""
        query = (
            "SELECT body FROM name JOIN record USING (position)"
            " WHERE name = ? AND kind = ? ORDER BY position"
        )
        return [_read(body, kind) for (body,) in self._run(query, name, kind.__name__)]

    def open(self, kind: type[R]) -> Iterable[R]:
        """See `Shelf.open`."""
        query = "SELECT body FROM record WHERE kind = ? AND open ORDER BY position"
        return [_read(body, kind) for (body,) in self._run(query, kind.__name__)]

    def put(self, record: Record) -> None:
        """See `Shelf.put`."""
        body = _written(record)
        update = "UPDATE record SET body = ?, open = ? WHERE id = ?"
        if self._run(update, body, record.open, record.id).rowcount:
            return
        insert = "INSERT INTO record (id, kind, open, body) VALUES (?, ?, ?, ?)"
        kind = type(record).__name__
        position = self._run(insert, record.id, kind, record.open, body).lastrowid
        for name in set(record.names):
            self._run("INSERT INTO name (name, position) VALUES (?, ?)", name, position)

    def book(self, transaction: BalanceTransaction) -> None:
        """See `Shelf.book`."""
        upsert = (
            "INSERT INTO balance (account, currency, amount) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"
        )
        self._run(upsert, transaction.account, transaction.currency, transaction.amount)
        self._run("INSERT INTO movement (body) VALUES (?)", _written(transaction))

    def balance(self, account: str, currency: str) -> int:
        """See `Shelf.balance`."""
        query = "SELECT amount FROM balance WHERE account = ? AND currency = ?"
        row = self._run(query, account, currency).fetchone()
        return 0 if row is None else int(row[0])

    def transactions(self) -> Sequence[BalanceTransaction]:
        """See `Shelf.transactions`."""
        rows = self._run("SELECT body FROM movement ORDER BY position")
        return tuple(_read(body, BalanceTransaction) for (body,) in rows)

    def answer(self, key: str) -> Answer | None:
        """See `Shelf.answer`."""
        query = "SELECT request, kind, body FROM answer WHERE key = ?"
        row = self._run(query, key).fetchone()
        if row is None:
            return None
        return Answer(tuple(json.loads(row[0])), _read(row[2], KINDS[row[1]]))

    def keep(self, key: str, answer: Answer) -> None:
        """See `Shelf.keep`."""
        request, kind = json.dumps(answer.request), type(answer.result).__name__
        insert = "INSERT INTO answer (key, request, kind, body) VALUES (?, ?, ?, ?)"
        self._run(insert, key, request, kind, _written(answer.result))

    def tally(self, operation: str) -> None:
        """See `Shelf.tally`."""
        upsert = "INSERT INTO tally VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
        self._run(upsert, operation)

    def tallied(self, operation: str) -> int:
        """See `Shelf.tallied`."""
        row = self._run("SELECT times FROM tally WHERE operation = ?", operation).fetchone()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """See `Shelf.close`."""
        with self._lock:
            self._connection.close()

    def _run(self, statement: str, *values: str | int | None) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _connect(self) -> None:
        self._connection = sqlite3.connect(
            self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._patiently("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = OFF")

    def _patiently(self, statement: str) -> None:
        """Run what SQLite does not wait for by itself while others open the same file."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._run(statement)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            except sqlite3.DatabaseError as error:
                raise _not_ours(self._path) from error
            else:
                return

    def _set_up(self) -> None:
        (version,) = self._run("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        if version or self._run("SELECT 1 FROM sqlite_schema").fetchone():
            raise _not_ours(self._path)
        for statement in TABLES.split(";"):
            self._run(statement)
        self._run(f"PRAGMA user_version = {VERSION}")


def _not_ours(path: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not the file of a simulated processor of this version; "
        "name another, or delete it."
    )


def _written(value: object) -> str:
    return json.dumps(_converter.unstructure(value))


def _read(body: str, kind: type[Any]) -> Any:
    return _converter.structure(json.loads(body), kind)
