"""Whatever isolation a server or a host's engine is set to, races end the same."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine

from marketpay import AcceptOffer, Actor, MarketpayError, Marketplace, Rules
from marketpay.adapters.sql.store import SqlStore
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import DRIVERS, POSTGRESQL, fixture_of, opened
from tests.deals import post, send

LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
RIVALS = [Actor.contractor(f"ctr_{number}") for number in range(4)]


def told(driver: str, level: str) -> dict[str, Any]:
    """What makes that a connection's level unless it is told another."""
    if driver in POSTGRESQL:
        plain = level.lower().replace(" ", "\\ ")
        return {"options": f"-c default_transaction_isolation={plain}"}
    return {"init_command": f"SET SESSION TRANSACTION ISOLATION LEVEL {level}"}


def race(market: Marketplace) -> None:
    """One of four offers is accepted, and all others are told why not."""
    job = post(market)
    offers = [send(market, job, to=rival).offer for rival in RIVALS]
    together = Barrier(len(RIVALS), timeout=30)

    def accept(number: int) -> str:
        together.wait()
        try:
            market.execute(AcceptOffer(by=RIVALS[number], offer=offers[number].id))
        except MarketpayError as error:
            return error.code
        return "accepted"

    with ThreadPoolExecutor(len(RIVALS)) as threads:
        ends = Counter(threads.map(accept, range(len(RIVALS))))
    assert ends.pop("accepted") == 1
    # Withdrawn with the winner's acceptance, or still under way.
    assert {*ends} <= {"job_already_assigned", "acceptance_in_progress", "illegal_transition"}
    assert market.verify().ok


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_race_at_every_default_of_the_server(
    driver: str, level: str, request: pytest.FixtureRequest, gateway: SimulatedGateway,
    clock: VirtualClock,
) -> None:  # fmt: skip
    url = request.getfixturevalue(fixture_of(driver))
    options = {"connect_args": told(driver, level)}
    with opened(driver, url, gateway, Rules(now=clock), **options) as market:
        race(market)


@pytest.mark.parametrize("level", LEVELS[2:])
@pytest.mark.parametrize("driver", ["psycopg", "pymysql"])
def test_a_race_on_an_engine_of_the_hosts(
    driver: str, level: str, request: pytest.FixtureRequest, gateway: SimulatedGateway,
    clock: VirtualClock,
) -> None:  # fmt: skip
    engine = create_engine(request.getfixturevalue(fixture_of(driver)), isolation_level=level)
    store = SqlStore(engine)
    race(Marketplace(store=store, gateway=gateway, rules=Rules(now=clock)))
    store.close()
