"""Marketplaces on real servers, by every driver, and a deal that does not give up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from attrs import define, field, frozen
from sqlalchemy import NullPool

from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    Command,
    CommitUnknown,
    CompleteJob,
    Conflict,
    DatabaseUnavailable,
    Job,
    Marketplace,
    OfferFunding,
    OpenPayoutAccount,
    Payment,
    PostJob,
    Rules,
    SendOffer,
    StartJob,
)
from marketpay.ports.gateway import Authorize, Capture, GatewayReply, GatewayRequest, Transfer
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import CONTRACTOR, CUSTOMER, GOOD, PRICE

R = TypeVar("R")

POSTGRESQL: Final = ("psycopg", "async psycopg")
MARIADB: Final = ("pymysql", "asyncmy")
DRIVERS: Final = (*POSTGRESQL, *MARIADB)
ASYNC: Final = ("async psycopg", "asyncmy", "aiosqlite")
# What tells COMMIT on the wire: a prepared one would go by its name alone.
SAID: Final[dict[str, dict[str, Any]]] = {
    "psycopg": {"connect_args": {"prepare_threshold": None}},
    "async psycopg": {"poolclass": NullPool},  # prepared afresh each time
}
TRANSIENT: Final = (Conflict, CommitUnknown, DatabaseUnavailable)


def engine_of(driver: str) -> str:
    """The engine that a driver is for."""
    return "postgresql" if driver in POSTGRESQL else "mariadb"


def fixture_of(driver: str) -> str:
    """The fixture with an empty database of that engine."""
    return "postgres_ready" if driver in POSTGRESQL else "mariadb_ready"


def connected(driver: str, url: str, gateway: Any, rules: Rules, **options: Any) -> Marketplace:
    """A marketplace by this driver; an async one is driven from here."""
    if driver not in ASYNC:
        return Marketplace.connect(url, gateway=gateway, rules=rules, **options)
    return driven(
        lambda: AsyncMarketplace.connect(
            url.replace("pymysql", "asyncmy"), gateway=gateway, rules=rules, **options
        )
    )


def driven(make: Callable[[], Awaitable[AsyncMarketplace]]) -> Marketplace:
    """An async marketplace as a sync one: each thread that calls it is a task on its loop."""
    before = {*threading.enumerate()}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def end() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def made() -> AsyncMarketplace:
        return await make()

    try:
        market = asyncio.run_coroutine_threadsafe(made(), loop).result()
    except BaseException:
        for worker in {*threading.enumerate()} - before - {thread}:
            worker.join(timeout=10)  # aiosqlite's: it tells the loop that it ends, if there is one
        end()
        raise
    return cast("Marketplace", Awaited(market, loop, end))


@frozen
class Awaited:
    """An asynchronous object; whoever calls it waits."""

    _wrapped: Any
    _loop: asyncio.AbstractEventLoop
    _end: Callable[[], None]

    @property
    def store(self) -> Awaited:
        """The store, awaited too."""
        return Awaited(self._wrapped.store, self._loop, self._end)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._wrapped, name)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await method(*args, **kwargs)

        return lambda *args, **kwargs: asyncio.run_coroutine_threadsafe(
            awaited(*args, **kwargs), self._loop
        ).result()

    def close(self) -> None:
        """Close the marketplace, then the loop."""
        asyncio.run_coroutine_threadsafe(self._wrapped.close(), self._loop).result()
        self._end()


@contextmanager
def opened(driver: str, url: str, gateway: Any, rules: Rules, **options: Any) -> Iterator[Any]:
    """The same, closed in the end."""
    market = connected(driver, url, gateway, rules, **options)
    try:
        yield market
    finally:
        market.close()


@define
class Told:
    """A gateway that runs `before` when it is called, once for each time it is set."""

    gateway: SimulatedGateway
    before: Callable[[], Any] | None = None

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """Pass on."""
        before, self.before = self.before, None
        if before is not None:
            before()
        return self.gateway.perform(request, key=key)


def insisted(execute: Callable[[], R], *, patience: float = 60) -> R:
    """What a caller does who is told to try again.  Nothing else may be told."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return execute()
        except TRANSIENT:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@frozen
class Deal:
    """A deal in steps, each under a key of its own."""

    market: Marketplace
    clock: VirtualClock
    name: str = "deal"
    contractor: Actor = CONTRACTOR
    seen: dict[str, Any] = field(factory=dict)

    def steps(self) -> Iterator[Callable[[], Any]]:
        """One command after the other; each may be run again."""
        yield lambda: self._do("post", PostJob(by=CUSTOMER, title=self.name, currency="USD"))
        yield lambda: self._do("send", self._offer())
        yield lambda: self._do("accept", AcceptOffer(by=self.contractor, offer=self._sent.offer.id))
        yield lambda: self._do("start", StartJob(by=self.contractor, job=self._job.id))
        yield lambda: self._do("complete", CompleteJob(by=CUSTOMER, job=self._job.id))

    def run(self) -> None:
        """All of it, whatever happens to the database."""
        for step in self.steps():
            insisted(step)
            while self._is_pending:
                self.clock.advance(minutes=6)  # the lease of who was at it is over
                insisted(self.market.work)
                insisted(step)

    @property
    def _is_pending(self) -> bool:
        last = next(reversed(self.seen.values()))
        return getattr(last, "next_action", None) is not None

    @property
    def _job(self) -> Job:
        job: Job = self.seen["post"]
        return job

    @property
    def _sent(self) -> OfferFunding:
        sent: OfferFunding = self.seen["send"]
        return sent

    def _offer(self) -> SendOffer:
        return SendOffer(
            by=CUSTOMER, job=self._job.id, contractor=self.contractor.id, price=PRICE,
            payment_method=GOOD,
        )  # fmt: skip

    def _do(self, name: str, command: Command[Any]) -> Any:
        self.seen[name] = done = self.market.execute(command, key=f"{self.name} {name}")
        return done


def enrolled(market: Marketplace, gateway: SimulatedGateway) -> None:
    """The contractor can be paid."""
    gateway.activate(market.execute(OpenPayoutAccount(by=CONTRACTOR)))
    market.work()


def finished(market: Marketplace, clock: VirtualClock) -> None:
    """Work until nothing is left, whatever is due later included."""
    for _ in range(3):
        while insisted(lambda: market.work(limit=1_000)):
            pass
        clock.advance(minutes=6)


def check(market: Marketplace, gateway: SimulatedGateway, deals: int) -> None:
    """So many whole deals, and every effect at the gateway once for each."""
    assert market.verify().problems == ()
    found = market.store.read(lambda records: ([*records.find(Job)], [*records.find(Payment)]))
    assert [job.status.value for job in found[0]] == ["completed"] * deals
    assert [payment.status.value for payment in found[1]] == ["released"] * deals
    assert [gateway.effects(kind) for kind in (Authorize, Capture, Transfer)] == [deals] * 3
