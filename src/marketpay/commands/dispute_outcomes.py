"""How disputes end with the money divided: by agreement, or by an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from marketpay.commands.base import PERSONAL, Command, Pending, Result
from marketpay.commands.disputes import clearance_of, permit_party
from marketpay.commands.holdings import parties_of
from marketpay.domain import closing
from marketpay.domain import events as e
from marketpay.domain.actor import Actor, Role
from marketpay.domain.decision import Decision
from marketpay.domain.dispute import Dispute
from marketpay.domain.disputing import Contest, at_issue, check_divisible
from marketpay.domain.dividing import divide_all
from marketpay.domain.entity import Change, Entity, permit
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import DisputeId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import DISPUTE, REFUND, DisputeStatus, MilestoneStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.validators import IdOf, Text, not_below_zero
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class DisputeOutcome(Result):
    """A dispute with what came of it: the job, the payment, the refund where there is one.

    `next_action` is `Pending` while the gateway has not answered or not finished the refund.
    """

    dispute: Dispute
    job: Job
    payment: Payment
    refund: Refund | None = None


@frozen(kw_only=True)
class ProposeSettlement(Command[Dispute]):
    """One side says how much of what is left the customer shall have, before any fees.

    A proposal of the other side is also its sign of life: the dispute is not decided by its
    silence any more.
    """

    dispute: DisputeId = field(validator=IdOf("Dispute"))
    to_customer: Money = field(validator=not_below_zero)

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """The dispute with this proposal instead of an earlier one of theirs."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        event = e.DisputeSettlementProposed
        permit_party(self.by, dispute, event, "propose how to settle this dispute")
        check_amount(self.to_customer, dispute, rules)
        payment, role = read.get(Payment, dispute.payment), self.by.role
        before, said = dispute.proposals(), {**dispute.proposals(), role: self.to_customer}
        is_current = dispute.at_stake == payment.refundable
        if before == said and is_current and not dispute.is_over:
            return Decision(dispute, waives=(dispute, payment))
        if not dispute.is_over:
            _check_left(payment, self.to_customer)
        if not is_current:  # the other side had another amount in mind
            said = {role: self.to_customer}
        changed = dispute.become(
            event,
            role,
            at,
            at_stake=payment.refundable,
            responded_at=_heard(dispute, self.by, at),
            customer_proposal=said.get(Role.CUSTOMER),
            contractor_proposal=said.get(Role.CONTRACTOR),
        )
        return Decision(changed.entity, changes=(changed,), relies_on=(payment,))


@frozen(kw_only=True)
class AcceptSettlement(Command[DisputeOutcome]):
    """One side agrees to what the other proposes, by naming it: so it is what they have seen."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))
    to_customer: Money = field(validator=not_below_zero)

    def decide(self, read: Reader, rules: Rules) -> Decision[DisputeOutcome]:
        """The dispute, resolved as proposed: a refund, and a release of the rest."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        permit_party(self.by, dispute, e.DisputeSettled, "settle this dispute")
        check_amount(self.to_customer, dispute, rules)
        contest = contest_of(dispute, read)
        is_proposed = dispute.proposed_to(self.by.role) == self.to_customer
        is_so = is_proposed and dispute.to_customer == self.to_customer
        if is_so and dispute.status is DisputeStatus.RESOLVED:
            return standing(contest, read)
        _check_going_on(dispute, e.DisputeSettled, self.by.role)
        left = contest.left
        if contest.payment.disputed.minor:
            raise Refused(Reason.CHARGEBACK_OPEN)
        if not is_proposed or dispute.at_stake != left:
            raise Refused(Reason.PROPOSAL_CHANGED)
        shares = Shares.between(self.to_customer, left - self.to_customer)
        settled = Ending(contest, shares, e.DisputeSettled, self.by.role, at)
        return ended(settled, read, rules)


@frozen(kw_only=True)
class ResolveDispute(Command[DisputeOutcome]):
    """An administrator decides who gets how much of what is left, before any fees."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))
    to_customer: Money = field(validator=not_below_zero)
    to_contractor: Money = field(validator=not_below_zero)
    note: str = field(default="", validator=Text(at_most=20_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[DisputeOutcome]:
        """The dispute, resolved: a refund, and a release of the rest."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        permit(self.by, DISPUTE, e.DisputeResolved, "resolve this dispute")
        check_amount(self.to_customer, dispute, rules)
        shares = Shares.between(self.to_customer, self.to_contractor)
        contest = contest_of(dispute, read)
        decided = (dispute.to_customer, dispute.to_contractor)
        is_same = decided == (self.to_customer, self.to_contractor)
        if dispute.status is DisputeStatus.RESOLVED and is_same:
            return standing(contest, read)
        _check_going_on(dispute, e.DisputeResolved, self.by.role)
        check_divisible(contest.payment, shares)
        if shares.total != contest.left:
            raise InvalidInput(
                f"and to_contractor must be {contest.left} together, not {shares.total}.",
                "to_customer",
            )
        by = self.by.role
        resolved = Ending(contest, shares, e.DisputeResolved, by, at, self.note)
        return ended(resolved, read, rules)


@frozen
class Ending:
    """How a dispute ends, why, and by whom."""

    contest: Contest
    shares: Shares
    event: type[Event]
    by: Role
    at: datetime
    note: str = ""


def contest_of(dispute: Dispute, read: Reader) -> Contest:
    """The dispute with the deal that it is about."""
    return Contest(dispute=dispute, deal=read.deal(payment=dispute.payment))


def check_amount(amount: Money, dispute: Dispute, rules: Rules) -> None:
    """Raise `MoneyError` for what cannot be refunded of a payment like this."""
    if amount.currency != dispute.currency:
        raise CurrencyMismatch(amount.currency, dispute.currency)
    rules.limits(dispute.currency).check_step(amount, "to_customer")


def _heard(dispute: Dispute, by: Actor, at: datetime) -> datetime | None:
    """When the other side was first heard of, if that was in time."""
    if dispute.responded_at is None and by != dispute.opener and not dispute.is_overdue(at):
        return at
    return dispute.responded_at


def _check_left(payment: Payment, amount: Money) -> None:
    """Raise `Refused` unless so much is left, and known to be: a bank may yet take some."""
    if payment.disputed.minor:
        raise Refused(Reason.CHARGEBACK_OPEN)
    if amount > payment.refundable:
        raise Refused(Reason.NOT_REFUNDABLE)


def ended(ending: Ending, read: Reader, rules: Rules) -> Decision[DisputeOutcome]:
    """The dispute closed, the money divided, the payment free, and the job over."""
    contest, at = ending.contest, ending.at
    payment, parts = contest.payment, check_ending(contest, ending.shares)
    parties = parties_of(read, payment, rules)
    divided = divide_all(parts, parties, Role.SYSTEM, rules, at, contest.dispute.id)
    freed = divided[0].payment.become(e.PaymentFreed, Role.SYSTEM, at, contested=None)
    refund = divided[0].refund
    closed = _closed(ending, refund)
    job, over = _job_after(contest, ending.shares, at)
    changes = (closed, *(change for one in divided for change in one.changes), freed, *over)
    changed = [change.entity for change in changes]
    relied = _relied(contest, changed)
    return Decision(
        DisputeOutcome(dispute=closed.entity, job=job, payment=freed.entity, refund=refund),
        changes=changes,
        relies_on=relied,
        waives=(*contest.deal.rest(*changed, *relied), *parties.unused(*changed)),
        entries=tuple(entry for one in divided for entry in one.entries),
        operations=tuple(operation for one in divided for operation in one.operations),
        timers=(
            *(timer for one in divided for timer in one.timers),
            *clearance_of(freed.entity, at),
        ),
    )


def _relied(contest: Contest, changed: Sequence[Entity]) -> tuple[Entity, ...]:
    """Nobody decides the last but one of its parts meanwhile; what ends the job is relied on so."""
    job = contest.deal.job
    if job.id in {one.id for one in changed}:
        return at_issue(contest.deal, *changed)
    return (job,) if contest.is_for_a_part else ()


def check_ending(contest: Contest, shares: Shares) -> list[tuple[Payment, Shares]]:
    """What is divided, and how; `Refused` where some of it cannot be now.

    Where the job ends, no bank may dispute what was paid for it.  Another dispute does not keep
    it from ending: what is disputed beside is decided by itself, then or later.
    """
    parts = [(contest.payment, shares), *closing.beside(contest.deal, _event(contest, shares))]
    for one, part in parts:
        check_divisible(one, part)
    deal = contest.deal
    held = (one for one in deal.payments if not one.is_released and not deal.is_decided(one))
    if contest.ending is not None and any(one.disputed.minor for one in held):
        raise Refused(Reason.CHARGEBACK_OPEN)
    return parts


def _closed(ending: Ending, refund: Refund | None) -> Change[Dispute]:
    return ending.contest.dispute.become(
        ending.event,
        ending.by,
        ending.at,
        at_stake=ending.shares.total,
        to_customer=ending.shares.to_customer,
        to_contractor=ending.shares.to_contractor,
        refund=None if refund is None else refund.id,
        note=ending.note,
        closed_at=ending.at,
    )


def _event(contest: Contest, shares: Shares) -> type[Event] | None:
    """Completed if the contractor gets anything for it; else it is as if it was cancelled."""
    if contest.ending is None:
        return None
    done = (one.status is MilestoneStatus.RELEASED for one in contest.deal.milestones)
    return e.JobCompleted if shares.to_contractor.minor or any(done) else e.JobCancelled


def _job_after(
    contest: Contest, shares: Shares, at: datetime
) -> tuple[Job, tuple[Change[Entity], ...]]:
    """The job as it goes on or ends; its milestone ends with the dispute in any case."""
    job, event, milestone = contest.deal.job, _event(contest, shares), contest.closing
    over: list[Change[Entity]] = []
    if event is not None:
        ended = job.become(event, Role.SYSTEM, at)
        job = ended.entity
        over.append(ended)
    if milestone is not None:
        over.append(milestone.become(closing.by_shares(shares), Role.SYSTEM, at))
    return job, tuple(over)


def standing(contest: Contest, read: Reader) -> Decision[DisputeOutcome]:
    """What has come of it already."""
    dispute, deal = contest.dispute, contest.deal
    result = DisputeOutcome(dispute=dispute, job=deal.job, payment=contest.payment)
    if dispute.refund is None:
        return Decision(result, waives=(dispute, *deal.rest()))
    refund = read.get(Refund, dispute.refund)
    result = evolve(result, refund=refund)
    if refund.status in REFUND.final:
        return Decision(result, waives=(dispute, refund, *deal.rest()))
    sent = read.find(PaymentTransaction, payment=dispute.payment, kind=TransactionKind.REFUND)
    for transaction in sent:
        if transaction.refund == refund.id:
            result = evolve(result, next_action=Pending(transaction=transaction.id))
    return Decision(result, waives=(dispute, refund, *sent, *deal.rest()))


def _check_going_on(dispute: Dispute, event: type[Event], by: Role) -> None:
    """Raise `IllegalTransition` for a dispute that is over: nothing of it can be refused."""
    DISPUTE.after(event, dispute.status, by, dispute.id)
