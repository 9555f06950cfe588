"""What a transaction reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from marketpay.adapters.sql.chain import entry_row, links
from marketpay.adapters.sql.line import Ask, Rows
from marketpay.adapters.sql.shapes import as_arrays, shape_of
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.statements import Statement
from marketpay.adapters.sql.transaction import Transaction
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Entity
from marketpay.domain.errors import NotFound
from marketpay.domain.ids import JobId, OfferId, PaymentId, TransactionId
from marketpay.domain.job import Job
from marketpay.domain.ledger import WALLET, Account, AccountKind, LedgerEntry
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.wallet import Wallet
from marketpay.ports.chain import EntryRow, Link
from marketpay.ports.journal import FeedItem, JournalEntry, JournalRecord
from marketpay.ports.store import AccountTotal, PostedEntry

E = TypeVar("E", bound=Entity)
LAST_NUMBER = 2**62  # above every number there will be
PARTS = (*WALLET,)
LAST_ID = "~"  # above every id: prefixes are lower-case letters


class SqlRecords:
    """One transaction's reading side."""

    def __init__(self, transaction: Transaction, sql: Sql) -> None:
        self._transaction = transaction
        self._sql = sql

    def get(self, kind: type[E], id: str, /) -> E:
        """See `Reader.get`."""
        found = self.find(kind, id=id)
        if not found:
            raise NotFound(kind.__name__, id)
        return found[0]

    def find(self, kind: type[E], /, **equal: object) -> list[E]:
        """See `Reader.find`."""
        if () in equal.values():
            return []  # there is no value it could have
        asked = self._find(kind, equal)
        return self._read(kind, self._transaction.ask(asked.sql, asked.row))

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
        transaction: TransactionId | None = None,
    ) -> Deal:
        """See `Reader.deal`."""
        options = {"job": job, "offer": offer, "payment": payment, "transaction": transaction}
        [(by, asked)] = [(by, str(id)) for by, id in options.items() if id is not None]
        hiring, applying = self._deal(by, asked)
        if self._sql.looks_ahead:
            self._transaction.expect(applying)
        [found] = self._transaction.ask_all(hiring)
        if not found:
            raise NotFound(by.capitalize(), asked)
        applications = self._transaction.ask_all(applying)[0] if found[0][-1] else ()
        [job_], offers, payments = self._joined(found)
        return Deal(
            job=job_,
            offers=tuple(offers),
            payments=tuple(payments),
            applications=tuple(self._read(Application, applications)),
            milestones=tuple(self._planned(job_, offers)),
        )

    def _planned(self, job: Job, offers: list[Offer]) -> list[Milestone]:
        """The milestones of the job, which only an offer that was accepted in parts has."""
        if not any(one.is_in_parts for one in offers):
            return []
        return sorted(self.find(Milestone, job=job.id), key=lambda one: one.position)

    def expect(self, kind: type[Entity], /, **equal: object) -> None:
        """See `Reader.expect`."""
        if self._sql.looks_ahead:
            self._transaction.expect(self._find(kind, equal))

    def expect_deal(self, *, transaction: TransactionId) -> None:
        """See `Reader.expect_deal`."""
        if self._sql.looks_ahead:
            self._transaction.expect(*self._deal("transaction", transaction))

    def page(
        self, kind: type[E], equal: Mapping[str, object], /, *, after: str | None, limit: int
    ) -> list[E]:
        """See `Records.page`."""
        if () in equal.values():
            return []
        shape, values = shape_of(equal)
        statement = self._sql.entities.find(kind, shape, paged=True)
        values |= {"after": LAST_ID if after is None else after, "limit": limit}
        return self._entities(kind, statement, values)

    def balance(self, account: Account, /) -> int:
        """See `Records.balance`."""
        if account.kind in WALLET:
            whose = {"owner": account.owner, "currency": account.currency}
            for parts in self._rows(self._sql.ledger.wallet, **whose):
                return int(parts[PARTS.index(account.kind)])
            return 0
        [(amount,)] = self._rows(
            self._sql.ledger.balance,
            kind=account.kind.value,
            owner=account.owner,
            currency=account.currency,
        )
        return int(amount)

    def accounts(self) -> list[AccountTotal]:
        """See `Records.accounts`."""
        summed: dict[Account, int] = {}
        for kind, owner, currency, debit, credit in self._rows(self._sql.ledger.entry_sums):
            account = Account(AccountKind(kind), currency, owner)
            grown = int(debit) - int(credit)
            summed[account] = grown if account.is_debit else -grown
        kept: dict[Account, int] = {}
        for kind, owner, currency, amount in self._rows(self._sql.ledger.balances):
            kept[Account(AccountKind(kind), currency, owner)] = int(amount)
        for wallet in self.find(Wallet):
            for kind_, name in WALLET.items():
                account = Account(kind_, wallet.currency, wallet.owner)
                part: Money = getattr(wallet, name)
                if part.minor or account in summed:
                    kept[account] = part.minor
        return [
            AccountTotal(account=one, kept=kept.get(one, 0), summed=summed.get(one, 0))
            for one in sorted({*kept, *summed}, key=str)
        ]

    def statement(
        self, owner: str, currency: str, /, *, before: int | None, limit: int
    ) -> list[PostedEntry]:
        """See `Records.statement`."""
        below = LAST_NUMBER if before is None else before
        rows = self._rows(
            self._sql.ledger.statement, owner=owner, currency=currency, before=below, limit=limit
        )
        return [self._entry(row) for row in rows]

    def entries(self, payment: PaymentId, /) -> list[PostedEntry]:
        """See `Records.entries`."""
        rows = self._rows(self._sql.ledger.entries_of_payment, payment=payment)
        return [self._entry(row) for row in rows]

    def escrow(self, *, after: str | None, limit: int) -> list[tuple[str, int]]:
        """See `Records.escrow`."""
        rows = self._rows(self._sql.ledger.escrow, after=after or "", limit=limit)
        return [(id, int(amount)) for id, amount in rows]

    def journal(self, subject: str, /, *, before: int | None, limit: int) -> list[JournalEntry]:
        """See `Records.journal`."""
        below = LAST_NUMBER if before is None else before
        rows = self._rows(
            self._sql.journal.records_of_subject, subject=subject, before=below, limit=limit
        )
        return [JournalEntry(number=row[0], record=self._record(row)) for row in rows]

    def due(self, now: datetime, /, *, limit: int) -> list[Timer]:
        """See `Records.due`."""
        return self._timers(self._rows(self._sql.journal.timers_due, now=now, limit=limit))

    def settled(
        self, since: datetime, until: datetime, /, *, after: str | None, limit: int
    ) -> list[PaymentTransaction]:
        """See `Records.settled`."""
        window = {"since": since, "until": until, "after": after or "", "limit": limit}
        return self._entities(PaymentTransaction, self._sql.entities.settled, window)

    def feed(self, after: int, /, *, limit: int) -> list[FeedItem]:
        """See `Records.feed`."""
        rows = self._rows(self._sql.journal.feed, after=after, limit=limit)
        return [
            FeedItem(position=row[0], link=row[1], record=self._record(row[2:])) for row in rows
        ]

    def chain(self, after: int, /, *, limit: int) -> list[Link]:
        """See `Records.chain`."""
        return links(self._transaction, self._sql, after, limit, self._record, self._time)

    def unchained(self, after: int, /, *, limit: int) -> list[JournalEntry]:
        """See `Records.unchained`."""
        rows = self._rows(self._sql.chain.unchained, after=after, limit=limit)
        return [JournalEntry(number=row[0], record=self._record(row)) for row in rows]

    def orphans(self, after: int, /, *, limit: int) -> list[EntryRow]:
        """See `Records.orphans`."""
        rows = self._rows(self._sql.chain.orphans, after=after, limit=limit)
        return [entry_row(row, self._time) for row in rows]

    def _find(self, kind: type[Entity], equal: Mapping[str, object]) -> Ask:
        shape, values = shape_of(equal)
        if self._sql.bulk.takes_arrays:
            shape, values = as_arrays(shape, values, equal)
        statement = self._sql.entities.find(kind, shape, paged=False)
        return Ask(statement.sql, statement.row(values))

    def _deal(self, by: str, asked: str) -> list[Ask]:
        return [Ask(s.sql, s.row({"asked": asked})) for s in self._sql.entities.deal(by)]

    def _entities(self, kind: type[E], statement: Statement, values: Mapping[str, Any]) -> list[E]:
        return self._read(kind, self._transaction.ask(statement.sql, statement.row(values)))

    def _read(self, kind: type[E], rows: Iterable[Any]) -> list[E]:
        return self._made([*map(self._sql.entities.mapper(kind).reader(), rows)])

    def _joined(self, rows: Rows) -> Iterator[list[Any]]:
        """Each job, offer and payment once, where rows have one of each beside each other."""
        for first, read in self._sql.entities.hired:
            once = {row[first]: row for row in rows if row[first] is not None}
            yield self._made([*map(read, once.values())])

    def _made(self, entities: list[E]) -> list[E]:
        """What was read."""
        return entities

    def _rows(self, statement: Statement, **values: Any) -> Rows:
        return self._transaction.ask(statement.sql, statement.row(values))

    def _timers(self, rows: Rows) -> list[Timer]:
        return [
            Timer(TimerKind(kind), subject, self._time(due_at)) for kind, subject, due_at in rows
        ]

    def _entry(self, row: Any) -> PostedEntry:
        number, at, debit, debit_owner, credit, credit_owner, amount, currency, payment = row
        entry = LedgerEntry(
            Account(AccountKind(debit), currency, debit_owner),
            Account(AccountKind(credit), currency, credit_owner),
            Money.from_minor(amount, currency),
            payment=payment,
        )
        return PostedEntry(number=number, at=self._time(at), entry=entry)

    def _record(self, row: Any) -> JournalRecord:
        _, attempt, at, actor, role, key, command, body, events, result, error, personal = row
        return JournalRecord(
            attempt=attempt,
            at=self._time(at),
            actor=actor,
            role=role,
            key=key,
            command=command,
            body=body,
            events=events,
            result=result,
            error=error,
            personal=personal,
        )

    def _time(self, value: Any) -> datetime:
        how = self._sql.read_time
        time: datetime = how(value) if how else value
        return time
