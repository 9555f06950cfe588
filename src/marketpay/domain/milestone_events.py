"""Facts about milestones."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class MilestoneEvent(Event):
    """Something happened to a part of an accepted offer."""

    milestone: str
    job: str
    offer: str
    customer: str
    contractor: str
    position: int
    amount: Money
    payment: str | None


class MilestoneCreated(MilestoneEvent):
    """An offer in parts was accepted: this is one of them."""


class MilestoneFundingStarted(MilestoneEvent):
    """The customer pays for it; the gateway is being asked."""


class MilestoneFundingFailed(MilestoneEvent):
    """The payment for it was refused, or not confirmed: it can be paid with another method."""


class MilestoneFunded(MilestoneEvent):
    """The money for it is in escrow."""


class MilestoneStarted(MilestoneEvent):
    """Work on it began."""


class MilestoneSubmitted(MilestoneEvent):
    """The contractor says that it is done."""


class MilestoneChangesRequested(MilestoneEvent):
    """The customer has looked at it, and wants something changed."""


class MilestoneReleased(MilestoneEvent):
    """Its money has left escrow, and the contractor has their part of it."""


class MilestoneRefunded(MilestoneEvent):
    """Its money went back to the customer; the contractor has nothing of it."""


class MilestoneCancelled(MilestoneEvent):
    """It will not be done, and was never funded."""
