"""Chargebacks: what the card network says of a payment."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import instance_of

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import held, purse_of
from marketpay.commands.incidents import FLAGGABLE
from marketpay.domain import charging_back
from marketpay.domain import events as e
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.chargeback_finding import Finding
from marketpay.domain.decision import Decision
from marketpay.domain.ids import ChargebackId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import ChargebackStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.recovering import Instead
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.ports.gateway import ChargebackStanding, ChargebackState
from marketpay.ports.store import Reader

DECIDED = (ChargebackStanding.LOST, ChargebackStanding.WON, ChargebackStanding.CLOSED)


@frozen(kw_only=True)
class SettleChargeback(Command[Chargeback | None]):
    """How a chargeback stands at the gateway.  Told twice or too late, it changes nothing."""

    state: ChargebackState = field(validator=instance_of(ChargebackState))

    def decide(self, read: Reader, rules: Rules) -> Decision[Chargeback | None]:
        """The chargeback with all that follows; None where the payment is none of ours."""
        only_system(self.by, "settle a chargeback")
        state = self.state
        payments = read.find(Payment, gateway_payment=state.payment)
        if not payments:
            return Decision(None)
        [payment] = payments
        if {state.amount.currency, state.withdrawn.currency} != {payment.currency}:
            return self._unbookable(payment, read, rules)
        found = read.find(Chargeback, gateway_id=state.gateway_id)
        known = found[0] if found else self._opened(payment, rules)
        news = Finding(
            status=ChargebackStatus(state.standing.value),
            withdrawn=state.withdrawn,
            fee=state.fee,
            respond_by=state.respond_by,
        )
        taken_from = held(read, payment, rules)
        instead = self._instead(payment, known, read, rules)
        return charging_back.follow(known, payment, taken_from, instead, news, rules, rules.now())

    def _instead(self, payment: Payment, known: Chargeback, read: Reader, rules: Rules) -> Instead:
        """What was refunded, or the customer has as credit, where the bank has decided."""
        if self.state.standing not in DECIDED:
            return Instead()
        instead = Instead(refunds=read.find(Refund, payment=payment.id))
        if not instead.failed:
            return instead
        purse = purse_of(read, payment.customer, payment.currency, rules)
        others = [one for one in read.find(Chargeback, payment=payment.id) if one.id != known.id]
        return Instead(refunds=instead.refunds, purse=purse, others=others)

    def _unbookable(
        self, payment: Payment, read: Reader, rules: Rules
    ) -> Decision[Chargeback | None]:
        """In another currency it cannot be booked: nothing is released until somebody looks."""
        kind, id, at = IncidentKind.CHARGEBACK, self.state.gateway_id, rules.now()
        before = read.find(Incident, subject=payment.id, kind=kind, detail=id)
        if before:
            return Decision(None, waives=(payment, *before))
        raised = incident(kind, payment.id, id, rules, at)
        if payment.status not in FLAGGABLE:
            return Decision(None, changes=(raised,), relies_on=(payment,))
        flags = " ".join((*payment.flags, id))
        flagged = payment.become(e.PaymentFlagged, self.by.role, at, flagged=flags)
        return Decision(None, changes=(flagged, raised))

    def _opened(self, payment: Payment, rules: Rules) -> Chargeback:
        zero = Money.zero(payment.currency)
        return Chargeback(
            id=ChargebackId(rules.new_id("chb")),
            payment=payment.id,
            customer=payment.customer,
            contractor=payment.contractor,
            gateway_id=self.state.gateway_id,
            amount=self.state.amount,
            reason=self.state.reason,
            respond_by=self.state.respond_by,
            withdrawn=zero,
            covered=zero,
            reserved=zero,
            lost=zero,
            fee=zero,
            created_at=rules.now(),
        )
