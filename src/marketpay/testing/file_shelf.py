"""The records of a simulated processor in an SQLite file, shared by any number of processes.

Nothing is cached: what another process wrote is what the next call reads, and memory stays
flat however long the file grows.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import RLock
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from marketpay.domain.errors import ConfigurationError
from marketpay.testing.processor_file import KINDS, connect, read, set_up, sortable, written
from marketpay.testing.processor_values import Answer, BalanceTransaction, Event, Record

R = TypeVar("R", bound=Record)


class FileShelf:
    """A shelf in a file, made when it is not there.  One commit for each `with`.

    A commit survives the death of the process; a power cut may cost the whole file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open `path`, or refuse it if it is something else (`ConfigurationError`)."""
        self._path = os.fspath(path)
        self._lock = RLock()
        self._depth = 0
        self._connection = connect(self._path)
        self._process = os.getpid()
        with self:
            set_up(self._connection, self._path)

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
        return None if row is None else read(row[0], kind)

    def named(self, kind: type[R], name: str) -> Sequence[R]:
        """See `Shelf.named`."""
        query = (
            "SELECT body FROM name JOIN record USING (position)"
            " WHERE name = ? AND kind = ? ORDER BY position"
        )
        return [read(body, kind) for (body,) in self._run(query, name, kind.__name__)]

    def page(self, kind: type[R], after: str | None, limit: int) -> Sequence[R]:
        """See `Shelf.page`."""
        query = (
            "SELECT body FROM record WHERE kind = ? AND"
            " (? IS NULL OR position < (SELECT position FROM record WHERE id = ?))"
            " ORDER BY position DESC LIMIT ?"
        )
        rows = self._run(query, kind.__name__, after, after, limit)
        return [read(body, kind) for (body,) in rows]

    def open(self, kind: type[R]) -> Iterable[R]:
        """See `Shelf.open`."""
        query = "SELECT body FROM record WHERE kind = ? AND open ORDER BY position"
        return [read(body, kind) for (body,) in self._run(query, kind.__name__)]

    def due(self, now: datetime) -> Record | None:
        """See `Shelf.due`."""
        query = "SELECT kind, body FROM record WHERE due <= ? ORDER BY due, position LIMIT 1"
        row = self._run(query, sortable(now)).fetchone()
        return None if row is None else cast("Record", read(row[1], KINDS[row[0]]))

    def put(self, record: Record) -> None:
        """See `Shelf.put`."""
        body, due = written(record), sortable(record.due_at)
        update = "UPDATE record SET body = ?, open = ?, due = ? WHERE id = ?"
        if self._run(update, body, record.open, due, record.id).rowcount:
            return
        insert = "INSERT INTO record (id, kind, open, due, body) VALUES (?, ?, ?, ?, ?)"
        kind = type(record).__name__
        position = self._run(insert, record.id, kind, record.open, due, body).lastrowid
        for name in set(record.names):
            self._run("INSERT INTO name (name, position) VALUES (?, ?)", name, position)

    def book(self, transaction: BalanceTransaction) -> None:
        """See `Shelf.book`."""
        upsert = (
            "INSERT INTO balance (account, currency, amount) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"
        )
        account, created = transaction.account, sortable(transaction.created)
        self._run(upsert, account, transaction.currency, transaction.net)
        insert = "INSERT INTO movement (id, account, created, body) VALUES (?, ?, ?, ?)"
        self._run(insert, transaction.id, account, created, written(transaction))

    def balance(self, account: str, currency: str) -> int:
        """See `Shelf.balance`."""
        query = "SELECT amount FROM balance WHERE account = ? AND currency = ?"
        row = self._run(query, account, currency).fetchone()
        return 0 if row is None else int(row[0])

    def currencies(self, account: str) -> Sequence[str]:
        """See `Shelf.currencies`."""
        query = "SELECT currency FROM balance WHERE account = ? ORDER BY currency"
        return [currency for (currency,) in self._run(query, account)]

    def transaction(self, id: str) -> BalanceTransaction | None:
        """See `Shelf.transaction`."""
        row = self._run("SELECT body FROM movement WHERE id = ?", id).fetchone()
        return None if row is None else read(row[0], BalanceTransaction)

    def transactions(self) -> Sequence[BalanceTransaction]:
        """See `Shelf.transactions`."""
        rows = self._run("SELECT body FROM movement ORDER BY position")
        return tuple(read(body, BalanceTransaction) for (body,) in rows)

    def list_transactions(
        self,
        account: str,
        since: datetime | None,
        until: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[BalanceTransaction]:
        """See `Shelf.list_transactions`."""
        query = (
            "SELECT body FROM movement WHERE account = ? AND created >= ? AND created < ?"
            " AND (? IS NULL OR position < (SELECT position FROM movement WHERE id = ?))"
            " ORDER BY position DESC LIMIT ?"
        )
        first = sortable(since) or ""
        last = sortable(until) or "~"  # behind any date
        rows = self._run(query, account, first, last, after, after, limit)
        return [read(body, BalanceTransaction) for (body,) in rows]

    def append(self, event: Event) -> None:
        """See `Shelf.append`."""
        insert = (
            "INSERT INTO event (number, id, type, created, account, kind, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        created, kind = event.created.isoformat(), type(event.record).__name__
        body = written(event.record)
        self._run(insert, event.number, event.id, event.type, created, event.account, kind, body)

    def last_event(self) -> int:
        """See `Shelf.last_event`."""
        (number,) = self._run("SELECT max(number) FROM event").fetchone()
        return number or 0

    def event(self, id: str) -> Event | None:
        """See `Shelf.event`."""
        row = self._run("SELECT * FROM event WHERE id = ?", id).fetchone()
        return None if row is None else _event(row)

    def events(self, after: int, limit: int | None) -> Sequence[Event]:
        """See `Shelf.events`."""
        query = "SELECT * FROM event WHERE number > ? ORDER BY number LIMIT ?"
        return [_event(row) for row in self._run(query, after, -1 if limit is None else limit)]

    def answer(self, key: str) -> Answer | None:
        """See `Shelf.answer`."""
        query = "SELECT request, kind, body FROM answer WHERE key = ?"
        row = self._run(query, key).fetchone()
        if row is None:
            return None
        return Answer(tuple(json.loads(row[0])), read(row[2], KINDS[row[1]]))

    def keep(self, key: str, answer: Answer) -> None:
        """See `Shelf.keep`."""
        request, kind = json.dumps(answer.request), type(answer.result).__name__
        insert = "INSERT INTO answer (key, request, kind, body) VALUES (?, ?, ?, ?)"
        self._run(insert, key, request, kind, written(answer.result))

    def tally(self, operation: str, times: int = 1) -> None:
        """See `Shelf.tally`."""
        upsert = (
            "INSERT INTO tally VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET times = times + excluded.times"
        )
        self._run(upsert, operation, times)

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


def _event(row: tuple[Any, ...]) -> Event:
    number, id, type, created, account, kind, body = row
    return Event(
        id=id,
        number=number,
        type=type,
        created=datetime.fromisoformat(created),
        record=read(body, KINDS[kind]),
        account=account,
    )
