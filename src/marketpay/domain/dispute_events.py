"""Facts about disputes between a customer and a contractor."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class DisputeEvent(Event):
    """Something happened to a dispute.

    `amount` is what there is to divide; `to_customer` and `to_contractor` are what came of it,
    None while it goes on and where it was withdrawn.
    """

    dispute: str
    payment: str
    job: str
    customer: str
    contractor: str
    opened_by: str
    amount: Money
    to_customer: Money | None
    to_contractor: Money | None


class DisputeOpened(DisputeEvent):
    """One side is not content; the money stays where it is until the dispute has ended."""


class DisputeEvidenceAdded(DisputeEvent):
    """There is more to look at."""


class DisputeSettlementProposed(DisputeEvent):
    """One side says how it would divide the money."""


class DisputeResponded(DisputeEvent):
    """The other side has given its view; an administrator decides if the two do not."""


class DisputeEscalated(DisputeEvent):
    """An administrator has to decide."""


class DisputeSettled(DisputeEvent):
    """One side agreed to what the other proposed."""


class DisputeResolved(DisputeEvent):
    """An administrator has decided."""


class DisputeWithdrawn(DisputeEvent):
    """Who opened it is content after all."""


class DisputeExpired(DisputeEvent):
    """Its time was over, and the rules of the marketplace have decided."""


@frozen(kw_only=True)
class EvidenceEvent(Event):
    """Something happened to a piece of evidence."""

    evidence: str
    dispute: str
    by: str
    role: str


class EvidenceAdded(EvidenceEvent):
    """Somebody has shown something."""
