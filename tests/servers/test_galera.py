"""A Galera cluster of our own."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from tests.servers.galera import GaleraCluster

pytestmark = pytest.mark.xdist_group("galera")  # one worker, one cluster

Urls = tuple[str, ...]
FIRST, SECOND, THIRD = range(3)


@pytest.fixture
def name(galera: GaleraCluster, galera_urls: Urls) -> str:
    """A database with an empty table, everywhere."""
    name = str(make_url(galera_urls[0]).database)
    galera.nodes[FIRST].run("CREATE TABLE paid (amount int PRIMARY KEY)", name)
    return name


def paid(galera: GaleraCluster, number: int, name: str) -> list[tuple[int, ...]]:
    sql = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT amount FROM paid ORDER BY amount"
    return galera.nodes[number].run(sql, name)


def pay(galera: GaleraCluster, number: int, name: str, amount: int) -> None:
    galera.nodes[number].run(f"INSERT INTO paid VALUES ({amount})", name)


def test_what_one_node_commits_all_have(galera: GaleraCluster, name: str) -> None:
    for number in (FIRST, SECOND, THIRD):
        pay(galera, number, name, number)

    for number in (FIRST, SECOND, THIRD):
        assert galera.size(number) == 3
        assert paid(galera, number, name) == [(0,), (1,), (2,)]


def test_a_killed_node_gets_what_it_missed(galera: GaleraCluster, name: str) -> None:
    galera.kill(THIRD)
    pay(galera, FIRST, name, 100)  # waits until the killed node is given up
    assert galera.size(FIRST) == 2
    assert not galera.is_synced(THIRD)

    galera.rejoin(THIRD)
    assert paid(galera, THIRD, name) == [(100,)]
    assert galera.size(THIRD) == 3


def test_a_frozen_node_wakes_up_and_catches_up(galera: GaleraCluster, name: str) -> None:
    galera.freeze(SECOND)
    pay(galera, FIRST, name, 100)
    assert galera.size(FIRST) == 2

    galera.thaw(SECOND)
    galera.wait_synced(SECOND)
    assert paid(galera, SECOND, name) == [(100,)]


def test_one_node_of_three_takes_nothing_until_they_are_back(
    galera: GaleraCluster, name: str
) -> None:
    galera.kill(SECOND)
    galera.kill(THIRD)
    with pytest.raises(DBAPIError):
        pay(galera, FIRST, name, 100)

    galera.heal()
    pay(galera, FIRST, name, 200)
    assert (200,) in paid(galera, THIRD, name)
    assert paid(galera, SECOND, name) == paid(galera, THIRD, name)
