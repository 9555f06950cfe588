"""Cancelling a job: holds are let go, captured money is divided by the policy."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, not_system
from marketpay.commands.calling_off import Cancellation, call_off, divisible, repeated
from marketpay.domain import cancelling
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import check_undisputed
from marketpay.domain.entity import permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.hiring import end_pending_offers, freed_credit, reject_applications
from marketpay.domain.ids import JobId
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class CancelJob(Command[Cancellation]):
    """The job will not be done.

    While open, the customer may: every offer ends and every hold is let go.  Once assigned,
    either side may, and who gets what is for `Rules.cancellation` to say: the customer gets
    everything back, the platform fee too, unless it says otherwise.  Once in progress, only an
    administrator may, or its customer if it is overdue and was never submitted, or both sides
    together (`ProposeCancellation`).
    """

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Cancellation]:
        """The job, cancelled; the refund is asked for."""
        deal = read.deal(job=self.job)
        job, at = deal.job, rules.now()
        permit(
            self.by,
            JOB,
            e.JobCancelled,
            "cancel this job",
            customer=job.customer,
            contractor=job.contractor,
        )
        not_system(self.by, "cancel this job", "its customer or contractor or an admin")
        if job.status is JobStatus.CANCELLED:
            return repeated(deal, read)
        if deal.is_accepting:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        check_undisputed(*deal.payments)
        cancelled = job.cancel(self.by.role, at)
        if deal.claimed is not None:
            role, payments = self.by.role, divisible(deal)
            _check_idle(deal, role)
            parts = cancelling.by_policy(deal, payments, role, rules, at)
            return call_off(deal, cancelled, parts, role, read, rules, at)
        changes = [
            cancelled,
            *reject_applications(deal, None, at),
            *end_pending_offers(deal, deal.pending, e.OfferWithdrawn, rules, at),
        ]
        payments = tuple(payment for offer in deal.pending for payment in deal.holds(offer))
        used = [*payments, *(change.entity for change in changes)]
        return Decision(
            Cancellation(job=cancelled.entity),
            changes=changes,
            relies_on=payments,
            waives=deal.rest(*used),
            timers=freed_credit(deal, changes, at),
        )


def _check_idle(deal: Deal, by: Role) -> None:
    """Raise `Refused` where a customer calls off alone what somebody has worked at.

    Of a job in parts it is not the job that is submitted.
    """
    is_submitted = any(one.submitted_at is not None for one in deal.milestones)
    if by is Role.CUSTOMER and deal.job.status is JobStatus.IN_PROGRESS and is_submitted:
        raise Refused(Reason.WORK_SUBMITTED)
