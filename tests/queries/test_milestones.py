"""Milestones that are not the parts of their offer, or not what was paid: `verify` says so."""

from typing import Any

import pytest
from attrs import evolve

from marketpay import Marketplace, MemoryStore, Milestone, Offer
from marketpay.domain.entity import Entity
from marketpay.queries import batches
from marketpay.testing import SimulatedGateway
from tests.conftest import on_one_store
from tests.deals import send, usd
from tests.milestones import fund, in_parts, planned, release


def kept(market: Marketplace, entity: Entity, **changes: Any) -> None:
    """What somebody changes who does not go through the marketplace."""
    assert isinstance(market.store, MemoryStore)
    market.store._tables.entities[type(entity)][entity.id] = evolve(entity, **changes)


def gone(market: Marketplace, entity: Entity) -> None:
    assert isinstance(market.store, MemoryStore)
    del market.store._tables.entities[type(entity)][entity.id]


def offer_of(market: Marketplace, milestone: Milestone) -> Offer:
    return market.store.read(lambda records: records.get(Offer, milestone.offer))


def test_a_job_in_parts_is_right_at_every_moment(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    send(market, price=usd("500"), milestones=planned("300", "200"))
    assert market.verify().problems == ()
    _, parts = in_parts(market, "500", "333.33", "0.67")
    for one in parts:
        assert market.verify().problems == ()
        if one.position > 1:
            fund(market, one)
        release(market, one)
    assert market.verify().problems == ()


@on_one_store
def test_parts_that_do_not_sum_to_the_price_are_found(market: Marketplace) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    kept(market, offer_of(market, first), price=usd("1000.01"))

    assert market.verify().problems == (
        f"offer {first.offer}: its milestones sum to 100000, and its price is 100001.",
    )


@on_one_store
def test_a_part_whose_fees_are_not_its_share_is_found(market: Marketplace) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    split = second.split
    more = evolve(split, platform_fee=usd("40.01"), service_fee=usd("79.99"))
    kept(market, second, split=more)

    assert market.verify().problems == (
        f"offer {second.offer}: the platform_fee of its milestones is 10001, and its own 10000.",
        f"offer {second.offer}: the service_fee of its milestones is 19999, and its own 20000.",
    )


@on_one_store
def test_a_part_in_the_place_of_none_is_found(market: Marketplace) -> None:
    _, (_, second, _) = in_parts(market, "500", "300", "200")
    kept(market, second, position=4)

    assert market.verify().problems == (f"offer {second.offer}: its milestones are at [1, 3, 4].",)


@on_one_store
def test_an_offer_whose_split_or_self_is_gone_is_found(market: Marketplace) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    offer = offer_of(market, first)
    kept(market, offer, plan=None)
    assert market.verify().problems == (
        f"offer {offer.id}: it has milestones and no split that they share.",
    )
    gone(market, offer)
    assert f"offer {offer.id}: it has milestones, and is gone." in market.verify().problems


@on_one_store
def test_a_part_that_is_paid_otherwise_is_found(market: Marketplace) -> None:
    _, (first, second) = in_parts(market, "600", "400")
    funded = fund(market, second)
    second, paid = funded.milestone, funded.payment
    for changes, said in (
        ({"payment": first.payment}, f"{first.payment} is USD 600.00 for {first.offer}."),
        ({"payment": "pay_none"}, "its payment pay_none is gone."),
    ):
        kept(market, second, **changes)
        assert market.verify().problems == (f"milestone {second.id}: {said}",)
    split = second.split
    kept(market, second, split=evolve(split, platform_fee=usd("0"), payout=usd("320")))

    assert f"milestone {second.id}: its split is not that of {paid.id}." in market.verify().problems


@on_one_store
@pytest.mark.parametrize("many", [1, 2, 3, 1000])
def test_a_fault_is_found_once_however_many_are_read_together(
    market: Marketplace, monkeypatch: Any, many: int
) -> None:
    monkeypatch.setattr(batches, "BATCH", many)
    faulty = [in_parts(market, "500", "300", "200")[1][1] for _ in range(3)]
    for one in faulty:
        kept(market, offer_of(market, one), price=usd("999"))

    assert len(market.verify().problems) == len(faulty)
