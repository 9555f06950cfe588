"""Facts about jobs, applications and offers."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class JobEvent(Event):
    """Something happened to a job."""

    job: str
    customer: str
    contractor: str | None


class JobPosted(JobEvent):
    """A customer wants something done."""


class JobUpdated(JobEvent):
    """The customer changed the words or the deadline of an open job."""


class JobAssigned(JobEvent):
    """An offer was accepted and its money captured: the job has its contractor."""


class JobStarted(JobEvent):
    """Work began."""


class JobSubmitted(JobEvent):
    """The contractor says that the work is done."""


class JobChangesRequested(JobEvent):
    """The customer has looked at the work, and wants something changed."""


class JobOverdue(JobEvent):
    """Its deadline has passed, and nobody has said that the work is done."""


class JobCompleted(JobEvent):
    """The customer is content with the work, or has had long enough to say otherwise."""


class JobCancelled(JobEvent):
    """The job will not be done; holds are voided, captured money goes back or is divided."""


class JobCancellationProposed(JobEvent):
    """One side of a job in progress proposed to the other to call it off."""


class JobCancellationDeclined(JobEvent):
    """The proposal to call the job off was turned down or taken back."""


@frozen(kw_only=True)
class ApplicationEvent(Event):
    """Something happened to an application."""

    application: str
    job: str
    customer: str
    contractor: str


class ApplicationSubmitted(ApplicationEvent):
    """A contractor wants the job."""


class ApplicationAccepted(ApplicationEvent):
    """The customer likes it, or an offer that came of it was accepted."""


class ApplicationRejected(ApplicationEvent):
    """The customer said no, the job went to somebody else, or it was cancelled."""


class ApplicationWithdrawn(ApplicationEvent):
    """The contractor no longer wants the job."""


@frozen(kw_only=True)
class OfferEvent(Event):
    """Something happened to an offer."""

    offer: str
    job: str
    customer: str
    contractor: str
    price: Money


class OfferCreated(OfferEvent):
    """A customer offered the job to a contractor; its payment is being authorized."""


class OfferFunded(OfferEvent):
    """The hold on the customer's money stands: accepting will capture it."""


class OfferClaimed(OfferEvent):
    """The contractor said yes; the capture is under way."""


class OfferAccepted(OfferEvent):
    """The money is captured: the job is the contractor's."""


class OfferAcceptanceFailed(OfferEvent):
    """The capture was refused: the offer is pending again, without a hold."""


@frozen(kw_only=True)
class OfferCountered(OfferEvent):
    """The contractor asks for another price, which is `counter`; `price` is still offered."""

    counter: Money


class OfferRevisionStarted(OfferEvent):
    """The customer wants other terms; a hold for them is being asked for."""


class OfferRevised(OfferEvent):
    """The hold for the other terms stands: they are offered now, at `price`."""


class OfferRevisionFailed(OfferEvent):
    """There is no hold for the other terms, or it came too late: the old ones stand."""


class OfferRejected(OfferEvent):
    """The contractor said no."""


class OfferWithdrawn(OfferEvent):
    """The customer took it back, or cancelled the job."""


class OfferExpired(OfferEvent):
    """Its time or its hold ran out."""


class OfferSuperseded(OfferEvent):
    """Another offer for the job was accepted."""
