"""The house rules of one marketplace: its policies, its clock and its source of ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from marketpay.domain.commission import Commission
from marketpay.domain.errors import InvalidInput
from marketpay.domain.ids import new_id


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _positive(_rules: object, attribute: object, value: timedelta | int) -> None:
    if not (value > timedelta(0) if isinstance(value, timedelta) else value > 0):
        raise InvalidInput("must be above zero.", getattr(attribute, "name", None))


@frozen(kw_only=True)
class Rules:
    """Frozen.  `now` (aware, UTC) is the only clock in the library, leases and timers too.

    `lease`: how long one process has a gateway operation to itself; longer than the gateway's
    time-out with all its retries.
    `lookup_every`: how seldom, at most, the gateway is asked about what waits for somebody.
    `retry_base`, `retry_cap`, `retry_window`: an operation without an answer is sent again at
    once, then after `retry_base`, doubled up to `retry_cap`, until `retry_window` has passed
    since it was first sent (gateways forget keys after 24 hours).
    `attempts`: how often a command is decided again after losing a race.
    """

    commission: Commission = field(factory=Commission)
    require_application: bool = False  # offers go only to contractors who have applied
    now: Callable[[], datetime] = _utc_now
    new_id: Callable[[str], str] = new_id
    lease: timedelta = field(default=timedelta(minutes=5), validator=_positive)
    lookup_every: timedelta = field(default=timedelta(minutes=5), validator=_positive)
    retry_base: timedelta = field(default=timedelta(seconds=10), validator=_positive)
    retry_cap: timedelta = field(default=timedelta(hours=1), validator=_positive)
    retry_window: timedelta = field(default=timedelta(hours=23), validator=_positive)
    attempts: int = field(default=20, validator=_positive)

    def retry_at(self, attempts: int, now: datetime, id: str) -> datetime:
        """When to send again what has gone unanswered `attempts` times.

        The first time at once.  Spread by the id, so that what failed together does not come
        back together.
        """
        times: int = 2 ** min(attempts - 1, 20) - 1
        delay = min(self.retry_cap, self.retry_base * times)
        spread = sum(id.encode()) % 32  # of 64: half to all of the delay
        return now + delay * (64 - spread) // 64

    def lookup_at(self, since: datetime, now: datetime) -> datetime:
        """When to ask again about what has waited for somebody `since` then.

        Often at first, then ever more seldom, down to every `lookup_every`.
        """
        return now + min(now - since, self.lookup_every)
