"""What the simulated processor keeps: frozen values in its own terms, not in marketpay's.

Amounts are whole minor units beside an upper-case currency code.  A change of a record is a
new value with the same id.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from attrs import evolve, field, frozen

PLATFORM: Final = "platform"  # the account that charges go to and transfers come from


class PaymentStatus(StrEnum):
    """Where a payment stands, in Stripe's words."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Standing(StrEnum):
    """Where a connected account stands; money goes to an active one only."""

    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    REJECTED = "rejected"


class Movement(StrEnum):
    """Why a balance changed."""

    CHARGE = "charge"
    REFUND = "refund"
    TRANSFER = "transfer"
    PAYOUT = "payout"


@frozen
class Decline:
    """Why a card was refused: the error's code, and the issuer's where there is one."""

    code: str
    decline_code: str | None = None

    @property
    def reason(self) -> str:
        """The more telling of the two."""
        return self.decline_code or self.code


@frozen(kw_only=True)
class Card:
    """How a card behaves: refused at once, or after a challenge, or not at all."""

    decline: Decline | None = None
    challenge: bool = False
    decline_after_challenge: Decline | None = None


@frozen(kw_only=True)
class Record:
    """Something with an id that can be found again."""

    id: str

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be found by besides its id; they never change."""
        return ()

    @property
    def open(self) -> bool:
        """Whether it still waits for something, so that these can be listed fast."""
        return False

    def as_of(self, now: datetime) -> Self:
        """The record as it is `now`."""
        return self


@frozen(kw_only=True)
class Payment(Record):
    """A payment intent with manual capture: a hold that becomes a charge or goes away."""

    amount: int
    currency: str
    payer: str
    reference: str  # what the caller calls this one try
    subject: str  # and what it is a try of
    group: str
    created: datetime
    client_secret: str = field(repr=False)
    method: str | None
    status: PaymentStatus = PaymentStatus.REQUIRES_PAYMENT_METHOD
    decline: Decline | None = None  # of the last try
    expires_at: datetime | None = None  # of the hold
    canceled_because: str | None = None
    captured: int = 0
    refunded: int = 0
    transferred: int = 0  # what transfers with this payment as their source have used up

    @property
    def names(self) -> tuple[str, ...]:
        """What the caller calls the try, and what it is a try of."""
        return (self.reference, self.subject)

    @property
    def open(self) -> bool:
        """Whether it may still be captured."""
        return self.status not in (PaymentStatus.SUCCEEDED, PaymentStatus.CANCELED)

    @property
    def waits_for_method(self) -> bool:
        """Whether another card may still be tried."""
        return self.status is PaymentStatus.REQUIRES_PAYMENT_METHOD

    @property
    def waits_for_payer(self) -> bool:
        """Whether the payer's client has something left to do, and was not refused yet."""
        if self.status is PaymentStatus.REQUIRES_PAYMENT_METHOD:
            return self.decline is None
        return self.status is PaymentStatus.REQUIRES_ACTION

    def as_of(self, now: datetime) -> Self:
        """The payment as it is `now`: a hold past its time is canceled, whoever looks."""
        held = self.status is PaymentStatus.REQUIRES_CAPTURE
        if held and self.expires_at is not None and self.expires_at <= now:
            return self.cancel("expired")
        return self

    def hold(self, until: datetime) -> Self:
        """The same payment with its hold in place."""
        status = PaymentStatus.REQUIRES_CAPTURE
        return evolve(self, status=status, decline=None, expires_at=until)

    def cancel(self, because: str) -> Self:
        """The same payment with no hold and no future."""
        return evolve(self, status=PaymentStatus.CANCELED, canceled_because=because)

    def refuse(self, decline: Decline) -> Self:
        """The same payment after a card was refused; another may be tried."""
        status = PaymentStatus.REQUIRES_PAYMENT_METHOD
        return evolve(self, status=status, decline=decline)


@frozen(kw_only=True)
class Refund(Record):
    """Money that went back to the payer."""

    payment: str
    amount: int
    currency: str
    reference: str
    created: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it."""
        return (self.reference,)


@frozen(kw_only=True)
class Account(Record):
    """A connected account of somebody who is paid."""

    owner: str
    reference: str
    created: datetime
    standing: Standing = Standing.PENDING

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and whose it is."""
        return (self.reference, self.owner)


@frozen(kw_only=True)
class Transfer(Record):
    """Money that went from the platform to a connected account."""

    account: str
    amount: int
    currency: str
    source: str | None
    reference: str
    group: str
    created: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it."""
        return (self.reference,)


@frozen(kw_only=True)
class Payout(Record):
    """Money that left a connected account for its owner's bank."""

    account: str
    amount: int
    currency: str
    reference: str
    created: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it."""
        return (self.reference,)


@frozen(kw_only=True)
class BalanceTransaction:
    """One change of one balance; `amount` is negative where money left."""

    id: str
    account: str
    amount: int
    currency: str
    movement: Movement
    source: str  # the record that caused it
    created: datetime


@frozen(kw_only=True)
class Refusal:
    """A definite no.  `payment` is the one concerned, as it stood."""

    decline: Decline
    payment: Payment | None = None


@frozen
class ServerFault:
    """An error 500: it says nothing about what happened."""


Result = Payment | Refund | Account | Transfer | Payout | Refusal | ServerFault
Fingerprint = tuple[str | int | None, ...]


@frozen
class Answer:
    """What a key was used for, and what was answered."""

    request: Fingerprint
    result: Result
