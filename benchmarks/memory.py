"""Whether memory stays flat: the whole file of deals, again and again, in one process."""

import gc
import resource
import sys
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory

from benchmarks.dealings import DEALS, Ours, catch_up, run_line
from benchmarks.figures import Figures
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway

REPETITIONS = 20
LIMIT = 100.0  # KiB more for each repetition of a thousand deals: the allocator's own noise
GROWTH = "growth for each repetition, from the second to the last"


def run(_rounds: int = 5) -> list[Figures]:
    """One process, one database, one marketplace; how many rounds changes nothing."""
    sizes: list[float] = []
    with (
        TemporaryDirectory(prefix="marketpay-bench-") as folder,
        Marketplace.connect(
            f"sqlite:///{Path(folder, 'market.db')}",
            gateway=SimulatedGateway(Path(folder, "processor.db")),
        ) as market,
    ):
        for _ in range(REPETITIONS):
            _run_file(market)
            sizes.append(_resident())
    grown = linear_regression(range(1, REPETITIONS), sizes[1:]).slope
    return [
        Figures(
            f"Memory at the end of each run of the same {len(DEALS)} deals, in one process",
            "KiB",
            {f"after {n}": size for n, size in enumerate(sizes, 1)} | {GROWTH: grown},
            limits={GROWTH: LIMIT},
        )
    ]


def _run_file(market: Marketplace) -> None:
    dealer = Ours(market)
    for number in range(len(DEALS)):
        run_line(dealer, number)
    catch_up(dealer)


def _resident() -> float:
    """How many KiB of this process are in memory now (at most so far, where that is unknown)."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else float(peak)
