"""Paying for an offer again, after a refusal."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command
from marketpay.commands.offers import OfferFunding
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import IllegalTransition, Reason, Refused
from marketpay.domain.ids import OfferId
from marketpay.domain.lifecycles import OFFER, PAYMENT, OfferStatus, PaymentStatus
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, is_payment_method
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class PayOffer(Command[OfferFunding]):
    """The customer tries another payment method for an offer whose payment was refused."""

    offer: OfferId = field(validator=IdOf("Offer"))
    payment_method: str | None = field(default=None, validator=is_payment_method)

    def decide(self, read: Reader, rules: Rules) -> Decision[OfferFunding]:
        """The hold is asked for again, as a new transaction."""
        deal = read.deal(offer=self.offer)
        offer = deal.offer(self.offer)
        payment, at = deal.payment(offer.payment), rules.now()
        event = e.PaymentRetried
        permit(self.by, PAYMENT, event, "pay for this offer", customer=offer.customer)
        if offer.status is OfferStatus.PENDING and payment.status is PaymentStatus.AUTHORIZED:
            return Decision(OfferFunding(offer=offer, payment=payment), waives=deal.rest())
        if offer.status is OfferStatus.EXPIRED or offer.has_expired(at):
            raise Refused(Reason.OFFER_EXPIRED)
        if offer.status is OfferStatus.ACCEPTING:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        if offer.status is OfferStatus.SUPERSEDED:
            raise Refused(Reason.JOB_ALREADY_ASSIGNED)
        if offer.status is not OfferStatus.PENDING:
            raise IllegalTransition(OFFER.name, offer.id, offer.status.value, event.name)
        if payment.status is not PaymentStatus.FAILED:
            raise Refused(Reason.PAYMENT_IN_PROGRESS)
        tried = read.find(PaymentTransaction, payment=payment.id, kind=TransactionKind.AUTHORIZE)
        retried = payment.become(
            event,
            self.by.role,
            at,
            gateway_payment=None,
            authorization_expires_at=None,
            failure=None,
        )
        last = max(tried, key=lambda one: (one.created_at, one.id))
        hold = operations.authorize(retried.entity, self.payment_method, rules, at, last.id)
        return Decision(
            OfferFunding(offer=offer, payment=retried.entity),
            changes=(retried, hold),
            relies_on=(offer,),
            waives=(*deal.rest(offer, payment), *tried),
            operations=(hold.entity,),
        )
