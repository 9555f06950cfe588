"""A milestone: a part of an accepted offer, paid, done and released by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from attrs import frozen

from marketpay.domain.actor import Role
from marketpay.domain.commission import Split
from marketpay.domain.entity import Change, Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import MilestoneEvent, MilestoneFunded
from marketpay.domain.ids import JobId, MilestoneId, OfferId, PaymentId
from marketpay.domain.lifecycles import MILESTONE, MilestoneStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.rules import Rules
from marketpay.domain.state_machine import Lifecycle


@frozen(kw_only=True)
class Milestone(Living):
    """One of the parts of an accepted offer, which together are its price, to the cent.

    Its split is its part of the split that was frozen for the whole when the offer was claimed.
    """

    id: MilestoneId
    job: JobId
    offer: OfferId
    customer: str
    contractor: str
    position: int  # in the plan, from 1
    title: str
    amount: Money
    split: Split
    due_at: datetime | None  # by when it was planned; nothing follows by itself
    status: MilestoneStatus = MilestoneStatus.PENDING
    payment: PaymentId | None = None  # under way while pending, and what was paid after that
    submitted_at: datetime | None = None  # when the contractor last said that it is done
    created_at: datetime

    mutable: ClassVar[Names] = ("title", "status", "payment", "submitted_at")
    indexed: ClassVar[Names] = ("job", "customer", "contractor")
    unique: ClassVar[Names] = ("payment",)
    lifecycle: ClassVar[Lifecycle[Any]] = MILESTONE

    @property
    def currency(self) -> str:
        """Of its amount."""
        return self.amount.currency

    @property
    def is_open(self) -> bool:
        """Whether something can still become of it."""
        return self.status not in MILESTONE.final

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, MilestoneEvent)
        return event(
            at=at,
            milestone=self.id,
            job=self.job,
            offer=self.offer,
            customer=self.customer,
            contractor=self.contractor,
            position=self.position,
            amount=self.amount,
            payment=self.payment,
        )


def begin(offer: Offer, rules: Rules, at: datetime) -> Iterator[Change[Milestone]]:
    """The parts of an offer that is accepted; the first is funded by that."""
    if offer.plan is None:
        return
    planned = zip(offer.plan.parts, offer.plan.splits, strict=True)
    for position, (part, split) in enumerate(planned, 1):
        milestone = Milestone(
            id=MilestoneId(rules.new_id("mst")),
            job=offer.job,
            offer=offer.id,
            customer=offer.customer,
            contractor=offer.contractor,
            position=position,
            title=part.title,
            amount=part.amount,
            split=split,
            due_at=part.due_at,
            created_at=at,
        )
        yield milestone.begun(at)
        if position == 1:
            yield milestone.become(MilestoneFunded, Role.SYSTEM, at, payment=offer.payment)
