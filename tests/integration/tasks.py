"""Deals by asyncio that go on, through whatever node answers, and what came of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Self, TypeVar, cast

from attrs import define, field

from marketpay import (
    Actor,
    Command,
    MarketpayError,
    Marketplace,
    OpenPayoutAccount,
    Rules,
    WorkReport,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import Deal, check, finished, opened
from tests.integration.nodes import ASYNC_IMPATIENT, FIRST
from tests.servers.process import wait_until

R = TypeVar("R")
ENOUGH = 2  # deals
AT_ONCE = 2  # deals, each begun at another node than the first, which stays


@define
class Roaming:
    """Goes to the next node when one does not do what is asked."""

    doors: list[Marketplace]

    def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """See `Marketplace.execute`."""
        return self._at_a_door(lambda door: door.execute(command, key=key))

    def work(self) -> WorkReport:
        """See `Marketplace.work`."""
        return self._at_a_door(lambda door: door.work())

    def _at_a_door(self, act: Callable[[Marketplace], R]) -> R:
        try:
            return act(self.doors[0])
        except MarketpayError:
            self.doors.append(self.doors.pop(0))
            raise


@define
class Tasks:
    """Inside the block deals are made; after it, each that was begun is whole, and there once."""

    urls: Sequence[str]
    clock: VirtualClock = field(factory=VirtualClock)
    gateway: SimulatedGateway = field(init=False)
    _end: threading.Event = field(factory=threading.Event, init=False)
    _dealing: list[Future[int]] = field(factory=list, init=False)
    _open: ExitStack = field(factory=ExitStack, init=False)

    def __enter__(self) -> Self:
        self.gateway = SimulatedGateway(now=self.clock)
        with self._first() as market:  # with the patience to make tables
            for by in map(_contractor, range(AT_ONCE)):
                self.gateway.activate(market.execute(OpenPayoutAccount(by=by)))
            market.work()
        rules = Rules(now=self.clock)
        threads = self._open.enter_context(ThreadPoolExecutor(AT_ONCE))
        doors = [
            self._open.enter_context(opened("asyncmy", url, self.gateway, rules, **ASYNC_IMPATIENT))
            for url in self.urls
        ]
        turned = [doors[number:] + doors[:number] for number in range(1, AT_ONCE + 1)]
        self._dealing = [threads.submit(self._deal, *each) for each in enumerate(turned)]
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        with self._open:
            made = sum(one.result(timeout=60) for one in self._dealing)
        with self._first() as market:
            finished(market, self.clock)
            check(market, self.gateway, made)

    def go_on(self) -> None:
        """Wait until there are some more deals."""
        captured = self.gateway.effects(Capture)
        wait_until(lambda: self.gateway.effects(Capture) >= captured + ENOUGH, "going on")

    def _first(self) -> Marketplace:
        rules = Rules(now=self.clock)
        return Marketplace.connect(self.urls[FIRST], gateway=self.gateway, rules=rules)

    def _deal(self, number: int, doors: list[Any]) -> int:
        """One deal after the other; how many."""
        market, made = cast("Marketplace", Roaming(doors)), 0
        while not self._end.is_set():
            Deal(market, self.clock, f"{number}.{made}", _contractor(number)).run()
            made += 1
        return made


def _contractor(number: int) -> Actor:
    return Actor.contractor(f"ctr_{number}")
