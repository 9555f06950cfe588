"""The front door: what it takes, and what it refuses in a sentence."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

import marketpay
from marketpay import (
    Actor,
    AsyncMarketplace,
    ConfigurationError,
    GetJob,
    InvalidInput,
    JobId,
    Marketplace,
    NotFound,
    PaymentId,
    PostJob,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock

POST = PostJob(by=Actor.customer("cus_17"), title="Paint the fence", currency="USD")


@pytest.fixture
def market() -> Marketplace:
    return Marketplace(gateway=SimulatedGateway())


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\ud800"])
def test_a_key_is_something_to_read(market: Marketplace, key: str) -> None:
    with pytest.raises(InvalidInput) as invalid:
        market.execute(POST, key=key)
    assert invalid.value.field == "key"


def test_a_key_is_text(market: Marketplace) -> None:
    with pytest.raises(TypeError):
        market.execute(POST, key=5)  # type: ignore[arg-type]


def test_a_command_is_executed_and_a_question_asked(market: Marketplace) -> None:
    wrong: Any = GetJob(JobId("job_1"))
    for use in (market.execute, market.preview):
        with pytest.raises(TypeError, match="a Command is executed"):
            use(wrong)
    other: Any = POST
    with pytest.raises(TypeError, match="a Question is asked"):
        market.query(other)


def test_a_clock_without_a_zone_is_refused() -> None:
    rules = Rules(now=datetime.now)  # that it has no zone is the point

    with pytest.raises(ConfigurationError, match="time zone"):
        Marketplace(gateway=SimulatedGateway(), rules=rules)


def test_a_simulated_gateway_lives_by_the_markets_clock() -> None:
    clock, gateway = VirtualClock(), SimulatedGateway()
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))

    job = market.execute(POST)

    assert job.created_at == clock() == gateway.processor.now()


def test_what_to_do_is_asked_of_a_payment_that_there_is(market: Marketplace) -> None:
    with pytest.raises(NotFound):
        market.client_action(PaymentId("pay_none"))
    with pytest.raises(InvalidInput):
        market.client_action(PaymentId("off_none"))


def test_leaving_closes_the_store() -> None:
    with Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as market:
        market.execute(POST)

    with pytest.raises(Exception, match="closed"):
        market.execute(POST)


def test_leaving_closes_the_store_async() -> None:
    async def live() -> None:
        async with await AsyncMarketplace.connect(
            "sqlite://", gateway=SimulatedGateway()
        ) as market:
            await market.execute(POST)
            assert (await market.verify()).ok

    asyncio.run(live())


@pytest.mark.parametrize("name", marketpay.__all__)
def test_a_public_name_is_found(name: str) -> None:
    assert getattr(marketpay, name) is not None
    assert name in dir(marketpay)


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="Marketplaze"):
        marketpay.Marketplaze  # type: ignore[attr-defined]  # noqa: B018
    assert marketpay.__version__.count(".") == 2


@pytest.mark.parametrize(
    ("use", "extra"),
    [
        ("Marketplace.connect('sqlite://', gateway=SimulatedGateway())", "sql"),
        ("asyncio.run(AsyncMarketplace.connect('sqlite://', gateway=SimulatedGateway()))", "async"),
    ],
)
def test_a_missing_package_is_named_with_what_to_install(use: str, extra: str) -> None:
    script = (
        "import asyncio, sys\n"
        "sys.modules['sqlalchemy'] = None\n"
        "from marketpay import *\n"
        "from marketpay.testing import SimulatedGateway\n"
        "try:\n"
        f"    {use}\n"
        "except MissingDependency as missing:\n"
        "    print(missing)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert f"pip install 'marketpay[{extra}]'" in done.stdout
