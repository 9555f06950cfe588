"""A deal: a job with its live offers, their payments and the live applications."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.application import Application
from marketpay.domain.entity import Entity
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.offer import CLAIMING, Offer
from marketpay.domain.payment import Payment, PaymentPurpose


@frozen
class Deal:
    """Read at once.  The offer or payment that was asked for is in it even if it has ended.

    An offer that was revised has the payments of its old terms, too.
    """

    job: Job
    offers: tuple[Offer, ...]
    payments: tuple[Payment, ...]
    applications: tuple[Application, ...]

    def offer(self, id: str) -> Offer:
        """The offer with this id, which is in the deal."""
        [found] = [offer for offer in self.offers if offer.id == id]
        return found

    def payment(self, id: str) -> Payment:
        """The payment with this id, which is in the deal."""
        [found] = [payment for payment in self.payments if payment.id == id]
        return found

    @property
    def claimed(self) -> Offer | None:
        """The offer that is being or has been accepted."""
        return next((offer for offer in self.offers if offer.status in CLAIMING), None)

    @property
    def paid(self) -> Payment:
        """The payment behind the accepted offer, of a job that was ever assigned."""
        claimed = self.claimed
        assert claimed is not None  # without it no job is assigned
        return self.payment(claimed.payment)

    @property
    def beside(self) -> tuple[Payment, ...]:
        """What was paid beyond the accepted offer, whatever came of it."""
        claimed = self.claimed
        if claimed is None:
            return ()
        mine = (one for one in self.payments if one.offer == claimed.id)
        return tuple(one for one in mine if one.purpose is not PaymentPurpose.OFFER)

    @property
    def extras(self) -> tuple[Payment, ...]:
        """What of that is in escrow, and has not gone yet."""
        held = (one for one in self.beside if one.status is PaymentStatus.CAPTURED)
        return tuple(one for one in held if one.refundable.minor)

    @property
    def divisible(self) -> tuple[Payment, ...]:
        """What is in escrow for its job: the offer's payment first, then each extra."""
        paid = self.paid
        is_held = paid.refundable.minor > 0 and not paid.is_released
        return (*((paid,) if is_held else ()), *self.extras)

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
        everything = (self.job, *self.offers, *self.payments, *self.applications)
        return tuple(entity for entity in everything if entity.id not in ids)
