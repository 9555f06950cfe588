"""What is so once workers have done what is due by now."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from marketpay import (
    Dispute,
    Job,
    JobStatus,
    Offer,
    OfferStatus,
    Payment,
    PaymentStatus,
    Upgrade,
    UpgradeStatus,
)
from marketpay.domain.timer import TimerKind
from tests.machine.sight import Sight

WAITING: Final = (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS)


def no_timer_is_left_behind(sight: Sight, now: datetime) -> None:
    assert all(one.due_at > now for one in sight.timers), sight.timers


def no_offer_and_no_hold_outlives_its_time(sight: Sight, now: datetime) -> None:
    accepting = {one.payment for one in sight.of(Offer, status=OfferStatus.ACCEPTING)}
    for offer in sight.of(Offer):
        assert not (offer.is_open and offer.has_expired(now)), offer
    for held in sight.of(Payment, status=PaymentStatus.AUTHORIZED):
        until = held.authorization_expires_at
        assert until is None or until > now or held.id in accepting, held


def no_clearance_outlives_its_time(sight: Sight, now: datetime) -> None:
    """But for what a dispute or a bank held up: that comes up again, somewhat later."""
    for paid in sight.of(Payment):
        is_over = paid.clears_at is None or paid.clears_at > now
        assert is_over or _comes_up(sight, TimerKind.CLEARANCE, paid.id), paid


def no_dispute_outlives_its_time(sight: Sight, now: datetime) -> None:
    """But for what a bank or a warning held up, likewise."""
    for dispute in sight.of(Dispute):
        is_over = dispute.is_over or dispute.respond_by > now
        assert is_over or _comes_up(sight, TimerKind.DISPUTE_DEADLINE, dispute.id), dispute


def _comes_up(sight: Sight, kind: TimerKind, subject: str) -> bool:
    return any((one.kind, one.subject) == (kind, subject) for one in sight.timers)


def who_is_late_is_told(sight: Sight, now: datetime) -> None:
    """A deadline that passed while the job was open means nothing."""
    for job in sight.of(Job):
        if job.deadline is None or job.assigned_at is None or job.submitted_at is not None:
            continue
        if job.assigned_at < job.deadline <= now and job.status in WAITING:
            assert job.overdue_at is not None, job


def no_upgrade_outlives_its_time(sight: Sight, now: datetime) -> None:
    for upgrade in sight.of(Upgrade, status=UpgradeStatus.ACTIVE):
        assert upgrade.expires_at > now, upgrade


ON_TIME: Final[tuple[Callable[[Sight, datetime], None], ...]] = (
    no_timer_is_left_behind,
    no_offer_and_no_hold_outlives_its_time,
    no_clearance_outlives_its_time,
    no_dispute_outlives_its_time,
    who_is_late_is_told,
    no_upgrade_outlives_its_time,
)
