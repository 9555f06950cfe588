"""A webhook: what the gateway reported, stored before it is applied."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import WebhookEvent
from marketpay.domain.ids import WebhookId
from marketpay.domain.lifecycles import WEBHOOK, WebhookStatus
from marketpay.domain.state_machine import Lifecycle


@frozen(kw_only=True)
class Webhook(Living):
    """Stored once: `delivery` (gateway, account, event id) is unique."""

    id: WebhookId
    delivery: str
    event_type: str  # the gateway's own word
    event: str = field(repr=False)  # the normalised event, JSON
    body: str = field(repr=False)  # as it came, but for client secrets
    status: WebhookStatus = WebhookStatus.RECEIVED
    attempts: int = 0
    due_at: datetime | None = None  # when a worker applies it
    sent_at: datetime | None = None  # when it was first taken up
    failure: str | None = field(default=None, repr=False)  # the traceback of the last attempt
    created_at: datetime

    mutable: ClassVar[Names] = ("status", "attempts", "due_at", "sent_at", "failure")
    indexed: ClassVar[Names] = ("status",)
    unique: ClassVar[Names] = ("delivery",)
    lifecycle: ClassVar[Lifecycle[Any]] = WEBHOOK

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, WebhookEvent)
        return event(at=at, webhook=self.id, type=self.event_type)
