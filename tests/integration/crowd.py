"""Processes that do the same at the same moment."""

from __future__ import annotations

import multiprocessing
import pickle
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from marketpay import Marketplace, Rules
from marketpay.ports.gateway import ActingRequest
from marketpay.ports.publisher import PublishedEvent
from marketpay.testing import SimulatedGateway

PATIENCE = 60.0
PRELOADED = ["tests.integration.acts", "marketpay.adapters.sql.store", "tests.servers.fixtures"]


@define
class Clock:
    """The time, or a later one."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """What time it is."""
        return datetime.now(UTC) + self.ahead


@frozen
class Paper:
    """A publisher that writes the places of events in a file, which all share."""

    path: Path

    def publish(self, events: Sequence[PublishedEvent]) -> None:
        """See `Publisher.publish`."""
        lines = "".join(f"{event.position} {event.number}\n" for event in events)
        with self.path.open("a") as file:
            file.write(lines)

    def told(self) -> list[tuple[int, ...]]:
        """Position and number of each event, in the order in which they were told."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [tuple(map(int, line.split())) for line in lines]


@frozen
class Place:
    """A database, and the folder with the gateway and the publisher that all share."""

    url: str
    folder: Path
    options: dict[str, Any] = field(factory=dict)

    @property
    def paper(self) -> Paper:
        """Who is told of events."""
        return Paper(self.folder / "published")

    def gateway(self) -> SimulatedGateway:
        """Another face of the one gateway."""
        return SimulatedGateway(path=self.folder / "gateway.db")

    def open(self, gateway: SimulatedGateway, clock: Clock) -> Marketplace:
        """A marketplace there."""
        rules = Rules(now=clock)
        return Marketplace.connect(
            self.url, gateway=gateway, rules=rules, publisher=self.paper, **self.options
        )


def keys_of(gateway: SimulatedGateway) -> list[str]:
    """The keys of all that a gateway was asked to do by way of this object."""
    return [key for request, key in gateway.calls if issubclass(request, ActingRequest)]


@define
class Desk:
    """What a process has before it."""

    number: int
    clock: Clock = field(factory=Clock, init=False)
    markets: list[Marketplace] = field(factory=list, init=False)
    gateway: SimulatedGateway = field(init=False)

    @property
    def market(self) -> Marketplace:
        """The marketplace, at the place where this process is now."""
        return self.markets[0]

    def open(self, *places: Place) -> None:
        """Open the marketplace at each place, the first to begin with."""
        self.clock, self.gateway = Clock(), places[0].gateway()
        self.markets = [place.open(self.gateway, self.clock) for place in places]

    def advance(self, by: timedelta) -> None:
        """Live that much later."""
        self.clock.ahead += by

    def move_on(self) -> None:
        """Go on at the next place."""
        self.markets.append(self.markets.pop(0))

    def close(self) -> None:
        """Leave."""
        for market in self.markets:
            market.close()
        self.gateway.close()

    def asked(self) -> list[str]:
        """The keys of all that this process asked the gateway to do."""
        return keys_of(self.gateway)


Act = Callable[..., Any]  # of a desk and some arguments


@frozen
class Crowd:
    """So many processes, each with a desk."""

    _lines: Sequence[Connection]

    def __len__(self) -> int:
        return len(self._lines)

    def open(self, *places: Place, roaming: bool = False) -> None:
        """All open the marketplace at one of these, in turn; or at all, each at another first."""
        size = len(places)
        turned = [(places * 2)[n % size : n % size + size] for n in range(len(self))]
        raise_any(self.each(Desk.open, *(turn if roaming else turn[:1] for turn in turned)))

    def close(self) -> None:
        """All leave what they have opened."""
        raise_any(self.all(Desk.close))

    def advance(self, by: timedelta) -> None:
        """All live that much later."""
        raise_any(self.all(Desk.advance, by))

    def asked(self) -> list[str]:
        """The keys of all that the gateway was asked to do."""
        return [key for keys in self.all(Desk.asked) for key in keys]

    def all(self, act: Act, *arguments: Any) -> list[Any]:
        """All do the same at once; what each got, or the exception that was raised."""
        return self.each(act, *(arguments for _ in self._lines))

    def each(self, act: Act, *arguments: tuple[Any, ...]) -> list[Any]:
        """The same, each with arguments of its own."""
        self.begin(act, *arguments)
        return self.end()

    def begin(self, act: Act, *arguments: tuple[Any, ...]) -> None:
        """Let them begin; meanwhile something else can happen."""
        for line, given in zip(self._lines, arguments, strict=True):
            line.send((act, given))

    def end(self) -> list[Any]:
        """Wait for what was begun."""
        deadline = time.monotonic() + PATIENCE
        return [_heard(line, deadline) for line in self._lines]


def raise_any(outcomes: Iterable[Any]) -> None:
    """Raise the first exception, if there is one."""
    for one in outcomes:
        if isinstance(one, Exception):
            raise one


@contextmanager
def crowd(size: int) -> Iterator[Crowd]:
    """Processes, which end with the block."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(PRELOADED)
    together = server.Barrier(size)
    lines, members = [], []
    for number in range(size):
        here, there = server.Pipe()
        member = server.Process(target=_serve, args=(there, together, number), daemon=True)
        member.start()
        there.close()
        lines.append(here)
        members.append(member)
    try:
        yield Crowd(lines)
    finally:
        for line in lines:
            line.close()
        for member in members:
            member.join(5)
            member.kill()
            member.join()


def _heard(line: Connection, deadline: float) -> Any:
    if not line.poll(max(0.0, deadline - time.monotonic())):
        raise TimeoutError("a process of the crowd has not come to an end")
    return line.recv()


def _serve(line: Connection, together: Any, number: int) -> None:
    desk = Desk(number)
    while True:
        try:
            act, arguments = line.recv()
        except EOFError:
            return
        together.wait(PATIENCE)
        line.send(_outcome(act, desk, arguments))


def _outcome(act: Act, desk: Desk, arguments: tuple[Any, ...]) -> Any:
    try:
        outcome = act(desk, *arguments)
    except Exception as error:  # noqa: BLE001  # who asked looks at it
        error.add_note(traceback.format_exc())
        outcome = error
    try:
        pickle.loads(pickle.dumps(outcome))  # noqa: S301  # our own
    except Exception:  # noqa: BLE001  # some cannot travel
        return RuntimeError(repr(outcome))
    return outcome
