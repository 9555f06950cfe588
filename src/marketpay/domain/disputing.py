"""Disputes: which payments can have one, what waits for it, and what it comes to."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.deal import Deal
from marketpay.domain.dispute import Dispute
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, PaymentStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import DisputeDefault
from marketpay.domain.shares import Shares


@frozen(kw_only=True)
class Contest:
    """A dispute and the deal that it is about, read together."""

    dispute: Dispute
    deal: Deal

    @property
    def payment(self) -> Payment:
        """What is to be divided."""
        return self.deal.payment(self.dispute.payment)

    @property
    def ending(self) -> Job | None:
        """The job, if it ends with the dispute.

        It goes on where more than this payment is behind it, and is over where it is over.
        One in parts ends with the last of them, or of its extras: this is about none of the
        others, nor do they go along with it.
        """
        deal = self.deal
        if deal.job.status in JOB.final:
            return None
        if not deal.milestones:
            return deal.job if deal.paid.id == self.payment.id else None
        is_last = self.is_for_a_part and not self._beside
        return deal.job if is_last else None

    @property
    def is_for_a_part(self) -> bool:
        """Whether it decides one of what a job in parts may end with."""
        deal, id = self.deal, self.payment.id
        is_extra = any(one.id == id for one in deal.extras)
        return bool(deal.milestones) and (self.closing is not None or is_extra)

    @property
    def _beside(self) -> tuple[Entity, ...]:
        """What else of a job in parts is still to be decided."""
        deal, payment = self.deal, self.payment
        parts = (one for one in deal.open_milestones if one.payment != payment.id)
        extras = (one for one in (*deal.extras, *deal.charging) if one.id != payment.id)
        return (*parts, *extras)

    @property
    def closing(self) -> Milestone | None:
        """The milestone that this is the payment of, if it is still open."""
        milestone = self.deal.milestone_of(self.payment)
        return milestone if milestone is not None and milestone.is_open else None

    @property
    def left(self) -> Money:
        """What there is to divide."""
        return self.payment.refundable


def is_disputable(payment: Payment) -> bool:
    """Whether its parties can still dispute it: some of it is in escrow, or in a clearance."""
    is_held = payment.status is PaymentStatus.CAPTURED
    is_waiting = payment.status is PaymentStatus.RELEASED and payment.is_clearing
    return (is_held or is_waiting) and payment.refundable.minor > 0


def at_issue(deal: Deal, *divided: Entity) -> tuple[Payment, ...]:
    """What whoever ends the job relies on, beside what is `divided`.

    It can still be disputed, or a bank can give it back: nobody does meanwhile.
    """
    ids = {one.id for one in divided}
    rest = (one for one in deal.payments if one.id not in ids)
    return tuple(one for one in rest if is_disputable(one) or _is_taken_back(one))


def _is_taken_back(payment: Payment) -> bool:
    return payment.status is PaymentStatus.CHARGED_BACK and not payment.is_released


def check_disputable(payment: Payment) -> None:
    """Raise `Refused` unless a dispute about it can be opened now."""
    check_undisputed(payment)
    if payment.disputed.minor:
        raise Refused(Reason.CHARGEBACK_OPEN)
    if not is_disputable(payment):
        raise Refused(Reason.NOT_DISPUTABLE)


def check_undisputed(*payments: Payment) -> None:
    """Raise `Refused` while a dispute about one of them goes on: nothing of it moves till then.

    For whatever releases or refunds a payment, or ends its job.
    """
    if any(payment.contested is not None for payment in payments):
        raise Refused(Reason.DISPUTE_OPEN)


def check_divisible(payment: Payment, shares: Shares) -> None:
    """Raise `Refused` unless it can be divided like this now.

    Not while a bank disputes it, and nothing goes to the contractor while it is flagged.
    """
    if payment.disputed.minor:
        raise Refused(Reason.CHARGEBACK_OPEN)
    if payment.flagged is not None and shares.to_contractor.minor:
        raise Refused(Reason.PAYMENT_UNDER_REVIEW)


def all_to(winner: DisputeDefault, contest: Contest) -> Shares:
    """All that is left, to one of them."""
    nothing = Money.zero(contest.left.currency)
    side = contest.dispute.opened_by.value if winner is DisputeDefault.OPENER else winner.value
    if side == DisputeDefault.CUSTOMER:
        return Shares.between(contest.left, nothing)
    return Shares.between(nothing, contest.left)
