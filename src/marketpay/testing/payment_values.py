"""Payments at a simulated processor: intents, charges and refunds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from attrs import evolve, field, frozen

from marketpay.testing.record_values import Decline, Made, known


class PaymentStatus(StrEnum):
    """Where a payment stands, in Stripe's words."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"  # a slow way to pay, on a checkout page
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Where a refund stands, in Stripe's words."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Payment(Made):
    """A payment intent: with manual capture a hold that becomes a charge or goes away."""

    amount: int
    currency: str
    payer: str | None = None  # what the caller calls them
    customer: str | None = None  # the processor's id of the payer
    subject: str | None = None  # what this is a try of
    group: str | None = None
    client_secret: str = field(repr=False)
    method: str | None = None
    status: PaymentStatus = PaymentStatus.REQUIRES_PAYMENT_METHOD
    decline: Decline | None = None  # of the last try
    charge: str | None = None  # of the last try, as soon as there was one
    expires_at: datetime | None = None  # of the hold
    canceled_at: datetime | None = None
    canceled_because: str | None = None
    captured: int = 0
    checkout: str | None = None  # the page that it was paid on: then captured at once

    @property
    def names(self) -> tuple[str, ...]:
        """What the caller calls the try, what it is a try of, and who pays."""
        return known(self.reference, self.subject, self.customer, self.checkout)

    @property
    def open(self) -> bool:
        """Whether it may still be captured."""
        return self.status not in (PaymentStatus.SUCCEEDED, PaymentStatus.CANCELED)

    @property
    def due_at(self) -> datetime | None:
        """When the hold lapses."""
        return self.expires_at if self.status is PaymentStatus.REQUIRES_CAPTURE else None

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

    def hold(self, charge: str, until: datetime) -> Self:
        """The same payment with its hold in place."""
        return evolve(
            self,
            status=PaymentStatus.REQUIRES_CAPTURE,
            decline=None,
            charge=charge,
            expires_at=until,
        )

    def cancel(self, because: str, at: datetime) -> Self:
        """The same payment with no hold and no future."""
        return evolve(self, status=PaymentStatus.CANCELED, canceled_because=because, canceled_at=at)

    def refuse(self, decline: Decline, charge: str | None) -> Self:
        """The same payment after a card was refused; another may be tried."""
        status = PaymentStatus.REQUIRES_PAYMENT_METHOD
        return evolve(self, status=status, decline=decline, charge=charge)


@frozen(kw_only=True)
class Charge(Made):
    """One use of a card: held, refused or taken.  What a transfer names as its source.

    It has the reference and the metadata of its payment.
    """

    payment: str
    amount: int
    currency: str
    customer: str | None = None
    method: str | None = None
    group: str | None = None
    decline: Decline | None = None  # why it failed
    capture_before: datetime | None = None
    released: bool = False  # a hold that was let go
    expired: bool = False  # ... because its time was up
    captured: int = 0
    refunded: int = 0  # what refunds that have not failed sum up to
    transferred: int = 0  # what transfers with this charge as their source have used up
    disputed: int = 0  # what disputes that are open or lost sum up to
    dispute: str | None = None  # the last one
    balance_transaction: str | None = None  # of the capture
    available_on: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The payment that it is a try of."""
        return (self.payment,)


@frozen(kw_only=True)
class Refund(Made):
    """Money that goes back to the payer, or failed to."""

    payment: str
    charge: str
    amount: int
    currency: str
    status: RefundStatus = RefundStatus.SUCCEEDED
    reason: str | None = None
    failure: str | None = None  # why it failed
    waits_for_balance: bool = False  # nothing was taken from the balance yet
    settles_at: datetime | None = None  # when its status changes by itself
    will_fail: str | None = None  # ... and why, if it fails then
    balance_transaction: str | None = None
    failure_balance_transaction: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and what it is a refund of."""
        return known(self.reference, self.payment, self.charge)

    @property
    def open(self) -> bool:
        """Whether it is not yet decided."""
        return self.status is RefundStatus.PENDING

    @property
    def due_at(self) -> datetime | None:
        """When its status changes by itself."""
        return self.settles_at
