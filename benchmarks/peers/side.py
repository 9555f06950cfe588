"""A side in a process of its own, told what to do as `speaking` has it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryFile
from typing import IO, Protocol

from attrs import field, frozen

from benchmarks.peers.environments import ROOT
from benchmarks.peers.speaking import EARNED, FEE, PAID


class Fell(Exception):
    """A side ended before its time; the message is the last that it wrote."""


class Unequal(Exception):
    """A side did not do the work: its time cannot be compared."""


class Interpreter(Protocol):
    """An environment to run in."""

    def python(self) -> str: ...


@frozen
class Side:
    """What is measured: a module of `sides`, what it is told at its start, where it runs."""

    name: str
    module: str
    arguments: tuple[str, ...]  # `{place}` stands for a fresh database of its own
    environment: Interpreter
    posted: int  # transactions a turn


@frozen
class Running:
    """A side that is ready."""

    side: Side
    _process: subprocess.Popen[str]
    _errors: IO[str]
    _rounds: list[list[tuple[float, float]]] = field(factory=list)

    def begin(self) -> None:
        """A new round."""
        self._rounds.append([])

    def measure(self) -> None:
        """A turn of the round."""
        wall, processor = map(float, self._ask(f"run {self.side.posted}").split())
        self._rounds[-1].append((wall, processor))

    def medians(self) -> tuple[float, float]:
        """What one transaction takes, by the clock on the wall and by this side's processor.

        The first round warmed it up.  Raises `Unequal` unless the books hold what was posted.
        """
        posted = self.side.posted * sum(map(len, self._rounds))
        kept = [int(balance) for balance in self._ask("balances").split()]
        if kept != [amount * posted for amount in (PAID, FEE, EARNED)]:
            raise Unequal(f"{self.side.name}: {kept} after {posted} transactions")
        means = [
            [sum(times) / (len(turns) * self.side.posted) for times in zip(*turns, strict=True)]
            for turns in self._rounds[1:]
        ]
        walls, processors = zip(*means, strict=True)
        return median(walls), median(processors)

    def wait(self) -> None:
        """Until the books are open."""
        if self._answer() != "ready":
            raise Fell(f"{self.side.name} does not speak our language")

    def _ask(self, what: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer:
            self._process.wait()
            self._errors.seek(0)
            raise Fell(f"{self.side.name}: {self._errors.read()[-2000:]}")
        return answer


@contextmanager
def running(side: Side, place: str) -> Iterator[Running]:
    """The side's process, ready to be measured; it ends with the block."""
    given = [each.format(place=place) for each in side.arguments]
    command = [side.environment.python(), "-m", f"benchmarks.peers.sides.{side.module}", *given]
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(  # noqa: S603  # a module of ours
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True,
        ) as process,
    ):  # fmt: skip
        try:
            one = Running(side, process, errors)
            one.wait()
            yield one
        except BaseException:
            process.kill()
            raise
