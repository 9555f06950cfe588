"""What a memory store keeps, and how a transaction takes back what it did."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import frozen

from marketpay.domain import offer
from marketpay.domain.entity import Entity
from marketpay.domain.ids import OfferId
from marketpay.domain.ledger import WALLET, Account, LedgerEntry, effects
from marketpay.domain.offer import Offer
from marketpay.domain.timer import Timer
from marketpay.ports.journal import JournalEntry
from marketpay.ports.store import PostedEntry

E = TypeVar("E", bound=Entity)
MISSING: Final = object()
COLLECTED: Final = (tuple, frozenset)  # values of which a field may have any


@frozen
class Placed:
    """A row of the feed: which journal row has this position, and its link."""

    journal: int
    link: str


class Tables:
    """Dicts, and nothing that a transaction could not undo key by key."""

    def __init__(self) -> None:
        self.entities: defaultdict[type, dict[str, Entity]] = defaultdict(dict)
        self.unique: defaultdict[tuple[type, str], dict[Any, str]] = defaultdict(dict)
        self.index: defaultdict[tuple[type, str, Any], dict[str, None]] = defaultdict(dict)
        self.due: defaultdict[type, dict[str, datetime]] = defaultdict(dict)
        self.entries: dict[int, PostedEntry] = {}
        self.entries_of: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self.entries_by: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self.entries_in: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self.journal_of: dict[int, int] = {}
        self.balances: dict[Account, int] = {}
        self.journal: dict[int, JournalEntry] = {}
        self.keys: dict[tuple[str, str, str], int] = {}
        self.attempts: dict[str, int] = {}
        self.subjects: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self.to_sequence: dict[int, None] = {}
        self.feed: dict[int, Placed] = {}
        self.cursors: dict[str, tuple[int, datetime | None]] = {}
        self.timers: dict[tuple[str, str], Timer] = {}
        self._queue: list[tuple[datetime, str, str]] = []
        self._undo: list[tuple[MutableMapping[Any, Any], Any, Any]] = []

    def put(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Set a key, to be taken back should the transaction fail."""
        self._undo.append((table, key, table.get(key, MISSING)))
        table[key] = value

    def drop(self, table: MutableMapping[Any, Any], key: Any) -> None:
        """Take a key away, likewise."""
        if key in table:
            self._undo.append((table, key, table.pop(key)))

    def commit(self) -> None:
        """What was done stays."""
        self._undo.clear()

    def rollback(self) -> None:
        """What was done since the last commit is undone."""
        for table, key, value in reversed(self._undo):
            if value is MISSING:
                table.pop(key, None)
            else:
                table[key] = value
            if table is self.timers and value is not MISSING:
                self._enqueue(value)
        self._undo.clear()

    def candidates(self, kind: type[E], equal: dict[str, Any]) -> Iterator[E]:
        """The entities among which are all whose fields have these values."""
        rows: dict[str, Any] = self.entities[kind]
        ids: Iterable[str] = rows
        if isinstance(wanted := equal.get("id"), tuple):
            return (rows[id] for id in dict.fromkeys(wanted) if id in rows)
        for name in kind.unique:
            if name in equal and equal[name] is not None:
                holders = self.unique[kind, name]
                ids = [id for one in options(equal[name]) if (id := holders.get(one))]
                return (rows[id] for id in ids)
        for name in kind.indexed:
            if name in equal and name not in kind.mutable:
                index = self.index
                ids = [
                    id for one in options(equal[name]) for id in index.get((kind, name, one), ())
                ]
                break
        return (rows[id] for id in ids)

    def save(self, entity: Entity) -> None:
        """Keep an entity and its places in every index; whether it may be is checked before."""
        kind = type(entity)
        before: Any = self.entities[kind].get(entity.id)
        self.put(self.entities[kind], entity.id, entity)
        for name in kind.unique:
            self._claim(kind, name, before, entity)
        if before is None:
            for name in kind.indexed:
                if name not in kind.mutable:
                    self.put(self.index[kind, name, getattr(entity, name)], entity.id, None)
        if getattr(entity, "due_at", None) is not None:
            self.put(self.due[kind], entity.id, entity.due_at)  # type: ignore[attr-defined]
        else:
            self.drop(self.due[kind], entity.id)

    def _claim(self, kind: type, name: str, before: Any, entity: Entity) -> None:
        old, new = getattr(before, name, None), getattr(entity, name)
        if old == new:
            return
        if old is not None:
            self.drop(self.unique[kind, name], old)
        if new is not None:
            self.put(self.unique[kind, name], new, entity.id)

    def post(self, posted: PostedEntry, journal: int) -> None:
        """Keep a ledger entry of a journal row, and what it does to balances."""
        entry, number = posted.entry, posted.number
        self.put(self.entries, number, posted)
        self.put(self.entries_in[journal], number, None)
        self.put(self.journal_of, number, journal)
        self.put(self.entries_of[str(entry.payment)], number, None)
        for owner in {entry.debit.owner, entry.credit.owner} - {""}:
            self.put(self.entries_by[owner], number, None)
        for account, change in effects((entry,)).items():
            self.put(self.balances, account, self.balances.get(account, 0) + change)

    def set_timer(self, timer: Timer) -> None:
        """Set or move a timer."""
        self.put(self.timers, (timer.kind, timer.subject), timer)
        self._enqueue(timer)

    def due_timers(self, now: datetime, limit: int) -> list[Timer]:
        """The oldest that are due; places in the queue that are no longer true are dropped."""
        found: dict[tuple[str, str], Timer] = {}
        while self._queue and self._queue[0][0] <= now and len(found) < limit:
            due_at, kind, subject = heapq.heappop(self._queue)
            timer = self.timers.get((kind, subject))
            if timer is not None and timer.due_at == due_at:
                found[kind, subject] = timer
        for timer in found.values():
            self._enqueue(timer)
        return list(found.values())

    def _enqueue(self, timer: Timer) -> None:
        heapq.heappush(self._queue, (timer.due_at, timer.kind, timer.subject))


def options(wanted: object) -> Collection[Any]:
    """The values of which a field may have any, each once."""
    return dict.fromkeys(wanted) if isinstance(wanted, tuple) else (wanted,)


def matches(entity: Entity, equal: Mapping[str, object]) -> bool:
    """Whether its fields have these values; of a tuple of values, any."""
    for name, wanted in equal.items():
        value = getattr(entity, name)
        if value not in wanted if isinstance(wanted, COLLECTED) else value != wanted:
            return False
    return True


def is_in_deal(one: Offer, asked: OfferId | None) -> bool:
    """Whether an offer of the job is in its deal."""
    return one.status in offer.LIVE or one.id == asked


def is_in_wallet(entry: LedgerEntry, owner: str, currency: str) -> bool:
    """Whether an entry changes the owner's wallet."""
    sides = (entry.debit, entry.credit)
    is_mine = any(side.kind in WALLET and side.owner == owner for side in sides)
    return is_mine and entry.amount.currency == currency
