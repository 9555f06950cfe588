"""A pool of one connection: everything works, one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from marketpay import ListJobs, Marketplace, Rules
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import (
    DRIVERS,
    Deal,
    check,
    enrolled,
    finished,
    fixture_of,
    insisted,
    opened,
)

DEALS = 4


@pytest.mark.parametrize("driver", DRIVERS)
def test_deals_webhooks_workers_and_questions_share_it(
    driver: str, request: pytest.FixtureRequest, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    url = request.getfixturevalue(fixture_of(driver))
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 20}
    with opened(driver, url, gateway, Rules(now=clock), **options) as market:
        enrolled(market, gateway)
        uses = (market.work, lambda: hear(market, gateway), lambda: ask(market)) * 3
        with ThreadPoolExecutor(DEALS + len(uses)) as threads:
            deals = [Deal(market, clock, f"deal {n}").run for n in range(DEALS)]
            running = [threads.submit(insisted, use) for use in (*deals, *uses)]
            for one in running:
                one.result(timeout=60)
        finished(market, clock)
        check(market, gateway, DEALS)


def hear(market: Marketplace, gateway: SimulatedGateway) -> None:
    for webhook in gateway.webhooks():
        market.receive(webhook.payload, webhook.headers)


def ask(market: Marketplace) -> None:
    market.query(ListJobs())
    assert market.verify().ok
