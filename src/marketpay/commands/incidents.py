"""Incidents: what somebody should look at, and what they decide."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, only_system
from marketpay.domain import escrow
from marketpay.domain import events as e
from marketpay.domain.actor import check_party
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.event import Event
from marketpay.domain.ids import IncidentId, PaymentId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import INCIDENT, PAYMENT, IncidentStatus, PaymentStatus
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, Party, Text
from marketpay.ports.store import Reader

FLAGGABLE = (PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)
CLEARABLE = (*FLAGGABLE, PaymentStatus.CHARGED_BACK)


@frozen(kw_only=True)
class ResolveIncident(Command[Incident]):
    """An administrator has looked, and says in a note what came of it."""

    incident: IncidentId = field(validator=IdOf("Incident"))
    note: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Incident]:
        """The incident, resolved."""
        found, at = read.get(Incident, self.incident), rules.now()
        permit(self.by, INCIDENT, e.IncidentResolved, "resolve this incident")
        if found.status is IncidentStatus.RESOLVED:
            return Decision(found, waives=(found,))
        resolved = found.become(e.IncidentResolved, self.by.role, at, note=self.note)
        return Decision(resolved.entity, changes=(resolved,))


@frozen(kw_only=True)
class FlagPayment(Command[Payment]):
    """The gateway has its doubts about a payment: it is not released until somebody looks."""

    payment: PaymentId = field(validator=IdOf("Payment"))
    detail: str = field(validator=check_party)  # the gateway's id of its warning

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment, flagged, with an incident; once."""
        only_system(self.by, "flag a payment")
        payment, at = read.get(Payment, self.payment), rules.now()
        kind = IncidentKind.FRAUD_WARNING
        before = read.find(Incident, subject=payment.id, kind=kind, detail=self.detail)
        if before:
            return Decision(payment, waives=(payment, *before))
        raised = incident(kind, payment.id, self.detail, rules, at)
        if payment.status not in FLAGGABLE:
            return Decision(payment, changes=(raised,), relies_on=(payment,))
        flags = " ".join((*payment.flags, self.detail))
        flagged = payment.become(e.PaymentFlagged, self.by.role, at, flagged=flags)
        return Decision(flagged.entity, changes=(flagged, raised))


@frozen(kw_only=True)
class ClearPayment(Command[Payment]):
    """Somebody has looked at a flagged payment, and all is well.

    `detail` names one warning, where others may still be open; None: all is well with all.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))
    detail: str | None = field(default=None, validator=Party())

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment without that flag."""
        payment, at = read.get(Payment, self.payment), rules.now()
        permit(self.by, PAYMENT, e.PaymentCleared, "clear this payment")
        if payment.flagged is None or payment.status not in CLEARABLE:
            return Decision(payment, waives=(payment,))
        left = () if self.detail is None else [f for f in payment.flags if f != self.detail]
        if len(left) == len(payment.flags):
            return Decision(payment, waives=(payment,))
        event: type[Event] = e.PaymentStillFlagged if left else e.PaymentCleared
        cleared = payment.become(event, self.by.role, at, flagged=" ".join(left) or None)
        timers = escrow.timers(cleared.entity, at)
        return Decision(cleared.entity, changes=(cleared,), timers=timers)
