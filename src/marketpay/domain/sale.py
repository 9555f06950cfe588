"""A sale: what a customer paid for an upgrade, and what of it went back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.changing import changed
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.events import SaleEvent, SaleMade, SaleRefunded
from marketpay.domain.ids import SaleId, TransactionId, UpgradeId
from marketpay.domain.money import Money


def _nothing(sale: Sale) -> Money:
    return Money.zero(sale.amount.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


@frozen(kw_only=True)
class Sale(Entity):
    """One for each charge that was paid; an upgrade that was bought again has several."""

    id: SaleId
    upgrade: UpgradeId
    charge: TransactionId
    customer: str
    amount: Money
    days: int
    gateway_payment: str  # the gateway's id of the payment, e.g. Stripe `pi_...`
    refunded: Money = field(default=NOTHING)  # asked back so far, whether it has arrived or not
    created_at: datetime

    mutable: ClassVar[Names] = ("refunded",)
    indexed: ClassVar[Names] = ("upgrade", "customer")
    unique: ClassVar[Names] = ("charge", "gateway_payment")

    @property
    def currency(self) -> str:
        """Of its amounts."""
        return self.amount.currency

    @property
    def refundable(self) -> Money:
        """What of it has not gone back."""
        return self.amount - self.refunded

    def begun(self, at: datetime) -> Change[Sale]:
        """The new sale with the fact of it."""
        return Change(self, self._fact(SaleMade, at))

    def refund(self, amount: Money, at: datetime) -> Change[Sale]:
        """The sale with so much more of it refunded."""
        after = changed(self, refunded=self.refunded + amount)
        return Change(after, after._fact(SaleRefunded, at))

    def days_for(self, amount: Money) -> timedelta:
        """How much of its days the next `amount` has paid for, to the second.

        As much for a refund in parts as for one of their sum.
        """
        return self._paid_by(self.refunded + amount) - self._paid_by(self.refunded)

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
