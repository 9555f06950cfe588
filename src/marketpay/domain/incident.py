"""An incident: something that a person should know of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from attrs import frozen

from marketpay.domain.entity import Change, Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import IncidentEvent
from marketpay.domain.ids import IncidentId
from marketpay.domain.lifecycles import INCIDENT, IncidentStatus
from marketpay.domain.rules import Rules
from marketpay.domain.state_machine import Lifecycle


class IncidentKind(StrEnum):
    """What happened."""

    CAPTURED_ELSEWHERE = "captured_elsewhere"  # of a payment, and not by an acceptance
    CHARGEBACK = "chargeback"
    FRAUD_WARNING = "fraud_warning"
    OPERATION_STUCK = "operation_stuck"  # the gateway never said what became of it
    PAID_TWICE = "paid_twice"  # by their bank, and with credit that they have spent
    PAYOUT_ELSEWHERE = "payout_elsewhere"
    PAYOUT_RETURNED = "payout_returned"
    REFUND_ELSEWHERE = "refund_elsewhere"
    REFUND_FAILED = "refund_failed"  # the customer has the money as credit, if no bank paid them
    REVERSED_ELSEWHERE = "reversed_elsewhere"
    VOID_FAILED = "void_failed"  # a hold could not be let go: it may have been captured
    WEBHOOK_DEAD = "webhook_dead"


@frozen(kw_only=True)
class Incident(Living):
    """Raised once; an administrator resolves it with a note."""

    id: IncidentId
    kind: IncidentKind
    subject: str  # the id of what it is about
    detail: str  # the gateway's code, or an amount
    status: IncidentStatus = IncidentStatus.OPEN
    note: str = ""  # of who resolved it
    created_at: datetime

    mutable: ClassVar[Names] = ("status", "note")
    indexed: ClassVar[Names] = ("status", "subject")
    lifecycle: ClassVar[Lifecycle[Any]] = INCIDENT

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, IncidentEvent)
        return event(at=at, incident=self.id, kind=self.kind.value, subject=self.subject)


def incident(
    kind: IncidentKind, subject: str, detail: str, rules: Rules, at: datetime
) -> Change[Incident]:
    """A new incident."""
    id = IncidentId(rules.new_id("inc"))
    raised = Incident(id=id, kind=kind, subject=subject, detail=detail[:255], created_at=at)
    return raised.begun(at)
