"""A publisher that remembers what it was told."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from marketpay.ports.publisher import PublishedEvent


@frozen
class MemoryPublisher:
    """`events` in the order they came; a repetition is there twice."""

    events: list[PublishedEvent] = field(factory=list)

    @property
    def names(self) -> list[str]:
        """Their names, e.g. `offer.accepted`."""
        return [event.name for event in self.events]

    def publish(self, events: Sequence[PublishedEvent], /) -> None:
        """See `Publisher.publish`."""
        self.events.extend(events)
