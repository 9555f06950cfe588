"""A deal: a job with its live offers, their payments, milestones and live applications."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from marketpay.domain.application import Application
from marketpay.domain.entity import Entity
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import CLAIMING, Offer
from marketpay.domain.payment import Payment, PaymentPurpose


@frozen
class Deal:
    """Read at once.  The offer or payment that was asked for is in it even if it has ended.

    An offer that was revised has the payments of its old terms, too; one that was accepted in
    parts has its milestones.
    """

    job: Job
    offers: tuple[Offer, ...]
    payments: tuple[Payment, ...]
    applications: tuple[Application, ...]
    milestones: tuple[Milestone, ...] = ()  # as they are planned

    def offer(self, id: str) -> Offer:
        """The offer with this id, which is in the deal."""
        [found] = [offer for offer in self.offers if offer.id == id]
        return found

    def payment(self, id: str) -> Payment:
        """The payment with this id, which is in the deal."""
        [found] = [payment for payment in self.payments if payment.id == id]
        return found

    def milestone(self, id: str) -> Milestone:
        """The milestone with this id, which is in the deal."""
        [found] = [one for one in self.milestones if one.id == id]
        return found

    def milestone_of(self, payment: Payment) -> Milestone | None:
        """The milestone that this is the payment of, if it is one's."""
        return next((one for one in self.milestones if one.payment == payment.id), None)

    def is_decided(self, payment: Payment) -> bool:
        """Whether it goes where its milestone went, whatever becomes of the job.

        So of one that is closed, and of one that another payment has funded.
        """
        milestone = self.milestone_of(payment)
        if milestone is None:
            return payment.purpose is PaymentPurpose.MILESTONE
        return not milestone.is_open

    @property
    def open_milestones(self) -> tuple[Milestone, ...]:
        """Those of which something can still become; with the last of them the job ends."""
        return tuple(one for one in self.milestones if one.is_open)

    @property
    def claimed(self) -> Offer | None:
        """The offer that is being or has been accepted."""
        return next((offer for offer in self.offers if offer.status in CLAIMING), None)

    @property
    def paid(self) -> Payment:
        """The payment behind the accepted offer, of a job that was ever assigned.

        Of one in parts it is that of the first: it can be released while the job goes on.
        """
        claimed = self.claimed
        assert claimed is not None  # without it no job is assigned
        return self.payment(claimed.payment)

    @property
    def beside(self) -> tuple[Payment, ...]:
        """What was paid after the offer was accepted, whatever came of it."""
        claimed = self.claimed
        if claimed is None:
            return ()
        mine = (one for one in self.payments if one.offer == claimed.id)
        return tuple(one for one in mine if one.purpose is not PaymentPurpose.OFFER)

    @property
    def extras(self) -> tuple[Payment, ...]:
        """What is in escrow beyond the price, and has not gone yet."""
        return _held(one for one in self.beside if one.purpose is not PaymentPurpose.MILESTONE)

    @property
    def charging(self) -> tuple[Payment, ...]:
        """Extras whose capture is under way: they go where the job went if that ends meanwhile."""
        beside = (one for one in self.beside if one.purpose is PaymentPurpose.EXTRA)
        return tuple(one for one in beside if one.status is PaymentStatus.AUTHORIZED)

    @property
    def divisible(self) -> tuple[Payment, ...]:
        """All that is in escrow for its job: the price or its parts first, then each extra.

        But for what is decided: `EmptyEscrow` is about to take that out.
        """
        parts = (one for one in self.beside if one.purpose is PaymentPurpose.MILESTONE)
        due = (one for one in (self.paid, *parts) if not self.is_decided(one))
        return (*_held(due), *self.extras)

    @property
    def is_forsaken(self) -> bool:
        """Whether its deadline has passed and nobody ever said that any of the work is done.

        Of a job in parts it is not the job that is submitted.
        """
        is_submitted = any(one.submitted_at is not None for one in self.milestones)
        return self.job.is_forsaken and not is_submitted

    @property
    def is_accepting(self) -> bool:
        """Whether an acceptance is under way."""
        claimed = self.claimed
        return claimed is not None and claimed.status is OfferStatus.ACCEPTING

    @property
    def pending(self) -> tuple[Offer, ...]:
        """The offers that wait for an answer."""
        return tuple(offer for offer in self.offers if offer.is_open)

    def holds(self, offer: Offer) -> tuple[Payment, ...]:
        """The payment behind the offer, and that of its revision under way."""
        return tuple(one for one in self.payments if one.id in (offer.payment, offer.revising))

    def rest(self, *used: Entity) -> tuple[Entity, ...]:
        """All of it but `used`: what a decision waives."""
        ids = {entity.id for entity in used}
        hired = (self.job, *self.offers, *self.payments)
        everything = (*hired, *self.milestones, *self.applications)
        return tuple(entity for entity in everything if entity.id not in ids)


def _held(payments: Iterable[Payment]) -> tuple[Payment, ...]:
    captured = (one for one in payments if one.status is PaymentStatus.CAPTURED)
    return tuple(one for one in captured if one.refundable.minor)
