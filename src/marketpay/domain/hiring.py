"""Hiring: offers and their holds, decided over a whole deal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.incident import IncidentKind
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.milestone import begin
from marketpay.domain.offer import SETTLED, Offer
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind

HELD = (PaymentStatus.AUTHORIZED, PaymentStatus.AWAITING_CONFIRMATION)


def check_acceptable(deal: Deal, offer: Offer, payment: Payment, at: datetime) -> None:
    """Raise `Refused` with the true reason unless `offer` could be accepted now.

    An open offer's job is open: whatever assigns or cancels a job ends all its offers.
    """
    if offer.status is OfferStatus.SUPERSEDED:
        raise Refused(Reason.JOB_ALREADY_ASSIGNED)
    if offer.status is OfferStatus.EXPIRED:
        raise Refused(Reason.OFFER_EXPIRED)
    if not offer.is_open:
        return  # the lifecycle says what is wrong
    if deal.is_accepting:
        raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
    if offer.has_expired(at):
        raise Refused(Reason.OFFER_EXPIRED)
    if payment.status is not PaymentStatus.AUTHORIZED:
        raise Refused(Reason.PAYMENT_NOT_AUTHORIZED)
    if IncidentKind.CAPTURED_ELSEWHERE in payment.flags:
        raise Refused(Reason.PAYMENT_UNDER_REVIEW)


def end_offer(
    deal: Deal, offer: Offer, event: type[Event], by: Role, rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """The offer is over by `event`, and its hold is let go; that of a revision under way too."""
    yield offer.become(event, by, at, **SETTLED)
    for payment in deal.holds(offer):
        yield from let_go(payment, rules, at)


def without_hold(
    deal: Deal, offer: Offer, by: Role, rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """The offer has expired because its hold is gone; that of a revision under way is let go."""
    yield offer.become(e.OfferExpired, by, at, **SETTLED)
    for payment in deal.holds(offer):
        if payment.id != offer.payment:
            yield from let_go(payment, rules, at)


def freed_credit(deal: Deal, changes: Iterable[Change[Entity]], at: datetime) -> tuple[Timer, ...]:
    """Credit behind a payment that no offer wants any more, or for which there is no hold, is
    freed, at once.
    """
    if not any(one.credit_reserved.minor for one in deal.payments):
        return ()
    latest: dict[str, Entity] = {change.entity.id: change.entity for change in changes}
    timers = []
    for one in deal.payments:
        offer, payment = latest.get(one.offer, deal.offer(one.offer)), latest.get(one.id, one)
        assert isinstance(offer, Offer)
        assert isinstance(payment, Payment)
        if payment.credit_reserved.minor and not needs_credit(offer, payment):
            timers.append(Timer(TimerKind.CREDIT, payment.id, at))
    return tuple(timers)


def needs_credit(offer: Offer, payment: Payment) -> bool:
    """Whether the payment's hold stands or is asked for, and the offer wants it."""
    return offer.wants(payment.id) and payment.status is not PaymentStatus.FAILED


def let_go(payment: Payment, rules: Rules, at: datetime) -> Iterator[Change[Entity]]:
    """Nobody wants its hold any more.

    One that is still being asked for is let go when its answer comes.
    """
    if payment.status in HELD and payment.gateway_payment is not None:
        yield operations.void(payment, rules, at)


def end_pending_offers(
    deal: Deal, offers: Iterable[Offer], event: type[Event], rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """All of `offers` are over, in consequence of something else."""
    for offer in offers:
        yield from end_offer(deal, offer, event, Role.SYSTEM, rules, at)


def reject_applications(deal: Deal, but: str | None, at: datetime) -> Iterator[Change[Entity]]:
    """The live applications are rejected, all but that of the contractor `but`."""
    for application in deal.applications:
        if application.contractor != but:
            yield application.become(e.ApplicationRejected, Role.SYSTEM, at)


def assign(deal: Deal, offer: Offer, rules: Rules, at: datetime) -> Iterator[Change[Entity]]:
    """The offer's money is captured: the job is its contractor's and nobody else's."""
    yield deal.job.become(
        e.JobAssigned, Role.SYSTEM, at, contractor=offer.contractor, assigned_at=at
    )
    for application in deal.applications:
        is_pending = application.status is application.lifecycle.begin.status
        if application.contractor == offer.contractor and is_pending:
            yield application.become(e.ApplicationAccepted, Role.SYSTEM, at)
    yield from reject_applications(deal, offer.contractor, at)
    yield offer.become(e.OfferAccepted, Role.SYSTEM, at)
    yield from begin(offer, rules, at)
    yield from end_pending_offers(deal, deal.pending, e.OfferSuperseded, rules, at)


def expiry_timers(offer: Offer, payment: Payment, rules: Rules) -> Iterator[Timer]:
    """What ends the offer when its time or its hold runs out, and warns of the latter."""
    if offer.expires_at is not None:
        yield Timer(TimerKind.OFFER_EXPIRY, offer.id, offer.expires_at)
    if payment.authorization_expires_at is not None:
        date = payment.authorization_expires_at
        yield Timer(TimerKind.AUTHORIZATION_EXPIRY, payment.id, date)
        yield Timer(TimerKind.AUTHORIZATION_WARNING, payment.id, date - rules.warn_before)
