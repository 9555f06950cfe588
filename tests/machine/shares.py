"""What holds after every step of jobs in parts and of customers' credit."""

from collections.abc import Callable
from typing import Final

from marketpay import (
    AccountKind,
    Credit,
    CreditGrant,
    Job,
    JobStatus,
    Milestone,
    MilestoneStatus,
    Offer,
    OfferStatus,
    Payment,
    PaymentPurpose,
    PaymentStatus,
    Wallet,
)
from marketpay.domain.commission import Split
from tests.machine.sight import Sight

K, M = AccountKind, MilestoneStatus
OVER: Final = (JobStatus.COMPLETED, JobStatus.CANCELLED)
UNDER_WAY: Final = (
    PaymentStatus.PENDING,
    PaymentStatus.AWAITING_CONFIRMATION,
    PaymentStatus.AUTHORIZED,
)
PAID: Final = (M.FUNDED, M.IN_PROGRESS, M.SUBMITTED)


def parts_are_the_whole(sight: Sight) -> None:
    """To the cent: of the price, and of what everyone was promised of it."""
    for offer in sight.of(Offer):
        parts = sight.of(Milestone, offer=offer.id)[::-1]
        is_in_parts = offer.status is OfferStatus.ACCEPTED and offer.plan is not None
        assert bool(parts) == is_in_parts, offer
        if offer.plan is None or not parts:
            continue
        assert offer.plan.total == offer.price, offer
        planned = [(number, part.amount) for number, part in enumerate(offer.plan.parts, 1)]
        assert [(one.position, one.amount) for one in parts] == planned, offer
        assert offer.plan.split is not None, offer
        whole = _minor(offer.plan.split)
        assert [sum(some) for some in zip(*(_minor(one.split) for one in parts), strict=True)] == (
            list(whole)
        ), offer
        assert all(one.split.price == one.amount for one in parts), offer


def a_milestone_is_what_became_of_its_money(sight: Sight) -> None:
    payments = {one.id: one for one in sight.of(Payment)}
    for one in sight.of(Milestone):
        paid = None if one.payment is None else payments[one.payment]
        if paid is not None:
            assert (paid.amount, paid.split) == (one.amount, one.split), one
            assert (paid.job, paid.offer) == (one.job, one.offer), one
        if one.status is M.PENDING:
            assert paid is None or paid.status in UNDER_WAY, one
        elif one.status in PAID:
            assert paid is not None, one
            assert not paid.is_released, one
        elif one.status is M.RELEASED:
            assert paid is not None, one
            assert paid.is_released or not paid.refundable.minor, one
        elif one.status is M.REFUNDED:
            assert paid is not None, one
            assert not paid.is_released or paid.kept.minor, one  # the rest is the customer's
            assert not paid.refundable.minor or paid.disputed.minor, one


def one_payment_is_under_way_for_a_milestone(sight: Sight) -> None:
    wanted = [one.payment for one in sight.of(Milestone)]
    assert len(set(wanted) - {None}) == len([one for one in wanted if one is not None])
    for paid in sight.of(Payment, purpose=PaymentPurpose.MILESTONE):
        if paid.status in UNDER_WAY:
            assert paid.id in wanted, paid


def a_job_is_over_with_its_last_milestone(sight: Sight) -> None:
    for job in sight.of(Job):
        parts = sight.of(Milestone, job=job.id)
        if parts:
            is_open = any(one.is_open for one in parts)
            assert not (is_open and job.status in (*OVER, JobStatus.SUBMITTED)), job
            # A dispute ends none while something is in escrow that nobody has decided on.
            extras = sight.of(Payment, job=job.id, purpose=PaymentPurpose.EXTRA)
            assert is_open or job.status in OVER or extras, job


def credit_is_the_ledgers(sight: Sight) -> None:
    for kind, name in ((K.CREDIT_AVAILABLE, "available"), (K.CREDIT_RESERVED, "reserved")):
        summed = {
            (total.account.owner, total.account.currency): total.summed
            for total in sight.totals
            if total.account.kind is kind
        }
        assert all(minor >= 0 for minor in summed.values()), summed
        # What came back before somebody ever used credit has no row.
        for one in sight.of(Credit):
            minor = summed.get((one.customer, one.currency), 0)
            assert getattr(one, name).minor == minor, one
    rows = {(one.customer, one.currency) for one in sight.of(Credit)}
    for total in sight.totals:
        if total.account.kind is K.CREDIT_RESERVED and total.summed:
            assert (total.account.owner, total.account.currency) in rows, total


def credit_is_of_grants_or_lasts(sight: Sight) -> None:
    for one in sight.of(Credit):
        lots = sight.of(CreditGrant, credit=one.id)
        assert all(0 <= lot.remaining.minor <= lot.amount.minor for lot in lots), lots
        assert one.lasting.minor >= 0, one
        assert one.lasting.minor + sum(lot.remaining.minor for lot in lots) == one.total.minor, one


def what_is_reserved_stands_behind_payments(sight: Sight) -> None:
    for one in sight.of(Credit):
        mine = sight.of(Payment, customer=one.customer, currency=one.currency)
        assert one.reserved.minor == sum(paid.credit_reserved.minor for paid in mine), one
    for paid in sight.of(Payment):
        assert paid.credit_reserved.minor in (0, paid.credit.minor), paid
        assert paid.credited <= paid.refunded, paid
        assert paid.credited <= paid.credit, paid
        if paid.chargeable_back.minor > 0:  # the card first
            assert not paid.credited.minor or paid.disputed.minor or paid.lost.minor, paid


def adjusted_money_is_explained(sight: Sight) -> None:
    """All that is owed lies on the contractor's account, is on its way, or is still to be sent."""
    there, on_the_way = sight.balance("connected"), sight.balance("payout_in_transit")
    for one in sight.of(Wallet):
        key = (one.owner, one.currency)
        mine = sight.of(Payment, contractor=one.owner)
        to_come = sum((paid.untransferred + paid.transferring).minor for paid in mine)
        waits = sum(paid.clearing.minor for paid in mine)
        lies = there.get(key, 0) + on_the_way.get(key, 0)
        assert (one.total - one.overdrawn).minor == lies + to_come + waits + one.unsent.minor, one


def _minor(split: Split) -> tuple[int, int, int]:
    return split.platform_fee.minor, split.service_fee.minor, split.payout.minor


INVARIANTS: Final[tuple[Callable[[Sight], None], ...]] = (
    parts_are_the_whole,
    a_milestone_is_what_became_of_its_money,
    one_payment_is_under_way_for_a_milestone,
    a_job_is_over_with_its_last_milestone,
    credit_is_the_ledgers,
    credit_is_of_grants_or_lasts,
    what_is_reserved_stands_behind_payments,
)
