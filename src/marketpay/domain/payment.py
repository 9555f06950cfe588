"""A payment: the customer's money on its way to the contractor."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.commission import Split, unchecked_split
from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import PaymentEvent
from marketpay.domain.ids import DisputeId, JobId, OfferId, PaymentId
from marketpay.domain.lifecycles import PAYMENT, PaymentStatus
from marketpay.domain.money import Money, unchecked
from marketpay.domain.offer import Offer
from marketpay.domain.state_machine import Lifecycle


def _nothing(payment: Payment) -> Money:
    return unchecked(0, payment.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


class PaymentPurpose(StrEnum):
    """What a customer pays for."""

    OFFER = "offer"  # its price: held until the offer is accepted
    EXTRA = "extra"  # more than was agreed: captured at once, released with the job
    MILESTONE = "milestone"  # a part of its price but the first: captured at once
    TIP = "tip"  # captured at once, and released at once


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
    credit: Money = field(default=NOTHING)  # of it, what the customer's credit pays
    credit_reserved: Money = field(default=NOTHING)  # ... and stands behind it until it is taken
    credit_expiring: Money = field(default=NOTHING)  # of it, what grants with a date paid
    credit_expires_at: datetime | None = None  # ... the last of those dates
    purpose: PaymentPurpose = PaymentPurpose.OFFER
    status: PaymentStatus = PaymentStatus.PENDING
    split: Split | None = None
    gateway_payment: str | None = None  # the gateway's id, e.g. Stripe `pi_...`
    gateway_charge: str | None = None  # ... of the captured charge, e.g. `ch_...`
    authorization_expires_at: datetime | None = None  # the gateway's own date
    failure: str | None = None  # the gateway's code of the last refusal
    refunded: Money = field(default=NOTHING)  # asked back so far, whether it has arrived or not
    credited: Money = field(default=NOTHING)  # ... of it, as credit and not to the card
    disputed: Money = field(default=NOTHING)  # taken by the card network, until it has decided
    lost: Money = field(default=NOTHING)  # ... and gone
    kept: Money = field(default=NOTHING)  # by the platform, as a fee for a cancellation
    released_at: datetime | None = None  # when it left escrow
    # Of the payout: collected for older debts; below zero, what is due although it is gone,
    # because the contractor owes it otherwise or the platform bears it.
    withheld: Money = field(default=NOTHING)
    clearing: Money = field(default=NOTHING)  # waits in the contractor's wallet: it is pending
    clears_at: datetime | None = None  # until then, or somewhat longer; None: nothing waits
    transferring: Money = field(default=NOTHING)  # on its way to the contractor's account
    transferred: Money = field(default=NOTHING)  # lies on the contractor's account at the gateway
    transfer_blocked: str | None = None  # why it does not: `onboarding`, or a gateway's code
    flagged: str | None = None  # the warnings for which it is not released until somebody looks
    contested: DisputeId | None = None  # by its customer or contractor: nothing of it moves
    created_at: datetime

    mutable: ClassVar[Names] = (
        "status",
        "split",
        "gateway_payment",
        "gateway_charge",
        "authorization_expires_at",
        "failure",
        "credit_reserved",
        "credit_expiring",
        "credit_expires_at",
        "refunded",
        "credited",
        "disputed",
        "lost",
        "kept",
        "released_at",
        "withheld",
        "clearing",
        "clears_at",
        "transferring",
        "transferred",
        "transfer_blocked",
        "flagged",
        "contested",
    )
    indexed: ClassVar[Names] = ("offer", "job", "customer", "contractor")
    unique: ClassVar[Names] = ("gateway_payment", "gateway_charge")
    lifecycle: ClassVar[Lifecycle[Any]] = PAYMENT

    @classmethod
    def behind(cls, offer: Offer, at: datetime, credit: Money | None = None) -> Payment:
        """The new payment of a new offer: its price, or the first of its parts."""
        return cls.toward(offer, offer.payment, offer.to_hold, at, credit)

    @classmethod
    def toward(
        cls,
        offer: Offer,
        id: PaymentId,
        amount: Money,
        at: datetime,
        credit: Money | None = None,
    ) -> Payment:
        """A new payment of an offer, of an amount that it may not have yet.

        So much `credit` of its customer's stands behind it, and pays that part of it.
        """
        pays = Money.zero(amount.currency) if credit is None else credit
        return cls(
            id=id,
            offer=offer.id,
            job=offer.job,
            customer=offer.customer,
            contractor=offer.contractor,
            amount=amount,
            credit=pays,
            credit_reserved=pays,
            created_at=at,
        )

    @property
    def currency(self) -> str:
        """Of all its amounts."""
        return self.amount.currency

    @property
    def gone(self) -> Money:
        """What is no longer the deal's: asked back, lost to the card network, or kept."""
        return self.refunded + self.lost + self.kept

    @property
    def flags(self) -> tuple[str, ...]:
        """Each of the warnings."""
        return tuple((self.flagged or "").split())

    @property
    def refundable(self) -> Money:
        """What can still be asked back: captured less all that is gone or disputed."""
        return self.amount - self.gone - self.disputed

    @property
    def charged(self) -> Money:
        """What of the amount the gateway charges: what no credit pays."""
        return self.amount - self.credit

    @property
    def chargeable_back(self) -> Money:
        """What of the charge is neither back with the payer nor disputed."""
        return self.charged - (self.refunded - self.credited) - self.lost - self.disputed

    def as_credit(self, amount: Money) -> Money:
        """What of a refund of `amount` the charge cannot give back, and is credit again."""
        return max(amount - self.chargeable_back, Money.zero(self.currency))

    def expiring(self, credit: Money) -> Money:
        """What of `credit`, the last that was given back, expires: what lasts comes back first."""
        nothing = Money.zero(self.currency)
        lasting = self.credit - self.credit_expiring
        before = max(self.credited - credit - lasting, nothing)
        return max(self.credited - lasting, nothing) - before

    @property
    def is_released(self) -> bool:
        """Whether it has left escrow."""
        return self.released_at is not None

    def remains(self) -> Split:
        """What of the frozen split is left, after all that is gone."""
        assert self.split is not None  # frozen when the offer was claimed
        left = self.amount - self.gone
        if left == self.amount:
            return self.split
        if not left.minor:
            return unchecked_split(left, 0, 0, 0)
        return self.split.refund(left, already=self.gone)

    def taken_back(self, amount: Money) -> Split:
        """What each part of the frozen split gives for `amount`, after all that is gone."""
        if not amount.minor:
            return unchecked_split(amount, 0, 0, 0)
        assert self.split is not None  # frozen when the offer was claimed
        return self.split.refund(amount, already=self.gone)

    @property
    def due(self) -> Money:
        """What of it should lie on the contractor's account at the gateway, once it is released.

        Not what waits for a clearance.
        """
        if not self.is_released:
            return Money.zero(self.currency)
        earned = self.remains().payout - self.withheld - self.clearing
        return max(earned, Money.zero(self.currency))

    @property
    def untransferred(self) -> Money:
        """What is due and neither there nor on its way; below zero: what is there too much."""
        return self.due - self.transferred - self.transferring

    @property
    def coverable(self) -> Money:
        """What the charge can still give of what goes to the contractor's account; the
        platform's balance pays the rest, as credit paid it.
        """
        gave = self.transferring + self.transferred
        return max(self.charged - gave, Money.zero(self.currency))

    @property
    def is_clearing(self) -> bool:
        """Whether it is released, and what the contractor got of it waits."""
        return self.clears_at is not None

    @property
    def is_transferable(self) -> bool:
        """Whether some of it is due and not there, and no bank disputes any of it."""
        return self.untransferred.minor > 0 and not self.disputed.minor

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
