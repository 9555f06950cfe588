"""What a transaction of the memory store reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from attrs import evolve

from marketpay.adapters.memory.tables import Tables, is_in_deal, is_in_wallet, matches
from marketpay.domain import application
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Entity
from marketpay.domain.errors import NotFound
from marketpay.domain.ids import JobId, OfferId, PaymentId, TransactionId
from marketpay.domain.job import Job
from marketpay.domain.ledger import WALLET, Account, AccountKind, effects
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.timer import Timer
from marketpay.domain.wallet import Wallet
from marketpay.ports.chain import EntryRow, Link
from marketpay.ports.journal import FeedItem, JournalEntry
from marketpay.ports.store import AccountTotal, PostedEntry

E = TypeVar("E", bound=Entity)
R = TypeVar("R")


class MemoryRecords:
    """One transaction's reading side."""

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
        wanted = {
            name: frozenset(value) if isinstance(value, tuple) else value
            for name, value in equal.items()
        }
        found = [e for e in self._tables.candidates(kind, equal) if matches(e, wanted)]
        return sorted(found, key=lambda entity: entity.id)

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
        transaction: TransactionId | None = None,
    ) -> Deal:
        """See `Reader.deal`."""
        if transaction is not None:
            payment = self.get(PaymentTransaction, transaction).payment
            if payment is None:  # a payout, or what a customer paid the platform for
                raise NotFound("Transaction", transaction)
        if payment is not None:
            offer = self.get(Payment, payment).offer
        if offer is not None:
            job = self.get(Offer, offer).job
        found = self.get(Job, str(job))
        offers = [o for o in self.find(Offer, job=found.id) if is_in_deal(o, offer)]
        return Deal(
            job=found,
            offers=tuple(offers),
            payments=tuple(self.find(Payment, offer=tuple(one.id for one in offers))),
            applications=tuple(self.find(Application, job=found.id, status=application.LIVE)),
            milestones=tuple(self._planned(found, offers)),
        )

    def _planned(self, job: Job, offers: list[Offer]) -> list[Milestone]:
        if not any(one.is_in_parts for one in offers):
            return []
        return sorted(self.find(Milestone, job=job.id), key=lambda one: one.position)

    def expect(self, kind: type[Entity], /, **equal: object) -> None:
        """See `Reader.expect`.  Here everything is at hand."""

    def expect_deal(self, *, transaction: TransactionId) -> None:
        """See `Reader.expect_deal`."""

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

    def due(self, now: datetime, /, *, limit: int) -> list[Timer]:
        """See `Records.due`."""
        return self._tables.due_timers(now, limit)

    def settled(
        self, since: datetime, until: datetime, /, *, after: str | None, limit: int
    ) -> list[PaymentTransaction]:
        """See `Records.settled`."""
        done = self.find(PaymentTransaction, status=TransactionStatus.SUCCESS)
        found = [one for one in done if one.settled_at and since <= one.settled_at < until]
        return [one for one in found if after is None or one.id > after][:limit]

    def feed(self, after: int, /, *, limit: int) -> list[FeedItem]:
        """See `Records.feed`."""
        tables = self._tables
        last = min(after + limit, len(tables.feed))
        placed = ((n, one) for n in range(after + 1, last + 1) if (one := tables.feed.get(n)))
        return [
            FeedItem(position=n, record=tables.journal[one.journal].record, link=one.link)
            for n, one in placed
            if one.journal in tables.journal
        ]

    def chain(self, after: int, /, *, limit: int) -> list[Link]:
        """See `Records.chain`."""
        positions = sorted(position for position in self._tables.feed if position > after)
        return [self._link(position) for position in positions[:limit]]

    def unchained(self, after: int, /, *, limit: int) -> list[JournalEntry]:
        """See `Records.unchained`."""
        tables = self._tables
        placed = {one.journal for one in tables.feed.values()} | tables.to_sequence.keys()
        stray = sorted(number for number in tables.journal.keys() - placed if number > after)
        return [tables.journal[number] for number in stray[:limit]]

    def orphans(self, after: int, /, *, limit: int) -> list[EntryRow]:
        """See `Records.orphans`."""
        tables = self._tables
        stray = (n for n, journal in tables.journal_of.items() if journal not in tables.journal)
        return [self._entry_row(n) for n in sorted(stray) if n > after][:limit]

    def _link(self, position: int) -> Link:
        placed = self._tables.feed[position]
        kept = self._tables.journal.get(placed.journal)
        return Link(
            position=position,
            number=placed.journal,
            record=evolve(kept.record, personal=None) if kept else None,
            entries=self._entry_rows(placed.journal),
            link=placed.link,
        )

    def _entry_rows(self, journal: int) -> tuple[EntryRow, ...]:
        numbers = sorted(self._tables.entries_in.get(journal, ()))
        return tuple(self._entry_row(number) for number in numbers)

    def _entry_row(self, number: int) -> EntryRow:
        posted, journal = self._tables.entries[number], self._tables.journal_of[number]
        return EntryRow.of(number, journal, posted.at, posted.entry)
