"""A payment: the customer's money on its way to the contractor."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.commission import Split
from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import PaymentEvent
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.lifecycles import PAYMENT, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.state_machine import Lifecycle


def _nothing(payment: Payment) -> Money:
    return Money.zero(payment.amount.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


@frozen(kw_only=True)
class Payment(Living):
    """Held when the offer is sent, captured when it is accepted, released when the job is done.

    The split is frozen when the offer is claimed: a later change of the commission does not
    touch money already promised.  No card data is ever here, only the gateway's references.
    """

    id: PaymentId
    offer: OfferId
    job: JobId
    customer: str
    contractor: str
    amount: Money
    status: PaymentStatus = PaymentStatus.PENDING
    split: Split | None = None
    gateway_payment: str | None = None  # the gateway's id, e.g. Stripe `pi_...`
    authorization_expires_at: datetime | None = None  # the gateway's own date
    failure: str | None = None  # the gateway's code of the last refusal
    refunded: Money = field(default=NOTHING)  # asked back so far, whether it has arrived or not
    transferred: Money = field(default=NOTHING)  # lies on the contractor's account at the gateway
    transfer_blocked: str | None = None  # why it does not: `onboarding`, or a gateway's code
    created_at: datetime

    mutable: ClassVar[Names] = (
        "status",
        "split",
        "gateway_payment",
        "authorization_expires_at",
        "failure",
        "refunded",
        "transferred",
        "transfer_blocked",
    )
    indexed: ClassVar[Names] = ("offer", "job", "customer", "contractor")
    unique: ClassVar[Names] = ("gateway_payment",)
    lifecycle: ClassVar[Lifecycle[Any]] = PAYMENT

    @classmethod
    def behind(cls, offer: Offer, at: datetime) -> Payment:
        """The new payment of a new offer: its price, from its customer to its contractor."""
        return cls(
            id=offer.payment,
            offer=offer.id,
            job=offer.job,
            customer=offer.customer,
            contractor=offer.contractor,
            amount=offer.price,
            created_at=at,
        )

    @property
    def currency(self) -> str:
        """Of all its amounts."""
        return self.amount.currency

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, PaymentEvent)
        return event(
            at=at,
            payment=self.id,
            offer=self.offer,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            amount=self.amount,
        )
