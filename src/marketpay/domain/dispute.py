"""A dispute: the customer and the contractor do not agree about a payment."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.actor import Actor, Role
from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import DisputeEvent
from marketpay.domain.ids import DisputeId, JobId, PaymentId, RefundId
from marketpay.domain.lifecycles import DISPUTE, DisputeStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle

GOING_ON = (DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW)


def _open_payment(dispute: Dispute) -> PaymentId | None:
    return dispute.payment if dispute.status in GOING_ON else None


@frozen(kw_only=True)
class Dispute(Living):
    """It ends by agreement, by an administrator, by withdrawal, or by the rules when time is up.

    One at a time for each payment: `open_payment` is unique.  All amounts are gross: of the
    price, before any fees.
    """

    id: DisputeId
    payment: PaymentId
    job: JobId
    customer: str
    contractor: str
    opened_by: Role  # the customer or the contractor
    reason: str
    at_stake: Money  # what there was to divide, when it was last looked at
    status: DisputeStatus = DisputeStatus.OPEN
    respond_by: datetime  # when the rules decide, if by then nobody has
    responded_at: datetime | None = None  # when the other side was first heard of
    response: str = ""  # ... and what they said
    customer_proposal: Money | None = None  # what the customer would have of it
    contractor_proposal: Money | None = None  # ... and what the contractor would let them have
    to_customer: Money | None = None  # what came of it
    to_contractor: Money | None = None
    refund: RefundId | None = None  # by which the customer has it
    note: str = ""  # of the administrator who decided
    created_at: datetime
    closed_at: datetime | None = None
    open_payment: PaymentId | None = field(
        init=False, repr=False, default=Factory(_open_payment, takes_self=True)
    )

    mutable: ClassVar[Names] = (
        "reason",
        "at_stake",
        "status",
        "respond_by",
        "responded_at",
        "response",
        "customer_proposal",
        "contractor_proposal",
        "to_customer",
        "to_contractor",
        "refund",
        "note",
        "closed_at",
        "open_payment",
    )
    indexed: ClassVar[Names] = ("payment", "job", "customer", "contractor", "status")
    unique: ClassVar[Names] = ("open_payment",)
    lifecycle: ClassVar[Lifecycle[Any]] = DISPUTE

    @property
    def currency(self) -> str:
        """Of all its amounts."""
        return self.at_stake.currency

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.status not in GOING_ON

    def is_overdue(self, now: datetime) -> bool:
        """Whether the other side was silent for too long, told or not."""
        is_silent = self.status is DisputeStatus.OPEN and self.responded_at is None
        return is_silent and self.respond_by <= now

    @property
    def opener(self) -> Actor:
        """Who opened it."""
        is_customer = self.opened_by is Role.CUSTOMER
        return Actor(self.customer if is_customer else self.contractor, self.opened_by)

    def proposals(self) -> dict[Role, Money | None]:
        """What each side proposes that the customer gets."""
        return {
            Role.CUSTOMER: self.customer_proposal,
            Role.CONTRACTOR: self.contractor_proposal,
        }

    def proposed_to(self, role: Role) -> Money | None:
        """What the other side of `role` proposes that the customer gets."""
        return self.contractor_proposal if role is Role.CUSTOMER else self.customer_proposal

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, DisputeEvent)
        return event(
            at=at,
            dispute=self.id,
            payment=self.payment,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            opened_by=self.opened_by.value,
            amount=self.at_stake,
            to_customer=self.to_customer,
            to_contractor=self.to_contractor,
        )
