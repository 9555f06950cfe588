"""Points are earned of what was paid, and of nothing that its parties can take back."""

from collections.abc import Callable, Iterator
from typing import Final

from marketpay import (
    Chargeback,
    CreditGrant,
    Dispute,
    GrantSource,
    Job,
    JobStatus,
    Milestone,
    MilestoneStatus,
    Money,
    Payment,
    PaymentPurpose,
    Refund,
)
from tests.credits import LOYALTY
from tests.machine.sight import Sight


def points_are_of_what_nobody_takes_back(sight: Sight) -> None:
    """Once of a payment, and none of what its parties agreed to give back, or had decided.

    What staff refund later leaves them.
    """
    earned = sight.of(CreditGrant, source=GrantSource.LOYALTY)
    assert len({one.payment for one in earned}) == len(earned), earned
    for one in earned:
        paid = sight.get(Payment, str(one.payment))
        assert paid.is_released, one
        assert not paid.is_clearing, one
        assert paid.contested is None, one
        assert paid.purpose is not PaymentPurpose.TIP, one
        back = sum(_divided(paid, sight), Money.zero(paid.currency))
        assert one.amount <= LOYALTY.points(paid.charged - back), one


def _divided(paid: Payment, sight: Sight) -> Iterator[Money]:
    """What went back to the card by its disputes."""
    for dispute in sight.of(Dispute, payment=paid.id):
        if dispute.refund is not None:
            yield sight.get(Refund, dispute.refund).charged


def all_points_are_earned(sight: Sight) -> None:
    """At the end, in a house that has points: whatever was paid for work has its own."""
    earned = {one.payment for one in sight.of(CreditGrant, source=GrantSource.LOYALTY)}
    for paid in sight.of(Payment):
        if paid.is_released and _is_for_work(paid, sight) and paid.id not in earned:
            assert not LOYALTY.points(paid.chargeable_back).minor, paid


def _is_for_work(paid: Payment, sight: Sight) -> bool:
    """As far as no bank had a say: when it said what is not known any more."""
    if paid.purpose is PaymentPurpose.TIP or sight.of(Chargeback, payment=paid.id):
        return False
    parts = sight.of(Milestone, payment=paid.id)
    if parts:
        return parts[0].status is MilestoneStatus.RELEASED
    return sight.get(Job, paid.job).status is not JobStatus.CANCELLED


INVARIANTS: Final[tuple[Callable[[Sight], None], ...]] = (points_are_of_what_nobody_takes_back,)
