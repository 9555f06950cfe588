"""What is so once workers have done what is due by now."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from marketpay import (
    Adjustment,
    AdjustmentStatus,
    Credit,
    CreditGrant,
    Dispute,
    Job,
    JobStatus,
    Milestone,
    Offer,
    OfferStatus,
    Payment,
    PaymentPurpose,
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


def no_credit_waits_for_nothing(sight: Sight, now: datetime) -> None:
    """It stands behind what an offer can still be paid with; what has expired is gone."""
    offers = {one.id: one for one in sight.of(Offer)}
    for paid in sight.of(Payment):
        if paid.credit_reserved.minor:
            assert offers[paid.offer].wants(paid.id), paid
    for one in sight.of(Credit):
        lots = sight.of(CreditGrant, credit=one.id)
        over = sum(lot.remaining.minor for lot in lots if lot.has_expired(now))
        assert over <= one.reserved.minor, one


def no_milestone_outlives_its_time(sight: Sight, now: datetime) -> None:
    """What nobody wants any more is not in escrow, and what was paid is known to be paid."""
    payments = {one.id: one for one in sight.of(Payment)}
    for one in sight.of(Milestone):
        if one.is_open or one.payment is None:
            continue
        paid = payments[one.payment]
        is_held_up = paid.disputed.minor or paid.contested is not None or paid.flagged is not None
        is_left = paid.status is PaymentStatus.CAPTURED and paid.refundable.minor
        assert not is_left or is_held_up, (one, paid)


def no_adjustment_outlives_its_time(sight: Sight, now: datetime) -> None:
    for one in sight.of(Adjustment, status=AdjustmentStatus.PROPOSED):
        assert not one.has_expired(now), one


def no_confirmation_is_waited_for_too_long(sight: Sight, now: datetime) -> None:
    """Beside an offer; an offer itself waits until it ends."""
    for paid in sight.of(Payment, status=PaymentStatus.AWAITING_CONFIRMATION):
        is_offers = paid.purpose is PaymentPurpose.OFFER
        is_soon = any(
            one.subject == paid.id and one.due_at > now
            for one in sight.timers
            if one.kind is TimerKind.CONFIRMATION
        )
        assert is_offers or is_soon, paid


ON_TIME: Final[tuple[Callable[[Sight, datetime], None], ...]] = (
    no_timer_is_left_behind,
    no_offer_and_no_hold_outlives_its_time,
    no_clearance_outlives_its_time,
    no_dispute_outlives_its_time,
    who_is_late_is_told,
    no_upgrade_outlives_its_time,
    no_credit_waits_for_nothing,
    no_milestone_outlives_its_time,
    no_adjustment_outlives_its_time,
    no_confirmation_is_waited_for_too_long,
)
