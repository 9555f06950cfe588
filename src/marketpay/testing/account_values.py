"""Connected accounts at a simulated processor: transfers, reversals and payouts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from marketpay.testing.record_values import PLATFORM, Made, known


class Standing(StrEnum):
    """Where a connected account stands; money goes to an active one only."""

    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    REJECTED = "rejected"


class PayoutStatus(StrEnum):
    """Where a payout stands, in Stripe's words."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


MISSING: Final[dict[Standing, tuple[str, ...]]] = {
    Standing.PENDING: ("external_account", "individual.verification.document"),
    Standing.RESTRICTED: ("individual.verification.document",),
}
DISABLED: Final[dict[Standing, str]] = {
    Standing.PENDING: "requirements.past_due",
    Standing.RESTRICTED: "requirements.past_due",
    Standing.REJECTED: "rejected.other",
}


@frozen(kw_only=True)
class Account(Made):
    """A connected account of somebody who is paid."""

    owner: str | None = None
    country: str = "US"
    email: str | None = None
    standing: Standing = Standing.PENDING
    deauthorized: bool = False  # its owner has cut the platform off

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and whose it is."""
        return known(self.reference, self.owner)

    @property
    def requirements(self) -> tuple[str, ...]:
        """What the owner has to hand in."""
        return MISSING.get(self.standing, ())

    @property
    def disabled_reason(self) -> str | None:
        """Why it cannot be paid, None if it can."""
        return DISABLED.get(self.standing)


@frozen(kw_only=True)
class Transfer(Made):
    """Money that went from the platform to a connected account."""

    account: str
    amount: int
    currency: str
    source: str | None = None  # the charge that covers it
    group: str | None = None
    reversed: int = 0
    balance_transaction: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, its group, its source and where it went."""
        return known(self.reference, self.group, self.source, self.account)


@frozen(kw_only=True)
class Reversal(Made):
    """Transferred money that came back."""

    transfer: str
    account: str
    amount: int
    currency: str
    balance_transaction: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and what it reverses."""
        return known(self.reference, self.transfer)


@frozen(kw_only=True)
class Payout(Made):
    """Money that left an account for its owner's bank."""

    account: str  # connected, or `PLATFORM`
    amount: int
    currency: str
    status: PayoutStatus = PayoutStatus.PENDING
    leaves_at: datetime  # when it goes from pending to in transit
    arrives_at: datetime
    failure: str | None = None
    balance_transaction: str | None = None
    failure_balance_transaction: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever the caller calls it, and where it comes from."""
        return known(self.reference, self.account)

    @property
    def open(self) -> bool:
        """Whether it is on its way."""
        return self.status in (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)

    @property
    def due_at(self) -> datetime | None:
        """When it gets one step further."""
        if self.status is PayoutStatus.PENDING:
            return self.leaves_at
        return self.arrives_at if self.status is PayoutStatus.IN_TRANSIT else None

    @property
    def connected_account(self) -> str | None:
        """The account it is of, None if it is the platform's own."""
        return None if self.account == PLATFORM else self.account
