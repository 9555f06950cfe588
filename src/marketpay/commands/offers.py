"""Sending an offer with a payment behind it, and taking it back or turning it down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, Result
from marketpay.commands.paying_with_credit import check_charge, check_credit, reserved
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.application import LIVE, Application
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.hiring import end_offer, expiry_timers, freed_credit
from marketpay.domain.ids import ApplicationId, JobId, OfferId, PaymentId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import OFFER, JobStatus, OfferStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.plan import MilestonePlan, Plan, parts_of
from marketpay.domain.rules import Rules
from marketpay.domain.validators import (
    IdOf,
    Party,
    Text,
    above_zero,
    above_zero_or_none,
    is_aware,
    is_payment_method,
)
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class OfferFunding(Result):
    """An offer and the payment behind it.

    `next_action` is a `ClientAction` where the customer has to confirm, `Pending` where the
    gateway has not answered, None once the hold stands.
    """

    offer: Offer
    payment: Payment


@frozen(kw_only=True)
class SendOffer(Command[OfferFunding]):
    """The customer offers the job to a contractor, named or by their application.

    The price is held on `payment_method` (without one, the customer's client chooses and
    confirms).  The offer lasts until `expires_at`, or as long as its hold.  With `milestones` the
    price is paid in these parts, which sum to it: only the first is held now.

    So much `credit` of the customer's stands behind the offer and pays that part of what would be
    held: only the rest is, and it must be at least what the gateway charges.
    """

    job: JobId = field(validator=IdOf("Job"))
    contractor: str | None = field(default=None, validator=Party())
    application: ApplicationId | None = field(
        default=None, validator=IdOf("Application", optional=True)
    )
    price: Money = field(validator=above_zero)
    milestones: tuple[MilestonePlan, ...] = field(default=(), converter=parts_of, metadata=PERSONAL)
    payment_method: str | None = field(default=None, validator=is_payment_method)
    credit: Money | None = field(default=None, validator=above_zero_or_none)
    message: str = field(default="", validator=Text(at_most=20_000), metadata=PERSONAL)
    expires_at: datetime | None = field(default=None, validator=is_aware)

    def __attrs_post_init__(self) -> None:
        if (self.contractor is None) == (self.application is None):
            raise InvalidInput("Name a contractor or an application, and not both.")
        plan = Plan.of(self.milestones, self.price)
        check_credit(self.price if plan is None else plan.first, self.credit)

    def decide(self, read: Reader, rules: Rules) -> Decision[OfferFunding]:
        """A new offer and its payment; the hold is asked for."""
        at = rules.now()
        if self.expires_at is not None and self.expires_at <= at:
            raise InvalidInput("must lie in the future.", "expires_at")
        check_terms(self.price, self.milestones, self.credit, rules)
        if self.payment_method:
            read.expect(PayerAccount, customer=self.by.id)
        deal = read.deal(job=self.job)
        job = deal.job
        application = self._application(deal, read)
        event = OFFER.begin.event
        permit(self.by, OFFER, event, "send an offer for this job", customer=job.customer)
        contractor = application.contractor if application else str(self.contractor)
        self._check(deal, contractor, application, rules)
        offer = self._offer(job, contractor, application, rules, at)
        payment = Payment.behind(offer, at, self.credit)
        behind = reserved(read, payment, rules, at)
        payers = read.find(PayerAccount, customer=job.customer) if self.payment_method else []
        payer = payers[0] if payers else None
        hold = operations.authorize(payment, self.payment_method, payer, rules, at)
        return Decision(
            OfferFunding(offer=offer, payment=payment),
            changes=(offer.begun(at), payment.begun(at), hold, *behind.changes),
            relies_on=(job,),
            waives=(
                *deal.rest(job),
                *([application] if application else []),
                *payers,
                *behind.waived,
            ),
            entries=behind.entries,
            operations=(hold.entity,),
            timers=(*expiry_timers(offer, payment, rules), *behind.timers),
        )

    def _offer(
        self,
        job: Job,
        contractor: str,
        application: Application | None,
        rules: Rules,
        at: datetime,
    ) -> Offer:
        return Offer(
            id=OfferId(rules.new_id("off")),
            job=job.id,
            application=application.id if application else None,
            customer=job.customer,
            contractor=contractor,
            price=self.price,
            plan=Plan.of(self.milestones, self.price),
            message=self.message,
            payment=PaymentId(rules.new_id("pay")),
            expires_at=self.expires_at,
            created_at=at,
        )

    def _application(self, deal: Deal, read: Reader) -> Application | None:
        """The one that is named, or the live one of the contractor that is named."""
        if self.application is not None:
            return read.get(Application, self.application)
        mine = (one for one in deal.applications if one.contractor == self.contractor)
        return next(mine, None)

    def _check(
        self,
        deal: Deal,
        contractor: str,
        application: Application | None,
        rules: Rules,
    ) -> None:
        job = deal.job
        if self.price.currency != job.currency:
            raise CurrencyMismatch(self.price.currency, job.currency)
        if application is not None and application.job != job.id:
            raise Refused(Reason.APPLICATION_OF_ANOTHER_JOB)
        if job.customer == contractor:
            raise Refused(Reason.OWN_JOB)
        if job.status is not JobStatus.OPEN:
            raise Refused(Reason.JOB_NOT_OPEN)
        if application is not None and application.status not in LIVE:
            raise Refused(Reason.APPLICATION_CLOSED)
        if application is None and rules.require_application:
            raise Refused(Reason.APPLICATION_REQUIRED)
        if any(other.contractor == contractor for other in deal.offers):
            raise Refused(Reason.OFFER_EXISTS)


def check_terms(
    price: Money, milestones: Sequence[MilestonePlan], credit: Money | None, rules: Rules
) -> None:
    """Raise `MoneyError` for what the gateway cannot charge, at once or in parts.

    `InvalidInput` for a part that is planned for a time that is over.
    """
    limits, at = rules.limits(price.currency), rules.now()
    for part in milestones:
        if part.due_at is not None and part.due_at <= at:
            raise InvalidInput("must lie in the future.", "milestones")
        limits.check(part.amount, "milestones")
    if not milestones:
        check_charge(price, credit, rules)
    elif credit is not None:
        check_charge(milestones[0].amount, credit, rules)


@frozen(kw_only=True)
class RejectOffer(Command[Offer]):
    """The contractor says no; the hold is let go."""

    offer: OfferId = field(validator=IdOf("Offer"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Offer]:
        """The offer, rejected."""
        deal = read.deal(offer=self.offer)
        offer = deal.offer(self.offer)
        event, what = e.OfferRejected, "reject this offer"
        permit(self.by, OFFER, event, what, contractor=offer.contractor)
        if offer.status is OfferStatus.REJECTED:
            return Decision(offer, waives=deal.rest())
        if offer.status is OfferStatus.ACCEPTING:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        return _ended(self, deal, offer, event, rules)


@frozen(kw_only=True)
class WithdrawOffer(Command[Offer]):
    """The customer takes the offer back; the hold is let go."""

    offer: OfferId = field(validator=IdOf("Offer"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Offer]:
        """The offer, withdrawn."""
        deal = read.deal(offer=self.offer)
        offer = deal.offer(self.offer)
        event, what = e.OfferWithdrawn, "withdraw this offer"
        permit(self.by, OFFER, event, what, customer=offer.customer)
        if offer.status is OfferStatus.WITHDRAWN:
            return Decision(offer, waives=deal.rest())
        if deal.is_accepting:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        return _ended(self, deal, offer, event, rules)


def _ended(
    command: Command[Offer], deal: Deal, offer: Offer, event: type[Event], rules: Rules
) -> Decision[Offer]:
    holds, by, at = deal.holds(offer), command.by.role, rules.now()
    first, *more = end_offer(deal, offer, event, by, rules, at)
    assert isinstance(first.entity, Offer)
    # The payment itself changes once the hold is known to be gone; until then nobody else
    # may move it on the strength of the offer being live.
    return Decision(
        first.entity,
        changes=(first, *more),
        relies_on=holds,
        waives=deal.rest(offer, *holds),
        timers=freed_credit(deal, (first,), at),
    )
