"""An `AsyncMarketplace` with fifty tasks, beside a `Marketplace` with eight threads.

Both in one process on PostgreSQL, in databases of their own; whole deals for the same while, in
turn.  What is counted is commands that were finished in that while, five of which are a deal:
fifty deals are under way when the time is up, and eight.  Each side has a gateway of its kind: a
sync one beside tasks would be called in a thread each time.
"""

import asyncio
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any, Final

from attrs import evolve

from benchmarks.dealings import COMPLETED, GOOD, Deal
from benchmarks.figures import Figures
from benchmarks.places import POSTGRESQL
from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    Command,
    CompleteJob,
    Marketplace,
    Money,
    PostJob,
    SendOffer,
    StartJob,
)
from marketpay.ports.gateway import GatewayReply, GatewayRequest
from marketpay.testing import SimulatedGateway

STEPS: Final = 5  # commands of a deal
TASKS: Final = 50
THREADS: Final = 8
POOL: Final = 16  # connections at most, either way
SECONDS: Final = 3.0  # a side and round
IN_TASKS, IN_THREADS = f"{TASKS} tasks", f"{THREADS} threads"
PART: Final = f"{IN_TASKS}, of what {IN_THREADS} do"


class Gateway:
    """A simulated one, awaited."""

    def __init__(self) -> None:
        self._simulated = SimulatedGateway()

    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        return self._simulated.perform(request, key=key)


def run(rounds: int = 5) -> list[Figures]:
    """Deals a second, both ways, as medians."""
    taken: dict[str, list[float]] = {IN_TASKS: [], IN_THREADS: []}
    with (
        POSTGRESQL.databases("tasks", "threads") as (awaited, called),
        asyncio.Runner() as runner,
        Marketplace.connect(
            called, gateway=SimulatedGateway(), pool_size=POOL, max_overflow=0
        ) as market,
    ):
        connecting = AsyncMarketplace.connect(
            awaited, gateway=Gateway(), pool_size=POOL, max_overflow=0
        )
        twin = runner.run(connecting)
        sides: dict[str, Callable[[float], float]] = {
            IN_TASKS: lambda seconds: runner.run(_in_tasks(twin, seconds)),
            IN_THREADS: lambda seconds: _in_threads(market, seconds),
        }
        for side in sides.values():
            side(SECONDS / 3)  # connections are made, statements prepared
        for round_ in range(rounds):
            for name in [*sides][:: 1 if round_ % 2 == 0 else -1]:
                taken[name].append(sides[name](SECONDS))
        runner.run(twin.close())
    rates = {name: median(found) for name, found in taken.items()}
    part = {PART: rates[IN_TASKS] / rates[IN_THREADS]}
    title = "Whole deals on PostgreSQL in one process"
    return [
        Figures(title, "/s", rates),
        Figures(f"{title}, compared", "x", part, least={PART: 1.0}),
    ]


async def _in_tasks(market: AsyncMarketplace, seconds: float) -> float:
    end = perf_counter() + seconds

    async def commands(worker: int) -> int:
        done = 0
        for deal in _deals(worker):
            steps = _steps(deal)
            given: Any = None
            with suppress(StopIteration):
                while True:
                    given = await market.execute(steps.send(given))
                    if perf_counter() > end:
                        return done
                    done += 1
        return done

    done = await asyncio.gather(*(commands(worker) for worker in range(TASKS)))
    return sum(done) / STEPS / seconds


def _in_threads(market: Marketplace, seconds: float) -> float:
    end = perf_counter() + seconds

    def commands(worker: int) -> int:
        done = 0
        for deal in _deals(worker):
            steps = _steps(deal)
            given: Any = None
            with suppress(StopIteration):
                while True:
                    given = market.execute(steps.send(given))
                    if perf_counter() > end:
                        return done
                    done += 1
        return done

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(commands, range(THREADS))) / STEPS / seconds


def _steps(deal: Deal) -> Generator[Command[Any], Any, None]:
    """The commands of a deal; each is answered by its result."""
    customer, contractor = Actor.customer(deal.customer), Actor.contractor(deal.contractor)
    job = (yield PostJob(by=customer, title=deal.title, currency=deal.currency)).id
    price = Money.from_minor(deal.price, deal.currency)
    sent = yield SendOffer(
        by=customer, job=job, contractor=deal.contractor, price=price, payment_method=GOOD
    )
    yield AcceptOffer(by=contractor, offer=sent.offer.id)
    yield StartJob(by=contractor, job=job)
    yield CompleteJob(by=customer, job=job)


def _deals(worker: int) -> Iterator[Deal]:
    """Without end; no two workers have the same contractors."""
    for n in count(worker):
        deal = COMPLETED[n % len(COMPLETED)]
        yield evolve(deal, contractor=f"{deal.contractor}_{worker}")
