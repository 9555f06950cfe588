"""The work of a milestone: started, submitted, sent back, released by time."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, only_system
from marketpay.commands.milestone_closing import MilestoneOutcome, milestone_deal
from marketpay.commands.milestones import release
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import IllegalTransition, Refused
from marketpay.domain.ids import MilestoneId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, MILESTONE, JobStatus, MilestoneStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, Text
from marketpay.ports.store import Reader

MESSAGE = 20_000
M = MilestoneStatus


@frozen(kw_only=True)
class StartMilestone(Command[Milestone]):
    """The contractor begins with a part that is paid for; the job is in progress."""

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Milestone]:
        """The milestone in progress."""
        milestone, event = read.get(Milestone, self.milestone), e.MilestoneStarted
        job, what = read.get(Job, milestone.job), "start this milestone"
        permit(self.by, MILESTONE, event, what, contractor=milestone.contractor)
        if milestone.status is M.IN_PROGRESS:
            return Decision(milestone, waives=(milestone, job))
        started = milestone.become(event, self.by.role, rules.now())
        if job.status is not JobStatus.IN_PROGRESS:
            raise IllegalTransition(JOB.name, job.id, job.status.value, event.name)
        return Decision(started.entity, changes=(started,), relies_on=(job,))


@frozen(kw_only=True)
class SubmitMilestone(Command[Milestone]):
    """The contractor says that this part is done; the customer looks at it.

    With `Rules.auto_release` it is released by itself, that long afterwards, unless the customer
    says something else.
    """

    milestone: MilestoneId = field(validator=IdOf("Milestone"))
    message: str = field(default="", validator=Text(at_most=MESSAGE), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Milestone]:
        """The milestone, submitted."""
        milestone, at = read.get(Milestone, self.milestone), rules.now()
        event, what = e.MilestoneSubmitted, "submit work for this milestone"
        permit(self.by, MILESTONE, event, what, contractor=milestone.contractor)
        if milestone.status is M.SUBMITTED:
            return Decision(milestone, waives=(milestone,))
        submitted = milestone.become(event, self.by.role, at, submitted_at=at)
        timers: tuple[Timer, ...] = ()
        if rules.auto_release is not None:
            kind = TimerKind.MILESTONE_RELEASE
            timers = (Timer(kind, milestone.id, at + rules.auto_release),)
        return Decision(submitted.entity, changes=(submitted,), timers=timers)


@frozen(kw_only=True)
class RequestMilestoneChanges(Command[Milestone]):
    """The customer wants something changed: the work goes on until it is submitted again."""

    milestone: MilestoneId = field(validator=IdOf("Milestone"))
    message: str = field(default="", validator=Text(at_most=MESSAGE), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Milestone]:
        """The milestone, in progress again; it is not released by itself."""
        milestone = read.get(Milestone, self.milestone)
        event, what = e.MilestoneChangesRequested, "request changes of this work"
        permit(self.by, MILESTONE, event, what, customer=milestone.customer)
        if milestone.status is M.IN_PROGRESS and milestone.submitted_at is not None:
            return Decision(milestone, waives=(milestone,))
        again = milestone.become(event, self.by.role, rules.now())
        return Decision(again.entity, changes=(again,))


@frozen(kw_only=True)
class ReleaseMilestoneAutomatically(Command[MilestoneOutcome]):
    """The customer has had long enough to look at this part and has said nothing."""

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def decide(self, read: Reader, rules: Rules) -> Decision[MilestoneOutcome]:
        """The milestone, released as by its customer, if it is still submitted.

        What was submitted anew has time from then on.  While it cannot be released, or the
        customer proposes to call the job off, it is tried again later.
        """
        only_system(self.by, "release a milestone by itself")
        at, (deal, milestone) = rules.now(), milestone_deal(self.milestone, read)
        as_it_is, since = (
            MilestoneOutcome(milestone=milestone, job=deal.job),
            milestone.submitted_at,
        )
        if milestone.status is not M.SUBMITTED or since is None or rules.auto_release is None:
            return Decision(as_it_is, waives=deal.rest())
        due, kind = since + rules.auto_release, TimerKind.MILESTONE_RELEASE
        later = Timer(kind, milestone.id, due if due > at else rules.later(due, at))
        if due > at or deal.job.cancellation_by == Role.CUSTOMER:
            return Decision(as_it_is, waives=deal.rest(), timers=(later,))
        try:
            return release(deal, milestone, self, read, rules)
        except Refused:
            return Decision(as_it_is, waives=deal.rest(), timers=(later,))
