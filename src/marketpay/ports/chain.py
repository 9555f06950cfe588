"""The chain: what shows that journal or ledger were changed after the fact.

Each row of the feed has a link: the hash of its place, of the journal row in that place with
its ledger entries, and of the link before.  So whoever changes, takes away or moves a row
would have to make every link after it anew, and then the last is not what it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from marketpay.domain.ledger import LedgerEntry
from marketpay.ports.journal import JournalRecord

GENESIS: Final = "0" * 64  # what the first link is made from, there being none before
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
ENCODE: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


@frozen(kw_only=True)
class EntryRow:
    """A ledger entry as plain values: what is kept, also where no command would write that."""

    number: int
    journal: int  # the number of the journal row that it belongs to
    at: datetime
    debit_kind: str
    debit_owner: str
    credit_kind: str
    credit_owner: str
    amount: int  # in minor units
    currency: str
    payment: str | None

    @classmethod
    def of(cls, number: int, journal: int, at: datetime, entry: LedgerEntry) -> EntryRow:
        """The row of an entry."""
        return cls(
            number=number,
            journal=journal,
            at=at,
            debit_kind=entry.debit.kind.value,
            debit_owner=entry.debit.owner,
            credit_kind=entry.credit.kind.value,
            credit_owner=entry.credit.owner,
            amount=entry.amount.minor,
            currency=entry.amount.currency,
            payment=entry.payment,
        )


@frozen(kw_only=True)
class Link:
    """A row of the feed with all that it vouches for.

    `record` is None where the journal row is gone, and never has `personal`, which may be
    erased; `entries` are those of the journal row, by number; `link` is what is kept.
    """

    position: int
    number: int  # of the journal row
    record: JournalRecord | None
    entries: tuple[EntryRow, ...]
    link: str


def link(
    previous: str, position: int, number: int, record: JournalRecord, entries: Iterable[EntryRow]
) -> str:
    """The link of this journal row in this place; `entries` are its own, by number."""
    return join(previous, position, digest(number, record, entries))


def join(previous: str, position: int, content: str) -> str:
    """The link of a row whose digest is `content`, in this place, after this link."""
    return _hash([previous, position, content])


def digest(number: int, record: JournalRecord, entries: Iterable[EntryRow]) -> str:
    """What a journal row and its entries say, wherever it stands.  `personal` is left out."""
    return _hash([number, _record(record), [_entry(entry) for entry in entries]])


def _record(record: JournalRecord) -> list[Any]:
    return [
        record.attempt,
        _microseconds(record.at),
        record.actor,
        record.role,
        record.key,
        record.command,
        record.body,
        record.events,
        record.result,
        record.error,
    ]


def _entry(entry: EntryRow) -> list[Any]:
    return [
        entry.number,
        _microseconds(entry.at),
        entry.debit_kind,
        entry.debit_owner,
        entry.credit_kind,
        entry.credit_owner,
        entry.amount,
        entry.currency,
        entry.payment,
    ]


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _hash(content: list[Any]) -> str:
    """SHA-256 of a JSON array: its brackets, quotes and commas keep the values apart."""
    return hashlib.sha256(ENCODE(content).encode()).hexdigest()
