"""Reconciling: the processor's balance transactions against what is on record here.

Nothing is corrected: what differs is reported, and somebody decides.  Only the processor's own
fees, which nothing else tells, are booked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from attrs import frozen

from marketpay.commands.processor_fees import BookProcessorFee
from marketpay.delivery.commit import carry_out
from marketpay.delivery.matching import Seen, matched
from marketpay.delivery.requests import look_up
from marketpay.delivery.steps import Call, Flow, Read
from marketpay.domain.actor import Actor
from marketpay.domain.errors import GatewayError, InvalidInput
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.ports.gateway import (
    BalanceChange,
    BalanceKind,
    BalancePage,
    ListBalance,
    NotThere,
)
from marketpay.ports.store import Records

BATCH = 500
K = BalanceKind
MOVING = (  # kinds of operations that change the platform's balance
    TransactionKind.CAPTURE,
    TransactionKind.REFUND,
    TransactionKind.TRANSFER,
    TransactionKind.TRANSFER_REVERSAL,
    TransactionKind.CHARGE,
)


class BreakKind(StrEnum):
    """In which way the processor and the books differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    FEE = "fee"
    CURRENCY = "currency"


@frozen(kw_only=True)
class Break:
    """One difference: what the books say, and what the processor says."""

    kind: BreakKind
    change: BalanceKind | None  # why the balance changed; None where it did not, there
    gateway_id: str | None  # the processor's id of what it is about
    subject: str | None  # ours
    here: Money | None
    there: Money | None


@frozen(kw_only=True)
class Reconciliation:
    """What the processor did from `since` until before `until`, compared with the books."""

    since: datetime
    until: datetime
    changes: int  # of the balance, at the processor
    fees: int  # booked now
    unbooked: int  # changes that are none of marketpay's: the platform's own payouts and others
    breaks: tuple[Break, ...]

    @property
    def ok(self) -> bool:
        """Whether both say the same."""
        return not self.breaks


def check_window(since: datetime, until: datetime) -> None:
    """Raise `InvalidInput` unless there is time from one to the other."""
    for name, value in (("since", since), ("until", until)):
        if not isinstance(value, datetime):
            raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
        if value.utcoffset() is None:
            raise InvalidInput("must have a time zone.", name)
    if since >= until:
        raise InvalidInput("must be later than since.", "until")


def reconcile(since: datetime, until: datetime, rules: Rules) -> Flow[Reconciliation]:
    """Every change there is looked up here, and every operation here is looked for there."""
    breaks: list[Break] = []
    found: set[str] = set()
    changes = fees = unbooked = 0
    after: str | None = None
    while True:
        asked = ListBalance(since=since, until=until, after=after)
        page: Any = yield Call(asked, "reconcile")
        if not isinstance(page, BalancePage):
            raise GatewayError(f"{type(page).__name__} is no page of its balance")
        seen: list[Seen] = yield Read(partial(matched, page.changes))
        for one in seen:
            changes += 1
            unbooked += one.change.kind in (K.PAYOUT, K.OTHER)
            breaks += _differences(one)
            if one.match is not None:
                found.add(one.match.subject)
            fees += yield from _book_fee(one, rules)
        after = page.next
        if after is None:
            break
    breaks += yield from _missing_there(since, until, found)
    return Reconciliation(
        since=since,
        until=until,
        changes=changes,
        fees=fees,
        unbooked=unbooked,
        breaks=tuple(breaks),
    )


def _differences(seen: Seen) -> Iterator[Break]:
    change, match = seen.change, seen.match
    if change.kind in (K.PAYOUT, K.OTHER, K.FEE):
        return
    there = unchecked(change.amount, change.currency)
    source = change.source or change.gateway_id
    if match is None:
        yield _break(BreakKind.MISSING_HERE, change, source, None, None, there)
    elif match.amount.currency != change.currency:
        yield _break(BreakKind.CURRENCY, change, source, match.subject, match.amount, there)
    elif match.amount.minor != change.amount:
        yield _break(BreakKind.AMOUNT, change, source, match.subject, match.amount, there)
    if seen.fee is not None and seen.fee.amount.minor != _fee(change):
        kept = unchecked(_fee(change), change.currency)
        yield _break(BreakKind.FEE, change, source, seen.fee.id, seen.fee.amount, kept)


def _break(
    kind: BreakKind,
    change: BalanceChange,
    gateway_id: str,
    subject: str | None,
    here: Money | None,
    there: Money,
) -> Break:
    return Break(
        kind=kind,
        change=change.kind,
        gateway_id=gateway_id,
        subject=subject,
        here=here,
        there=there,
    )


def _fee(change: BalanceChange) -> int:
    """What the processor kept; the network's fee is booked with the chargeback."""
    if change.kind in (K.CHARGEBACK, K.CHARGEBACK_REVERSAL):
        return 0
    return -change.amount if change.kind is K.FEE else change.fee


def _book_fee(seen: Seen, rules: Rules) -> Flow[int]:
    change, minor = seen.change, _fee(seen.change)
    if not minor or seen.fee is not None:
        return 0
    book = BookProcessorFee(
        by=Actor.SYSTEM,
        gateway_id=change.gateway_id,
        payment=seen.match.payment if seen.match else None,
        amount=unchecked(minor, change.currency),
    )
    yield from carry_out(book, None, rules)
    return 1


def _missing_there(since: datetime, until: datetime, found: set[str]) -> Flow[list[Break]]:
    """What was settled here and did not come up there is asked for by name."""
    breaks: list[Break] = []
    after: str | None = None
    while True:
        page: list[PaymentTransaction] = yield Read(partial(_settled, since, until, after))
        for one in page:
            if one.id in found or one.kind not in MOVING:
                continue
            there = yield Call(look_up(one), one.id)
            if isinstance(there, NotThere):
                breaks.append(_not_there(one))
        if len(page) < BATCH:
            return breaks
        after = page[-1].id


def _settled(
    since: datetime, until: datetime, after: str | None, records: Records
) -> list[PaymentTransaction]:
    return records.settled(since, until, after=after, limit=BATCH)


def _not_there(transaction: PaymentTransaction) -> Break:
    return Break(
        kind=BreakKind.MISSING_THERE,
        change=None,
        gateway_id=transaction.gateway_id,
        subject=transaction.id,
        here=transaction.amount,
        there=None,
    )
