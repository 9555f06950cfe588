"""Who makes the calls that a decision leads to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from attrs import evolve

from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity

R = TypeVar("R")


class Caller(StrEnum):
    """Who sends what a decision asks of the gateway at once."""

    DECIDER = "decider"  # whoever decided, right after the commit; it has a lease until then
    WORKER = "worker"  # `work()`, as soon as somebody else has committed


def for_a_worker(decision: Decision[R], at: datetime) -> Decision[R]:
    """The same decision; the operations that it starts have not been sent and are due at once."""
    started = {operation.id for operation in decision.operations}
    unsent: dict[str, Any] = {"due_at": at, "sent_at": None}

    def left(change: Change[Entity]) -> Change[Entity]:
        if change.entity.id not in started:
            return change
        return evolve(change, entity=evolve(change.entity, **unsent))

    return evolve(decision, changes=[left(change) for change in decision.changes])
