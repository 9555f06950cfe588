"""A bank pays a customer what they have as credit already: the credit is taken back.

They have it where a refund of the payment failed.  The loss is the platform's first, since the
payment gives nothing twice; what the credit still has of it makes that loss the smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.entity import Change, Entity
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import RefundStatus
from marketpay.domain.money import Money
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse


@frozen(kw_only=True)
class Instead:
    """What was refunded of a payment, and the credit of its customer, if any refund failed."""

    refunds: Sequence[Refund] = ()
    purse: Purse | None = None
    others: Sequence[Chargeback] = ()  # of the same payment

    def held_back(self) -> Iterator[Refund]:
        """Those that wait for the bank."""
        return (one for one in self.refunds if one.is_held_back)

    @property
    def failed(self) -> tuple[Refund, ...]:
        """Those that the customer has as credit."""
        return tuple(one for one in self.refunds if one.status is RefundStatus.FAILED)

    def rest(self, *changed: Entity) -> tuple[Entity, ...]:
        """What of it was read and is not `changed`."""
        ids = {entity.id for entity in changed}
        read = (*self.refunds, *self.others, *(self.purse.unused() if self.purse else ()))
        return tuple(one for one in read if one.id not in ids)


@frozen(kw_only=True)
class Recovery:
    """A chargeback with what it did to its customer's credit."""

    chargeback: Chargeback
    changes: tuple[Change[Entity], ...] = ()
    entries: tuple[LedgerEntry, ...] = ()


def settle(
    known: Chargeback, after: Chargeback, instead: Instead, rules: Rules, at: datetime
) -> Recovery:
    """What is newly lost beyond the payment is taken from the credit, and given back when won.

    `known` is the chargeback before the news.  Where some of the credit is spent, somebody
    should know.
    """
    if instead.purse is None:
        return Recovery(chargeback=after)
    if not after.lost.minor:
        return _given_again(after, instead, instead.purse, at)
    waiting = _sum(tuple(instead.held_back()), after.currency)  # which is set off first
    beyond = _beyond(after) - _beyond(known) - waiting
    due = min(beyond, _sum(instead.failed, after.currency))
    if due.minor <= 0:
        return Recovery(chargeback=after)
    purse = instead.purse.expire(at)
    taken = min(due, purse.available)
    purse = purse.recover(taken, _loss(after), after.payment, at)
    changes: list[Change[Entity]] = [*_offset(instead.failed, taken, at), *purse.changes]
    if taken < due:
        detail = " ".join((str(due - taken), *(one.id for one in instead.failed)))
        changes.append(incident(IncidentKind.PAID_TWICE, after.payment, detail, rules, at))
    chargeback = evolve(after, recovered=after.recovered + taken)
    return Recovery(chargeback=chargeback, changes=tuple(changes), entries=purse.entries)


@frozen(kw_only=True)
class PaidByBank:
    """What of a refund that failed the customer's bank has paid them."""

    amount: Money
    changes: tuple[Change[Entity], ...]
    entries: tuple[LedgerEntry, ...]


def is_paying(taken_back: Sequence[Chargeback]) -> bool:
    """Whether the bank has paid the customer more than the payment, and their credit, gave."""
    return any((_beyond(one) - one.recovered).minor > 0 for one in taken_back)


def paid_by_bank(refund: Refund, taken_back: Sequence[Chargeback], at: datetime) -> PaidByBank:
    """It was booked as lost beyond the payment, and is not: the refund still had it."""
    due, changes = refund.covered, list[Change[Entity]]()
    for one in taken_back:
        part = min(due, _beyond(one) - one.recovered)
        if part.minor > 0:
            more = one.recovered + part
            changes.append(one.become(e.ChargebackChanged, Role.SYSTEM, at, recovered=more))
            due -= part
    transit = Account(AccountKind.REFUNDS_IN_TRANSIT, refund.currency)
    loss = Account(AccountKind.CHARGEBACK_LOSS, refund.currency)
    amount = refund.covered - due
    entries = tuple(move(transit, loss, amount, refund.payment))
    return PaidByBank(amount=amount, changes=tuple(changes), entries=entries)


def _given_again(after: Chargeback, instead: Instead, purse: Purse, at: datetime) -> Recovery:
    """The bank's money is the platform's after all, so the customer has their credit again.

    But for what the bank still has paid them by another chargeback of the payment.
    """
    nothing, left = after.recovered - after.recovered, after.recovered
    kept: list[Change[Entity]] = []
    for one in instead.others:
        part = min(left, _beyond(one) - one.recovered)
        if part.minor > 0:
            more = one.recovered + part
            kept.append(one.become(e.ChargebackChanged, Role.SYSTEM, at, recovered=more))
            left -= part
    again = purse.give_back(left, _loss(after), after.payment, at)
    changes = (*kept, *_restored(instead.failed, left, at), *again.changes)
    chargeback = evolve(after, recovered=nothing)
    return Recovery(chargeback=chargeback, changes=changes, entries=again.entries)


def _beyond(chargeback: Chargeback) -> Money:
    """What is lost, and the payment had not left to answer for."""
    zero = Money.zero(chargeback.currency)
    return max(chargeback.lost - chargeback.covered, zero) if chargeback.lost.minor else zero


def _offset(refunds: Sequence[Refund], amount: Money, at: datetime) -> Iterator[Change[Refund]]:
    """So much of these refunds the customer had otherwise."""
    for one in refunds:
        part = min(amount, one.covered)
        if part.minor:
            yield one.become(e.RefundOffset, Role.SYSTEM, at, excess=one.excess + part)
            amount -= part


def _restored(refunds: Sequence[Refund], amount: Money, at: datetime) -> Iterator[Change[Refund]]:
    for one in refunds:
        part = min(amount, one.excess)
        if part.minor:
            yield one.become(e.RefundOffset, Role.SYSTEM, at, excess=one.excess - part)
            amount -= part


def _sum(refunds: Sequence[Refund], currency: str) -> Money:
    return sum((one.covered for one in refunds), Money.zero(currency))


def _loss(chargeback: Chargeback) -> Account:
    return Account(AccountKind.CHARGEBACK_LOSS, chargeback.currency)
