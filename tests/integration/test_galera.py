"""The same through the nodes of a cluster, while nodes go and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import create_engine

from marketpay import AcceptOffer, Actor, AsyncMarketplace, Marketplace
from marketpay.adapters.sql.store import SqlStore
from marketpay.ports.gateway import Capture
from marketpay.testing import SimulatedGateway
from tests.deals import books_are_right, now, post, send
from tests.integration import races
from tests.integration.crowd import Clock, Crowd, Place, crowd
from tests.integration.dealing import Dealing
from tests.integration.nodes import FIRST, IMPATIENT, SECOND, THIRD, all_nodes_have_the_same
from tests.integration.scene import Scene, scene, split
from tests.integration.tasks import Tasks
from tests.servers.galera import GaleraCluster

pytestmark = pytest.mark.xdist_group("galera")  # one worker, one cluster


@pytest.fixture(scope="module")
def few() -> Iterator[Crowd]:
    """Two processes for each node."""
    with crowd(6) as processes:
        yield processes


@pytest.fixture
def places(galera_urls: tuple[str, ...], tmp_path: Path) -> list[Place]:
    return [Place(url, tmp_path) for url in galera_urls]


@pytest.fixture
def tasks(galera: GaleraCluster, galera_urls: tuple[str, ...]) -> Iterator[Tasks]:
    """In a database of their own; `galera_urls` mends what is broken."""
    urls = galera.fresh_database()
    yield Tasks(urls)
    galera.heal()
    galera.nodes[FIRST].databases.drop_database(urls[FIRST])


def test_races_through_different_nodes_end_as_on_one_server(
    everybody: Crowd, places: list[Place], galera: GaleraCluster
) -> None:
    with scene(everybody, *places) as together:  # they make the tables at once, too
        races.accept_offers_of_one_job(together)
        races.complete_one_job(together)
        races.withdraw_from_one_wallet(together)
        races.repeat_one_key(together)
        races.post_jobs(together, times=3)
        races.work_at_once(together, offers=10)
        races.do_anything(together, seconds=2)
        all_nodes_are_right(together, galera, places)


def test_a_killed_node_costs_no_deal_and_doubles_none(
    few: Crowd, places: list[Place], tasks: Tasks, galera: GaleraCluster
) -> None:
    with at_work(few, places) as (together, dealing):
        with dealing, tasks:
            galera.kill(THIRD)
            dealing.go_on()
            tasks.go_on()
            galera.rejoin(THIRD)
            dealing.go_on()
            tasks.go_on()
        dealing.came_to_what_was_told()
        all_nodes_are_right(together, galera, places)
        all_nodes_have_the_same(galera, tasks.urls)


def test_a_frozen_node_costs_no_deal_and_doubles_none(
    few: Crowd, places: list[Place], tasks: Tasks, galera: GaleraCluster
) -> None:
    with at_work(few, places) as (together, dealing):
        with dealing, tasks:
            galera.freeze(SECOND)
            dealing.go_on()
            tasks.go_on()
            galera.thaw(SECOND)
            galera.wait_synced(SECOND)
            dealing.go_on()
            tasks.go_on()
        dealing.came_to_what_was_told()
        all_nodes_are_right(together, galera, places)
        all_nodes_have_the_same(galera, tasks.urls)


@contextmanager
def at_work(few: Crowd, places: list[Place]) -> Iterator[tuple[Scene, Dealing]]:
    """Processes on every node, which go to another when theirs does not answer."""
    places[FIRST].open(places[FIRST].gateway(), Clock()).close()  # with the patience to make tables
    impatient = [evolve(place, options=IMPATIENT) for place in places]
    with scene(few, *impatient, roaming=True) as together:
        yield together, Dealing(together)


def all_nodes_are_right(together: Scene, galera: GaleraCluster, places: list[Place]) -> None:
    """The books are right wherever one looks, and every node has the same in every table."""
    together.is_right()
    all_nodes_have_the_same(galera, [place.url for place in places])
    for place in places:
        with place.open(together.gateway, together.clock) as market:
            assert market.verify().problems == ()


def host_engine(url: str) -> SqlStore:
    return SqlStore(create_engine(url))


@pytest.mark.parametrize("reach", [SqlStore.connect, host_engine])
def test_what_one_node_has_committed_is_seen_at_the_next(
    reach: Callable[[str], SqlStore], galera_urls: tuple[str, ...]
) -> None:
    first, second = (
        Marketplace(store=reach(url), gateway=SimulatedGateway()) for url in galera_urls[:2]
    )
    with first, second:
        for _ in range(100):
            assert now(second, post(first)).version == 1


def test_tasks_through_different_nodes_race_as_processes_do(galera_urls: tuple[str, ...]) -> None:
    gateway = SimulatedGateway()
    with Marketplace.connect(galera_urls[FIRST], gateway=gateway) as market:
        job = post(market)
        offers = [send(market, job, races.contractor(number)).offer for number in range(9)]

        async def accept() -> list[Any]:
            urls = [url.replace("+pymysql", "+asyncmy") for url in galera_urls]
            doors = [await AsyncMarketplace.connect(url, gateway=gateway) for url in urls]
            accepting = [
                doors[number % 3].execute(
                    AcceptOffer(by=Actor.contractor(offer.contractor), offer=offer.id)
                )
                for number, offer in enumerate(offers)
            ]
            outcomes = await asyncio.gather(*accepting, return_exceptions=True)
            for door in doors:
                await door.close()
            return outcomes

        [accepted], raised = split(asyncio.run(accept()))
        assert {getattr(one, "reason", one) for one in raised} <= races.LOST
        assert gateway.effects(Capture) == 1
        assert now(market, job).contractor == accepted.offer.contractor
        while market.work():
            pass
        books_are_right(market, gateway)


def test_opening_a_database_that_is_ready_makes_nothing(
    galera: GaleraCluster, galera_urls: tuple[str, ...]
) -> None:
    def made() -> list[str]:
        return [galera.status(number, "Com_create_table") for number in range(3)]

    for url in galera_urls:  # by then each node has the tables that one of them made
        Marketplace.connect(url, gateway=SimulatedGateway()).close()
    before = made()
    for url in galera_urls:
        Marketplace.connect(url, gateway=SimulatedGateway()).close()
    assert made() == before
