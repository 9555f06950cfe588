"""A job: what a customer wants done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import JobEvent
from marketpay.domain.ids import JobId
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.state_machine import Lifecycle


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
    created_at: datetime

    mutable: ClassVar[Names] = ("title", "description", "status", "contractor")
    indexed: ClassVar[Names] = ("customer", "contractor", "status", "currency")
    lifecycle: ClassVar[Lifecycle[Any]] = JOB

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, JobEvent)
        return event(at=at, job=self.id, customer=self.customer, contractor=self.contractor)
