"""Calling a job off while it is in progress: both sides have to agree."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command
from marketpay.commands.calling_off import Cancellation, call_off, divisible, repeated
from marketpay.domain import cancelling
from marketpay.domain import events as e
from marketpay.domain.actor import Actor, Role
from marketpay.domain.cancelling import Parts
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import CurrencyMismatch, Forbidden, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import JobId
from marketpay.domain.job import NOTHING_PROPOSED, PROPOSED, Job
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.money import Money
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, not_below_zero
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class ProposeCancellation(Command[Job]):
    """One side of a job in progress would call it off, if the other agrees.

    Of all that is left of the deal, extras too, the customer gets back `to_customer` (None: what
    `Rules.cancellation` gives them), and the contractor the rest, less the platform's fees; what
    the policy gives the platform it keeps.  A proposal takes the place of an earlier one, of
    either side.
    """

    job: JobId = field(validator=IdOf("Job"))
    to_customer: Money | None = field(default=None, validator=not_below_zero)

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job with the proposal; no money moves."""
        deal, at, role = read.deal(job=self.job), rules.now(), self.by.role
        job, event = deal.job, e.JobCancellationProposed
        _permit(self.by, job, event, "propose to cancel this job")
        _check_currency(self.to_customer, job)
        JOB.after(event, job.status, role, job.id)
        payments = divisible(deal)
        left = cancelling.total(payments, job.currency)
        policy = cancelling.by_policy(deal, payments, role, rules, at)
        amount = _amount(self.to_customer, policy, left, rules)
        said = {
            "cancellation_by": role.value,
            "cancellation_to_customer": amount,
            "cancellation_of": left,
            "cancellation_kept": cancelling.kept(policy, job.currency),
        }
        if all(getattr(job, name) == value for name, value in said.items()):
            return Decision(job, waives=deal.rest())
        cancelling.agreed(policy, amount)
        proposed = job.become(event, role, at, **said)
        return Decision(
            proposed.entity,
            changes=(proposed,),
            relies_on=payments,
            waives=deal.rest(job, *payments),
        )


@frozen(kw_only=True)
class AcceptCancellation(Command[Cancellation]):
    """The other side agrees: the job is cancelled and the money divided.

    `to_customer` is what they agree to (None: what `Rules.cancellation` gives), so that nobody
    accepts what they have not seen.  Where more or less is left of the deal than was when it
    was proposed, or the policy gives the platform another part of it by now, it has to be
    proposed anew.
    """

    job: JobId = field(validator=IdOf("Job"))
    to_customer: Money | None = field(default=None, validator=not_below_zero)

    def decide(self, read: Reader, rules: Rules) -> Decision[Cancellation]:
        """The job, cancelled; the refund is asked for."""
        deal, at, role = read.deal(job=self.job), rules.now(), self.by.role
        job = deal.job
        what = "accept this cancellation"
        _permit(self.by, job, e.JobCancellationProposed, what)
        _check_currency(self.to_customer, job)
        if job.status is JobStatus.CANCELLED and deal.claimed is not None:
            return self._repeated(job, repeated(deal, read))
        if job.cancellation_by == role.value:
            raise Forbidden(self.by.id, role.value, what, "the other side")
        JOB.after(e.JobCancellationProposed, job.status, role, job.id)
        payments = divisible(deal)
        left = cancelling.total(payments, job.currency)
        if job.cancellation_by is None or job.cancellation_of != left:
            raise Refused(Reason.PROPOSAL_CHANGED)
        proposer = Role(job.cancellation_by)
        policy = cancelling.by_policy(deal, payments, proposer, rules, at)
        amount = _amount(self.to_customer, policy, left, rules)
        kept = cancelling.kept(policy, job.currency)
        if (amount, kept) != (job.cancellation_to_customer, job.cancellation_kept):
            raise Refused(Reason.PROPOSAL_CHANGED)
        said = {name: getattr(job, name) for name in PROPOSED}
        cancelled = job.become(e.JobCancelled, Role.SYSTEM, at, **said)
        parts = cancelling.agreed(policy, amount)
        return call_off(deal, cancelled, parts, proposer, read, rules, at)

    def _repeated(self, job: Job, before: Decision[Cancellation]) -> Decision[Cancellation]:
        """What was agreed on then, and no other way in which the job was cancelled."""
        if job.cancellation_by is None or self.to_customer not in (
            None,
            job.cancellation_to_customer,
        ):
            raise Refused(Reason.PROPOSAL_CHANGED)
        return before


@frozen(kw_only=True)
class DeclineCancellation(Command[Job]):
    """The other side's proposal is turned down, or one's own taken back; the work goes on."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job without the proposal."""
        job, role, event = read.get(Job, self.job), self.by.role, e.JobCancellationDeclined
        _permit(self.by, job, event, "decline this cancellation")
        declined = job.become(event, role, rules.now(), **NOTHING_PROPOSED)
        if job.cancellation_by is None:
            return Decision(job, waives=(job,))
        return Decision(declined.entity, changes=(declined,))


def _permit(by: Actor, job: Job, event: type[Event], what: str) -> None:
    permit(by, JOB, event, what, customer=job.customer, contractor=job.contractor)


def _check_currency(amount: Money | None, job: Job) -> None:
    if amount is not None and amount.currency != job.currency:
        raise CurrencyMismatch(amount.currency, job.currency)


def _amount(wanted: Money | None, policy: Parts, left: Money, rules: Rules) -> Money:
    """What is proposed for the customer: an amount that the gateway can refund."""
    if wanted is None:
        return cancelling.customers(policy, left.currency)
    if wanted != left:
        rules.limits(left.currency).check_step(wanted, "to_customer")
    return wanted
