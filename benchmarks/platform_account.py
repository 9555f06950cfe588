"""Sixteen workers that book to one platform's accounts, against sixteen on accounts of their own.

Every deal books to the platform's accounts of its currency: here all workers deal in one
currency, as is usual, and there each in another.  The same processes do both in turn, so what
they differ by is what they wait for each other.  Then the same with a network before the server
that takes half a millisecond each way, which is when a lock is held for longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Final

from benchmarks.crew import crew, ours
from benchmarks.figures import Figures
from benchmarks.network import delayed
from benchmarks.places import POSTGRESQL, server

WORKERS: Final = 16
CURRENCIES: Final = (
    "USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN",
    "CZK", "CAD", "AUD", "NZD", "MXN", "BRL", "ZAR", "TRY",
)  # fmt: skip
DELAY: Final = 0.0005  # seconds, each way
SECONDS: Final = 3.0  # a way and round
LEAST: Final = 95.0  # percent
ONE, OWN, PART = "one platform account", "accounts of their own", "one, of accounts of their own"


def run(rounds: int = 5) -> list[Figures]:
    """Both ways, near and far, as the medians of so many interleaved rounds."""
    far = f"{DELAY * 1000:g} ms each way to the server"
    with POSTGRESQL.databases("near", "far") as (near, url), _far(url) as away:
        found = [*_figures("the server on this machine", near, rounds)]
        return [*found, *_figures(far, away, rounds)]


@contextmanager
def _far(url: str) -> Iterator[str]:
    port = server().port
    with delayed(port, DELAY) as other:
        yield url.replace(f":{port}/", f":{other}/")


def _figures(where: str, url: str, rounds: int) -> Iterator[Figures]:
    taken: dict[str, list[float]] = {ONE: [], OWN: []}
    with crew(WORKERS, partial(ours, url)) as workers:
        ways = {ONE: CURRENCIES[:1], OWN: CURRENCIES}
        for round_ in range(rounds):
            for way in [*ways][:: 1 if round_ % 2 == 0 else -1]:
                taken[way].append(workers.rate(SECONDS, WORKERS, *ways[way]))
    rates = {way: median(rates) for way, rates in taken.items()}
    title = f"Whole deals of {WORKERS} workers on PostgreSQL, {where}"
    part = 100 * rates[ONE] / rates[OWN]
    yield Figures(title, "/s", rates)
    yield Figures(f"{title}, in percent", "%", {PART: part}, least={PART: LEAST})
