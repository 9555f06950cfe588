"""Measuring candidates side by side: interleaved, so that a busy moment slows all of them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from timeit import Timer

from attrs import field, frozen

Candidate = Callable[[], object]


@frozen
class Goal:
    """`candidate` takes at most `times` what `than` takes: 0.5 is twice as fast."""

    candidate: str
    than: str
    times: float


@frozen
class Comparison:
    """What each candidate took for one call, in seconds, and what it is measured against."""

    title: str
    floor: str
    medians: Mapping[str, float]
    goals: Sequence[Goal] = field(default=())

    def ratio(self, candidate: str, than: str | None = None) -> float:
        """How many times as long as `than` (the floor, unless named) `candidate` takes."""
        return self.medians[candidate] / self.medians[than or self.floor]

    def met(self, goal: Goal) -> bool:
        """Whether this run reached the goal."""
        return self.ratio(goal.candidate, goal.than) <= goal.times


def interleave(
    candidates: Mapping[str, Candidate], rounds: int = 5, seconds: float = 0.05
) -> dict[str, float]:
    """The median over `rounds` of what one call of each takes, in seconds.

    In each round every candidate runs once, for about `seconds`, however short or long its call;
    every other round they run in the opposite order.
    """
    timers = {name: Timer(candidate) for name, candidate in candidates.items()}
    repeats = {name: _repeats(timer, seconds) for name, timer in timers.items()}
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for round_ in range(rounds):
        names = list(candidates) if round_ % 2 == 0 else list(candidates)[::-1]
        for name in names:
            taken[name].append(timers[name].timeit(repeats[name]) / repeats[name])
    return {name: median(times) for name, times in taken.items()}


def _repeats(timer: Timer, seconds: float) -> int:
    """How many calls fill `seconds`; the calls that find out warm the candidate up."""
    number, took = 1, timer.timeit(1)
    while took < seconds / 10:
        number *= 4
        took = timer.timeit(number)
    return max(1, round(number * seconds / took))


def table(comparison: Comparison) -> str:
    """The comparison as text: a line for each candidate, the quickest first, then the goals."""
    width = max(len(name) for name in comparison.medians)
    lines = [comparison.title]
    for name, seconds in sorted(comparison.medians.items(), key=lambda item: item[1]):
        lines.append(
            f"  {name:<{width}}  {time_text(seconds):>10}  {comparison.ratio(name):>7.2f}x"
        )
    for goal in comparison.goals:
        verdict = "reached" if comparison.met(goal) else "MISSED"
        ratio = comparison.ratio(goal.candidate, goal.than)
        lines.append(
            f"  goal: {goal.candidate} within {goal.times:g}x of {goal.than}: "
            f"{verdict} ({ratio:.2f}x)"
        )
    return "\n".join(lines)


def data(comparison: Comparison) -> dict[str, object]:
    """The comparison as what JSON can say."""
    return {
        "title": comparison.title,
        "floor": comparison.floor,
        "seconds": dict(comparison.medians),
        "ratios": {name: comparison.ratio(name) for name in comparison.medians},
        "goals": [
            {
                "candidate": goal.candidate,
                "than": goal.than,
                "at_most": goal.times,
                "ratio": comparison.ratio(goal.candidate, goal.than),
                "met": comparison.met(goal),
            }
            for goal in comparison.goals
        ],
    }


def time_text(seconds: float) -> str:
    """In the unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.2f} {unit}"
    return f"{seconds * 1e9:,.0f} ns"
