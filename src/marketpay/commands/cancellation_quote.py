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
    """Who would get what of all that is left of the deal, if the job were cancelled now.

    Of `payment`, which is behind the offer or its first part, of every other part that is paid
    and of every extra.  None, as it stands, where nothing was taken yet and nothing is to be
    divided.  `payout` is the contractor's share less the platform's fees.
    """

    job: Job
    payment: Payment | None
    shares: Shares
    payout: Money


def quote(command: CancelJob, read: Reader, rules: Rules) -> CancellationQuote:
    """What the command would do now, or the error that it would raise: it is decided."""
    decision = command.decide(read, rules)
    job, main = read.get(Job, command.job), decision.result.payment
    zero = Money.zero(job.currency)
    shares, payout = Shares.whole(zero), zero
    for after in decision.latest().values():
        if isinstance(after, Payment) and after.split is not None:
            before = read.get(Payment, after.id)
            is_released = after.is_released and not before.is_released
            shares += Shares(
                to_customer=after.refunded - before.refunded,
                to_contractor=after.amount - after.gone if is_released else zero,
                kept=after.kept - before.kept,
            )
            payout += after.remains().payout if is_released else zero
    payment = None if main is None else read.get(Payment, main.id)
    return CancellationQuote(job=job, payment=payment, shares=shares, payout=payout)
