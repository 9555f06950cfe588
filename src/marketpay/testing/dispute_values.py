"""Disputes at a simulated processor, and warnings of fraud."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from marketpay.testing.record_values import Made


class DisputeStatus(StrEnum):
    """Where a dispute stands, in Stripe's words; a `warning` is an inquiry."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


ENDED = (DisputeStatus.WARNING_CLOSED, DisputeStatus.WON, DisputeStatus.LOST)
INQUIRIES = (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW)


@frozen(kw_only=True)
class Dispute(Made):
    """A payer's bank wants money back, or asks about it."""

    payment: str
    charge: str
    amount: int
    currency: str
    reason: str
    status: DisputeStatus
    respond_by: datetime
    withdrawn: int = 0  # taken from the platform and not given back
    fee: int = 0  # taken for it and not given back
    has_evidence: bool = False
    balance_transactions: tuple[str, ...] = ()  # the withdrawal, and the reinstatement

    @property
    def names(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.payment, self.charge)

    @property
    def open(self) -> bool:
        """Whether it is not yet decided."""
        return self.status not in ENDED

    @property
    def inquiry(self) -> bool:
        """Whether it is no more than a question so far."""
        return self.status in INQUIRIES


@frozen(kw_only=True)
class FraudWarning(Made):
    """An early fraud warning: the issuer takes a charge for fraud."""

    payment: str
    charge: str
    kind: str  # e.g. `unauthorized_use_of_card`
    actionable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.payment, self.charge)
