"""A job in ten parts goes to the database as often as one in two."""

from collections.abc import Callable
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    CancelJob,
    CancelMilestone,
    CompleteJob,
    FundMilestone,
    Job,
    Marketplace,
    Milestone,
    RefundMilestone,
    ReleaseMilestone,
    SendOffer,
    StartJob,
)
from marketpay.testing import SimulatedGateway
from tests.adapters.sql.test_trips_of_a_negotiation import Trips, trips
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, post, send, usd
from tests.milestones import milestones_of, planned

__all__ = ["trips"]

Acting = Callable[[Marketplace, Job, list[Milestone]], object]
ACTS: dict[str, Acting] = {
    "fund": lambda market, _, parts: market.execute(
        FundMilestone(by=CUSTOMER, milestone=parts[1].id, payment_method=GOOD)
    ),
    "release": lambda market, _, parts: market.execute(
        ReleaseMilestone(by=CUSTOMER, milestone=parts[0].id)
    ),
    "refund": lambda market, _, parts: market.execute(
        RefundMilestone(by=CONTRACTOR, milestone=parts[0].id)
    ),
    "cancel": lambda market, _, parts: market.execute(
        CancelMilestone(by=CUSTOMER, milestone=parts[1].id)
    ),
    "complete": lambda market, job, _: market.execute(CompleteJob(by=CUSTOMER, job=job.id)),
    "call off": lambda market, job, _: market.execute(CancelJob(by=ADMIN, job=job.id)),
}


@pytest.mark.parametrize("act", ["send", "accept", *ACTS])
def test_ten_parts_cost_no_more_trips_than_three(trips: Trips, act: str) -> None:
    taken: list[Trips] = []
    for number in (3, 10):
        with Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as market:
            taken.append(_trips(trips, market, act, number))
    assert taken[0] == taken[1]
    assert 0 < len(taken[0]) <= 18


def _trips(trips: Trips, market: Marketplace, act: str, number: int) -> Trips:
    parts = planned(*["100"] * number)
    price, job = usd(str(100 * number)), post(market)
    if act == "send":
        fields: dict[str, Any] = {
            "contractor": CONTRACTOR.id,
            "payment_method": GOOD,
            "milestones": parts,
        }
        trips.clear()
        market.execute(SendOffer(by=CUSTOMER, job=job.id, price=price, **fields))
        return [*trips]
    sent = send(market, job, price=price, milestones=parts)
    trips.clear()
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    if act == "accept":
        return [*trips]
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    made = milestones_of(market, job)
    trips.clear()
    ACTS[act](market, job, made)
    return [*trips]


def test_a_job_in_one_part_does_not_look_for_milestones(trips: Trips) -> None:
    with Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as market:
        for parts in ((), planned("600", "400")):
            sent = send(market, price=usd("1000"), milestones=parts)
            market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
            trips.clear()
            market.store.run(lambda work: work.deal(offer=sent.offer.id))  # noqa: B023
            assert sum(trips) == (2 if parts else 1)
