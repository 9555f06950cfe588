"""How much more several workers do than one, against the same by hand.

Whole deals, each side with so many processes and a connection each, on databases of one server
(or on two files); the sides take turns.  On a machine with few cores, processes and server soon
share them, so what counts is that marketpay gains as much by each further worker as the floor
does.  SQLite has one writer at a time whoever writes, and is measured as far as that is fair.
"""

from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Final

from benchmarks.crew import by_hand, crew, ours
from benchmarks.figures import Figures
from benchmarks.places import POSTGRESQL, SQLITE, Place
from benchmarks.turns import FLOOR, OURS

WORKERS: Final = {POSTGRESQL.name: (1, 2, 4, 8, 16), SQLITE.name: (1, 2, 4)}
SECONDS: Final = 1.5  # a side, number of workers and round
LEAST: Final = 0.95  # of what the floor gains: less cannot be told from the same

Rates = dict[tuple[str, int], float]  # by side and workers


def run(rounds: int = 5) -> list[Figures]:
    """Each engine's rates, and how they grow beside the floor's, as medians."""
    return [found for place in (POSTGRESQL, SQLITE) for found in on(place, rounds)]


def on(place: Place, rounds: int) -> list[Figures]:
    """What there is to tell of one engine."""
    numbers = WORKERS[place.name]
    rates = _rates(place, numbers, rounds)
    gained = {key: rate / rates[key[0], 1] for key, rate in rates.items()}
    beside = {_named(n): gained[OURS, n] / gained[FLOOR, n] for n in numbers[1:]}
    title = f"Whole deals on {place.name} by workers"
    return [
        Figures(title, "/s", {f"{side}, {_named(n)}": rate for (side, n), rate in rates.items()}),
        Figures(
            f"{title}: times what one worker does",
            "x",
            {f"{side}, {_named(n)}": gain for (side, n), gain in gained.items()},
        ),
        Figures(
            f"{title}: what marketpay gains, of what the floor gains",
            "x",
            beside,
            least=dict.fromkeys(beside, LEAST),
        ),
    ]


def _rates(place: Place, numbers: Sequence[int], rounds: int) -> Rates:
    with (
        place.databases("marketpay", "floor") as (first, second),
        crew(max(numbers), partial(ours, first)) as mine,
        crew(max(numbers), partial(by_hand, place, second)) as theirs,
    ):
        sides = {OURS: mine, FLOOR: theirs}
        taken: dict[tuple[str, int], list[float]] = {
            (side, n): [] for side in sides for n in numbers
        }
        for round_ in range(rounds):
            for n in numbers:
                for side in [*sides][:: 1 if round_ % 2 == 0 else -1]:
                    taken[side, n].append(sides[side].rate(SECONDS, n))
    return {key: median(rates) for key, rates in taken.items()}


def _named(workers: int) -> str:
    return f"{workers} worker{'s' if workers > 1 else ''}"
