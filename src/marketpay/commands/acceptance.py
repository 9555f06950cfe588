"""Accepting an offer: claimed first, then captured, then settled."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, Pending, Result
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.changing import changed
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.hiring import check_acceptable, freed_credit, let_go
from marketpay.domain.ids import OfferId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import OFFER, OfferStatus
from marketpay.domain.offer import SETTLED, Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Acceptance(Result):
    """An accepted offer, its job and its captured payment.

    With `next_action` `Pending` the gateway has not answered: the offer is `accepting`, the
    job still open, and nobody else can have it meanwhile.
    """

    offer: Offer
    job: Job
    payment: Payment


@frozen(kw_only=True)
class AcceptOffer(Command[Acceptance]):
    """The contractor says yes.

    The offer is claimed (one of a job at a time) and what everyone gets is fixed; once the
    money is captured the job is assigned and every other offer for it ends.  Its terms are
    those that stand: other ones that either side wanted are off.  Of an offer in parts the first
    is paid now; what everyone gets is fixed for all of them.
    """

    offer: OfferId = field(validator=IdOf("Offer"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Acceptance]:
        """The offer claimed; the capture is asked for."""
        deal = read.deal(offer=self.offer)
        offer = deal.offer(self.offer)
        payment, at = deal.payment(offer.payment), rules.now()
        event = e.OfferClaimed
        permit(self.by, OFFER, event, "accept this offer", contractor=offer.contractor)
        if offer.status in (OfferStatus.ACCEPTED, OfferStatus.ACCEPTING):
            return self._repeated(deal, offer, payment, read)
        check_acceptable(deal, offer, payment, at)
        whole = rules.commission.split(offer.price)
        plan = None if offer.plan is None else offer.plan.frozen(whole)
        claimed = offer.become(event, self.by.role, at, plan=plan, **SETTLED)
        split = whole if plan is None else plan.splits[0]
        frozen_split = payment.become(e.PaymentSplitFrozen, self.by.role, at, split=split)
        capture = operations.capture(frozen_split.entity, rules, at)
        others = (one for one in deal.holds(offer) if one is not payment)
        unwanted = [change for other in others for change in let_go(other, rules, at)]
        return Decision(
            Acceptance(offer=claimed.entity, job=deal.job, payment=frozen_split.entity),
            changes=(claimed, frozen_split, capture, *unwanted),
            relies_on=(deal.job,),
            waives=deal.rest(offer, payment, deal.job),
            operations=(capture.entity,),
            timers=freed_credit(deal, (claimed,), at),
        )

    def _repeated(
        self, deal: Deal, offer: Offer, payment: Payment, read: Reader
    ) -> Decision[Acceptance]:
        result = Acceptance(offer=offer, job=deal.job, payment=payment)
        if offer.status is OfferStatus.ACCEPTED:
            return Decision(result, waives=deal.rest())
        sent = read.find(PaymentTransaction, payment=payment.id, kind=TransactionKind.CAPTURE)
        [open_one] = [one for one in sent if not one.is_settled]
        result = changed(result, next_action=Pending(transaction=open_one.id))
        return Decision(result, waives=(*deal.rest(), *sent))
