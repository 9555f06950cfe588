"""Disputes: opened, responded to, brought before an administrator, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command
from marketpay.domain import escrow
from marketpay.domain import events as e
from marketpay.domain.actor import Actor, Role
from marketpay.domain.decision import Decision
from marketpay.domain.dispute import Dispute
from marketpay.domain.disputing import check_disputable
from marketpay.domain.entity import permit
from marketpay.domain.errors import Forbidden, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import DisputeId, PaymentId
from marketpay.domain.lifecycles import DISPUTE, DisputeStatus
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, Text
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class OpenDispute(Command[Dispute]):
    """The customer or the contractor is not content with what was paid for.

    From then on nothing of the payment moves, and its job can neither be completed nor
    cancelled.  If the other side is silent for `Rules.dispute_response`, the rules decide.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))
    reason: str = field(validator=Text(at_least=1, at_most=20_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """A dispute about all that is left of the payment."""
        payment, at = read.get(Payment, self.payment), rules.now()
        permit(
            self.by,
            DISPUTE,
            DISPUTE.begin.event,
            "dispute this payment",
            customer=payment.customer,
            contractor=payment.contractor,
        )
        check_disputable(payment)
        opened = Dispute(
            id=DisputeId(rules.new_id("dsp")),
            payment=payment.id,
            job=payment.job,
            customer=payment.customer,
            contractor=payment.contractor,
            opened_by=self.by.role,
            reason=self.reason,
            at_stake=payment.refundable,
            respond_by=at + rules.dispute_response,
            created_at=at,
        ).begun(at)
        contested = payment.become(e.PaymentContested, self.by.role, at, contested=opened.entity.id)
        return Decision(
            opened.entity, changes=(contested, opened), timers=(deadline(opened.entity),)
        )


@frozen(kw_only=True)
class RespondToDispute(Command[Dispute]):
    """The other side gives its view, once; an administrator decides if the two do not."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))
    message: str = field(validator=Text(at_least=1, at_most=20_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """The dispute, under review for `Rules.dispute_review`."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        event, what = e.DisputeResponded, "respond to this dispute"
        permit_party(self.by, dispute, event, what)
        if self.by == dispute.opener:
            raise Forbidden(self.by.id, self.by.role.value, what, "the other side")
        if dispute.response == self.message:
            return Decision(dispute, waives=(dispute,))
        if dispute.response and not dispute.is_over:
            raise Refused(Reason.ALREADY_RESPONDED)
        if dispute.is_overdue(at):
            raise Refused(Reason.DISPUTE_OVERDUE)
        heard = dispute.responded_at or at
        responded = dispute.become(
            event,
            self.by.role,
            at,
            respond_by=_review_ends(dispute, rules.dispute_review, at),
            responded_at=heard,
            response=self.message,
        )
        return Decision(
            responded.entity, changes=(responded,), timers=(deadline(responded.entity),)
        )


@frozen(kw_only=True)
class EscalateDispute(Command[Dispute]):
    """An administrator has to decide: one side does not wait any longer, or one takes it up."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """The dispute, under review for `Rules.dispute_review`."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        permit_party(self.by, dispute, e.DisputeEscalated, "escalate this dispute")
        if dispute.status is DisputeStatus.UNDER_REVIEW:
            return Decision(dispute, waives=(dispute,))
        if dispute.is_overdue(at) and self.by.role is not Role.ADMIN:
            raise Refused(Reason.DISPUTE_OVERDUE)
        return escalated(dispute, self.by.role, rules, at)


@frozen(kw_only=True)
class WithdrawDispute(Command[Dispute]):
    """Who opened it is content after all: the deal goes on as if it had not been.

    Where the job has ended meanwhile, `work()` lets the payment go where the job went.
    """

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """The dispute, withdrawn; its payment is free again."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        event, what = e.DisputeWithdrawn, "withdraw this dispute"
        permit_party(self.by, dispute, event, what)
        if self.by != dispute.opener:
            raise Forbidden(self.by.id, self.by.role.value, what, "who opened it")
        if dispute.status is DisputeStatus.WITHDRAWN:
            return Decision(dispute, waives=(dispute,))
        withdrawn = dispute.become(event, self.by.role, at, closed_at=at)
        payment = read.get(Payment, dispute.payment)
        freed = payment.become(e.PaymentFreed, Role.SYSTEM, at, contested=None)
        timers = (*clearance_of(freed.entity, at), *escrow.timers(freed.entity, at))
        return Decision(withdrawn.entity, changes=(withdrawn, freed), timers=timers)


def permit_party(by: Actor, dispute: Dispute, event: type[Event], action: str) -> None:
    """Raise `Forbidden` unless a row lets them, and a party is one of this dispute's."""
    permit(
        by,
        DISPUTE,
        event,
        action,
        customer=dispute.customer,
        contractor=dispute.contractor,
    )


def deadline(dispute: Dispute) -> Timer:
    """When the rules decide, if by then nobody has."""
    return Timer(TimerKind.DISPUTE_DEADLINE, dispute.id, dispute.respond_by)


def clearance_of(freed: Payment, at: datetime) -> Iterator[Timer]:
    """A clearance that waited for the dispute ends when it would have, or at once."""
    if freed.clears_at is not None:
        yield Timer(TimerKind.CLEARANCE, freed.id, max(freed.clears_at, at))


def escalated(dispute: Dispute, by: Role, rules: Rules, at: datetime) -> Decision[Dispute]:
    """The dispute, before an administrator."""
    ends = at + rules.dispute_review
    changed = dispute.become(e.DisputeEscalated, by, at, respond_by=ends)
    return Decision(changed.entity, changes=(changed,), timers=(deadline(changed.entity),))


def _review_ends(dispute: Dispute, review: timedelta, at: datetime) -> datetime:
    """A review that has begun takes no longer for what comes later."""
    return at + review if dispute.status is DisputeStatus.OPEN else dispute.respond_by
