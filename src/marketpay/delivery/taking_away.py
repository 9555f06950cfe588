"""A timer that fires goes with the transaction in which it takes effect, or nothing does."""

from __future__ import annotations

from marketpay.domain.timer import Timer
from marketpay.ports.store import Writer


class Overtaken(Exception):
    """A timer is not there as it was taken up: another worker has it, or it was set anew."""


def take_away(timer: Timer, work: Writer) -> None:
    """Remove a timer that fires, or `Overtaken`."""
    if not work.remove(timer):
        raise Overtaken(timer.subject)
