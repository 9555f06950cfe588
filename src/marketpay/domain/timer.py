"""A timer: something to be done at a time, if by then it is still to be done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class TimerKind(StrEnum):
    """What is to be done."""

    OFFER_EXPIRY = "offer_expiry"  # subject: the offer
    AUTHORIZATION_EXPIRY = "authorization_expiry"  # subject: the payment
    TRANSFER_SWEEP = "transfer_sweep"  # subject: the contractor
    TRANSFER_RETRY = "transfer_retry"  # subject: the payment
    AUTHORIZATION_WARNING = "authorization_warning"  # subject: the payment
    WITHDRAWAL = "withdrawal"  # subject: the withdrawal that waits for something
    UPGRADE_END = "upgrade_end"  # subject: the upgrade
    PAYOUT_SCHEDULE = "payout_schedule"  # subject: the wallet
    ESCROW = "escrow"  # subject: the payment that may have outlived its job
    DISPUTE_DEADLINE = "dispute_deadline"  # subject: the dispute
    AUTO_RELEASE = "auto_release"  # subject: the job
    MILESTONE_RELEASE = "milestone_release"  # subject: the milestone
    CLEARANCE = "clearance"  # subject: the payment
    ADJUSTMENT_EXPIRY = "adjustment_expiry"  # subject: the adjustment
    JOB_DEADLINE = "job_deadline"  # subject: the job
    CONFIRMATION = "confirmation"  # subject: the payment that its customer should confirm
    CREDIT = "credit"  # subject: the payment that may no longer be paid with it
    CREDIT_EXPIRY = "credit_expiry"  # subject: the grant
    REFUND = "refund"  # subject: the refund that waits for the bank
    POINTS = "points"  # subject: the payment for which a customer may have earned some


@frozen
class Timer:
    """One for each kind and subject; setting it again moves it.

    It is bound to a state by the command that it fires, which looks for itself: a timer that
    fires late, twice, or for something long settled has no effect.
    """

    kind: TimerKind
    subject: str
    due_at: datetime
