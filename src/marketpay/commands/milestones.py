"""The money of a milestone: paid into escrow, released, given back."""

from __future__ import annotations

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, Pending, Result, not_system
from marketpay.commands.milestone_closing import (
    Closure,
    MilestoneOutcome,
    close,
    milestone_deal,
    whole,
)
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.closing import called_off
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import MilestoneId, PaymentId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    JOB,
    MILESTONE,
    REFUND,
    MilestoneStatus,
    PaymentStatus,
)
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.validators import IdOf, is_payment_method
from marketpay.ports.store import Reader

M = MilestoneStatus
PAID = (M.FUNDED, M.IN_PROGRESS, M.SUBMITTED)


@frozen(kw_only=True)
class MilestoneFunding(Result):
    """A milestone and what is paid for it.

    `next_action` as that of `OfferFunding`.
    """

    milestone: Milestone
    job: Job
    offer: Offer  # that it is a part of
    payment: Payment


@frozen(kw_only=True)
class FundMilestone(Command[MilestoneFunding]):
    """The customer pays for a part of the offer.  The first is paid when that is accepted.

    It is captured at once, with its part of the frozen split, and stays in escrow until it is
    released.  In which order they are paid is the customer's affair.  While an earlier payment
    for it only waits for the customer's confirmation, that one is let go, and this begins anew.
    """

    milestone: MilestoneId = field(validator=IdOf("Milestone"))
    payment_method: str | None = field(default=None, validator=is_payment_method)

    def decide(self, read: Reader, rules: Rules) -> Decision[MilestoneFunding]:
        """A payment of its own; its hold is asked for, and captured as soon as it stands."""
        at, event = rules.now(), e.MilestoneFundingStarted
        if self.payment_method:
            read.expect(PayerAccount, customer=self.by.id)
        deal, milestone = milestone_deal(self.milestone, read)
        permit(self.by, MILESTONE, event, "fund this milestone", customer=milestone.customer)
        offer = deal.offer(milestone.offer)
        if milestone.payment is not None and milestone.status in PAID:
            payment = deal.payment(milestone.payment)
            known = MilestoneFunding(
                milestone=milestone, job=deal.job, offer=offer, payment=payment
            )
            return Decision(known, waives=deal.rest())
        if any(one.disputed.minor for one in deal.payments):
            raise Refused(Reason.CHARGEBACK_OPEN)
        _check_still(deal, milestone)
        payment = _payment(milestone, rules)
        begun = milestone.become(event, self.by.role, at, payment=payment.id)
        method = self.payment_method
        payers = read.find(PayerAccount, customer=milestone.customer) if method else []
        hold = operations.authorize(payment, method, payers[0] if payers else None, rules, at)
        return Decision(
            MilestoneFunding(milestone=begun.entity, job=deal.job, offer=offer, payment=payment),
            changes=(begun, payment.begun(at), hold, *called_off(deal, milestone, rules, at)),
            relies_on=(deal.job,),
            waives=(*deal.rest(deal.job, milestone), *payers),
            operations=(hold.entity,),
        )


def _check_still(deal: Deal, milestone: Milestone) -> None:
    """Raise `Refused` while a payment for it moves on by itself: no customer has to confirm it.

    Whatever moves it on relies on the milestone.
    """
    if milestone.status is M.PENDING and milestone.payment is not None:
        payment = deal.payment(milestone.payment)
        if payment.status is not PaymentStatus.AWAITING_CONFIRMATION:
            raise Refused(Reason.FUNDING_IN_PROGRESS)


def _payment(milestone: Milestone, rules: Rules) -> Payment:
    return Payment(
        id=PaymentId(rules.new_id("pay")),
        offer=milestone.offer,
        job=milestone.job,
        customer=milestone.customer,
        contractor=milestone.contractor,
        amount=milestone.amount,
        purpose=PaymentPurpose.MILESTONE,
        split=milestone.split,
        created_at=rules.now(),
    )


@frozen(kw_only=True)
class ReleaseMilestone(Command[MilestoneOutcome]):
    """The customer is content with this part (or an administrator decides): it is paid out.

    With the last that is open the job is completed.
    """

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def decide(self, read: Reader, rules: Rules) -> Decision[MilestoneOutcome]:
        """What is left of it leaves escrow, as the frozen split of it says."""
        deal, milestone = milestone_deal(self.milestone, read)
        event, what = e.MilestoneReleased, "release this milestone"
        permit(self.by, MILESTONE, event, what, customer=milestone.customer)
        not_system(self.by, what, "its customer or an admin")
        if milestone.status is M.RELEASED:
            return standing(deal, milestone, read)
        return release(deal, milestone, self, read, rules)


def release(
    deal: Deal,
    milestone: Milestone,
    command: Command[MilestoneOutcome],
    read: Reader,
    rules: Rules,
) -> Decision[MilestoneOutcome]:
    """All that is left of it is the contractor's; nothing, where all of it is gone."""
    job, role = deal.job, command.by.role
    MILESTONE.after(e.MilestoneReleased, milestone.status, role, milestone.id)
    JOB.after(e.JobCompleted, job.status, role, job.id)  # work has begun
    left = deal.payment(str(milestone.payment)).refundable
    earned = Shares.between(left - left, left)
    released = Closure(e.MilestoneReleased, earned, role)
    return close(deal, milestone, released, read, rules)


@frozen(kw_only=True)
class RefundMilestone(Command[MilestoneOutcome]):
    """The contractor gives this part back (or an administrator decides): nothing is paid out.

    With the last that is open the job ends: completed if any was released, else cancelled.
    """

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def decide(self, read: Reader, rules: Rules) -> Decision[MilestoneOutcome]:
        """The refund of all that is left of it, on record; the gateway is asked at once."""
        deal, milestone = milestone_deal(self.milestone, read)
        event, what = e.MilestoneRefunded, "refund this milestone"
        permit(self.by, MILESTONE, event, what, contractor=milestone.contractor)
        not_system(self.by, what, "its contractor or an admin")
        if milestone.status is M.REFUNDED:
            return standing(deal, milestone, read)
        MILESTONE.after(event, milestone.status, self.by.role, milestone.id)
        refunded = Closure(event, whole(deal, milestone), self.by.role)
        return close(deal, milestone, refunded, read, rules)


@frozen(kw_only=True)
class CancelMilestone(Command[MilestoneOutcome]):
    """A part that nobody has paid for yet will not be done.

    A payment for it that is under way is let go, or given back.  With the last that is open the
    job ends: completed if any was released, else cancelled.
    """

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def decide(self, read: Reader, rules: Rules) -> Decision[MilestoneOutcome]:
        """The milestone, cancelled."""
        deal, milestone = milestone_deal(self.milestone, read)
        what = "cancel this milestone"
        permit(
            self.by,
            MILESTONE,
            e.MilestoneCancelled,
            what,
            customer=milestone.customer,
            contractor=milestone.contractor,
        )
        not_system(self.by, what, "its customer or contractor or an admin")
        if milestone.status is M.CANCELLED:
            return standing(deal, milestone, read)
        MILESTONE.after(e.MilestoneCancelled, milestone.status, self.by.role, milestone.id)
        cancelled = Closure(e.MilestoneCancelled, None, self.by.role)
        return close(deal, milestone, cancelled, read, rules)


def standing(deal: Deal, milestone: Milestone, read: Reader) -> Decision[MilestoneOutcome]:
    """What has come of it already."""
    result = MilestoneOutcome(milestone=milestone, job=deal.job)
    if milestone.status is M.CANCELLED or milestone.payment is None:
        return Decision(result, waives=deal.rest())
    result = evolve(result, payment=deal.payment(milestone.payment))
    refunds = read.find(Refund, payment=milestone.payment)
    refund = max(refunds, key=lambda one: one.id, default=None)
    if refund is None or milestone.status is not M.REFUNDED:
        return Decision(result, waives=(*deal.rest(), *refunds))
    result = evolve(result, refund=refund)
    if refund.status in REFUND.final:
        return Decision(result, waives=(*deal.rest(), *refunds))
    kind = TransactionKind.REFUND
    sent = read.find(PaymentTransaction, payment=milestone.payment, kind=kind)
    for transaction in sent:
        if transaction.refund == refund.id:
            result = evolve(result, next_action=Pending(transaction=transaction.id))
    return Decision(result, waives=(*deal.rest(), *refunds, *sent))
