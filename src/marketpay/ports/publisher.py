"""The publisher: whoever tells the outside what happened (mail, queue, search index)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from marketpay.domain.event import Event


@frozen(kw_only=True)
class PublishedEvent:
    """An event in its place in the feed.  `id` is the same however often it is published."""

    position: int
    number: int  # within its command, from 0
    actor: str
    role: str
    event: Event

    @property
    def id(self) -> str:
        """What a subscriber remembers to ignore a repetition."""
        return f"{self.position}.{self.number}"

    @property
    def name(self) -> str:
        """For example `offer.accepted`."""
        return self.event.name

    @property
    def at(self) -> datetime:
        """When it happened, UTC."""
        return self.event.at


class Publisher(Protocol):
    """Called by `work()`, never inside a transaction."""

    def publish(self, events: Sequence[PublishedEvent], /) -> None:
        """Pass them on, in this order.  At least once: after an error they come again."""
        ...


class AsyncPublisher(Protocol):
    """The same, awaited."""

    async def publish(self, events: Sequence[PublishedEvent], /) -> None:
        """See `Publisher.publish`."""
        ...
