"""What is in escrow although nothing is left to wait for."""

from __future__ import annotations

from datetime import datetime

from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JobStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.shares import Shares
from marketpay.domain.timer import Timer, TimerKind


def shares(payment: Payment, job: Job) -> Shares | None:
    """Who gets what of it, as the job ended; a tip waits for no end.  None where it waits.

    While anybody disputes it, nobody gets it; while it is under review, no contractor.
    """
    is_disputed = payment.contested is not None or payment.disputed.minor > 0
    is_held = payment.status is PaymentStatus.CAPTURED and payment.refundable.minor > 0
    if is_disputed or not is_held:
        return None
    if job.status is JobStatus.CANCELLED:
        return Shares.whole(payment.refundable)
    is_earned = job.status is JobStatus.COMPLETED or payment.purpose is PaymentPurpose.TIP
    if not is_earned or payment.flagged is not None:
        return None
    return Shares.between(Money.zero(payment.currency), payment.refundable)


def timers(payment: Payment, at: datetime) -> tuple[Timer, ...]:
    """For whoever takes away what it waited for: it is looked at, at once."""
    is_held = payment.status is PaymentStatus.CAPTURED and payment.refundable.minor > 0
    return (Timer(TimerKind.ESCROW, payment.id, at),) if is_held else ()
