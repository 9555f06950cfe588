"""The store: where entities, ledger, journal and timers are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from attrs import frozen

from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.ids import JobId, OfferId, PaymentId, TransactionId
from marketpay.domain.ledger import Account, LedgerEntry
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.timer import Timer
from marketpay.ports.chain import EntryRow, Link
from marketpay.ports.journal import FeedItem, JournalEntry, JournalRecord

E = TypeVar("E", bound=Entity)
R = TypeVar("R")


@frozen(kw_only=True)
class PostedEntry:
    """A ledger entry as it is kept."""

    number: int
    at: datetime
    entry: LedgerEntry


@frozen(kw_only=True)
class AccountTotal:
    """One account's balance twice, in minor units: as kept, and as the sum of its entries."""

    account: Account
    kept: int
    summed: int


class Reader(Protocol):
    """What a command may ask while it decides."""

    def get(self, kind: type[E], id: str, /) -> E:
        """The one with this id, or `NotFound`."""
        ...

    def find(self, kind: type[E], /, **equal: object) -> list[E]:
        """All whose fields have these values, by id; of a tuple of values, any."""
        ...

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
        transaction: TransactionId | None = None,
    ) -> Deal:
        """The deal of a job, an offer, a payment or an operation for that; or `NotFound`.

        Exactly one is given.
        """
        ...

    def expect(self, kind: type[Entity], /, **equal: object) -> None:
        """What will be looked for next: a store may fetch it with what is read before it.

        It only saves round trips.
        """
        ...

    def expect_deal(self, *, transaction: TransactionId) -> None:
        """The same for a deal."""
        ...

    def balance(self, account: Account, /) -> int:
        """What is in an account, in minor units, on its own side of the book.

        Nobody keeps it from changing meanwhile: a decision may only estimate by it.
        """
        ...


class Records(Reader, Protocol):
    """What a question may ask besides."""

    def page(
        self, kind: type[E], equal: Mapping[str, object], /, *, after: str | None, limit: int
    ) -> list[E]:
        """At most `limit` of them, the newest (largest id) first, from below `after` on."""
        ...

    def accounts(self) -> list[AccountTotal]:
        """Every account that was ever used."""
        ...

    def statement(
        self, owner: str, currency: str, /, *, before: int | None, limit: int
    ) -> list[PostedEntry]:
        """The entries of an owner's wallet, the newest first, below number `before`."""
        ...

    def entries(self, payment: PaymentId, /) -> list[PostedEntry]:
        """The entries of a payment, the oldest first."""
        ...

    def escrow(self, *, after: str | None, limit: int) -> list[tuple[str, int]]:
        """Payments by id with what their entries left in escrow, from above `after` on."""
        ...

    def journal(self, subject: str, /, *, before: int | None, limit: int) -> list[JournalEntry]:
        """What happened to one entity, the newest first, below number `before`."""
        ...

    def due(self, now: datetime, /, *, limit: int) -> list[Timer]:
        """The timers whose time has come, the oldest first."""
        ...

    def settled(
        self, since: datetime, until: datetime, /, *, after: str | None, limit: int
    ) -> list[PaymentTransaction]:
        """The operations that have succeeded from `since` until before `until`, by id, from
        above `after` on.
        """
        ...

    def feed(self, after: int, /, *, limit: int) -> list[FeedItem]:
        """The feed from above a position on."""
        ...

    def chain(self, after: int, /, *, limit: int) -> list[Link]:
        """Every row of the feed from above a position on, with all that its link vouches for.

        Also where a position is missing before it, and where its journal row is gone.
        """
        ...

    def unchained(self, after: int, /, *, limit: int) -> list[JournalEntry]:
        """The journal rows, by number from above `after` on, that have no place in the feed
        and do not wait for one: none, unless somebody took it away.
        """
        ...

    def orphans(self, after: int, /, *, limit: int) -> list[EntryRow]:
        """The ledger entries, by number from above `after` on, whose journal row is gone."""
        ...


class Writer(Reader, Protocol):
    """What it takes to decide one command and to write what was decided."""

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """Write all of it and give back the changed entities as they are now kept, by id.

        The record is found by the ids of all that it changed.

        Raises `Conflict` if an entity was changed since it was read, if a unique value is
        taken, or if the record's key is: nothing is written then.
        """
        ...

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """What this actor used this key for."""
        ...

    def remove(self, timer: Timer, /) -> bool:
        """Take away a timer that fires.

        False, and nothing taken away, if it is not there as given: it has fired, was set anew,
        or another worker has it.
        """
        ...


Written = tuple[Decision[Any], JournalRecord]
Used = tuple[str, str, str]  # a key: the actor's id, their role, and the key


class Work(Writer, Records, Protocol):
    """One transaction.  A command sees its `Reader` side, a question its `Records` side."""

    def write_many(self, written: Sequence[Written], /) -> None:
        """The same as to `write` them one by one, with a statement or so for each table.

        Each names the entities by the versions that those before it leave.
        """
        ...

    def recorded_many(self, keys: Collection[Used], /) -> dict[Used, JournalRecord]:
        """What these keys were used for; those that were not are not in it."""
        ...

    def put(self, entity: E, /) -> E:
        """Save an entity that is not of the books (a webhook), without a record.

        Raises `Conflict` as `write` does.
        """
        ...

    def record(self, record: JournalRecord, subjects: Sequence[str] = (), /) -> None:
        """Write a record of something that changed nothing, found by `subjects`."""
        ...

    def attempted(self, attempt: str, /) -> JournalRecord | None:
        """The record that this attempt wrote, if it did."""
        ...

    def lease(
        self,
        kind: type[E],
        until: Callable[[E], datetime],
        /,
        *,
        now: datetime,
        limit: int,
        skip: Collection[str] = (),
    ) -> list[E]:
        """Take up what is due: its `due_at` moves to `until`, so that nobody else does.

        `until` is asked of each as it was before.  `skip` are ids that are left alone.
        """
        ...

    def lease_timers(self, until: datetime, /, *, now: datetime, limit: int) -> list[Timer]:
        """Take up the timers whose time has come, the oldest first: they move to `until`.

        `remove` takes them away as they are given here.
        """
        ...

    def sequence(self, limit: int, /) -> int:
        """Give so many committed records their place in the feed and their link, each from the
        one before; how many were given one.
        """
        ...

    def take_cursor(self, name: str, /, *, now: datetime, until: datetime) -> int | None:
        """The position a reader of the feed has reached, or None while another has it."""
        ...

    def move_cursor(self, name: str, position: int, until: datetime, /) -> bool:
        """The reader who has it `until` then has reached `position`, and lets go.

        False, and nothing moved, if its time was over and another has it.
        """
        ...

    def fold(self, limit: int, /) -> int:
        """Fold so many appended changes of platform accounts into their balances."""
        ...


class Store(Protocol):
    """Where a marketplace keeps everything."""

    def run(self, use: Callable[[Work], R], /) -> R:
        """Run `use` in a transaction: commit when it returns, roll back when it raises.

        `CommitUnknown` if the connection was lost while committing; `Conflict` if the engine
        gave up this transaction in favour of another.
        """
        ...

    def read(self, use: Callable[[Records], R], /) -> R:
        """Run `use`, which only reads, on one consistent state."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


class AsyncStore(Protocol):
    """The same, awaited.  `use` is an ordinary function."""

    def run(self, use: Callable[[Work], R], /) -> Awaitable[R]:
        """See `Store.run`."""
        ...

    def read(self, use: Callable[[Records], R], /) -> Awaitable[R]:
        """See `Store.read`."""
        ...

    def close(self) -> Awaitable[None]:
        """See `Store.close`."""
        ...
