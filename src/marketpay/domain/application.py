"""An application: a contractor who wants a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import ApplicationEvent
from marketpay.domain.ids import ApplicationId, JobId
from marketpay.domain.lifecycles import APPLICATION, ApplicationStatus
from marketpay.domain.state_machine import Lifecycle

LIVE = (ApplicationStatus.PENDING, ApplicationStatus.ACCEPTED)


def _live_pair(application: Application) -> str | None:
    is_live = application.status in LIVE
    return f"{application.job}:{application.contractor}" if is_live else None


@frozen(kw_only=True)
class Application(Living):
    """At most one live application for each job and contractor: `live_pair` is unique."""

    id: ApplicationId
    job: JobId
    customer: str
    contractor: str
    message: str
    status: ApplicationStatus = ApplicationStatus.PENDING
    created_at: datetime
    live_pair: str | None = field(
        init=False, repr=False, default=Factory(_live_pair, takes_self=True)
    )

    mutable: ClassVar[Names] = ("message", "status", "live_pair")
    indexed: ClassVar[Names] = ("job", "contractor")
    unique: ClassVar[Names] = ("live_pair",)
    lifecycle: ClassVar[Lifecycle[Any]] = APPLICATION

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, ApplicationEvent)
        return event(
            at=at,
            application=self.id,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
        )
