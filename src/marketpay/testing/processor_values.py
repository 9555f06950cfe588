"""What the simulated processor keeps: frozen values in its own terms, not in marketpay's.

Amounts are whole minor units beside an upper-case currency code.  A change of a record is a
new value with the same id.  All of them can be imported from here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import Factory, field, frozen

from marketpay.testing.account_values import (
    Account,
    Payout,
    PayoutStatus,
    Reversal,
    Standing,
    Transfer,
)
from marketpay.testing.customer_values import Checkout, CheckoutStatus, Customer, Method
from marketpay.testing.dispute_values import Dispute, DisputeStatus, FraudWarning
from marketpay.testing.payment_values import Charge, Payment, PaymentStatus, Refund, RefundStatus
from marketpay.testing.record_values import PLATFORM, Card, Decline, Made, Record

__all__ = [
    "PLATFORM",
    "Account",
    "Answer",
    "BalanceTransaction",
    "Card",
    "Charge",
    "Checkout",
    "CheckoutStatus",
    "Customer",
    "Decline",
    "Dispute",
    "DisputeStatus",
    "Event",
    "Fingerprint",
    "FraudWarning",
    "Funds",
    "Happened",
    "Made",
    "Method",
    "Movement",
    "Payment",
    "PaymentStatus",
    "Payout",
    "PayoutStatus",
    "Record",
    "Refund",
    "RefundStatus",
    "Refusal",
    "Result",
    "Reversal",
    "ServerFault",
    "Settlement",
    "Standing",
    "Transfer",
]


class Movement(StrEnum):
    """Why a balance changed."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    TRANSFER = "transfer"
    TRANSFER_REVERSAL = "transfer_reversal"
    PAYOUT = "payout"
    PAYOUT_FAILURE = "payout_failure"
    PAYOUT_CANCEL = "payout_cancel"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    TOP_UP = "topup"  # the platform's own money, from its bank


@frozen(kw_only=True)
class BalanceTransaction:
    """One change of one balance, by `net`; `amount` is negative where money left."""

    id: str
    account: str
    amount: int
    fee: int = 0  # what the processor took, beside the amount; negative where it gave it back
    currency: str
    movement: Movement
    source: str  # the record that caused it
    created: datetime
    available_on: datetime = field(default=Factory(lambda self: self.created, takes_self=True))

    @property
    def net(self) -> int:
        """What the balance changed by."""
        return self.amount - self.fee


@frozen(kw_only=True)
class Settlement(Record):
    """What a balance transaction booked before it is available; then it is settled."""

    account: str
    currency: str
    net: int
    available_on: datetime
    settled: bool = False

    @property
    def open(self) -> bool:
        """Whether the money is not available yet."""
        return not self.settled

    @property
    def due_at(self) -> datetime | None:
        """When it will be."""
        return None if self.settled else self.available_on


@frozen(kw_only=True)
class Funds(Record):
    """What lies on an account in one currency; `id` is the account's."""

    currency: str
    available: int
    pending: int


@frozen(kw_only=True)
class Refusal:
    """A definite no.  `payment` or `checkout` is the one concerned, as it stood."""

    decline: Decline
    payment: Payment | None = None
    checkout: Checkout | None = None


@frozen
class ServerFault:
    """An error 500: it says nothing about what happened."""


Happened = (
    Account
    | Charge
    | Checkout
    | Customer
    | Dispute
    | FraudWarning
    | Funds
    | Payment
    | Payout
    | Refund
    | Transfer
)


@frozen(kw_only=True)
class Event:
    """Something happened to `record`, which is here as it was then."""

    id: str
    number: int  # 1, 2, 3 ...: the order in which things happened
    type: str  # Stripe's name for it, e.g. `charge.captured`
    created: datetime
    record: Happened
    account: str | None  # the connected account it happened on, None: the platform


Result = (
    Account
    | Checkout
    | Customer
    | Dispute
    | FraudWarning
    | Method
    | Payment
    | Payout
    | Refund
    | Refusal
    | Reversal
    | ServerFault
    | Transfer
)
Fingerprint = tuple[str | int | None, ...]


@frozen
class Answer:
    """What a key was used for, and what was answered."""

    request: Fingerprint
    result: Result
