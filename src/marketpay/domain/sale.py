"""A sale: what a customer paid for an upgrade, and what of it went back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from attrs import Factory, evolve, field, frozen

from marketpay.domain.changing import changed
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.events import (
    SaleDisputed,
    SaleDisputeEnded,
    SaleEvent,
    SaleMade,
    SaleMoved,
    SaleRefunded,
    SaleRefundFailed,
)
from marketpay.domain.ids import SaleId, TransactionId, UpgradeId
from marketpay.domain.ledger import LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.sale_dispute import Taken, booked, listed, written


def _nothing(sale: Sale) -> Money:
    return Money.zero(sale.amount.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


@frozen(kw_only=True)
class Sale(Entity):
    """One for each charge that was paid; an upgrade that was bought again has several.

    Their periods follow one another.  What is paid back ends the sale's own period earlier, and
    those after it begin the earlier.
    """

    id: SaleId
    upgrade: UpgradeId
    listing: str  # the host's id of what was upgraded
    charge: TransactionId
    customer: str
    amount: Money
    days: int
    starts_at: datetime
    ends_at: datetime
    gateway_payment: str  # the gateway's id of the payment, e.g. Stripe `pi_...`
    refunded: Money = field(default=NOTHING)  # asked back so far, whether it has arrived or not
    credited: Money = field(default=NOTHING)  # of it, what the customer has as credit instead
    excess: Money = field(default=NOTHING)  # went back beyond it: the platform bears it
    lost: Money = field(default=NOTHING)  # taken by the customer's bank for good
    disputed: str | None = None  # the gateway's ids of disputes that are not decided
    lost_to: str | None = None  # ... and of those that are lost
    taken: str | None = None  # ... each with what it has of the platform's balance: see `Taken`
    created_at: datetime

    mutable: ClassVar[Names] = (
        "starts_at",
        "ends_at",
        "refunded",
        "credited",
        "excess",
        "lost",
        "disputed",
        "lost_to",
        "taken",
    )
    indexed: ClassVar[Names] = ("upgrade", "customer", "listing")
    unique: ClassVar[Names] = ("charge", "gateway_payment")

    @property
    def currency(self) -> str:
        """Of its amounts."""
        return self.amount.currency

    @property
    def refundable(self) -> Money:
        """What of it has not gone back, here or by the customer's bank."""
        zero = Money.zero(self.currency)
        return max(self.amount - self.refunded - self.lost, zero)

    @property
    def disputes(self) -> tuple[str, ...]:
        """The gateway's ids of the disputes that are not decided."""
        return _ids(self.disputed)

    @property
    def is_contested(self) -> bool:
        """Whether a bank may give the customer some of it, or did."""
        return bool(self.disputed or self.lost_to)

    def begun(self, at: datetime) -> Change[Sale]:
        """The new sale with the fact of it."""
        return Change(self, self._fact(SaleMade, at))

    def refund(self, amount: Money, taken: timedelta, at: datetime, **more: Money) -> Change[Sale]:
        """The sale with so much more of it refunded, and its period so much the shorter."""
        ends_at, refunded = self.ends_at - taken, self.refunded + amount
        return self._become(SaleRefunded, at, refunded=refunded, ends_at=ends_at, **more)

    def fail(self, at: datetime, **amounts: Money) -> Change[Sale]:
        """The sale with these amounts, since a refund did not arrive."""
        return self._become(SaleRefundFailed, at, **amounts)

    def move(self, earlier: timedelta, at: datetime) -> Change[Sale]:
        """The sale with its period so much earlier."""
        start, end = self.starts_at - earlier, self.ends_at - earlier
        return self._become(SaleMoved, at, starts_at=start, ends_at=end)

    def dispute(self, amount: Money, told: Taken, at: datetime) -> Change[Sale] | None:
        """The sale while a bank disputes so much of it; None if that is known.

        What is told after the decision is older than that, and less was taken no later.
        """
        id, known = told.dispute, self.taken_for(told.dispute)
        after = self._undisputed(id, amount)
        if known is None:
            known = told
        elif id not in self.disputes:
            return None
        most = evolve(
            told, withdrawn=max(told.withdrawn, known.withdrawn), fee=max(told.fee, known.fee)
        )
        disputed, taken = _with(after.disputed, id), self._taking(most)
        return self._unless_known(after, SaleDisputed, at, disputed=disputed, taken=taken)

    def lose(self, amount: Money, told: Taken, at: datetime) -> Change[Sale] | None:
        """The sale when the bank has so much of it; None if that is known."""
        after = self._undisputed(told.dispute, amount)
        changes = {"lost": after.lost + amount, "lost_to": _with(after.lost_to, told.dispute)}
        taken = self._taking(told)
        return self._unless_known(after, SaleDisputeEnded, at, taken=taken, **changes)

    def win(self, amount: Money, told: Taken, at: datetime) -> Change[Sale] | None:
        """The sale when the bank has let go of that dispute; None if that is known."""
        after, taken = self._undisputed(told.dispute, amount), self._taking(told)
        return self._unless_known(after, SaleDisputeEnded, at, taken=taken)

    def taken_for(self, dispute: str) -> Taken | None:
        """What one dispute has taken; None for one that never took anything."""
        return listed(self.taken, self.currency).get(dispute)

    def booked(self, after: Sale, dispute: str) -> tuple[LedgerEntry, ...]:
        """What the books say of the sale as it is `after` some news of a dispute."""
        zero = Money.zero(self.currency)
        nothing = Taken(dispute=dispute, withdrawn=zero, fee=zero)
        ends = (one.taken_for(dispute) or nothing for one in (self, after))
        was_lost, is_lost = (dispute in _ids(one.lost_to) for one in (self, after))
        return tuple(booked(*ends, was_lost=was_lost, is_lost=is_lost))

    def _taking(self, told: Taken) -> str | None:
        known = listed(self.taken, self.currency)
        if told.dispute in known or told.withdrawn.minor or told.fee.minor:
            known[told.dispute] = told
        return written(known)

    def time_for(self, amount: Money, at: datetime) -> timedelta:
        """How much of its period the next `amount` has paid for, to the second.

        As much for a refund in parts as for one of their sum, but no more than is still to come.
        """
        due = self._paid_by(self.refunded + amount)
        taken = timedelta(days=self.days) - (self.ends_at - self.starts_at)
        to_come = self.ends_at - max(at, self.starts_at)
        return max(min(due - taken, to_come), timedelta())

    def _undisputed(self, id: str, amount: Money) -> Sale:
        """As if there had been no such dispute."""
        zero, is_lost = Money.zero(self.currency), id in _ids(self.lost_to)
        return changed(
            self,
            disputed=_without(self.disputed, id),
            lost_to=_without(self.lost_to, id),
            lost=max(self.lost - amount, zero) if is_lost else self.lost,
        )

    def _unless_known(
        self, after: Sale, event: type[SaleEvent], at: datetime, **changes: object
    ) -> Change[Sale] | None:
        found = changed(after, **changes)
        return None if found == self else Change(found, found._fact(event, at))

    def _become(self, event: type[SaleEvent], at: datetime, **changes: object) -> Change[Sale]:
        after = changed(self, **changes)
        return Change(after, after._fact(event, at))

    def _paid_by(self, amount: Money) -> timedelta:
        seconds = self.days * 86_400
        return timedelta(seconds=seconds * amount.minor // self.amount.minor)

    def _fact(self, event: type[SaleEvent], at: datetime) -> SaleEvent:
        return event(
            at=at,
            sale=self.id,
            upgrade=self.upgrade,
            customer=self.customer,
            amount=self.amount,
            refunded=self.refunded,
        )


def _ids(listed: str | None) -> tuple[str, ...]:
    return tuple((listed or "").split())


def _with(listed: str | None, id: str) -> str:
    return " ".join(sorted({*_ids(listed), id}))


def _without(listed: str | None, id: str) -> str | None:
    return " ".join(sorted({*_ids(listed)} - {id})) or None
