"""A job: what a customer wants done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final, Self

from attrs import frozen

from marketpay.domain.actor import Role
from marketpay.domain.changing import changed
from marketpay.domain.entity import Change, Living, Names
from marketpay.domain.errors import IllegalTransition
from marketpay.domain.event import Event
from marketpay.domain.events import JobCancelled, JobEvent
from marketpay.domain.ids import JobId
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle

NOTHING_PROPOSED: Final[dict[str, None]] = {
    "cancellation_by": None,
    "cancellation_to_customer": None,
    "cancellation_of": None,
    "cancellation_kept": None,
}
PROPOSED = NOTHING_PROPOSED.keys()


@frozen(kw_only=True)
class Job(Living):
    """A piece of work, posted by one customer, done by one contractor, paid in one currency."""

    id: JobId
    customer: str
    title: str
    description: str
    currency: str
    status: JobStatus = JobStatus.OPEN
    contractor: str | None = None  # once an offer is accepted
    deadline: datetime | None = None  # by when the work is to be submitted
    overdue_at: datetime | None = None  # when it was seen that the deadline had passed
    submitted_at: datetime | None = None  # when the contractor last said that the work is done
    assigned_at: datetime | None = None  # when it was
    cancellation_by: str | None = None  # the role that proposes to call the job off
    cancellation_to_customer: Money | None = None  # ... and what the customer would get back
    cancellation_of: Money | None = None  # ... of all that was left to be divided then
    cancellation_kept: Money | None = None  # ... of which the platform would keep so much
    contractor_erased_at: datetime | None = None  # when its contractor was forgotten
    created_at: datetime

    mutable: ClassVar[Names] = (
        "title",
        "description",
        "status",
        "contractor",
        "deadline",
        "overdue_at",
        "submitted_at",
        "assigned_at",
        "cancellation_by",
        "cancellation_to_customer",
        "cancellation_of",
        "cancellation_kept",
        "contractor_erased_at",
    )
    indexed: ClassVar[Names] = ("customer", "contractor", "status", "currency")
    lifecycle: ClassVar[Lifecycle[Any]] = JOB

    @property
    def is_forsaken(self) -> bool:
        """Whether its deadline has passed and nobody ever said that the work is done.

        Of a job in parts see `Deal.is_forsaken`.
        """
        return self.overdue_at is not None and self.submitted_at is None

    def cancel(self, by: Role, at: datetime) -> Change[Job]:
        """The job, cancelled; once work began, its customer can only if nobody does it."""
        cancelled = self.become(JobCancelled, by, at)
        is_begun = self.status is JobStatus.IN_PROGRESS
        if by is Role.CUSTOMER and is_begun and not self.is_forsaken:
            can = self.lifecycle.possible(self.status, by) - {JobCancelled}
            names = tuple(sorted(event.name for event in can))
            event = JobCancelled.name
            raise IllegalTransition("job", self.id, self.status.value, event, names)
        return cancelled

    def become(self, event: type[Event], by: Role, at: datetime, **changes: Any) -> Change[Self]:
        """See `Living.become`.  A proposal to call the job off outlives it only as its end."""
        change = super().become(event, by, at, **changes)
        job = change.entity
        if job.cancellation_by is None or job.status not in JOB.final or changes.keys() & PROPOSED:
            return change
        return Change(changed(job, **NOTHING_PROPOSED), change.event)

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, JobEvent)
        return event(at=at, job=self.id, customer=self.customer, contractor=self.contractor)
