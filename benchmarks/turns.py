"""Sides that take turns at the same work, so that a busy moment slows all of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from time import perf_counter, process_time

from attrs import field, frozen

OURS, FLOOR = "marketpay", "by hand"


def _nothing() -> defaultdict[str, float]:
    return defaultdict(float)


@frozen
class Turns:
    """What each side has spent, in seconds, by the clock on the wall and by the processor's.

    The processor's time is that of this process alone.
    """

    wall: dict[str, float] = field(factory=_nothing)
    processor: dict[str, float] = field(factory=_nothing)

    def measure(self, name: str, act: Callable[[], object]) -> None:
        wall, processor = perf_counter(), process_time()
        act()
        self.processor[name] += process_time() - processor
        self.wall[name] += perf_counter() - wall

    def take(self, number: int, turn: int, sides: Mapping[str, Callable[[int], object]]) -> None:
        """So many numbers by each side, `turn` of them by one and then by the next."""
        for start in range(0, number, turn):
            numbers = range(start, min(start + turn, number))
            order = 1 if (start // turn) % 2 == 0 else -1
            for name in [*sides][::order]:
                act = sides[name]
                self.measure(name, lambda: [act(n) for n in numbers])  # noqa: B023  # at once


def medians(taken: Iterable[dict[str, float]], number: int) -> dict[str, float]:
    """The median over some rounds of what one of `number` operations took each side."""
    rounds = list(taken)
    return {name: median(one[name] for one in rounds) / number for name in rounds[0]}
