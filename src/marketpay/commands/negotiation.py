"""Negotiating an offer: the contractor asks for another price, the customer offers other terms."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command
from marketpay.commands.offers import OfferFunding, check_terms
from marketpay.commands.paying_with_credit import check_credit, reserved
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, Reason, Refused
from marketpay.domain.hiring import freed_credit, let_go
from marketpay.domain.ids import OfferId, PaymentId
from marketpay.domain.lifecycles import OFFER, OfferStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.plan import MilestonePlan, Plan, parts_of
from marketpay.domain.rules import Rules
from marketpay.domain.validators import (
    IdOf,
    Text,
    above_zero,
    above_zero_or_none,
    is_aware,
    is_payment_method,
)
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class CounterOffer(Command[Offer]):
    """The contractor would do it for another price.  The offer, and its hold, stand meanwhile.

    In these `milestones`, or without any in one part.  The customer agrees by revising the offer
    to that, or does something else.
    """

    offer: OfferId = field(validator=IdOf("Offer"))
    price: Money = field(validator=above_zero)
    milestones: tuple[MilestonePlan, ...] = field(default=(), converter=parts_of, metadata=PERSONAL)
    message: str = field(default="", validator=Text(at_most=20_000), metadata=PERSONAL)

    def __attrs_post_init__(self) -> None:
        Plan.of(self.milestones, self.price)

    def decide(self, read: Reader, rules: Rules) -> Decision[Offer]:
        """The offer, countered."""
        at = rules.now()
        check_terms(self.price, self.milestones, None, rules)
        deal = read.deal(offer=self.offer)
        offer, event = deal.offer(self.offer), e.OfferCountered
        permit(self.by, OFFER, event, "counter this offer", contractor=offer.contractor)
        _check_currency(self.price, offer)
        plan = Plan.of(self.milestones, self.price)
        asked = {"counter": self.price, "counter_plan": plan, "counter_message": self.message}
        if all(getattr(offer, name) == value for name, value in asked.items()):
            return Decision(offer, waives=deal.rest())
        if (self.price, plan) == (offer.price, offer.plan):
            raise InvalidInput("must be another than the offer's.", "price")
        _check_negotiable(deal, offer, at)
        countered = offer.become(event, self.by.role, at, **asked)
        return Decision(countered.entity, changes=(countered,), waives=deal.rest(offer))


@frozen(kw_only=True)
class ReviseOffer(Command[OfferFunding]):
    """The customer offers other terms, with a new hold of the new price on `payment_method`.

    They stand once that hold does, and only then the old hold is let go: until then the old
    terms can be accepted.  The offer then lasts until `expires_at`, or as long as its new hold;
    a message of None leaves the words as they are.  Without `milestones` the price is in one part.
    `credit` pays a part of what is held for the new terms, and is reserved beside that of the old
    ones, as the new hold is beside the old.  While the hold of an earlier revision only waits for
    the customer's confirmation, it is let go, and this one takes its place.
    """

    offer: OfferId = field(validator=IdOf("Offer"))
    price: Money = field(validator=above_zero)
    milestones: tuple[MilestonePlan, ...] = field(default=(), converter=parts_of, metadata=PERSONAL)
    payment_method: str | None = field(default=None, validator=is_payment_method)
    credit: Money | None = field(default=None, validator=above_zero_or_none)
    message: str | None = field(
        default=None, validator=Text(at_most=20_000, optional=True), metadata=PERSONAL
    )
    expires_at: datetime | None = field(default=None, validator=is_aware)

    def __attrs_post_init__(self) -> None:
        plan = Plan.of(self.milestones, self.price)
        check_credit(self.price if plan is None else plan.first, self.credit)

    def decide(self, read: Reader, rules: Rules) -> Decision[OfferFunding]:
        """The offer with a revision under way, and its payment; the hold is asked for."""
        at = rules.now()
        if self.expires_at is not None and self.expires_at <= at:
            raise InvalidInput("must lie in the future.", "expires_at")
        check_terms(self.price, self.milestones, self.credit, rules)
        if self.payment_method:
            read.expect(PayerAccount, customer=self.by.id)
        deal = read.deal(offer=self.offer)
        offer, event = deal.offer(self.offer), e.OfferRevisionStarted
        permit(self.by, OFFER, event, "revise this offer", customer=offer.customer)
        _check_currency(self.price, offer)
        behind = deal.payment(offer.payment)
        if self._is_so(offer, behind):
            return Decision(OfferFunding(offer=offer, payment=behind), waives=deal.rest())
        _check_negotiable(deal, offer, at)
        _check_still(deal, offer)
        return self._asked_for(deal, offer, read, rules, at)

    def _asked_for(
        self, deal: Deal, offer: Offer, read: Reader, rules: Rules, at: datetime
    ) -> Decision[OfferFunding]:
        id = PaymentId(rules.new_id("pay"))
        plan = Plan.of(self.milestones, self.price)
        by, event = self.by.role, e.OfferRevisionStarted
        begun = offer.become(
            event,
            by,
            at,
            revising=id,
            revising_plan=plan,
            revising_message=self.message,
            revising_until=self.expires_at,
        )
        held = self.price if plan is None else plan.first
        payment = Payment.toward(offer, id, held, at, self.credit)
        behind = reserved(read, payment, rules, at)
        payers = read.find(PayerAccount, customer=offer.customer) if self.payment_method else []
        payer = payers[0] if payers else None
        hold = operations.authorize(payment, self.payment_method, payer, rules, at)
        before = [one for one in deal.payments if one.id == offer.revising]
        unwanted = [void for one in before for void in let_go(one, rules, at)]
        return Decision(
            OfferFunding(offer=begun.entity, payment=payment),
            changes=(begun, payment.begun(at), hold, *unwanted, *behind.changes),
            waives=(*deal.rest(offer), *payers, *behind.waived),
            entries=behind.entries,
            timers=(*behind.timers, *freed_credit(deal, [begun], at)),
            operations=(hold.entity,),
        )

    def _is_so(self, offer: Offer, payment: Payment) -> bool:
        """Whether these are the terms of the offer, with their hold, and nobody wants others."""
        is_held = payment.status is PaymentStatus.AUTHORIZED
        if offer.status is not OfferStatus.PENDING or not is_held or offer.revising is not None:
            return False
        if payment.credit != (self.credit or Money.zero(payment.currency)):
            return False
        until = self.expires_at or payment.authorization_expires_at
        words = offer.message if self.message is None else self.message
        plan = Plan.of(self.milestones, self.price)
        terms = (offer.price, offer.plan, offer.expires_at, offer.message)
        return (self.price, plan, until, words) == terms


def _check_currency(price: Money, offer: Offer) -> None:
    if price.currency != offer.currency:
        raise CurrencyMismatch(price.currency, offer.currency)


def _check_still(deal: Deal, offer: Offer) -> None:
    """Raise `Refused` while a revision moves on by itself: no customer has to confirm its hold.

    Whatever moves it on changes the offer.
    """
    if offer.revising is not None:
        asked = deal.payment(offer.revising)
        if asked.status is not PaymentStatus.AWAITING_CONFIRMATION:
            raise Refused(Reason.PAYMENT_IN_PROGRESS)


def _check_negotiable(deal: Deal, offer: Offer, at: datetime) -> None:
    """Raise `Refused` with the true reason; what else is wrong, the lifecycle says."""
    if offer.status is OfferStatus.SUPERSEDED:
        raise Refused(Reason.JOB_ALREADY_ASSIGNED)
    if offer.status is OfferStatus.EXPIRED or (offer.is_open and offer.has_expired(at)):
        raise Refused(Reason.OFFER_EXPIRED)
    if deal.is_accepting:
        raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
