"""What a simulated processor has on record, and how that is read and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from marketpay.testing.processor_values import (
    Answer,
    BalanceTransaction,
    Fingerprint,
    Movement,
    Payment,
    PaymentStatus,
    Record,
    Result,
)
from marketpay.testing.shelf import Shelf

R = TypeVar("R", bound=Record)


class KeyReused(Exception):
    """The key was used before, for another request; nothing happened."""


class ProcessorRecords:
    """Records, found by their id or by a name of theirs, and the balances they add up to."""

    def __init__(self, shelf: Shelf, now: Callable[[], datetime]) -> None:
        """Keep everything on `shelf` and live by the clock `now` (aware, UTC)."""
        self._shelf = shelf
        self.now = now

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

    def find(self, kind: type[R], name: str) -> R | None:
        """The record with that id, else the newest of that name; as it is now."""
        with self._shelf as shelf:
            record = shelf.get(kind, name) or next(reversed(shelf.named(kind, name)), None)
            return None if record is None else record.as_of(self.now())

    def find_all(self, kind: type[R], name: str) -> Sequence[R]:
        """The record with that id, else all of that name, the newest first; as they are now."""
        with self._shelf as shelf:
            record = shelf.get(kind, name)
            if record is not None:
                return [record.as_of(self.now())]
            return [record.as_of(self.now()) for record in reversed(shelf.named(kind, name))]

    def balance(self, account: str, currency: str) -> int:
        """What lies on `account`: a connected account's id, or `PLATFORM`."""
        with self._shelf as shelf:
            return shelf.balance(account, currency)

    def held(self, currency: str) -> int:
        """What could be captured now."""
        with self._shelf as shelf:
            payments = [payment.as_of(self.now()) for payment in shelf.open(Payment)]
        return sum(
            payment.amount
            for payment in payments
            if payment.status is PaymentStatus.REQUIRES_CAPTURE and payment.currency == currency
        )

    def transactions(self) -> Sequence[BalanceTransaction]:
        """Every change of every balance, the oldest first."""
        with self._shelf as shelf:
            return shelf.transactions()

    def effects(self, operation: str) -> int:
        """How many times the method of that name changed something."""
        with self._shelf as shelf:
            return shelf.tallied(operation)

    def close(self) -> None:
        """Let go of what is held open."""
        self._shelf.close()

    def _put(self, record: R) -> R:
        self._shelf.put(record)
        return record

    def _book(
        self, account: str, amount: int, currency: str, movement: Movement, source: str
    ) -> None:
        transaction = BalanceTransaction(
            id=new_id("txn"),
            account=account,
            amount=amount,
            currency=currency,
            movement=movement,
            source=source,
            created=self.now(),
        )
        self._shelf.book(transaction)


def new_id(prefix: str) -> str:
    """An id that nobody else has, in another process or after a restart either."""
    return f"{prefix}_sim_{os.urandom(12).hex()}"
