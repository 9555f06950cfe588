"""How something at the gateway stands, whoever made it; and what changed the balance."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from marketpay.domain.money import Money
from marketpay.domain.validators import is_aware


class Progress(StrEnum):
    """How far a refund or a payout is."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"  # a payout: expected at the bank
    FAILED = "failed"
    CANCELED = "canceled"


@frozen(kw_only=True)
class RefundState:
    """A refund as it is now, whoever asked for it."""

    gateway_id: str
    payment: str  # the gateway's id of the payment
    amount: Money
    progress: Progress
    reference: str | None  # ours, where we asked for it
    failure: str | None = None


@frozen(kw_only=True)
class ReversalState:
    """A part of a transfer that came back, whoever asked for it."""

    gateway_id: str
    amount: Money
    reference: str | None  # ours, where we asked for it


@frozen(kw_only=True)
class TransferState:
    """A transfer as it is now, and all of it that came back."""

    gateway_id: str
    account: str
    amount: Money
    reversals: tuple[ReversalState, ...]
    reference: str | None


@frozen(kw_only=True)
class PayoutState:
    """A payout as it is now, whoever asked for it."""

    gateway_id: str
    account: str
    amount: Money
    progress: Progress
    reference: str | None
    failure: str | None = None


class ChargebackStanding(StrEnum):
    """Where a chargeback stands with the card network."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that came to nothing


@frozen(kw_only=True)
class ChargebackState:
    """A chargeback as it is now.  Money moves when the network withdraws it: `withdrawn`."""

    gateway_id: str
    payment: str  # the gateway's id of the payment
    amount: Money
    standing: ChargebackStanding
    withdrawn: Money  # taken from the platform's balance and not given back
    fee: Money  # taken for it and not given back
    reason: str
    respond_by: datetime | None = field(default=None, validator=is_aware)


class BalanceKind(StrEnum):
    """Why the platform's balance changed."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    TRANSFER = "transfer"
    TRANSFER_REVERSAL = "transfer_reversal"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSAL = "chargeback_reversal"
    FEE = "fee"
    PAYOUT = "payout"  # of the platform's own money
    OTHER = "other"


@frozen(kw_only=True)
class BalanceChange:
    """One change of the platform's balance: by `amount` less `fee`, in the currency it is kept in.

    Both are minor units; `amount` is negative where money left.
    """

    gateway_id: str  # of this change
    kind: BalanceKind
    amount: int
    fee: int
    currency: str
    source: str | None  # the gateway's id of the charge, refund, transfer ... that caused it
    payment: str | None  # the gateway's id of the payment it belongs to, where it has one
    reference: str | None  # ours, where we asked for it
    at: datetime = field(validator=is_aware)


@frozen(kw_only=True)
class BalancePage:
    """Some of the changes; `next` asks for more (None: there are none)."""

    changes: tuple[BalanceChange, ...]
    next: str | None = None
