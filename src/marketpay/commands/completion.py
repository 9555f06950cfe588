"""Completing a job: escrow pays out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import field, frozen

from marketpay.commands.base import Command, Result
from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.ids import JobId, WalletId
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import JOB, JobStatus, PayoutAccountStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader

ONBOARDING = "onboarding"


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
        completed = job.become(e.JobCompleted, by, at)
        paid = _payment(deal)
        [*accounts] = read.find(PayoutAccount, contractor=paid.contractor)
        active = [one for one in accounts if one.status is PayoutAccountStatus.ACTIVE]
        is_owed = paid.split is not None and paid.split.payout.minor > 0
        is_blocked = is_owed and not active
        blocked = ONBOARDING if is_blocked else None
        released = paid.become(e.PaymentReleased, by, at, transfer_blocked=blocked)
        entries = tuple(_release(released.entity))
        changes: list[Any] = [completed, released]
        if is_owed:
            changes.append(_wallet(read, paid, rules, at).post(entries, at))
            changes += [operations.transfer(released.entity, one, rules, at) for one in active]
        sweep = Timer(TimerKind.TRANSFER_SWEEP, paid.contractor, at + rules.lookup_every)
        return Decision(
            Completion(job=completed.entity, payment=released.entity),
            changes=changes,
            waives=(*deal.rest(job, paid), *accounts),
            entries=entries,
            timers=(sweep,) if is_blocked else (),
        )


def _payment(deal: Deal) -> Payment:
    claimed = deal.claimed
    assert claimed is not None  # a job that was ever assigned has its accepted offer
    return deal.payment(claimed.payment)


def _wallet(read: Reader, payment: Payment, rules: Rules, at: datetime) -> Wallet:
    found = read.find(Wallet, owner=payment.contractor, currency=payment.currency)
    if found:
        return found[0]
    id = WalletId(rules.new_id("wal"))
    return Wallet.empty(id, payment.contractor, payment.currency, at)


def _release(payment: Payment) -> Iterator[LedgerEntry]:
    split, currency = payment.split, payment.currency
    assert split is not None  # frozen before it was captured
    escrow = Account(AccountKind.ESCROW, currency)
    fee = Account(AccountKind.SERVICE_FEE, currency)
    wallet = Account(AccountKind.WALLET_AVAILABLE, currency, payment.contractor)
    yield from move(escrow, fee, split.service_fee, payment.id)
    yield from move(escrow, wallet, split.payout, payment.id)
