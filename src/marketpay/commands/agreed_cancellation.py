"""Calling a job off while it is in progress: both sides have to agree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from marketpay.commands.base import Command
from marketpay.commands.calling_off import Cancellation, call_off, captured, repeated
from marketpay.domain import cancelling
from marketpay.domain import events as e
from marketpay.domain.actor import Actor, Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import CurrencyMismatch, Forbidden, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, not_below_zero
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class ProposeCancellation(Command[Job]):
    """One side of a job in progress would call it off, if the other agrees.

    The customer gets back `to_customer` (None: what `Rules.cancellation` gives them), and the
    contractor the rest, less the platform's fees; what the policy gives the platform it keeps.
    A proposal takes the place of an earlier one, of either side.
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
        paid = captured(deal)
        amount = _amount(self.to_customer, job, paid, role, rules, at)
        if (job.cancellation_by, job.cancellation_to_customer) == (role.value, amount):
            return Decision(job, waives=deal.rest())
        cancelling.agreed(job, paid, amount, role, rules, at)
        proposed = job.become(
            event, role, at, cancellation_by=role.value, cancellation_to_customer=amount
        )
        return Decision(
            proposed.entity, changes=(proposed,), relies_on=(paid,), waives=deal.rest(job, paid)
        )


@frozen(kw_only=True)
class AcceptCancellation(Command[Cancellation]):
    """The other side agrees: the job is cancelled and the money divided.

    `to_customer` is what they agree to (None: what `Rules.cancellation` gives), so that nobody
    accepts what they have not seen.
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
            return self._repeated(repeated(deal, read))
        if job.cancellation_by == role.value:
            raise Forbidden(self.by.id, role.value, what, "the other side")
        JOB.after(e.JobCancellationProposed, job.status, role, job.id)
        cancelled = job.become(e.JobCancelled, Role.SYSTEM, at)
        paid = captured(deal)
        if job.cancellation_by is None or job.cancellation_to_customer is None:
            raise Refused(Reason.PROPOSAL_CHANGED)
        proposer, proposed = Role(job.cancellation_by), job.cancellation_to_customer
        if _amount(self.to_customer, job, paid, proposer, rules, at) != proposed:
            raise Refused(Reason.PROPOSAL_CHANGED)
        shares = cancelling.agreed(job, paid, proposed, proposer, rules, at)
        return call_off(deal, cancelled, shares, proposer, read, rules, at)

    def _repeated(self, before: Decision[Cancellation]) -> Decision[Cancellation]:
        """What was agreed on then, and no other way in which the job was cancelled."""
        refunds = {one.amount: one for one in before.waives if isinstance(one, Refund)}
        if self.to_customer is None:
            return before
        if self.to_customer.minor and self.to_customer not in refunds:
            raise Refused(Reason.PROPOSAL_CHANGED)
        mine = refunds.get(self.to_customer)
        return evolve(before, result=evolve(before.result, refund=mine))


@frozen(kw_only=True)
class DeclineCancellation(Command[Job]):
    """The other side's proposal is turned down, or one's own taken back; the work goes on."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Job]:
        """The job without the proposal."""
        job, role, event = read.get(Job, self.job), self.by.role, e.JobCancellationDeclined
        _permit(self.by, job, event, "decline this cancellation")
        nothing: dict[str, Any] = {"cancellation_by": None, "cancellation_to_customer": None}
        declined = job.become(event, role, rules.now(), **nothing)
        if job.cancellation_by is None:
            return Decision(job, waives=(job,))
        return Decision(declined.entity, changes=(declined,))


def _permit(by: Actor, job: Job, event: type[Event], what: str) -> None:
    permit(by, JOB, event, what, customer=job.customer, contractor=job.contractor)


def _check_currency(amount: Money | None, job: Job) -> None:
    if amount is not None and amount.currency != job.currency:
        raise CurrencyMismatch(amount.currency, job.currency)


def _amount(
    wanted: Money | None, job: Job, paid: Payment, proposer: Role, rules: Rules, at: datetime
) -> Money:
    """What is proposed for the customer: an amount that the gateway can refund."""
    if wanted is None:
        return cancelling.shares(job, paid, proposer, rules, at).to_customer
    if wanted != paid.refundable:
        rules.limits(paid.currency).check_step(wanted, "to_customer")
    return wanted
