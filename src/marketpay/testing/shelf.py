"""Where the simulated processor keeps its records: in memory here, in a file in `file_shelf`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, TypeVar

from marketpay.testing.processor_values import Answer, BalanceTransaction, Record

R = TypeVar("R", bound=Record)


class Shelf(Protocol):
    """Records, balances and answered keys.

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

    def open(self, kind: type[R]) -> Iterable[R]:
        """Those of that kind that still wait for something."""
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

    def transactions(self) -> Sequence[BalanceTransaction]:
        """Every change of every balance, the oldest first."""
        ...

    def answer(self, key: str) -> Answer | None:
        """What `key` was used for."""
        ...

    def keep(self, key: str, answer: Answer) -> None:
        """Remember `answer` for as long as the shelf lasts."""
        ...

    def tally(self, operation: str) -> None:
        """One more effect of `operation`."""
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
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        self._open: dict[str, Record] = {}
        self._balances: Counter[tuple[str, str]] = Counter()
        self._transactions: list[BalanceTransaction] = []
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

    def open(self, kind: type[R]) -> Iterable[R]:
        """See `Shelf.open`."""
        return [record for record in self._open.values() if isinstance(record, kind)]

    def put(self, record: Record) -> None:
        """See `Shelf.put`."""
        id = record.id
        if id not in self._records:
            for name in set(record.names):
                self._ids[name].append(id)
        self._records[id] = record
        if record.open:
            self._open[id] = record
        else:
            self._open.pop(id, None)

    def book(self, transaction: BalanceTransaction) -> None:
        """See `Shelf.book`."""
        self._balances[transaction.account, transaction.currency] += transaction.amount
        self._transactions.append(transaction)

    def balance(self, account: str, currency: str) -> int:
        """See `Shelf.balance`."""
        return self._balances[account, currency]

    def transactions(self) -> Sequence[BalanceTransaction]:
        """See `Shelf.transactions`."""
        return tuple(self._transactions)

    def answer(self, key: str) -> Answer | None:
        """See `Shelf.answer`."""
        return self._answers.get(key)

    def keep(self, key: str, answer: Answer) -> None:
        """See `Shelf.keep`."""
        self._answers[key] = answer

    def tally(self, operation: str) -> None:
        """See `Shelf.tally`."""
        self._tallies[operation] += 1

    def tallied(self, operation: str) -> int:
        """See `Shelf.tallied`."""
        return self._tallies[operation]

    def close(self) -> None:
        """See `Shelf.close`."""
