"""A chargeback: the card network takes a payment back, and decides who was right."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import ChargebackEvent
from marketpay.domain.ids import ChargebackId, PaymentId
from marketpay.domain.lifecycles import CHARGEBACK, ChargebackStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle


def _nothing(chargeback: Chargeback) -> Money:
    return Money.zero(chargeback.amount.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


@frozen(kw_only=True)
class Chargeback(Living):
    """Money moves when the network withdraws it, which can be more or less than it asked for.

    `withdrawn` is what it has of the platform's balance now, `covered` how much of that this
    payment had left to answer for, `reserved` what the contractor's wallet set aside for it,
    `lost` what has been written off, `borne` what the platform gave of that for the contractor,
    `recovered` what the customer's credit gave of it, where they had that instead of a refund.
    """

    id: ChargebackId
    payment: PaymentId
    customer: str
    contractor: str
    gateway_id: str  # e.g. Stripe `dp_...`
    amount: Money  # what the network asks for
    reason: str
    status: ChargebackStatus = ChargebackStatus.INQUIRY
    respond_by: datetime | None = None
    withdrawn: Money
    covered: Money
    reserved: Money
    lost: Money
    borne: Money = field(default=NOTHING)
    recovered: Money = field(default=NOTHING)
    fee: Money
    created_at: datetime

    mutable: ClassVar[Names] = (
        "status",
        "respond_by",
        "withdrawn",
        "covered",
        "reserved",
        "lost",
        "borne",
        "recovered",
        "fee",
    )
    indexed: ClassVar[Names] = ("payment", "status")
    unique: ClassVar[Names] = ("gateway_id",)
    lifecycle: ClassVar[Lifecycle[Any]] = CHARGEBACK

    @property
    def currency(self) -> str:
        """Of all its amounts."""
        return self.amount.currency

    @property
    def is_decided(self) -> bool:
        """Whether the network has made up its mind."""
        return self.status in CHARGEBACK.final

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, ChargebackEvent)
        return event(
            at=at,
            chargeback=self.id,
            payment=self.payment,
            customer=self.customer,
            contractor=self.contractor,
            amount=self.amount,
        )
