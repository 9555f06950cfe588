"""A payment transaction: one operation at the gateway, on record before it is sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import PaymentTransactionEvent
from marketpay.domain.ids import PaymentId, RefundId, TransactionId, WithdrawalId
from marketpay.domain.lifecycles import PAYMENT_TRANSACTION, TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle


class TransactionKind(StrEnum):
    """What is asked of the gateway."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    TRANSFER = "transfer"
    TRANSFER_REVERSAL = "transfer_reversal"
    PAYOUT = "payout"
    CHARGE = "charge"  # on a page of the gateway's, for an upgrade


def _open_purchase(transaction: PaymentTransaction) -> str | None:
    if transaction.kind is not TransactionKind.CHARGE or transaction.is_settled:
        return None
    return f"{transaction.listing}:{transaction.premium_type}"


@frozen(kw_only=True)
class PaymentTransaction(Living):
    """Its id is the idempotency key: however often it is sent, it takes effect once.

    What it asks never changes, but that its addresses go with who is forgotten.  After a definite
    refusal another try is another transaction (`retry_of`); without an answer the same one is sent
    again.
    """

    id: TransactionId
    payment: PaymentId | None  # None: of a withdrawal (payout, transfer) or an upgrade
    kind: TransactionKind
    amount: Money
    party: str  # the customer who pays or is paid back, or the contractor who is paid
    # Ties together at the gateway what is of one job, or of the withdrawal that it funds.  Of a
    # charge for an upgrade it is its own id, and of a refund of that the id of that charge: by it
    # its `Sale` is found (`Sale.charge` is unique).
    group: str
    method: str | None = None  # authorize: the payer's payment method, None to choose one
    payer: str | None = None  # authorize: the gateway's id of the payer, who owns the method
    target: str | None = None  # the gateway's id of the payment or transfer that is acted upon
    destination: str | None = None  # transfer, payout: the gateway's id of the connected account
    refund: RefundId | None = None  # refund: the one it carries out, None: of an upgrade
    withdrawal: WithdrawalId | None = None  # payout: the one it carries out; transfer: funds
    listing: str | None = None  # charge: the host's id of what is upgraded ...
    premium_type: str | None = None  # ... and to what
    days: int | None = None  # ... and for how long
    success_url: str | None = None  # charge: where the payer goes on
    cancel_url: str | None = None  # ... or back
    retry_of: TransactionId | None = None
    status: TransactionStatus = TransactionStatus.PENDING
    gateway_id: str | None = None  # of what the gateway made of it
    failure: str | None = None  # the gateway's code of a definite refusal
    attempts: int = 0  # unanswered so far
    due_at: datetime | None = None  # when a worker takes it up; until then somebody has it
    sent_at: datetime | None = None  # when it was first sent, or taken up to be
    settled_at: datetime | None = None  # when the gateway's answer became known for good
    created_at: datetime
    open_purchase: str | None = field(
        init=False, repr=False, default=Factory(_open_purchase, takes_self=True)
    )

    mutable: ClassVar[Names] = (
        "success_url",
        "cancel_url",
        "status",
        "gateway_id",
        "failure",
        "attempts",
        "due_at",
        "sent_at",
        "settled_at",
        "open_purchase",
    )
    unique: ClassVar[Names] = ("open_purchase",)
    indexed: ClassVar[Names] = ("payment", "withdrawal", "gateway_id", "party")
    lifecycle: ClassVar[Lifecycle[Any]] = PAYMENT_TRANSACTION

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    @property
    def is_settled(self) -> bool:
        """Whether the gateway's answer is known for good."""
        return self.status in PAYMENT_TRANSACTION.final

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, PaymentTransactionEvent)
        return event(
            at=at,
            transaction=self.id,
            payment=self.payment,
            kind=self.kind.value,
            amount=self.amount,
        )
