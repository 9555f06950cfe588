"""What cancelling a job gives to whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketpay.domain.actor import Role
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.job import Job
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares


def shares(job: Job, paid: Payment, by: Role, rules: Rules, at: datetime) -> Shares:
    """What the policy gives of all that is left of the payment, if this role cancels now.

    Of a job that nobody does the customer gets all of it.
    """
    if job.is_forsaken and by is Role.CUSTOMER:
        return Shares.whole(paid.remains().price)
    # Of a job that was assigned before the time was kept, as if it had just been.
    age = at - job.assigned_at if job.assigned_at is not None else timedelta(0)
    limits = rules.limits(paid.currency)
    return rules.cancellation.shares(job.status, by, age, paid.remains(), limits)


def agreed(
    job: Job, paid: Payment, to_customer: Money, proposer: Role, rules: Rules, at: datetime
) -> Shares:
    """What the two sides have agreed on: so much for the customer, for the contractor the rest.

    The platform is no party to it, and keeps what the policy gives it.
    """
    kept = shares(job, paid, proposer, rules, at).kept
    to_contractor = paid.amount - paid.gone - kept - to_customer
    if to_contractor.minor < 0:
        raise Refused(Reason.NOT_REFUNDABLE)
    return Shares(to_customer=to_customer, to_contractor=to_contractor, kept=kept)
