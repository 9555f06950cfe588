"""A job: what a customer wants done."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from marketpay.domain.entity import Living
from marketpay.domain.events import Event, JobEvent
from marketpay.domain.ids import JobId
from marketpay.domain.lifecycles import JOB, JobStatus


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

    mutable: ClassVar = ("title", "description", "status", "contractor")
    indexed: ClassVar = ("customer", "contractor", "status", "currency")
    lifecycle: ClassVar = JOB

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, JobEvent)
        return event(at=at, job=self.id, customer=self.customer, contractor=self.contractor)
