"""Cancelling a job: holds are let go, captured money goes back whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, Pending, Result
from marketpay.commands.holdings import held
from marketpay.domain import events as e
from marketpay.domain import refunding
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import check_undisputed
from marketpay.domain.entity import permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.hiring import end_pending_offers, reject_applications
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, REFUND, JobStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Cancellation(Result):
    """A cancelled job; once it had been assigned, its payment and the refund of it."""

    job: Job
    payment: Payment | None = None
    refund: Refund | None = None


@frozen(kw_only=True)
class CancelJob(Command[Cancellation]):
    """The job will not be done.

    While open, the customer may: every offer ends and every hold is let go.  Once assigned,
    either side may: the customer gets everything back, the platform fee too.  Once in
    progress, only an administrator; its customer too if it is overdue and was never submitted.
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
        if job.status is JobStatus.CANCELLED:
            return _repeated(deal, read)
        if deal.is_accepting:
            raise Refused(Reason.ACCEPTANCE_IN_PROGRESS)
        check_undisputed(*deal.payments)
        cancelled = job.cancel(self.by.role, at)
        if deal.claimed is not None:
            return self._refunded(deal, cancelled, read, rules, at)
        changes = [
            cancelled,
            *reject_applications(deal, None, at),
            *end_pending_offers(deal, deal.pending, e.OfferWithdrawn, rules, at),
        ]
        payments = tuple(deal.payments)
        used = [*payments, *(change.entity for change in changes)]
        return Decision(
            Cancellation(job=cancelled.entity),
            changes=changes,
            relies_on=payments,
            waives=deal.rest(*used),
        )

    def _refunded(
        self, deal: Deal, cancelled: Any, read: Reader, rules: Rules, at: datetime
    ) -> Decision[Cancellation]:
        """What is left of the payment goes back; nothing, if all of it is gone already."""
        assert deal.claimed is not None
        paid = deal.payment(deal.claimed.payment)
        if paid.disputed.minor:
            raise Refused(Reason.CHARGEBACK_OPEN)
        if not paid.refundable.minor:
            return Decision(
                Cancellation(job=cancelled.entity, payment=paid),
                changes=(cancelled,),
                relies_on=(paid,),
                waives=deal.rest(cancelled.entity, paid),
            )
        nothing = held(read, paid, rules)
        begun = refunding.begin(paid, paid.refundable, nothing, self.by.role, rules, at)
        sent = refunding.sent(begun, rules, at)
        return Decision(
            Cancellation(job=cancelled.entity, payment=begun.payment, refund=begun.refund),
            changes=(cancelled, *begun.changes, sent),
            waives=deal.rest(cancelled.entity, paid),
            entries=begun.entries,
            operations=(sent.entity,),
            timers=begun.timers,
        )


def _repeated(deal: Deal, read: Reader) -> Decision[Cancellation]:
    result, claimed = Cancellation(job=deal.job), deal.claimed
    if claimed is None:
        return Decision(result, waives=deal.rest())
    payment = deal.payment(claimed.payment)
    refunds = read.find(Refund, payment=payment.id)
    refund = max(refunds, key=lambda one: one.id, default=None)
    result = evolve(result, payment=payment, refund=refund)
    if refund is None or refund.status in REFUND.final:
        return Decision(result, waives=(*deal.rest(), *refunds))
    sent = read.find(PaymentTransaction, payment=payment.id, kind=TransactionKind.REFUND)
    for transaction in sent:
        if transaction.refund == refund.id:
            result = evolve(result, next_action=Pending(transaction=transaction.id))
    return Decision(result, waives=(*deal.rest(), *refunds, *sent))
