"""An offer: a job at a price, put to one contractor, with a payment behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import OfferCountered, OfferEvent
from marketpay.domain.ids import ApplicationId, JobId, OfferId, PaymentId
from marketpay.domain.lifecycles import OFFER, OfferStatus
from marketpay.domain.money import Money
from marketpay.domain.plan import Plan
from marketpay.domain.state_machine import Lifecycle

CLAIMING = (OfferStatus.ACCEPTING, OfferStatus.ACCEPTED)
OPEN = (OfferStatus.PENDING, OfferStatus.COUNTERED)  # waiting for an answer
LIVE = (*OPEN, *CLAIMING)
# What is under negotiation, once it is over.
SETTLED: Final = {
    "counter": None,
    "counter_plan": None,
    "counter_message": None,
    "revising": None,
    "revising_plan": None,
    "revising_message": None,
    "revising_until": None,
}


def _claimed_job(offer: Offer) -> JobId | None:
    return offer.job if offer.status in CLAIMING else None


def _live_pair(offer: Offer) -> str | None:
    return f"{offer.job}:{offer.contractor}" if offer.status in LIVE else None


@frozen(kw_only=True)
class Offer(Living):
    """One job, one contractor, one price.

    At most one offer of a job is being or has been accepted (`claimed_job` is unique), and a
    contractor has at most one live offer for a job (`live_pair` is unique).

    While it is open its terms can be negotiated.  What the contractor asks for is `counter`.
    Other terms of the customer's are offered once the hold for them stands; until then its
    payment is `revising`, and price, payment, message and time are the old ones.
    """

    id: OfferId
    job: JobId
    application: ApplicationId | None
    customer: str
    contractor: str
    price: Money
    plan: Plan | None = None  # the parts in which it is paid; None: in one
    message: str
    payment: PaymentId
    status: OfferStatus = OfferStatus.PENDING
    expires_at: datetime | None = None  # until funded, None where it shall last as its hold
    counter: Money | None = None  # what the contractor asks for instead of the price
    counter_plan: Plan | None = None  # ... in these parts
    counter_message: str | None = None  # ... and their words
    revision: int = 0  # how often it was revised
    revising: PaymentId | None = None  # whose hold is asked for, for other terms
    revising_plan: Plan | None = None  # ... the parts in which it will be paid then
    revising_message: str | None = None  # ... the words that will stand then, None for the same
    revising_until: datetime | None = None  # ... and until when, None for as long as that hold
    created_at: datetime
    claimed_job: JobId | None = field(
        init=False, repr=False, default=Factory(_claimed_job, takes_self=True)
    )
    live_pair: str | None = field(
        init=False, repr=False, default=Factory(_live_pair, takes_self=True)
    )

    mutable: ClassVar[Names] = (
        "price",
        "plan",
        "message",
        "payment",
        "status",
        "expires_at",
        "counter",
        "counter_plan",
        "counter_message",
        "revision",
        "revising",
        "revising_plan",
        "revising_message",
        "revising_until",
        "claimed_job",
        "live_pair",
    )
    indexed: ClassVar[Names] = ("job", "customer", "contractor")
    unique: ClassVar[Names] = ("claimed_job", "live_pair")
    lifecycle: ClassVar[Lifecycle[Any]] = OFFER

    @property
    def currency(self) -> str:
        """Of the price, and of the job."""
        return self.price.currency

    @property
    def to_hold(self) -> Money:
        """What is held before it is accepted: the price, or the first of its parts."""
        return self.price if self.plan is None else self.plan.first

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer, of one side or the other."""
        return self.status in OPEN

    @property
    def is_in_parts(self) -> bool:
        """Whether it was accepted, and has milestones."""
        return self.plan is not None and self.status is OfferStatus.ACCEPTED

    def wants(self, payment: PaymentId) -> bool:
        """Whether this can still pay for it: its price, or that of a revision under way."""
        return self.status in LIVE and payment in (self.payment, self.revising)

    def has_expired(self, now: datetime) -> bool:
        """Whether its time is over, told or not."""
        return self.expires_at is not None and self.expires_at <= now

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, OfferEvent)
        asked: dict[str, Any] = {"counter": self.counter} if event is OfferCountered else {}
        return event(
            at=at,
            offer=self.id,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            price=self.price,
            **asked,
        )
