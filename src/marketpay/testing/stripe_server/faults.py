"""What may go wrong between a client and the server, one fault for each request."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock

from attrs import frozen

from marketpay.domain.errors import InvalidInput


class Fault(StrEnum):
    """One request's fate, for `StripeServer.fault`."""

    NONE = "none"
    """It is answered as if nothing had been said."""
    DROP_BEFORE = "drop_before"
    """The connection ends before the request has any effect; its key is unused."""
    DROP_AFTER = "drop_after"
    """The connection ends although the effect is there, and the answer with the key."""
    ERROR_500 = "error_500"
    """Status 500 although the effect is there, now and each time the key comes again."""
    ERROR_500_BEFORE = "error_500_before"
    """Status 500 without effect, now and each time the key comes again."""
    RATE_LIMIT = "rate_limit"
    """Status 429; nothing happens, the key is unused."""
    CONFLICT = "conflict"
    """Status 409: somebody else holds the object's lock.  Nothing happens, the key is unused."""


@frozen
class Slow:
    """The answer takes that many seconds of real time; the key is in use meanwhile."""

    seconds: float


@frozen
class _Plan:
    method: str
    path: str
    faults: deque[Fault | Slow]


class Faults:
    """For each method and pattern of a path, the fates of the next requests, in order."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._lock = Lock()

    def add(self, method: str, path: str, faults: tuple[Fault | Slow | str, ...]) -> None:
        """Queue `faults` for requests like `POST /v1/payment_intents/*/capture`."""
        read = deque(_fault(fault) for fault in faults)
        with self._lock:
            self._plans.append(_Plan(method.upper(), path, read))

    def next(self, method: str, path: str) -> Fault | Slow:
        """The fate of this request; the plan that was made first is asked first."""
        if not self._plans:
            return Fault.NONE
        with self._lock:
            for plan in self._plans:
                if plan.method in (method, "*") and fnmatchcase(path, plan.path):
                    fault = plan.faults.popleft()
                    self._plans = [plan for plan in self._plans if plan.faults]
                    return fault
        return Fault.NONE

    @property
    def left(self) -> int:
        """How many faults nobody has met yet."""
        with self._lock:
            return sum(len(plan.faults) for plan in self._plans)


def _fault(fault: Fault | Slow | str) -> Fault | Slow:
    if isinstance(fault, Slow):
        return fault
    word, _, seconds = fault.partition(":")
    try:
        return Slow(float(seconds)) if word == "slow" else Fault(fault)
    except ValueError:
        known = ", ".join(Fault)
        raise InvalidInput(
            f"must be one of {known} or slow:SECONDS, not {fault}", "fault"
        ) from None
