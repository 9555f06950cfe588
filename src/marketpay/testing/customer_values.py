"""Payers at a simulated processor: customers, their cards, and pages to pay on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from marketpay.testing.record_values import Made, Record, known


class CheckoutStatus(StrEnum):
    """Where a checkout session stands, in Stripe's words."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@frozen(kw_only=True)
class Customer(Made):
    """A payer that the processor knows."""

    name: str | None = None
    email: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls them."""
        return known(self.reference)


@frozen(kw_only=True)
class Method(Record):
    """A payment method that belongs, or belonged, to a customer; nobody else can use it."""

    card: str  # the test card that it behaves as
    owner: str  # the customer's id
    created: datetime
    detached: bool = False  # then nobody can

    @property
    def names(self) -> tuple[str, ...]:
        """Whose it is."""
        return (self.owner,)


@frozen(kw_only=True)
class Checkout(Made):
    """A page of the processor's on which a payer pays at once."""

    amount: int
    currency: str
    payer: str | None = None
    customer: str | None = None
    subject: str | None = None
    description: str = ""
    success_url: str = ""
    cancel_url: str = ""
    status: CheckoutStatus = CheckoutStatus.OPEN
    paid: bool = False  # complete and not paid: the money is on its way, or will not come
    failure: str | None = None  # why it will not
    payment: str | None = None  # the last try to pay
    expires_at: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and what it is for."""
        return known(self.reference, self.subject)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"https://checkout.invalid/{self.id}"

    @property
    def open(self) -> bool:
        """Whether it can still be paid."""
        return self.status is CheckoutStatus.OPEN

    @property
    def due_at(self) -> datetime | None:
        """When the page closes."""
        return self.expires_at if self.status is CheckoutStatus.OPEN else None
