"""A refund: captured money on its way back to the customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import RefundEvent
from marketpay.domain.ids import PaymentId, RefundId
from marketpay.domain.lifecycles import REFUND, RefundStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle


def _nothing(refund: Refund) -> Money:
    return Money.zero(refund.amount.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


@frozen(kw_only=True)
class Refund(Living):
    """What of a payment goes back.  Its parts are in the ledger from the moment it is asked."""

    id: RefundId
    payment: PaymentId
    customer: str
    amount: Money
    credit: Money = field(default=NOTHING)  # of it, what is the customer's credit again
    excess: Money = field(default=NOTHING)  # of it, what the payment had not left to give
    reason: str = ""
    status: RefundStatus = RefundStatus.REQUESTED
    gateway_id: str | None = None
    failure: str | None = None  # ... or why it is held back
    created_at: datetime

    mutable: ClassVar[Names] = ("excess", "reason", "status", "gateway_id", "failure")
    indexed: ClassVar[Names] = ("payment",)
    unique: ClassVar[Names] = ("gateway_id",)
    lifecycle: ClassVar[Lifecycle[Any]] = REFUND

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    @property
    def is_held_back(self) -> bool:
        """Whether it waits for the bank, which may yet pay the customer: see `failure`."""
        return self.status is RefundStatus.REQUESTED and self.failure is not None

    @property
    def covered(self) -> Money:
        """What of the charged part the payment gave."""
        return self.charged - self.excess

    @property
    def charged(self) -> Money:
        """What of it goes back the way it was charged."""
        return self.amount - self.credit

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, RefundEvent)
        return event(
            at=at, refund=self.id, payment=self.payment, customer=self.customer, amount=self.amount
        )
