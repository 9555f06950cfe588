"""Closing a milestone: its money is divided, and the job ends with the last."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from marketpay.commands.base import Result
from marketpay.commands.holdings import parties_of
from marketpay.domain import closing
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import at_issue, check_divisible, check_undisputed
from marketpay.domain.dividing import Divided, Parties, divide_all
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import MilestoneId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import MilestoneStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class MilestoneOutcome(Result):
    """A closed milestone, what was paid for it, the refund if there is one, and its job.

    `next_action` is `Pending` while the gateway has not answered or not finished a refund.
    """

    milestone: Milestone
    job: Job
    payment: Payment | None = None
    refund: Refund | None = None


def milestone_deal(id: MilestoneId, read: Reader) -> tuple[Deal, Milestone]:
    """A milestone in its deal; all of them are read in one round trip, however many."""
    job = read.get(Milestone, id).job
    read.expect(Milestone, job=job)
    deal = read.deal(job=job)
    return deal, deal.milestone(id)


def whole(deal: Deal, milestone: Milestone) -> Shares:
    """All that is left of what was paid for it, for the customer."""
    return Shares.whole(deal.payment(str(milestone.payment)).refundable)


@frozen
class Closure:
    """How a milestone is closed, and by whom; without `shares` it has no money.

    It is what was said of it, whatever is left of it then: a bank may yet give back what it took.
    """

    event: type[Event]
    shares: Shares | None
    by: Role


def close(
    deal: Deal, milestone: Milestone, how: Closure, read: Reader, rules: Rules
) -> Decision[MilestoneOutcome]:
    """The milestone, closed, and its money divided."""
    at, job, shares, by = rules.now(), deal.job, how.shares, how.by
    closed = milestone.become(how.event, by, at)
    event = closing.ending(deal, closed.entity)
    parts = [] if shares is None else [(deal.payment(str(milestone.payment)), shares)]
    parts = [part for part in parts if part[1].total.minor]
    parts += closing.beside(deal, event)
    _check(deal, milestone, parts, is_last=event is not None)
    _check_extras(deal, event, by)
    over = [] if event is None else [job.become(event, Role.SYSTEM, at)]
    parties = _parties(parts, read, rules)
    divided = [] if parties is None else divide_all(parts, parties, by, rules, at)
    changes: list[Change[Entity]] = [
        closed,
        *over,
        *closing.called_off(deal, milestone, rules, at),
        *(change for one in divided for change in one.changes),
    ]
    changed = [change.entity for change in changes]
    relied = _relied(deal, milestone, changed)
    unused = () if parties is None else parties.unused(*changed)
    return Decision(
        _outcome(closed.entity, over[0].entity if over else job, deal, shares, divided),
        changes=changes,
        relies_on=relied,
        waives=(*deal.rest(*changed, *relied), *unused),
        entries=tuple(entry for one in divided for entry in one.entries),
        operations=tuple(operation for one in divided for operation in one.operations),
        timers=tuple(timer for one in divided for timer in one.timers),
    )


def _relied(deal: Deal, milestone: Milestone, changed: Sequence[Entity]) -> tuple[Entity, ...]:
    """What is decided by, beside what changes.

    Nobody closes the last but one meanwhile, and a bank gives back nothing of this part.  Where
    the job ends, nothing else keeps it from that.
    """
    ids = {one.id for one in changed}
    if deal.job.id in ids:
        return at_issue(deal, *changed)
    paid = (one for one in deal.payments if one.id == milestone.payment and one.id not in ids)
    return (deal.job, *paid) if milestone.status is not MilestoneStatus.PENDING else (deal.job,)


def _outcome(
    milestone: Milestone, job: Job, deal: Deal, shares: Shares | None, divided: Sequence[Divided]
) -> MilestoneOutcome:
    if shares is None:
        return MilestoneOutcome(milestone=milestone, job=job)
    payment = deal.payment(str(milestone.payment))
    for one in divided:
        if one.payment.id == payment.id:
            return MilestoneOutcome(
                milestone=milestone, job=job, payment=one.payment, refund=one.refund
            )
    return MilestoneOutcome(milestone=milestone, job=job, payment=payment)


def _check(
    deal: Deal, milestone: Milestone, parts: Sequence[closing.Part], *, is_last: bool
) -> None:
    """Raise `Refused` for what cannot be divided now; with the last milestone, anything of it.

    A bank that disputes what is decided by itself keeps nothing: it goes where its part went.
    """
    concerned = [one for one in deal.payments if is_last or one.id == milestone.payment]
    check_undisputed(*concerned)
    due = (one for one in concerned if one.id == milestone.payment or not deal.is_decided(one))
    if any(one.disputed.minor and not one.is_released for one in due):
        raise Refused(Reason.CHARGEBACK_OPEN)
    for payment, shares in parts:
        check_divisible(payment, shares)


def _check_extras(deal: Deal, event: type[Event] | None, by: Role) -> None:
    """Raise `Refused` where somebody alone would end the job, and extras go with it.

    Only who could not gain by it: they are released by their customer, or given back by the
    contractor, or an administrator decides.
    """
    payer = {Role.CUSTOMER, Role.SYSTEM} if event is e.JobCompleted else {Role.CONTRACTOR}
    if event is not None and (deal.extras or deal.charging) and by not in payer | {Role.ADMIN}:
        raise Refused(Reason.EXTRAS_OPEN)


def _parties(parts: Sequence[closing.Part], read: Reader, rules: Rules) -> Parties | None:
    """Looked for only where something is divided."""
    if not parts:
        return None
    payment = parts[0][0]
    read.expect(Wallet, owner=payment.contractor, currency=payment.currency)
    read.expect(PayoutAccount, contractor=payment.contractor)
    return parties_of(read, payment, rules)
