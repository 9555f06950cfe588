"""The house rules of one marketplace: its policies, its clock and its source of ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen
from attrs.validators import instance_of

from marketpay.domain.commission import Commission
from marketpay.domain.errors import InvalidInput
from marketpay.domain.ids import new_id

DAY = timedelta(days=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _span(_rules: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta):
        raise TypeError(f"{attribute.name} must be a timedelta, not {type(value).__name__}")
    if value <= timedelta(0):
        raise InvalidInput("must be above zero.", attribute.name)


def _count(_rules: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{attribute.name} must be an int, not {type(value).__name__}")
    if value < 1:
        raise InvalidInput("must be above zero.", attribute.name)


@frozen(kw_only=True)
class Rules:
    """Frozen.  `now` (aware, UTC) is the only clock in the library, leases and timers too.

    `lease`: how long one process has a gateway operation to itself; longer than the gateway's
    time-out with all its retries.
    `lookup_every`: how seldom the gateway is asked about what waits for somebody; what has
    waited for hours is asked about ever more seldom.
    `retry_base`, `retry_cap`, `retry_window`: an operation without an answer is taken up again
    at once (looked up, and sent again if it is not there), then after up to 1, 3, 7, 15 ...
    times `retry_base`, at most `retry_cap`, until `retry_window` has passed since it was first
    sent (gateways forget keys after 24 hours).
    `attempts`: how often a command is decided again after losing a race.
    """

    commission: Commission = field(factory=Commission, validator=instance_of(Commission))
    require_application: bool = False  # offers go only to contractors who have applied
    now: Callable[[], datetime] = _utc_now
    new_id: Callable[[str], str] = new_id
    lease: timedelta = field(default=timedelta(minutes=5), validator=_span)
    lookup_every: timedelta = field(default=timedelta(minutes=5), validator=_span)
    retry_base: timedelta = field(default=timedelta(seconds=10), validator=_span)
    retry_cap: timedelta = field(default=timedelta(hours=1), validator=_span)
    retry_window: timedelta = field(default=timedelta(hours=23), validator=_span)
    attempts: int = field(default=20, validator=_count)

    def retry_at(self, attempts: int, now: datetime, id: str) -> datetime:
        """When to send again what has gone unanswered `attempts` times.

        The first time at once.  Spread by the id, so that what failed together does not come
        back together.
        """
        times: int = 2 ** min(attempts - 1, 20) - 1
        delay = min(self.retry_cap, self.retry_base * times)
        spread = sum(id.encode()) % 32  # of 64: half to all of the delay
        return now + delay * (64 - spread) // 64

    def transfer_at(self, tries: int, now: datetime) -> datetime:
        """When to make a transfer again that was refused `tries` times; once a day in the end."""
        times: int = 2 ** min(tries, 20) - 1
        return now + min(DAY, self.retry_base * times)

    def lookup_at(self, since: datetime, now: datetime) -> datetime:
        """When to ask again about what has waited for somebody `since` then.

        Often at first, then every `lookup_every`, and after some hours ever more seldom.
        """
        age = now - since
        return now + max(min(age, self.lookup_every), age / 24)
