"""The feed's chain as it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marketpay.adapters.sql.line import Ask, Rows, Write
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.transaction import Transaction
from marketpay.ports.chain import GENESIS, EntryRow, Link, link
from marketpay.ports.journal import JournalRecord

ReadRecord = Callable[[Any], JournalRecord]
ReadTime = Callable[[Any], datetime]


def sequence(
    transaction: Transaction, sql: Sql, limit: int, record: ReadRecord, time: ReadTime
) -> int:
    """See `Work.sequence`.  Of two at once, the second finds its first position taken."""
    waiting, last = sql.chain.waiting, sql.chain.last
    rows, reached = transaction.ask_all(
        Ask(waiting.sql, waiting.row({"limit": limit})), Ask(last.sql, last.row({}))
    )
    if not rows:
        return 0
    numbers = [row[0] for row in rows]
    of = {"first": numbers[0], "last": numbers[-1]}
    entries = _by_journal(_ask(transaction, sql.chain.waiting_entries, **of), time)
    position, previous = reached[0] if reached else (0, GENESIS)
    placed = []
    for row in rows:
        position += 1
        mine = entries.get(row[0], ())
        previous = link(previous, position, row[0], record(row), mine)
        placed.append((position, row[0], previous))
    done = [(number,) for number in numbers]
    transaction.write([Write(sql.chain.place.sql, placed), Write(sql.chain.done_waiting.sql, done)])
    return len(rows)


def links(
    transaction: Transaction, sql: Sql, after: int, limit: int, record: ReadRecord, time: ReadTime
) -> list[Link]:
    """See `Records.chain`."""
    rows = _ask(transaction, sql.chain.links, after=after, limit=limit)
    if not rows:
        return []
    of = {"first": rows[0][0], "last": rows[-1][0]}
    entries = _by_journal(_ask(transaction, sql.chain.linked_entries, **of), time)
    return [
        Link(
            position=row[0],
            number=row[1],
            link=row[2],
            record=None if row[3] is None else record(row[3:]),
            entries=tuple(entries.get(row[1], ())),
        )
        for row in rows
    ]


def entry_row(row: Any, time: ReadTime) -> EntryRow:
    """An entry from all its columns."""
    number, journal, at, debit, debit_owner, credit, credit_owner, amount, currency, payment = row
    return EntryRow(
        number=number,
        journal=journal,
        at=time(at),
        debit_kind=debit,
        debit_owner=debit_owner,
        credit_kind=credit,
        credit_owner=credit_owner,
        amount=amount,
        currency=currency,
        payment=payment,
    )


def _by_journal(rows: Rows, time: ReadTime) -> dict[int, list[EntryRow]]:
    found: dict[int, list[EntryRow]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(entry_row(row, time))
    return found


def _ask(transaction: Transaction, statement: Any, **values: int) -> Rows:
    return transaction.ask(statement.sql, statement.row(values))
