"""What the rules decide when the time of a dispute is over."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.dispute_outcomes import (
    DisputeOutcome,
    Ending,
    check_ending,
    contest_of,
    ended,
    standing,
)
from marketpay.commands.disputes import escalated
from marketpay.domain import events as e
from marketpay.domain.decision import Decision
from marketpay.domain.dispute import Dispute
from marketpay.domain.disputing import Contest, all_to
from marketpay.domain.errors import Refused
from marketpay.domain.ids import DisputeId
from marketpay.domain.lifecycles import DisputeStatus
from marketpay.domain.rules import DAY, Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class ExpireDispute(Command[DisputeOutcome]):
    """The time of a dispute is over: the silent side loses, or who the rules say."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def decide(self, read: Reader, rules: Rules) -> Decision[DisputeOutcome]:
        """All that is left to one side; before an administrator, if the other was heard of.

        Where the money cannot be divided yet, for a bank or a warning, it comes up again.
        """
        only_system(self.by, "expire a dispute")
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        contest = contest_of(dispute, read)
        if dispute.is_over or dispute.respond_by > at:
            return standing(contest, read)
        is_open = dispute.status is DisputeStatus.OPEN
        if is_open and dispute.responded_at is not None:
            return self._escalated(contest, rules)
        shares = all_to(rules.dispute_default if is_open else rules.dispute_undecided, contest)
        try:
            check_ending(contest, shares)
        except Refused:
            return self._postponed(contest, rules)
        expired = Ending(contest, shares, e.DisputeExpired, self.by.role, at)
        return ended(expired, read, rules)

    def _escalated(self, contest: Contest, rules: Rules) -> Decision[DisputeOutcome]:
        step = escalated(contest.dispute, self.by.role, rules, rules.now())
        job, payment = contest.deal.job, contest.payment
        return Decision(
            DisputeOutcome(dispute=step.result, job=job, payment=payment),
            changes=step.changes,
            waives=contest.deal.rest(),
            timers=step.timers,
        )

    def _postponed(self, contest: Contest, rules: Rules) -> Decision[DisputeOutcome]:
        dispute, deal = contest.dispute, contest.deal
        later = Timer(TimerKind.DISPUTE_DEADLINE, dispute.id, rules.now() + DAY)
        return Decision(
            DisputeOutcome(dispute=dispute, job=deal.job, payment=contest.payment),
            waives=(dispute, *deal.rest()),
            timers=(later,),
        )
