"""What cancelling a job would come to, before anybody decides to."""

from __future__ import annotations

from attrs import frozen

from marketpay.commands.cancellation import CancelJob
from marketpay.domain.job import Job
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class CancellationQuote:
    """Who would get what of what is left of the payment, if the job were cancelled now.

    `payment` as it stands; None where nothing was taken yet, and nothing is to be divided.
    `payout` is the contractor's share less the platform's fees.
    """

    job: Job
    payment: Payment | None
    shares: Shares
    payout: Money


def quote(command: CancelJob, read: Reader, rules: Rules) -> CancellationQuote:
    """What the command would do now, or the error that it would raise: it is decided."""
    after = command.decide(read, rules).result.payment
    job = read.get(Job, command.job)
    zero = Money.zero(job.currency)
    if after is None:
        return CancellationQuote(job=job, payment=None, shares=Shares.whole(zero), payout=zero)
    before = read.get(Payment, after.id)
    to_customer, kept = after.refunded - before.refunded, after.kept - before.kept
    is_released = after.is_released and not before.is_released
    left = after.amount - after.gone if is_released else zero
    return CancellationQuote(
        job=job,
        payment=before,
        shares=Shares(to_customer=to_customer, to_contractor=left, kept=kept),
        payout=after.remains().payout if is_released else zero,
    )
