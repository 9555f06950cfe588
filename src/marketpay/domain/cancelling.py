"""What cancelling a job gives to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import evolve

from marketpay.domain.actor import Role
from marketpay.domain.closing import Part
from marketpay.domain.deal import Deal
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares

Parts: TypeAlias = list[Part]


def by_policy(
    deal: Deal, payments: Sequence[Payment], by: Role, rules: Rules, at: datetime
) -> Parts:
    """What the policy gives of all that is left of each, if this role cancels now.

    Of a job that nobody does the customer gets all of it.
    """
    return [(paid, _shares(deal, paid, by, rules, at)) for paid in payments]


def _shares(deal: Deal, paid: Payment, by: Role, rules: Rules, at: datetime) -> Shares:
    job = deal.job
    if deal.is_forsaken and by is Role.CUSTOMER:
        return Shares.whole(paid.refundable)
    # Of a job that was assigned before the time was kept, as if it had just been.
    age = at - job.assigned_at if job.assigned_at is not None else timedelta(0)
    limits = rules.limits(paid.currency)
    return rules.cancellation.shares(job.status, by, age, paid.remains(), limits)


def agreed(policy: Parts, to_customer: Money) -> Parts:
    """What the two sides have agreed on: so much for the customer, for the contractor the rest.

    The platform is no party to it, and keeps what the policy gives it.  Another sum than the
    policy's is taken from one payment after the other, from the last to the first.  `Refused`
    where there is not so much.
    """
    if to_customer == customers(policy, to_customer.currency):
        return policy
    parts: Parts = []
    for paid, shares in reversed(policy):
        theirs = shares.total - shares.kept
        taken = min(theirs, to_customer)
        parts.append((paid, evolve(shares, to_customer=taken, to_contractor=theirs - taken)))
        to_customer -= taken
    if to_customer.minor:
        raise Refused(Reason.NOT_REFUNDABLE)
    return parts[::-1]


def customers(parts: Parts, currency: str) -> Money:
    """All that the customer gets."""
    return sum((shares.to_customer for _, shares in parts), Money.zero(currency))


def kept(parts: Parts, currency: str) -> Money:
    """All that the platform keeps."""
    return sum((shares.kept for _, shares in parts), Money.zero(currency))


def total(payments: Sequence[Payment], currency: str) -> Money:
    """All that is left of them."""
    return sum((paid.refundable for paid in payments), Money.zero(currency))
