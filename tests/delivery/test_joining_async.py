"""The same, awaited: SQLAlchemy's async connections and sessions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from marketpay import (
    AcceptOffer,
    AsyncMarketplace,
    ConfigurationError,
    GetJob,
    GetPayment,
    Job,
    Marketplace,
    NotFound,
    PaymentStatus,
    Pending,
    PostJob,
    Refused,
    Rules,
    ThreadedStore,
)
from marketpay.adapters.memory.store import MemoryStore
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import Authorize, GatewayReply, GatewayRequest
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import CONTRACTOR, CUSTOMER, RIVAL, books_are_right, offering, send
from tests.hosts import Base, GoneWrong, Order, async_url

STORES = ("sqlite", "aiosqlite", "postgres", "mariadb")
POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if "sqlite" in request.param:
        driver = request.param.replace("aiosqlite", "sqlite+aiosqlite")
        return f"{driver}:///{tmp_path / 'market.db'}"
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url.replace("+pymysql", "+asyncmy")


class House:
    """A host on an event loop: its engine, and the marketplace in the same database."""

    def __init__(self, market: AsyncMarketplace, engine: AsyncEngine) -> None:
        self.market, self.engine = market, engine

    @asynccontextmanager
    async def transaction(self, kind: str) -> AsyncIterator[Any]:
        """One transaction of the host's."""
        if kind == "connection":
            async with self.engine.begin() as connection:
                yield connection
        else:
            async with AsyncSession(self.engine) as session, session.begin():
                yield session

    async def orders(self) -> list[str]:
        """The jobs of all orders that are committed."""
        async with self.engine.connect() as connection:
            return list((await connection.scalars(select(Order.job))).all())


async def order(host: Any, job: str) -> None:
    if isinstance(host, AsyncSession):
        host.add(Order(job=job))
    else:
        await host.execute(insert(Order).values(job=job))


Scene = Callable[[House], Coroutine[Any, Any, None]]


@pytest.fixture
def play(url: str, gateway: SimulatedGateway, clock: VirtualClock) -> Callable[[Scene], None]:
    async def played(scene: Scene) -> None:
        rules = Rules(now=clock)
        async with await AsyncMarketplace.connect(url, gateway=gateway, rules=rules) as market:
            engine = create_async_engine(async_url(url))
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(Base.metadata.create_all)
                await scene(House(market, engine))
            finally:
                await engine.dispose()

    return lambda scene: asyncio.run(played(scene))


kinds = pytest.mark.parametrize("kind", ["connection", "session"])


@kinds
def test_both_are_committed_and_only_then_is_the_gateway_called(
    play: Callable[[Scene], None], kind: str, gateway: SimulatedGateway
) -> None:
    async def scene(house: House) -> None:
        async with house.transaction(kind) as host:
            part = house.market.within(host)
            job = await part.execute(POST)
            await order(host, job.id)
            sent = await part.execute(offering(job), key="k")
            assert await part.execute(offering(job), key="k") == sent
            assert isinstance(sent.next_action, Pending)
            assert await part.query(GetPayment(sent.payment.id)) == sent.payment
            assert (await part.preview(offering(job, to=RIVAL))).operations
            with pytest.raises(Refused):
                await part.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

        assert await house.orders() == [job.id]
        assert not gateway.calls
        await house.market.work()
        assert gateway.calls == ((Authorize, sent.next_action.transaction),)
        held = await house.market.query(GetPayment(sent.payment.id))
        assert held.status is PaymentStatus.AUTHORIZED

    play(scene)


@kinds
def test_on_rollback_nothing_has_happened(
    play: Callable[[Scene], None], kind: str, gateway: SimulatedGateway
) -> None:
    async def scene(house: House) -> None:
        with suppress(GoneWrong):
            async with house.transaction(kind) as host:
                part = house.market.within(host)
                job = await part.execute(POST)
                await order(host, job.id)
                await part.execute(offering(job))
                raise GoneWrong

        await house.market.work()
        assert await house.orders() == []
        assert not gateway.calls
        with pytest.raises(NotFound):
            await house.market.query(GetJob(job.id))

    play(scene)


@kinds
def test_cancelling_a_request_leaves_nothing_of_it(
    play: Callable[[Scene], None], kind: str
) -> None:
    async def scene(house: House) -> None:
        done: list[Job] = []
        is_under_way = asyncio.Event()

        async def request() -> None:
            async with house.transaction(kind) as host:
                part = house.market.within(host)
                while True:
                    done.append(await part.execute(POST))
                    is_under_way.set()

        task = asyncio.create_task(request())
        await is_under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        for job in done:
            with pytest.raises(NotFound):
                await house.market.query(GetJob(job.id))
        async with house.transaction(kind) as host:  # and the pool's connections are well
            job = await house.market.within(host).execute(POST)
        assert await house.market.query(GetJob(job.id)) == job

    play(scene)


def test_at_read_committed_the_loser_hears_the_true_reason(
    postgres_ready: str, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    overtaking: list[AcceptOffer] = []

    with Marketplace.connect(postgres_ready, gateway=gateway, rules=Rules(now=clock)) as other:
        mine = send(other)
        theirs = send(other, other.query(GetJob(mine.offer.job)), RIVAL)
        overtaking.append(AcceptOffer(by=RIVAL, offer=theirs.offer.id))

        def meddling(prefix: str) -> str:
            if overtaking:
                other.execute(overtaking.pop())
            return new_id(prefix)

        async def scene() -> None:
            rules = Rules(now=clock, new_id=meddling)
            engine = create_async_engine(postgres_ready)
            async with (
                await AsyncMarketplace.connect(
                    postgres_ready, gateway=gateway, rules=rules
                ) as market,
                AsyncSession(engine) as session,
                session.begin(),
            ):
                part = market.within(session)
                with pytest.raises(Refused, match="already been accepted"):
                    await part.execute(AcceptOffer(by=CONTRACTOR, offer=mine.offer.id))
                assert not overtaking
            await engine.dispose()

        asyncio.run(scene())
        books_are_right(other, gateway)


def test_an_async_marketplace_joins_what_is_async(play: Callable[[Scene], None]) -> None:
    async def scene(house: House) -> None:
        for host in (object(), house.engine.sync_engine):
            with pytest.raises(ConfigurationError, match="AsyncSession"):
                house.market.within(host)

    play(scene)


def test_a_store_that_is_in_no_database_cannot_be_joined() -> None:
    class Awaited:
        async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
            raise AssertionError

    market = AsyncMarketplace(store=ThreadedStore(MemoryStore()), gateway=Awaited())
    with pytest.raises(ConfigurationError, match=r"connect"):
        market.within(object())
