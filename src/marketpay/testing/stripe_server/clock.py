"""A clock that runs, and can be put forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

from marketpay.domain.errors import InvalidInput


class RunningClock:
    """Call it for the time: the real one, and what it was put forward by."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._lock = Lock()

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, *, seconds: int) -> datetime:
        """Put it forward; the answer is the new time."""
        if seconds < 0:
            raise InvalidInput("a clock cannot be turned back.", "seconds")
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
        return self()
