"""What cancelling a job would come to, before anybody decides to."""

from __future__ import annotations

from attrs import frozen

from marketpay.commands.cancellation import CancelJob
from marketpay.domain.job import Job
from marketpay.domain.money import Money
from marketpay.domain.payment import OF_PRICE, Payment
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class CancellationQuote:
    """Who would get what of what is left of the price, if the job were cancelled now.

    `payment` as it stands; None where nothing was taken yet, and nothing is to be divided.
    `payout` is the contractor's share less the platform's fees.
    """

    job: Job
    payment: Payment | None
    shares: Shares
    payout: Money


def quote(command: CancelJob, read: Reader, rules: Rules) -> CancellationQuote:
    """What the command would do now, or the error that it would raise: it is decided."""
    decision = command.decide(read, rules)
    job, paid = read.get(Job, command.job), decision.result.payment
    zero = Money.zero(job.currency)
    if paid is None:
        return CancellationQuote(job=job, payment=None, shares=Shares.whole(zero), payout=zero)
    to_customer = to_contractor = kept = payout = zero
    for after in decision.latest().values():
        if not isinstance(after, Payment) or after.purpose not in OF_PRICE:
            continue
        before = read.get(Payment, after.id)
        to_customer += after.refunded - before.refunded
        kept += after.kept - before.kept
        if after.is_released and not before.is_released:
            to_contractor += after.amount - after.gone
            payout += after.remains().payout
    return CancellationQuote(
        job=job,
        payment=read.get(Payment, paid.id),
        shares=Shares(to_customer=to_customer, to_contractor=to_contractor, kept=kept),
        payout=payout,
    )
