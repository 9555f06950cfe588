"""What importing marketpay adds to the start of an interpreter."""

import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from time import perf_counter

from benchmarks.figures import Figures

NOTHING = "pass"
PACKAGE = "import marketpay"
USED = "from marketpay import Marketplace, Money, PostJob"
LIMIT = 60.0  # milliseconds
STARTS = 3  # of each, for each round


def run(rounds: int = 5) -> list[Figures]:
    """The medians of three times as many fresh interpreters as there are rounds."""
    for statement in (NOTHING, PACKAGE, USED):
        _start(statement)  # compiles, and warms up the disk
    starts = [_starts() for _ in range(rounds * STARTS)]
    added = {
        statement: median(one[statement] - one[NOTHING] for one in starts)
        for statement in (PACKAGE, USED)
    }
    title = "What it adds to the start of an interpreter"
    return [Figures(title, "ms", added, limits={PACKAGE: LIMIT})]


def _starts() -> Mapping[str, float]:
    return {statement: _start(statement) for statement in (NOTHING, PACKAGE, USED)}


def _start(statement: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603  # ourselves
    return (perf_counter() - start) * 1000
