"""Jobs in parts as far as a test wants them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from marketpay import (
    Acceptance,
    AcceptOffer,
    AccountKind,
    FundMilestone,
    Job,
    ListMilestones,
    Marketplace,
    Milestone,
    MilestoneFunding,
    MilestoneOutcome,
    MilestonePlan,
    Money,
    ReleaseMilestone,
    StartJob,
    StartMilestone,
    SubmitMilestone,
)
from marketpay.testing import SimulatedGateway
from tests.deals import CONTRACTOR, CUSTOMER, GOOD, balance, books_are_right, everything, send, usd

AMOUNTS = ("500", "300", "200")


def planned(*amounts: str) -> tuple[MilestonePlan, ...]:
    """Parts of so many dollars each."""
    return tuple(MilestonePlan(f"Part {n}", usd(one)) for n, one in enumerate(amounts, 1))


def price_of(parts: tuple[MilestonePlan, ...]) -> Money:
    """What they come to."""
    return sum((part.amount for part in parts), start=usd("0"))


def assigned_in_parts(market: Marketplace, *amounts: str, **changes: Any) -> Acceptance:
    """An accepted offer in parts: the first is paid, its job assigned."""
    parts = planned(*(amounts or AMOUNTS))
    sent = send(market, price=price_of(parts), milestones=parts, **changes)
    return market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))


def in_parts(market: Marketplace, *amounts: str, **changes: Any) -> tuple[Job, list[Milestone]]:
    """The same, started, and its milestones in their order."""
    job = assigned_in_parts(market, *amounts, **changes).job
    started = market.execute(StartJob(by=CONTRACTOR, job=job.id))
    return started, milestones_of(market, job)


def milestones_of(market: Marketplace, job: Job) -> list[Milestone]:
    """The milestones of a job as they stand now, in their order."""
    found = market.query(ListMilestones(job=job.id, limit=100)).items
    return sorted(found, key=lambda one: one.position)


def statuses(market: Marketplace, job: Job) -> list[str]:
    """How they stand, in their order."""
    return [one.status.value for one in milestones_of(market, job)]


def fund(market: Marketplace, milestone: Milestone, **changes: Any) -> MilestoneFunding:
    """A milestone, paid with a good card."""
    fields: dict[str, Any] = {"by": CUSTOMER, "milestone": milestone.id, "payment_method": GOOD}
    return market.execute(FundMilestone(**fields | changes))


def submitted(market: Marketplace, milestone: Milestone) -> Milestone:
    """A milestone that is funded, started and submitted."""
    market.execute(StartMilestone(by=CONTRACTOR, milestone=milestone.id))
    return market.execute(SubmitMilestone(by=CONTRACTOR, milestone=milestone.id))


def release(market: Marketplace, milestone: Milestone) -> MilestoneOutcome:
    """A milestone that is funded, released by its customer."""
    return market.execute(ReleaseMilestone(by=CUSTOMER, milestone=milestone.id))


@contextmanager
def nothing_is_done(market: Marketplace) -> Iterator[None]:
    """What is said again inside the block has no effect."""
    before = everything(market)
    yield
    assert everything(market) == before


def nothing_is_left(market: Marketplace, gateway: SimulatedGateway) -> None:
    """Nothing is in escrow, and each cent is explained."""
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)
