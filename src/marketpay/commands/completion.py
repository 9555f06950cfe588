"""Completing a job: escrow pays out."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, Result
from marketpay.commands.holdings import wallet_of
from marketpay.domain import events as e
from marketpay.domain import releasing
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import check_undisputed
from marketpay.domain.entity import permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Completion(Result):
    """A completed job and its released payment.

    `payment.transfer_blocked` says why the contractor's money stays on the platform's balance
    at the gateway for now; their wallet has it all the same.
    """

    job: Job
    payment: Payment


@frozen(kw_only=True)
class CompleteJob(Command[Completion]):
    """The customer is content (or an administrator decides): the contractor is paid."""

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Completion]:
        """The frozen parts leave escrow: the fee to the platform, the rest to the wallet."""
        deal = read.deal(job=self.job)
        job, at, by = deal.job, rules.now(), self.by.role
        permit(self.by, JOB, e.JobCompleted, "complete this job", customer=job.customer)
        if job.status is JobStatus.COMPLETED:
            payment = _payment(deal)
            return Decision(Completion(job=job, payment=payment), waives=deal.rest())
        check_undisputed(*deal.payments)
        completed = job.become(e.JobCompleted, by, at)
        paid = _payment(deal)
        if paid.disputed.minor:
            raise Refused(Reason.CHARGEBACK_OPEN)
        if paid.gone == paid.amount:
            return Decision(
                Completion(job=completed.entity, payment=paid),
                changes=(completed,),
                relies_on=(paid,),
                waives=deal.rest(job, paid),
            )
        if paid.flagged is not None:
            raise Refused(Reason.PAYMENT_UNDER_REVIEW)
        read.expect(Wallet, owner=paid.contractor, currency=paid.currency)
        accounts = read.find(PayoutAccount, contractor=paid.contractor)
        wallet = wallet_of(read, paid.contractor, paid.currency, rules)
        released = releasing.release(paid, wallet, accounts, by, rules, at)
        return Decision(
            Completion(job=completed.entity, payment=released.payment),
            changes=(completed, *released.changes),
            waives=(*deal.rest(job, paid), *released.unused(wallet), *accounts),
            entries=released.entries,
            timers=released.timers,
        )


def _payment(deal: Deal) -> Payment:
    claimed = deal.claimed
    assert claimed is not None  # a job that was ever assigned has its accepted offer
    return deal.payment(claimed.payment)
