"""The async door: cancelling who waits never stops a flow between its commit and its settling."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    ConfigurationError,
    GetJob,
    Marketplace,
    Money,
    PaymentTransaction,
    PostJob,
    PublishedEvent,
    Refused,
    Rules,
    SendOffer,
)
from marketpay.ports.gateway import Capture, GatewayReply, GatewayRequest
from marketpay.testing import SimulatedGateway, VirtualClock

CUSTOMER = Actor.customer("cus_17")
ANN, BEN = Actor.contractor("ann"), Actor.contractor("ben")
URLS = {"memory": None, "sqlite": "sqlite:///{}", "aiosqlite": "sqlite+aiosqlite:///{}"}


class Slow:
    """A gateway that takes its time over captures, until it is let go on."""

    def __init__(self) -> None:
        self.gateway = SimulatedGateway()
        self.asked, self.go_on = threading.Event(), threading.Event()

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, Capture):
            self.asked.set()
            assert self.go_on.wait(timeout=60)
        return self.gateway.perform(request, key=key)


class Awaited:
    """The same, awaited."""

    def __init__(self, slow: Slow) -> None:
        self.slow = slow

    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, Capture):
            self.slow.asked.set()
            await asyncio.to_thread(self.slow.go_on.wait, 60)
        return self.slow.gateway.perform(request, key=key)


Story = Callable[[AsyncMarketplace, Slow], Awaitable[None]]


@pytest.fixture(params=list(URLS))
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    def live(story: Story, *, awaited: bool = False) -> None:
        async def begin() -> None:
            slow, url = Slow(), URLS[request.param]
            house: dict[str, Any] = {
                "gateway": Awaited(slow) if awaited else slow,
                "rules": Rules(now=VirtualClock()),
            }
            if url is None:
                market = AsyncMarketplace(**house)
            else:
                market = await AsyncMarketplace.connect(url.format(tmp_path / "market.db"), **house)
            async with market:
                await story(market, slow)

        asyncio.run(asyncio.wait_for(begin(), timeout=60))

    return live


async def offered(market: AsyncMarketplace, *to: Actor) -> list[Any]:
    job = await market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    return [
        (await market.execute(
            SendOffer(by=CUSTOMER, job=job.id, contractor=who.id, price=Money("1000", "USD"),
                      payment_method="pm_card_visa")
        )).offer
        for who in to
    ]  # fmt: skip


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(5_000):
        if await condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came")


@pytest.mark.parametrize("awaited", [False, True])
def test_cancelling_who_waits_does_not_stop_call_and_settle(
    lived: Callable[..., None], *, awaited: bool
) -> None:
    async def story(market: AsyncMarketplace, slow: Slow) -> None:
        [offer] = await offered(market, ANN)
        accepting = asyncio.create_task(market.execute(AcceptOffer(by=ANN, offer=offer.id)))
        await asyncio.to_thread(slow.asked.wait, 60)

        accepting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await accepting
        slow.go_on.set()

        async def assigned() -> bool:
            return (await market.query(GetJob(offer.job))).status == "assigned"

        await until(assigned)
        assert slow.gateway.effects(Capture) == 1
        operations = await market.store.read(lambda r: r.find(PaymentTransaction))
        assert all(operation.is_settled for operation in operations)
        assert (await market.verify()).ok

    lived(story, awaited=awaited)


def test_a_cancelled_command_can_be_repeated_with_its_key(lived: Callable[..., None]) -> None:
    async def story(market: AsyncMarketplace, slow: Slow) -> None:
        [offer] = await offered(market, ANN)
        command = AcceptOffer(by=ANN, offer=offer.id)
        accepting = asyncio.create_task(market.execute(command, key="k"))
        await asyncio.to_thread(slow.asked.wait, 60)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)

        pending = await market.execute(command, key="k")
        assert pending.next_action is not None
        slow.go_on.set()

        async def settled() -> bool:
            return (await market.execute(command, key="k")).next_action is None

        await until(settled)
        assert slow.gateway.effects(Capture) == 1

    lived(story)


def test_two_who_accept_at_once_on_one_loop(lived: Callable[..., None]) -> None:
    async def story(market: AsyncMarketplace, slow: Slow) -> None:
        slow.go_on.set()
        one, two = await offered(market, ANN, BEN)

        came = await asyncio.gather(
            market.execute(AcceptOffer(by=ANN, offer=one.id)),
            market.execute(AcceptOffer(by=BEN, offer=two.id)),
            return_exceptions=True,
        )

        [refused] = [one for one in came if isinstance(one, BaseException)]
        assert isinstance(refused, Refused)
        assert refused.code in ("acceptance_in_progress", "job_already_assigned")
        assert slow.gateway.effects(Capture) == 1

    lived(story)


@pytest.mark.covers("A145")
def test_while_the_gateway_is_asked_others_are_served(lived: Callable[..., None]) -> None:
    async def story(market: AsyncMarketplace, slow: Slow) -> None:
        [offer] = await offered(market, ANN)
        accepting = asyncio.create_task(market.execute(AcceptOffer(by=ANN, offer=offer.id)))
        await asyncio.to_thread(slow.asked.wait, 60)

        job = await market.execute(PostJob(by=CUSTOMER, title="Another", currency="USD"))
        assert (await market.query(GetJob(job.id))).status == "open"
        slow.go_on.set()

        assert (await accepting).job.status == "assigned"

    lived(story)


class Wrapped:
    """A gateway whose method is an ordinary function that gives something to await."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        self._gateway = gateway

    def perform(self, request: GatewayRequest, /, *, key: str) -> Any:
        async def later() -> GatewayReply:
            return self._gateway.perform(request, key=key)

        return later()


@pytest.mark.covers("B101")
def test_whatever_can_be_awaited_is() -> None:
    async def live() -> None:
        market = AsyncMarketplace(gateway=Wrapped(SimulatedGateway()))
        job = await market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        sent = await market.execute(
            SendOffer(
                by=CUSTOMER,
                job=job.id,
                contractor="ann",
                price=Money("1000", "USD"),
                payment_method="pm_card_visa",
            )
        )
        assert sent.payment.status == "authorized"
        await market.close()

    asyncio.run(live())


class AwaitedPublisher:
    """A publisher of a host that awaits everything."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def publish(self, events: Sequence[PublishedEvent], /) -> None:
        self.names += [event.name for event in events]


@pytest.mark.covers("B083")
def test_a_publisher_can_be_awaited() -> None:
    async def live() -> list[str]:
        publisher = AwaitedPublisher()
        market = AsyncMarketplace(gateway=SimulatedGateway(), publisher=publisher)
        await market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        await market.work()
        await market.close()
        return publisher.names

    assert asyncio.run(live()) == ["job.posted"]


def test_an_async_gateway_needs_an_async_marketplace() -> None:
    class Gateway:
        async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
            raise AssertionError

    gateway: Any = Gateway()
    with pytest.raises(ConfigurationError, match="AsyncMarketplace"):
        Marketplace(gateway=gateway)
