"""What a simulated processor has on record, and how that is read and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from attrs import evolve

from marketpay.testing.processor_values import (
    PLATFORM,
    Answer,
    BalanceTransaction,
    Charge,
    Event,
    Fingerprint,
    Funds,
    Happened,
    Movement,
    Payment,
    PaymentStatus,
    Record,
    Result,
    Settlement,
)
from marketpay.testing.shelf import Shelf
from marketpay.testing.terms import Terms

R = TypeVar("R", bound=Record)
USUAL: Final = Terms()


class KeyReused(Exception):
    """The key was used before, for another request; nothing happened."""


class ProcessorRecords:
    """Records, found by their id or by a name of theirs, and the balances they add up to.

    Whatever was due by the clock has happened before anything is read or done.
    """

    def __init__(self, shelf: Shelf, now: Callable[[], datetime], *, terms: Terms = USUAL) -> None:
        """Keep everything on `shelf` and live by the clock `now` (aware, UTC)."""
        self._shelf = shelf
        self._moment: datetime | None = None
        self.now = now
        self.terms = terms

    def once(self, key: str, request: Fingerprint, act: Callable[[], Result]) -> Result:
        """What `act` answers; from the second time on, what it answered the first time.

        Effect and answer are one commit.  Raises `KeyReused` when the key came with another
        request before.
        """
        with self._shelf as shelf:
            stored = shelf.answer(key)
            if stored is None:
                stored = Answer(request, act())
                shelf.keep(key, stored)
            elif stored.request != request:
                raise KeyReused(key)
            return stored.result

    def tick(self) -> int:
        """Let happen what is due by the clock, and say how many things that were."""
        with self._shelf:
            return self._catch_up()

    def find(self, kind: type[R], name: str) -> R | None:
        """The record with that id, else the newest of that name."""
        with self._up_to_date():
            return self._get(kind, name)

    def find_all(self, kind: type[R], name: str) -> Sequence[R]:
        """The record with that id, else all of that name, the newest first."""
        with self._up_to_date() as shelf:
            record = shelf.get(kind, name)
            return [record] if record is not None else shelf.named(kind, name)[::-1]

    def page(self, kind: type[R], *, after: str | None = None, limit: int = 100) -> Sequence[R]:
        """At most `limit` of that kind, the newest first, behind the one with the id `after`."""
        with self._up_to_date() as shelf:
            return shelf.page(kind, after, limit)

    def balance(self, account: str, currency: str) -> int:
        """What lies on `account` in all: a connected account's id, or `PLATFORM`."""
        with self._up_to_date() as shelf:
            return shelf.balance(account, currency)

    def available(self, account: str, currency: str) -> int:
        """What of it can be spent; the rest has not settled yet."""
        with self._up_to_date():
            return self._available(account, currency)

    def funds(self, account: str) -> Sequence[Funds]:
        """What lies on `account`, in each currency that it ever had."""
        with self._up_to_date() as shelf:
            return [self._funds(account, currency) for currency in shelf.currencies(account)]

    def held(self, currency: str) -> int:
        """What could be captured now."""
        with self._up_to_date() as shelf:
            return sum(
                payment.amount
                for payment in shelf.open(Payment)
                if payment.status is PaymentStatus.REQUIRES_CAPTURE and payment.currency == currency
            )

    def transactions(self) -> Sequence[BalanceTransaction]:
        """Every change of every balance, the oldest first."""
        with self._up_to_date() as shelf:
            return shelf.transactions()

    def transaction(self, id: str) -> BalanceTransaction | None:
        """The change with that id."""
        with self._up_to_date() as shelf:
            return shelf.transaction(id)

    def list_transactions(
        self,
        account: str = PLATFORM,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[BalanceTransaction]:
        """At most `limit` changes of one balance from `since` until before `until`.

        The newest first, behind the one with the id `after`.
        """
        with self._up_to_date() as shelf:
            return shelf.list_transactions(account, since, until, after, limit)

    def events(self, after: int = 0, *, limit: int | None = None) -> Sequence[Event]:
        """At most `limit` of what has happened behind the event with that number, in order."""
        with self._up_to_date() as shelf:
            return shelf.events(after, limit)

    def event(self, id: str) -> Event | None:
        """The event with that id."""
        with self._up_to_date() as shelf:
            return shelf.event(id)

    def take_events(self) -> Sequence[Event]:
        """What has happened and was not taken before, in order; everything is taken once."""
        with self._up_to_date() as shelf:
            taken = shelf.events(shelf.tallied("take_events"), None)
            shelf.tally("take_events", len(taken))
            return taken

    def effects(self, operation: str) -> int:
        """How many times the method of that name changed something."""
        with self._shelf as shelf:
            return shelf.tallied(operation)

    def close(self) -> None:
        """Let go of what is held open."""
        self._shelf.close()

    @contextmanager
    def _up_to_date(self) -> Iterator[Shelf]:
        """The shelf, with nothing on it that is overdue, before and afterwards."""
        with self._shelf as shelf:
            self._catch_up()
            yield shelf
            self._serve_who_waits()

    def _catch_up(self) -> int:
        """Let each thing that is due happen at its own time, in that order."""
        times, now = 0, self.now()
        while (record := self._shelf.due(now)) is not None:
            self._moment = record.due_at
            try:
                self._fall_due(record)
                self._serve_who_waits()
            finally:
                self._moment = None
            times += 1
        return times

    def _fall_due(self, record: Record) -> None:
        """What happens to `record` now that its time has come."""
        if isinstance(record, Settlement):
            self._put(evolve(record, settled=True))
            if record.net > 0:
                self._report_funds(record.account, record.currency)

    def _serve_who_waits(self) -> None:
        """Whoever waits for money may have it by now."""

    def _at(self) -> datetime:
        """When what happens happens: now, or when it was due."""
        return self._moment or self.now()

    def _get(self, kind: type[R], name: str) -> R | None:
        shelf = self._shelf
        return shelf.get(kind, name) or next(reversed(shelf.named(kind, name)), None)

    def _charge_named(self, id: str) -> Charge | None:
        """The charge with that id, or that of the payment with that id."""
        charge = self._shelf.get(Charge, id)
        if charge is not None:
            return charge
        payment = self._get(Payment, id)
        if payment is None or payment.charge is None:
            return None
        return self._shelf.get(Charge, payment.charge)

    def _put(self, record: R) -> R:
        self._shelf.put(record)
        return record

    def _emit(self, type: str, record: Happened, account: str | None = None) -> None:
        shelf = self._shelf
        shelf.append(
            Event(
                id=new_id("evt"),
                number=shelf.last_event() + 1,
                type=type,
                created=self._at(),
                record=record,
                account=account,
            )
        )

    def _book(
        self,
        account: str,
        amount: int,
        currency: str,
        movement: Movement,
        source: str,
        *,
        fee: int = 0,
        available_on: datetime | None = None,
    ) -> BalanceTransaction:
        now = self._at()
        transaction = BalanceTransaction(
            id=new_id("txn"),
            account=account,
            amount=amount,
            fee=fee,
            currency=currency,
            movement=movement,
            source=source,
            created=now,
            available_on=max(now, available_on or now),
        )
        self._shelf.book(transaction)
        if transaction.available_on > now:
            self._put(_settlement(transaction))
        return transaction

    def _available(self, account: str, currency: str) -> int:
        return self._shelf.balance(account, currency) - self._pending(account, currency)

    def _pending(self, account: str, currency: str) -> int:
        return sum(
            one.net
            for one in self._shelf.open(Settlement)
            if one.account == account and one.currency == currency
        )

    def _funds(self, account: str, currency: str) -> Funds:
        pending = self._pending(account, currency)
        total = self._shelf.balance(account, currency)
        return Funds(id=account, currency=currency, available=total - pending, pending=pending)

    def _report_funds(self, account: str, currency: str) -> None:
        on = None if account == PLATFORM else account
        self._emit("balance.available", self._funds(account, currency), on)


def _settlement(of: BalanceTransaction) -> Settlement:
    return Settlement(
        id=of.id,
        account=of.account,
        currency=of.currency,
        net=of.net,
        available_on=of.available_on,
    )


def new_id(prefix: str) -> str:
    """An id that nobody else has, in another process or after a restart either."""
    return f"{prefix}_sim_{os.urandom(12).hex()}"
