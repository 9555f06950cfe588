"""Closing milestones, and the job with the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.lifecycles import MilestoneStatus, PaymentStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares

Part = tuple[Payment, Shares]  # a payment, and how what is left of it is divided


def by_shares(shares: Shares | None) -> type[Event]:
    """What a part that is paid becomes where its money is divided: released if any is earned.

    Without `shares` nothing is left of it.
    """
    is_earned = shares is not None and shares.to_contractor.minor > 0
    return e.MilestoneReleased if is_earned else e.MilestoneRefunded


def released_with_job(deal: Deal, rules: Rules, at: datetime) -> Iterator[Change[Entity]]:
    """All that are open, where the job is completed: what comes of a paid one is earned.

    Also of one that a bank took back, and may yet give again.
    """
    for milestone in deal.open_milestones:
        yield from _closed(deal, milestone, e.MilestoneReleased, rules, at)


def divided_with_job(
    deal: Deal, parts: Sequence[Part], rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """All that are open, where the job is called off and its money is divided so."""
    shares_of = {str(payment.id): shares for payment, shares in parts}
    for milestone in deal.open_milestones:
        event = by_shares(shares_of.get(str(milestone.payment)))
        yield from _closed(deal, milestone, event, rules, at)


def _closed(
    deal: Deal, milestone: Milestone, event: type[Event], rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    is_unpaid = milestone.status is MilestoneStatus.PENDING
    yield milestone.become(e.MilestoneCancelled if is_unpaid else event, Role.SYSTEM, at)
    yield from called_off(deal, milestone, rules, at)


def called_off(
    deal: Deal, milestone: Milestone, rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """The customer need not confirm a payment for what is not done.

    One that is confirmed already is let go, or given back, when the answer comes.
    """
    if milestone.status is not MilestoneStatus.PENDING or milestone.payment is None:
        return
    payment = deal.payment(milestone.payment)
    if payment.status is PaymentStatus.AWAITING_CONFIRMATION:
        yield operations.void(payment, rules, at)


def ending(deal: Deal, after: Milestone) -> type[Event] | None:
    """How the job ends, if this was the last; completed if anything of it was released."""
    others = [one for one in deal.milestones if one.id != after.id]
    if any(one.is_open for one in others):
        return None
    is_earned = any(one.status is MilestoneStatus.RELEASED for one in (*others, after))
    return e.JobCompleted if is_earned else e.JobCancelled


def beside(deal: Deal, ending: type[Event] | None) -> Iterator[Part]:
    """What was paid beyond the offer goes where the job goes, if that ends.

    What is disputed itself is decided by itself.
    """
    for extra in deal.extras if ending is not None else ():
        if extra.contested is None and deal.milestone_of(extra) is None:
            nothing = Money.zero(extra.currency)
            earned = Shares.between(nothing, extra.refundable)
            yield extra, earned if ending is e.JobCompleted else Shares.whole(extra.refundable)
