"""What a request to the simulated gateway may be told to come to."""

from __future__ import annotations

from collections import defaultdict, deque
from enum import StrEnum
from threading import Lock
from typing import Final

from marketpay.domain.errors import InvalidInput
from marketpay.ports.gateway import (
    Authorize,
    Capture,
    ExpireCheckout,
    GatewayRequest,
    Inspect,
    ListBalance,
    LookUp,
    OnboardingLink,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)


class Outcome(StrEnum):
    """One request's fate, for `SimulatedGateway.script`."""

    OK = "ok"
    """As if there were no script."""
    DECLINE = "decline"
    """Refused for good; the refusal is stored with the key (not of what only asks)."""
    ACTION_REQUIRED = "action_required"
    """The payer has to confirm, whatever the card (`Authorize` only)."""
    HOLD_GONE = "hold_gone"
    """The hold is let go of just before the request arrives (`Capture` and `Void` only)."""
    TIMEOUT_BEFORE = "timeout_before"
    """The request never arrives: `GatewayUnavailable`, no effect, the key unused."""
    TIMEOUT_AFTER = "timeout_after"
    """The answer never arrives: `GatewayUnavailable`, but the effect and its answer are there."""
    ERROR_500 = "error_500"
    """`GatewayUnavailable` now and for this key for ever, although the effect is there.

    What only asks is asked again under the same key, and answered.
    """
    ERROR_500_BEFORE = "error_500_before"
    """`GatewayUnavailable` now and for this key for ever, without effect."""


ACTING: Final[tuple[type[GatewayRequest], ...]] = (
    Authorize,
    Capture,
    Void,
    RefundPayment,
    Transfer,
    ReverseTransfer,
    PayOut,
    OpenAccount,
    StartCheckout,
    ExpireCheckout,
)
REQUESTS: Final = (*ACTING, LookUp, Inspect, ListBalance, OnboardingLink)
ONLY_FOR: Final[dict[Outcome, tuple[type[GatewayRequest], ...]]] = {
    Outcome.ACTION_REQUIRED: (Authorize,),
    Outcome.HOLD_GONE: (Capture, Void),
    Outcome.DECLINE: ACTING,
}


class Script:
    """For each class of request, the fates of the next ones, in order."""

    def __init__(self) -> None:
        self._queues: defaultdict[type[GatewayRequest], deque[Outcome]] = defaultdict(deque)
        self._lock = Lock()

    def add(self, request: type[GatewayRequest], outcomes: tuple[Outcome | str, ...]) -> None:
        """Queue `outcomes` behind those already there."""
        if request not in REQUESTS:
            raise InvalidInput(f"{request!r} is not a class of requests.", "request")
        checked = [_checked(request, outcome) for outcome in outcomes]
        with self._lock:
            self._queues[request].extend(checked)

    def take(self, request: type[GatewayRequest]) -> Outcome:
        """The fate of the request that has just come in."""
        queue = self._queues.get(request)
        if not queue:
            return Outcome.OK
        with self._lock:
            return queue.popleft() if queue else Outcome.OK


def _checked(request: type[GatewayRequest], outcome: Outcome | str) -> Outcome:
    try:
        known = Outcome(outcome)
    except ValueError:
        names = ", ".join(Outcome)
        raise InvalidInput(f"{outcome!r} is not one of: {names}.", "outcome") from None
    if request not in ONLY_FOR.get(known, REQUESTS):
        raise InvalidInput(f"{known} cannot happen to {request.__name__}.", "outcome")
    return known
