"""A clock that stands still until it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

from marketpay.domain.errors import InvalidInput


class VirtualClock:
    """Call it for the time; it never goes back.  Safe to share between threads.

    `rules.now` and `SimulatedGateway(now=...)` both take one.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """Stand at `start`, which must know its time zone."""
        if start.tzinfo is None:
            raise InvalidInput("must have a time zone.", "start")
        self._now = start.astimezone(UTC)
        self._lock = Lock()

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return self._now

    def advance(
        self,
        *,
        weeks: int = 0,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
        seconds: int = 0,
        milliseconds: int = 0,
        microseconds: int = 0,
    ) -> datetime:
        """Go on by that much, e.g. `advance(days=7, minutes=1)`; the answer is the new time."""
        by = timedelta(
            weeks=weeks,
            days=days,
            hours=hours,
            minutes=minutes,
            seconds=seconds,
            milliseconds=milliseconds,
            microseconds=microseconds,
        )
        if by < timedelta(0):
            raise InvalidInput(f"{by} would turn the clock back.")
        with self._lock:
            self._now += by
            return self._now

    def __repr__(self) -> str:
        return f"VirtualClock({self._now.isoformat()})"
