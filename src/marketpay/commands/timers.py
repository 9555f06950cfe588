"""What timers do.  Each looks for itself whether there is still something to do."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from attrs.validators import instance_of

from marketpay.commands.base import Command, only_system
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.decision import Decision
from marketpay.domain.hiring import end_offer, freed_credit, without_hold
from marketpay.domain.ids import OfferId, PaymentId
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class ExpireOffer(Command[Offer]):
    """An offer's time is over; its hold is let go."""

    offer: OfferId = field(validator=IdOf("Offer"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Offer]:
        """The offer, expired if it was still waiting for an answer."""
        only_system(self.by, "expire an offer")
        deal, at = read.deal(offer=self.offer), rules.now()
        offer = deal.offer(self.offer)
        if not offer.is_open or not offer.has_expired(at):
            return Decision(offer, waives=deal.rest())
        holds = deal.holds(offer)
        changes = [*end_offer(deal, offer, e.OfferExpired, self.by.role, rules, at)]
        expired = changes[0].entity
        assert isinstance(expired, Offer)
        waived = deal.rest(offer, *holds)
        freed = freed_credit(deal, changes, at)
        return Decision(expired, changes=changes, relies_on=holds, waives=waived, timers=freed)


@frozen(kw_only=True)
class ExpireAuthorization(Command[Payment]):
    """The gateway's date for a hold has passed: there is nothing left to capture.

    It is voided all the same, should the gateway's clock not agree.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment, expired if it was still held; with it the offer that it is behind."""
        only_system(self.by, "expire an authorization")
        deal, at = read.deal(payment=self.payment), rules.now()
        payment = deal.payment(self.payment)
        offer, until = deal.offer(payment.offer), payment.authorization_expires_at
        is_over = until is not None and until <= at
        is_behind = offer.payment == payment.id  # not of old terms
        is_being_captured = is_behind and offer.status is OfferStatus.ACCEPTING
        if payment.status is not PaymentStatus.AUTHORIZED or not is_over or is_being_captured:
            return Decision(payment, waives=deal.rest())
        expired = payment.become(e.PaymentExpired, self.by.role, at)
        changes: list[Any] = [expired, operations.void(payment, rules, at)]
        if is_behind and offer.is_open:
            changes += without_hold(deal, offer, self.by.role, rules, at)
        waived = deal.rest(payment, *(change.entity for change in changes))
        freed = freed_credit(deal, changes, at)
        return Decision(expired.entity, changes=changes, waives=waived, timers=freed)


@frozen(kw_only=True)
class PostponeTimer(Command[str]):
    """What a timer is to do cannot be done now: it comes up again later, and others before it."""

    kind: TimerKind = field(validator=instance_of(TimerKind))
    subject: str = field(validator=instance_of(str))

    def decide(self, read: Reader, rules: Rules) -> Decision[str]:
        """Nothing but the timer, set anew; its subject."""
        only_system(self.by, "postpone a timer")
        later = Timer(self.kind, self.subject, rules.now() + rules.lookup_every)
        return Decision(self.subject, timers=(later,))
