"""A processor's fee: what the gateway kept for itself of one change of the balance."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.events import ProcessorFeeBooked
from marketpay.domain.ids import PaymentId, ProcessorFeeId
from marketpay.domain.money import Money


@frozen(kw_only=True)
class ProcessorFee(Entity):
    """Booked once: `gateway_id`, of the gateway's balance transaction, is unique.

    `amount` may be below zero, where the gateway gave a fee back.
    """

    id: ProcessorFeeId
    gateway_id: str
    payment: PaymentId | None
    amount: Money
    created_at: datetime

    unique: ClassVar[Names] = ("gateway_id",)

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    def booked(self, at: datetime) -> Change[ProcessorFee]:
        """The fee with the fact that it is in the books."""
        fact = ProcessorFeeBooked(at=at, fee=self.id, payment=self.payment, amount=self.amount)
        return Change(self, fact)
