"""Applying to a job, and answering an application.  No money moves."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity, permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.hiring import end_offer, freed_credit
from marketpay.domain.ids import ApplicationId, JobId
from marketpay.domain.lifecycles import APPLICATION, ApplicationStatus, JobStatus
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, Text
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class ApplyToJob(Command[Application]):
    """A contractor wants an open job."""

    job: JobId = field(validator=IdOf("Job"))
    message: str = field(default="", validator=Text(at_most=20_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Application]:
        """A new application, waiting for the customer's answer."""
        deal = read.deal(job=self.job)
        job = deal.job
        begin = APPLICATION.begin.event
        permit(self.by, APPLICATION, begin, "apply to a job", contractor=self.by.id)
        if job.customer == self.by.id:
            raise Refused(Reason.OWN_JOB)
        if job.status is not JobStatus.OPEN:
            raise Refused(Reason.JOB_NOT_OPEN)
        if any(mine.contractor == self.by.id for mine in deal.applications):
            raise Refused(Reason.APPLICATION_EXISTS)
        at = rules.now()
        submitted = Application(
            id=ApplicationId(rules.new_id("app")),
            job=job.id,
            customer=job.customer,
            contractor=self.by.id,
            message=self.message,
            created_at=at,
        ).begun(at)
        waived = deal.rest(job)
        return Decision(submitted.entity, changes=(submitted,), relies_on=(job,), waives=waived)


@frozen(kw_only=True)
class WithdrawApplication(Command[Application]):
    """The contractor no longer wants the job; an offer still waiting for them ends too."""

    application: ApplicationId = field(validator=IdOf("Application"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Application]:
        """The application, withdrawn."""
        application = read.get(Application, self.application)
        event = e.ApplicationWithdrawn
        what = "withdraw this application"
        permit(self.by, APPLICATION, event, what, contractor=application.contractor)
        if application.status is ApplicationStatus.WITHDRAWN:
            return Decision(application, waives=(application,))
        deal = read.deal(job=application.job)
        _refuse_after_hiring(deal, application)
        at = rules.now()
        changes: list[Any] = [application.become(event, self.by.role, at)]
        relied: list[Entity] = [deal.job]
        for offer in deal.pending:
            if offer.contractor == application.contractor:
                changes += end_offer(deal, offer, e.OfferWithdrawn, Role.SYSTEM, rules, at)
                relied += deal.holds(offer)  # they change once they are known to be gone
        return Decision(
            changes[0].entity,
            changes=changes,
            relies_on=relied,
            waives=deal.rest(application, *relied, *(change.entity for change in changes)),
            timers=freed_credit(deal, changes, at),
        )


@frozen(kw_only=True)
class AcceptApplication(Command[Application]):
    """The customer likes it.  No money moves: an offer does that."""

    application: ApplicationId = field(validator=IdOf("Application"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Application]:
        """The application, accepted."""
        application = read.get(Application, self.application)
        event = e.ApplicationAccepted
        what = "accept this application"
        permit(self.by, APPLICATION, event, what, customer=application.customer)
        if application.status is ApplicationStatus.ACCEPTED:
            return Decision(application, waives=(application,))
        deal = read.deal(job=application.job)
        if deal.job.status is not JobStatus.OPEN:
            raise Refused(Reason.JOB_NOT_OPEN)
        accepted = application.become(event, self.by.role, rules.now())
        return Decision(
            accepted.entity,
            changes=(accepted,),
            relies_on=(deal.job,),
            waives=deal.rest(deal.job, application),
        )


@frozen(kw_only=True)
class RejectApplication(Command[Application]):
    """The customer says no; an offer already sent stands."""

    application: ApplicationId = field(validator=IdOf("Application"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Application]:
        """The application, rejected."""
        application = read.get(Application, self.application)
        event: type[Event] = e.ApplicationRejected
        what = "reject this application"
        permit(self.by, APPLICATION, event, what, customer=application.customer)
        if application.status is ApplicationStatus.REJECTED:
            return Decision(application, waives=(application,))
        deal = read.deal(job=application.job)
        _refuse_after_hiring(deal, application)
        rejected = application.become(event, self.by.role, rules.now())
        waived = deal.rest(deal.job, application)
        return Decision(rejected.entity, changes=(rejected,), relies_on=(deal.job,), waives=waived)


def _refuse_after_hiring(deal: Deal, application: Application) -> None:
    """While an acceptance is under way nothing of the job moves; who has the job keeps it."""
    if deal.is_accepting:
        raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
    claimed = deal.claimed
    if claimed is not None and claimed.contractor == application.contractor:
        raise Refused(Reason.JOB_ALREADY_ASSIGNED)
