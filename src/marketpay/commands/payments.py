"""Paying for an offer again, after a refusal; and whose saved cards are whose."""

from __future__ import annotations

from typing import Final

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, only_staff
from marketpay.commands.offers import OfferFunding
from marketpay.commands.paying_with_credit import Behind, reserved
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import check_party
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import IllegalTransition, InvalidInput, Reason, Refused
from marketpay.domain.ids import OfferId, PayerAccountId
from marketpay.domain.lifecycles import OFFER, PAYMENT, OfferStatus, PaymentStatus
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, is_payment_method
from marketpay.ports.store import Reader

NO_HOLD: Final = {"gateway_payment": None, "authorization_expires_at": None, "failure": None}


@frozen(kw_only=True)
class PayOffer(Command[OfferFunding]):
    """The customer tries another payment method for an offer whose payment was refused.

    Its credit is reserved anew, if it is free by now; `Refused` where it is not there any more.
    """

    offer: OfferId = field(validator=IdOf("Offer"))
    payment_method: str | None = field(default=None, validator=is_payment_method)

    def decide(self, read: Reader, rules: Rules) -> Decision[OfferFunding]:
        """The hold is asked for again, as a new transaction."""
        deal = read.deal(offer=self.offer)
        offer = deal.offer(self.offer)
        payment, at = deal.payment(offer.payment), rules.now()
        event = e.PaymentRetried
        permit(self.by, PAYMENT, event, "pay for this offer", customer=offer.customer)
        if offer.is_open and payment.status is PaymentStatus.AUTHORIZED:
            return Decision(OfferFunding(offer=offer, payment=payment), waives=deal.rest())
        if offer.status is OfferStatus.EXPIRED or offer.has_expired(at):
            raise Refused(Reason.OFFER_EXPIRED)
        if offer.status is OfferStatus.ACCEPTING:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        if offer.status is OfferStatus.SUPERSEDED:
            raise Refused(Reason.JOB_ALREADY_ASSIGNED)
        if not offer.is_open:
            raise IllegalTransition(OFFER.name, offer.id, offer.status.value, event.name)
        if payment.status is not PaymentStatus.FAILED:
            raise Refused(Reason.PAYMENT_IN_PROGRESS)
        tried = read.find(PaymentTransaction, payment=payment.id, kind=TransactionKind.AUTHORIZE)
        behind = Behind() if payment.credit_reserved.minor else reserved(read, payment, rules, at)
        retried = payment.become(event, self.by.role, at, credit_reserved=payment.credit, **NO_HOLD)
        last = max(tried, key=lambda one: (one.created_at, one.id)).id
        payers = read.find(PayerAccount, customer=offer.customer) if self.payment_method else []
        payer, method = payers[0] if payers else None, self.payment_method
        hold = operations.authorize(retried.entity, method, payer, rules, at, last)
        return Decision(
            OfferFunding(offer=offer, payment=retried.entity),
            changes=(retried, hold, *behind.changes),
            relies_on=(offer,),
            waives=(*deal.rest(offer, payment), *tried, *payers, *behind.waived),
            entries=behind.entries,
            operations=(hold.entity,),
            timers=behind.timers,
        )


@frozen(kw_only=True)
class LinkPayerAccount(Command[PayerAccount]):
    """A customer's saved cards are those of this account at the gateway (Stripe `cus_...`).

    Staff only: whoever says which account is theirs could pay with somebody else's cards.
    """

    customer: str = field(validator=check_party)
    gateway_customer: str = field(validator=check_party)

    def decide(self, read: Reader, rules: Rules) -> Decision[PayerAccount]:
        """The account, linked; another one takes the place of that before."""
        only_staff(self.by, "link a payer account")
        at = rules.now()
        for known in read.find(PayerAccount, customer=self.customer):
            if known.gateway_customer == self.gateway_customer:
                return Decision(known, waives=(known,))
            self._check_free(read)
            changed = evolve(known, gateway_customer=self.gateway_customer)
            return Decision(changed, changes=(changed.linked(at),))
        self._check_free(read)
        account = PayerAccount(
            id=PayerAccountId(rules.new_id("pyr")),
            customer=self.customer,
            gateway_customer=self.gateway_customer,
            created_at=at,
        )
        return Decision(account, changes=(account.linked(at),))

    def _check_free(self, read: Reader) -> None:
        for other in read.find(PayerAccount, gateway_customer=self.gateway_customer):
            problem = f"is the account of the customer {other.customer!r}."
            raise InvalidInput(problem, "gateway_customer")
