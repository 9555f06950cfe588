"""The memory store: one transaction at a time, applied in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar

from attrs import evolve

from marketpay.adapters.memory.tables import Tables, is_in_deal, is_in_wallet, matches
from marketpay.domain import application
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict, NotFound
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.job import Job
from marketpay.domain.ledger import WALLET, Account, AccountKind, effects
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.timer import Timer
from marketpay.domain.wallet import Wallet
from marketpay.ports.journal import FeedItem, JournalEntry, JournalRecord
from marketpay.ports.store import AccountTotal, PostedEntry, Records, Work

E = TypeVar("E", bound=Entity)
R = TypeVar("R")


class MemoryWork:
    """One transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, kind: type[E], id: str, /) -> E:
        """See `Reader.get`."""
        found = self._tables.entities[kind].get(id)
        if not isinstance(found, kind):
            raise NotFound(kind.__name__, id)
        return found

    def find(self, kind: type[E], /, **equal: object) -> list[E]:
        """See `Reader.find`."""
        found = [e for e in self._tables.candidates(kind, equal) if matches(e, equal)]
        return sorted(found, key=lambda entity: entity.id)

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
    ) -> Deal:
        """See `Reader.deal`."""
        if payment is not None:
            offer = self.get(Payment, payment).offer
        if offer is not None:
            job = self.get(Offer, offer).job
        found = self.get(Job, str(job))
        offers = [o for o in self.find(Offer, job=found.id) if is_in_deal(o, offer)]
        return Deal(
            job=found,
            offers=tuple(offers),
            payments=tuple(self.get(Payment, one.payment) for one in offers),
            applications=tuple(self.find(Application, job=found.id, status=application.LIVE)),
        )

    def page(
        self, kind: type[E], equal: Mapping[str, object], /, *, after: str | None, limit: int
    ) -> list[E]:
        """See `Records.page`."""
        found = [e for e in self.find(kind, **equal) if after is None or e.id < after]
        return found[::-1][:limit]

    def balance(self, account: Account, /) -> int:
        """See `Records.balance`."""
        return self._tables.balances.get(account, 0)

    def accounts(self) -> list[AccountTotal]:
        """See `Records.accounts`."""
        entries = tuple(posted.entry for posted in self._tables.entries.values())
        summed = effects(entries)
        kept = dict(self._tables.balances)
        for wallet in self.find(Wallet):
            for kind, name in WALLET.items():
                account = Account(kind, wallet.currency, wallet.owner)
                part = getattr(wallet, name).minor
                if part or account in summed:
                    kept[account] = part
        accounts = sorted({*kept, *summed}, key=str)
        return [
            AccountTotal(account=one, kept=kept.get(one, 0), summed=summed.get(one, 0))
            for one in accounts
        ]

    def statement(
        self, owner: str, currency: str, /, *, before: int | None, limit: int
    ) -> list[PostedEntry]:
        """See `Records.statement`."""
        found: list[PostedEntry] = []
        for number in sorted(self._tables.entries_by.get(owner, ()), reverse=True):
            posted = self._tables.entries[number]
            is_next = before is None or number < before
            if is_next and is_in_wallet(posted.entry, owner, currency):
                found.append(posted)
            if len(found) == limit:
                break
        return found

    def entries(self, payment: PaymentId, /) -> list[PostedEntry]:
        """See `Records.entries`."""
        numbers = sorted(self._tables.entries_of.get(payment, ()))
        return [self._tables.entries[number] for number in numbers]

    def escrow(self, *, after: str | None, limit: int) -> list[tuple[str, int]]:
        """See `Records.escrow`."""
        ids = sorted(id for id in self._tables.entities[Payment] if after is None or id > after)
        return [(id, self._escrow(PaymentId(id))) for id in ids[:limit]]

    def _escrow(self, payment: PaymentId) -> int:
        change = effects(tuple(posted.entry for posted in self.entries(payment)))
        return sum(n for account, n in change.items() if account.kind is AccountKind.ESCROW)

    def journal(self, subject: str, /, *, before: int | None, limit: int) -> list[JournalEntry]:
        """See `Records.journal`."""
        numbers = sorted(self._tables.subjects.get(subject, ()), reverse=True)
        wanted = [n for n in numbers if before is None or n < before]
        return [self._tables.journal[number] for number in wanted[:limit]]

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """See `Work.write`."""
        latest = decision.latest()
        relied = [entity for entity in decision.relies_on if entity.id not in latest]
        written = [*latest.values(), *relied]
        self._check(written)
        self.record(record, tuple(latest))
        for entry in decision.entries:
            number = len(self._tables.entries) + 1
            self._tables.post(PostedEntry(number=number, at=record.at, entry=entry))
        for timer in decision.timers:
            self._tables.set_timer(timer)
        kept = {one.id: evolve(one, version=one.version + 1) for one in written}
        for entity in kept.values():
            self._tables.save(entity)
        return kept

    def put(self, entity: E, /) -> E:
        """See `Work.put`."""
        self._check([entity])
        kept = evolve(entity, version=entity.version + 1)
        self._tables.save(kept)
        return kept

    def record(self, record: JournalRecord, subjects: Sequence[str] = (), /) -> None:
        """See `Work.record`."""
        tables = self._tables
        number = len(tables.journal) + 1
        if record.key is not None:
            key = (record.actor, record.role, record.key)
            if key in tables.keys:
                raise Conflict("key", record.key)
            tables.put(tables.keys, key, number)
        tables.put(tables.journal, number, JournalEntry(number=number, record=record))
        tables.put(tables.attempts, record.attempt, number)
        tables.put(tables.to_sequence, number, None)
        for subject in subjects:
            tables.put(tables.subjects[subject], number, None)

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """See `Work.recorded`."""
        number = self._tables.keys.get((actor, role, key))
        return None if number is None else self._tables.journal[number].record

    def attempted(self, attempt: str, /) -> JournalRecord | None:
        """See `Work.attempted`."""
        number = self._tables.attempts.get(attempt)
        return None if number is None else self._tables.journal[number].record

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
        """See `Work.lease`."""
        dates = self._tables.due[kind].items()
        due = ((at, id) for id, at in dates if at <= now and id not in skip)
        leased: list[E] = []
        for _, id in sorted(due)[:limit]:
            one: Any = self.get(kind, id)
            sent = one.sent_at or now
            one = evolve(one, due_at=until(one), sent_at=sent, version=one.version + 1)
            self._tables.save(one)
            leased.append(one)
        return leased

    def due(self, now: datetime, /, *, limit: int) -> list[Timer]:
        """See `Records.due`."""
        return self._tables.due_timers(now, limit)

    def remove(self, timer: Timer, /) -> None:
        """See `Work.remove`."""
        key = (timer.kind.value, timer.subject)
        if self._tables.timers.get(key) == timer:
            self._tables.drop(self._tables.timers, key)

    def sequence(self, limit: int, /) -> int:
        """See `Work.sequence`."""
        tables = self._tables
        numbers = sorted(tables.to_sequence)[:limit]
        for number in numbers:
            position = len(tables.feed) + 1
            item = FeedItem(position=position, record=tables.journal[number].record)
            tables.put(tables.feed, position, item)
            tables.drop(tables.to_sequence, number)
        return len(numbers)

    def settled(
        self, since: datetime, until: datetime, /, *, after: str | None, limit: int
    ) -> list[PaymentTransaction]:
        """See `Records.settled`."""
        done = self.find(PaymentTransaction, status=TransactionStatus.SUCCESS)
        found = [one for one in done if one.settled_at and since <= one.settled_at < until]
        return [one for one in found if after is None or one.id > after][:limit]

    def feed(self, after: int, /, *, limit: int) -> list[FeedItem]:
        """See `Records.feed`."""
        last = min(after + limit, len(self._tables.feed))
        return [self._tables.feed[position] for position in range(after + 1, last + 1)]

    def take_cursor(self, name: str, /, *, now: datetime, until: datetime) -> int | None:
        """See `Work.take_cursor`."""
        position, taken = self._tables.cursors.get(name, (0, None))
        if taken is not None and taken > now:
            return None
        self._tables.put(self._tables.cursors, name, (position, until))
        return position

    def move_cursor(self, name: str, position: int, until: datetime, /) -> bool:
        """See `Work.move_cursor`."""
        _, taken = self._tables.cursors.get(name, (0, None))
        if taken != until:
            return False
        self._tables.put(self._tables.cursors, name, (position, None))
        return True

    def fold(self, limit: int, /) -> int:
        """See `Work.fold`: in memory balances are never apart from their changes."""
        return 0

    def _check(self, entities: list[Entity]) -> None:
        claimed: dict[tuple[type, str, Any], str] = {}
        for entity in entities:
            kind = type(entity)
            stored = self._tables.entities[kind].get(entity.id)
            if (stored.version if stored else 0) != entity.version:
                raise Conflict(kind.__name__, entity.id)
            for name in kind.unique:
                value = getattr(entity, name)
                if value is None:
                    continue
                holder = self._tables.unique[kind, name].get(value, entity.id)
                if claimed.setdefault((kind, name, value), entity.id) != entity.id:
                    raise Conflict(kind.__name__, entity.id)
                if holder != entity.id:
                    raise Conflict(kind.__name__, entity.id)


class MemoryStore:
    """Keeps everything until the process ends.  Threads take turns."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._lock = RLock()

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        with self._lock:
            try:
                result = use(MemoryWork(self._tables))
            except BaseException:
                self._tables.rollback()
                raise
            self._tables.commit()
            return result

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        with self._lock:
            return use(MemoryWork(self._tables))

    def close(self) -> None:
        """See `Store.close`."""
