"""Where the simulated processor keeps its records: in memory here, in a file in `file_shelf`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

from marketpay.testing.processor_values import Answer, BalanceTransaction, Event, Record

R = TypeVar("R", bound=Record)


class Shelf(Protocol):
    """Records, balances, events and answered keys.

    Everything is read and written inside `with shelf:`, which keeps everybody else out, other
    processes too, and ends in one commit.  It may be entered again by who is inside.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def get(self, kind: type[R], id: str) -> R | None:
        """The record with that id, if it is of that kind."""
        ...

    def named(self, kind: type[R], name: str) -> Sequence[R]:
        """Those of that kind with `name` among their names, the oldest first."""
        ...

    def page(self, kind: type[R], after: str | None, limit: int) -> Sequence[R]:
        """Those of that kind behind the one with the id `after`, the newest first."""
        ...

    def open(self, kind: type[R]) -> Iterable[R]:
        """Those of that kind that still wait for something, the oldest first."""
        ...

    def due(self, now: datetime) -> Record | None:
        """The one that is due by `now`, and was before all others; None if there is none."""
        ...

    def put(self, record: Record) -> None:
        """Keep `record`, in place of the one with its id if there is one."""
        ...

    def book(self, transaction: BalanceTransaction) -> None:
        """Change a balance, and remember why."""
        ...

    def balance(self, account: str, currency: str) -> int:
        """What lies on `account`."""
        ...

    def currencies(self, account: str) -> Sequence[str]:
        """Those in which `account` ever had anything."""
        ...

    def transaction(self, id: str) -> BalanceTransaction | None:
        """The change with that id."""
        ...

    def transactions(self) -> Sequence[BalanceTransaction]:
        """Every change of every balance, the oldest first."""
        ...

    def list_transactions(
        self,
        account: str,
        since: datetime | None,
        until: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[BalanceTransaction]:
        """Changes of one balance, the newest first, behind the one with the id `after`."""
        ...

    def append(self, event: Event) -> None:
        """Remember what happened."""
        ...

    def last_event(self) -> int:
        """The number of the last event; 0 if there is none."""
        ...

    def event(self, id: str) -> Event | None:
        """The event with that id."""
        ...

    def events(self, after: int, limit: int | None) -> Sequence[Event]:
        """What happened behind the event with that number, in order."""
        ...

    def answer(self, key: str) -> Answer | None:
        """What `key` was used for."""
        ...

    def keep(self, key: str, answer: Answer) -> None:
        """Remember `answer` for as long as the shelf lasts."""
        ...

    def tally(self, operation: str, times: int = 1) -> None:
        """So many more effects of `operation`."""
        ...

    def tallied(self, operation: str) -> int:
        """How many effects `operation` had."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class MemoryShelf:
    """A shelf that is gone with the process.  What a call changes is all that it touches."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._records: dict[str, Record] = {}
        self._positions: dict[str, int] = {}  # in the order in which they came
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        self._kinds: defaultdict[type[Record], dict[str, None]] = defaultdict(dict)
        self._open: defaultdict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._due: list[tuple[datetime, int, str]] = []  # some are out of date
        self._balances: Counter[tuple[str, str]] = Counter()
        self._transactions: dict[str, BalanceTransaction] = {}
        self._events: list[Event] = []
        self._event_numbers: dict[str, int] = {}
        self._answers: dict[str, Answer] = {}
        self._tallies: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def get(self, kind: type[R], id: str) -> R | None:
        """See `Shelf.get`."""
        record = self._records.get(id)
        return record if isinstance(record, kind) else None

    def named(self, kind: type[R], name: str) -> Sequence[R]:
        """See `Shelf.named`."""
        found = (self._records[id] for id in self._ids.get(name, ()))
        return [record for record in found if isinstance(record, kind)]

    def page(self, kind: type[R], after: str | None, limit: int) -> Sequence[R]:
        """See `Shelf.page`."""
        ids = _behind(reversed(self._kinds[kind]), after)
        return [cast("R", self._records[id]) for id in islice(ids, limit)]

    def open(self, kind: type[R]) -> Iterable[R]:
        """See `Shelf.open`."""
        found = self._open.get(kind)
        return cast("list[R]", list(found.values())) if found else ()

    def due(self, now: datetime) -> Record | None:
        """See `Shelf.due`."""
        while self._due and self._due[0][0] <= now:
            at, _, id = self._due[0]
            record = self._records[id]
            if record.due_at == at:
                return record
            heappop(self._due)
        return None

    def put(self, record: Record) -> None:
        """See `Shelf.put`."""
        id, kind = record.id, type(record)
        before, due = self._records.get(id), record.due_at
        if before is None:
            self._positions[id] = len(self._positions)
            self._kinds[kind][id] = None
            for name in set(record.names):
                self._ids[name].append(id)
        if due is not None and (before is None or before.due_at != due):
            heappush(self._due, (due, self._positions[id], id))
        self._records[id] = record
        if record.open:
            self._open[kind][id] = record
        else:
            self._open[kind].pop(id, None)

    def book(self, transaction: BalanceTransaction) -> None:
        """See `Shelf.book`."""
        self._balances[transaction.account, transaction.currency] += transaction.net
        self._transactions[transaction.id] = transaction

    def balance(self, account: str, currency: str) -> int:
        """See `Shelf.balance`."""
        return self._balances[account, currency]

    def currencies(self, account: str) -> Sequence[str]:
        """See `Shelf.currencies`."""
        return sorted(currency for whose, currency in self._balances if whose == account)

    def transaction(self, id: str) -> BalanceTransaction | None:
        """See `Shelf.transaction`."""
        return self._transactions.get(id)

    def transactions(self) -> Sequence[BalanceTransaction]:
        """See `Shelf.transactions`."""
        return tuple(self._transactions.values())

    def list_transactions(
        self,
        account: str,
        since: datetime | None,
        until: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[BalanceTransaction]:
        """See `Shelf.list_transactions`."""
        ids = _behind(reversed(self._transactions), after)
        wanted = (
            one
            for one in map(self._transactions.__getitem__, ids)
            if one.account == account
            and (since is None or since <= one.created)
            and (until is None or one.created < until)
        )
        return list(islice(wanted, limit))

    def append(self, event: Event) -> None:
        """See `Shelf.append`."""
        self._events.append(event)
        self._event_numbers[event.id] = event.number

    def last_event(self) -> int:
        """See `Shelf.last_event`."""
        return len(self._events)

    def event(self, id: str) -> Event | None:
        """See `Shelf.event`."""
        number = self._event_numbers.get(id)
        return None if number is None else self._events[number - 1]

    def events(self, after: int, limit: int | None) -> Sequence[Event]:
        """See `Shelf.events`."""
        return self._events[after:] if limit is None else self._events[after : after + limit]

    def answer(self, key: str) -> Answer | None:
        """See `Shelf.answer`."""
        return self._answers.get(key)

    def keep(self, key: str, answer: Answer) -> None:
        """See `Shelf.keep`."""
        self._answers[key] = answer

    def tally(self, operation: str, times: int = 1) -> None:
        """See `Shelf.tally`."""
        self._tallies[operation] += times

    def tallied(self, operation: str) -> int:
        """See `Shelf.tallied`."""
        return self._tallies[operation]

    def close(self) -> None:
        """See `Shelf.close`."""


def _behind(ids: Iterator[str], after: str | None) -> Iterator[str]:
    """What comes after `after`, which may be None; nothing if it does not come."""
    if after is not None:
        for id in ids:
            if id == after:
                break
    return ids
