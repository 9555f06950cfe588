"""Completing a job: escrow pays out."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, Result, not_system
from marketpay.commands.holdings import wallet_of
from marketpay.domain import events as e
from marketpay.domain import releasing
from marketpay.domain.actor import Role
from marketpay.domain.closing import released_with_job
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import at_issue, check_undisputed
from marketpay.domain.entity import Entity, permit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, JobStatus, PaymentStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader

ESCROWED = (PaymentStatus.CAPTURED, PaymentStatus.CHARGED_BACK)


@frozen(kw_only=True)
class Completion(Result):
    """A completed job and its released payment: that of the offer, or of its first part.

    `payment.transfer_blocked` says why the contractor's money stays on the platform's balance
    at the gateway for now; their wallet has it all the same.
    """

    job: Job
    payment: Payment


@frozen(kw_only=True)
class CompleteJob(Command[Completion]):
    """The customer is content (or an administrator decides): the contractor is paid.

    Of a job in parts every milestone that is funded is released, and every other cancelled.
    """

    job: JobId = field(validator=IdOf("Job"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Completion]:
        """The frozen parts leave escrow: the fee to the platform, the rest to the wallet."""
        deal = read.deal(job=self.job)
        job, action = deal.job, "complete this job"
        permit(self.by, JOB, e.JobCompleted, action, customer=job.customer)
        not_system(self.by, action, "its customer or an admin")
        if job.status is JobStatus.COMPLETED:
            payment = deal.paid
            return Decision(Completion(job=job, payment=payment), waives=deal.rest())
        return complete(deal, self.by.role, read, rules)


def complete(deal: Deal, by: Role, read: Reader, rules: Rules) -> Decision[Completion]:
    """The job, completed; what is left of its payments, released."""
    check_undisputed(*deal.payments)
    job, at = deal.job, rules.now()
    completed = job.become(e.JobCompleted, by, at)
    paid, owed = deal.paid, [one for one in behind(deal) if one.gone < one.amount]
    why = obstacle(deal)
    if why is not None:
        raise Refused(why)
    closing = [*released_with_job(deal, rules, at)]
    ended = [change.entity for change in closing]
    if not owed:
        relied = _relied(deal, *ended)
        return Decision(
            Completion(job=completed.entity, payment=paid),
            changes=(completed, *closing),
            relies_on=relied,
            waives=deal.rest(job, *relied, *ended),
        )
    read.expect(Wallet, owner=paid.contractor, currency=paid.currency)
    accounts = read.find(PayoutAccount, contractor=paid.contractor)
    wallet = wallet_of(read, paid.contractor, paid.currency, rules)
    released = releasing.release_all(owed, wallet, accounts, by, rules, at)
    is_left = any(one.id == paid.id for one in owed)
    relied = _relied(deal, *owed, *ended)
    return Decision(
        Completion(job=completed.entity, payment=released.payment if is_left else paid),
        changes=(completed, *closing, *released.changes),
        relies_on=relied,
        waives=(*deal.rest(job, *relied, *owed, *ended), *released.unused(wallet), *accounts),
        entries=released.entries,
        timers=released.timers,
    )


def _relied(deal: Deal, *changed: Entity) -> tuple[Payment, ...]:
    """The payment of the offer, and whatever could keep the job from ending so."""
    main = () if any(one.id == deal.paid.id for one in changed) else (deal.paid,)
    return (*main, *at_issue(deal, *main, *changed))


def obstacle(deal: Deal) -> Reason | None:
    """Why what is left of a deal's payments cannot be released now, if it cannot."""
    if any(one.contested is not None for one in deal.payments):
        return Reason.DISPUTE_OPEN
    for paid in behind(deal):
        if paid.disputed.minor:
            return Reason.CHARGEBACK_OPEN
        if paid.flagged is not None and paid.gone < paid.amount:
            return Reason.PAYMENT_UNDER_REVIEW
    return None


def behind(deal: Deal) -> list[Payment]:
    """What completing the job releases: that of its offer first, and what was paid beside it.

    But for what has left escrow, and what is decided: a job in parts goes on when some of them
    are closed.
    """
    paid = (one for one in (deal.paid, *deal.beside) if not deal.is_decided(one))
    return [one for one in paid if one.status in ESCROWED and not one.is_released]
