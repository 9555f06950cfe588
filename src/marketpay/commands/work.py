"""The work: submitted, sent back, released by time, and overdue."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, only_system
from marketpay.commands.completion import complete, obstacle
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, Text
from marketpay.ports.store import Reader

MESSAGE = 20_000
J = JobStatus


@frozen(kw_only=True)
class SubmitWork(Command[Job]):
    """The contractor says that the work is done; the customer looks at it.

    Nobody has to: a job in progress can be completed as well.  With `Rules.auto_release` it is
    completed by itself, that long afterwards, unless the customer says something else.  A job in
    parts is submitted part by part (`SubmitMilestone`).
    """

    job: JobId = field(validator=IdOf("Job"))
    message: str = field(default="", validator=Text(at_most=MESSAGE), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job, submitted."""
        deal, at = read.deal(job=self.job), rules.now()
        job, what = deal.job, "submit work for this job"
        permit(self.by, JOB, e.JobSubmitted, what, contractor=job.contractor)
        if job.status is J.SUBMITTED:
            return Decision(job, waives=deal.rest())
        if deal.open_milestones:
            raise Refused(Reason.MILESTONES_OPEN)
        submitted = job.become(e.JobSubmitted, self.by.role, at, submitted_at=at)
        timers: tuple[Timer, ...] = ()
        if rules.auto_release is not None:
            timers = (Timer(TimerKind.AUTO_RELEASE, job.id, at + rules.auto_release),)
        return Decision(
            submitted.entity, changes=(submitted,), waives=deal.rest(job), timers=timers
        )


@frozen(kw_only=True)
class RequestChanges(Command[Job]):
    """The customer wants something changed: the work goes on until it is submitted again."""

    job: JobId = field(validator=IdOf("Job"))
    message: str = field(default="", validator=Text(at_most=MESSAGE), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job, in progress again; it is not completed by itself."""
        job = read.get(Job, self.job)
        what = "request changes of this work"
        permit(self.by, JOB, e.JobChangesRequested, what, customer=job.customer)
        if job.status is J.IN_PROGRESS and job.submitted_at is not None:
            return Decision(job, waives=(job,))
        again = job.become(e.JobChangesRequested, self.by.role, rules.now())
        return Decision(again.entity, changes=(again,))


@frozen(kw_only=True)
class ReleaseAutomatically(Command[Job]):
    """The customer has had long enough to look at the work and has said nothing."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job, completed as by its customer, if it is still submitted.

        Work that was submitted anew has time from then on.  While the payment is disputed or
        under review, or the customer proposes to call the job off, it is tried again later.
        """
        only_system(self.by, "complete a job by itself")
        deal, at = read.deal(job=self.job), rules.now()
        job, since = deal.job, deal.job.submitted_at
        if job.status is not J.SUBMITTED or since is None or rules.auto_release is None:
            return Decision(job, waives=deal.rest())
        due = since + rules.auto_release
        if due > at:
            later = Timer(TimerKind.AUTO_RELEASE, job.id, due)
            return Decision(job, waives=deal.rest(), timers=(later,))
        if obstacle(deal) is not None or job.cancellation_by == Role.CUSTOMER:
            later = Timer(TimerKind.AUTO_RELEASE, job.id, rules.later(due, at))
            return Decision(job, waives=deal.rest(), timers=(later,))
        done = complete(deal, self.by.role, read, rules)
        return Decision(
            done.result.job,
            changes=done.changes,
            relies_on=done.relies_on,
            waives=done.waives,
            entries=done.entries,
            operations=done.operations,
            timers=done.timers,
        )


@frozen(kw_only=True)
class PassDeadline(Command[Job]):
    """A job's deadline has passed."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job, overdue if its work is still to be submitted; once."""
        only_system(self.by, "say that a job is overdue")
        job, at = read.get(Job, self.job), rules.now()
        is_late = job.deadline is not None and job.deadline <= at
        is_open = job.status in (J.ASSIGNED, J.IN_PROGRESS)
        if not (is_late and is_open) or job.overdue_at is not None:
            return Decision(job, waives=(job,))
        overdue = job.become(e.JobOverdue, self.by.role, at, overdue_at=at)
        return Decision(overdue.entity, changes=(overdue,))
