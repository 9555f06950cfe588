"""Posting a job, changing its words, starting the work."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command
from marketpay.domain import events as e
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import InvalidInput, Reason, Refused
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, Text, is_aware, is_currency
from marketpay.ports.store import Reader

TITLE, DESCRIPTION = 255, 20_000


@frozen(kw_only=True)
class PostJob(Command[Job]):
    """A customer wants something done, to be paid in `currency`.

    The work is to be submitted by the `deadline`, if there is one.
    """

    title: str = field(validator=Text(at_least=1, at_most=TITLE), metadata=PERSONAL)
    currency: str = field(validator=is_currency)
    description: str = field(default="", validator=Text(at_most=DESCRIPTION), metadata=PERSONAL)
    deadline: datetime | None = field(default=None, validator=is_aware)

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """A new job, open for applications and offers."""
        rules.check_money(self.currency, "currency")
        permit(self.by, JOB, e.JobPosted, "post a job", customer=self.by.id)
        at = rules.now()
        _check_deadline(self.deadline, at)
        posted = Job(
            id=JobId(rules.new_id("job")),
            customer=self.by.id,
            title=self.title,
            description=self.description,
            currency=self.currency,
            deadline=self.deadline,
            created_at=at,
        ).begun(at)
        return Decision(posted.entity, changes=(posted,), timers=_deadline(posted.entity))


@frozen(kw_only=True)
class UpdateJob(Command[Job]):
    """The customer changes the words or the deadline of an open job; what is None stays."""

    job: JobId = field(validator=IdOf("Job"))
    title: str | None = field(
        default=None, validator=Text(at_least=1, at_most=TITLE, optional=True), metadata=PERSONAL
    )
    description: str | None = field(
        default=None, validator=Text(at_most=DESCRIPTION, optional=True), metadata=PERSONAL
    )
    deadline: datetime | None = field(default=None, validator=is_aware)

    def __attrs_post_init__(self) -> None:
        if (self.title, self.description, self.deadline) == (None, None, None):
            raise InvalidInput("Say what to change: title, description or deadline.")

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job as it is wanted now."""
        deal, at = read.deal(job=self.job), rules.now()
        job = deal.job
        permit(self.by, JOB, e.JobUpdated, "change this job", customer=job.customer)
        title = job.title if self.title is None else self.title
        description = job.description if self.description is None else self.description
        deadline = job.deadline if self.deadline is None else self.deadline
        if (title, description, deadline) == (job.title, job.description, job.deadline):
            return Decision(job, waives=deal.rest())
        _check_deadline(self.deadline, at)
        if deal.is_accepting:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        words = {"title": title, "description": description}
        updated = job.become(e.JobUpdated, self.by.role, at, deadline=deadline, **words)
        timers = () if deadline == job.deadline else _deadline(updated.entity)
        return Decision(updated.entity, changes=(updated,), waives=deal.rest(job), timers=timers)


def _check_deadline(deadline: datetime | None, at: datetime) -> None:
    if deadline is not None and deadline <= at:
        raise InvalidInput("must lie in the future.", "deadline")


def _deadline(job: Job) -> tuple[Timer, ...]:
    if job.deadline is None:
        return ()
    return (Timer(TimerKind.JOB_DEADLINE, job.id, job.deadline),)


@frozen(kw_only=True)
class StartJob(Command[Job]):
    """Work begins: said by the job's contractor or its customer."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job in progress."""
        job = read.get(Job, self.job)
        permit(
            self.by,
            JOB,
            e.JobStarted,
            "start this job",
            customer=job.customer,
            contractor=job.contractor,
        )
        if job.status is JobStatus.IN_PROGRESS:
            return Decision(job, waives=(job,))
        started = job.become(e.JobStarted, self.by.role, rules.now())
        return Decision(started.entity, changes=(started,))
