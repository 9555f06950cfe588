"""A hold that stands: what the gateway says of it, and that it soon runs out."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.settling import as_recorded
from marketpay.domain import events as e
from marketpay.domain.decision import Decision
from marketpay.domain.hiring import freed_credit, without_hold
from marketpay.domain.ids import PaymentId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import EXPIRED
from marketpay.domain.validators import IdOf
from marketpay.ports.gateway import Captured, GatewayNews, HoldGone
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class SettleHold(Command[Payment]):
    """What the gateway says of a hold that nobody here has touched since it was put."""

    payment: PaymentId = field(validator=IdOf("Payment"))
    news: GatewayNews = field(converter=as_recorded)

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """A hold that is gone has expired, and the offer that it is behind with it.

        A capture is an incident.
        """
        only_system(self.by, "settle a hold")
        deal, at = read.deal(payment=self.payment), rules.now()
        payment = deal.payment(self.payment)
        offer = deal.offer(payment.offer)
        is_held = payment.status is PaymentStatus.AUTHORIZED
        is_behind = offer.payment == payment.id  # not of old terms
        is_accepting = is_behind and offer.status is OfferStatus.ACCEPTING
        if not is_held or is_accepting:
            return Decision(payment, waives=deal.rest())
        captures = _captures(payment, read)
        if captures:  # what becomes of it is for them to say
            return Decision(payment, waives=(*deal.rest(), *captures))
        if isinstance(self.news, HoldGone):
            gone = payment.become(e.PaymentExpired, self.by.role, at, failure=EXPIRED)
            changes: list[Any] = [gone]
            if is_behind and offer.is_open:
                changes += without_hold(deal, offer, self.by.role, rules, at)
            waived = deal.rest(*(change.entity for change in changes))
            freed = freed_credit(deal, changes, at)
            return Decision(gone.entity, changes=changes, waives=waived, timers=freed)
        if not isinstance(self.news, Captured):
            return Decision(payment, waives=deal.rest())
        why, id = IncidentKind.CAPTURED_ELSEWHERE, self.news.gateway_id
        before = read.find(Incident, subject=payment.id, kind=why, detail=id)
        if before:
            return Decision(payment, waives=(*deal.rest(), *before))
        flags = " ".join((*payment.flags, why.value))
        flagged = payment.become(e.PaymentFlagged, self.by.role, at, flagged=flags)
        raised = incident(why, payment.id, id, rules, at)
        waived = deal.rest(payment)
        return Decision(flagged.entity, changes=(flagged, raised), waives=waived)


def _captures(payment: Payment, read: Reader) -> list[PaymentTransaction]:
    """What is charged beyond the offer is captured as it is held, unless nobody wanted it then."""
    if payment.purpose is PaymentPurpose.OFFER:
        return []
    return read.find(PaymentTransaction, payment=payment.id, kind=TransactionKind.CAPTURE)


@frozen(kw_only=True)
class WarnOfExpiry(Command[Payment]):
    """A hold runs out soon: whoever listens to events can tell its parties."""

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment; a fact of it, if its offer's hold still stands and its end is near."""
        only_system(self.by, "warn of an expiry")
        deal, at = read.deal(payment=self.payment), rules.now()
        payment = deal.payment(self.payment)
        until = payment.authorization_expires_at
        is_old = deal.offer(payment.offer).payment != payment.id  # of terms that were revised
        is_held = payment.status is PaymentStatus.AUTHORIZED and not is_old
        if not is_held or until is None or not at < until <= at + rules.warn_before:
            return Decision(payment, waives=deal.rest())
        warned = payment.become(e.PaymentExpiring, self.by.role, at)
        return Decision(warned.entity, changes=(warned,), waives=deal.rest(payment))
