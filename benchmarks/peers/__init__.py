"""marketpay beside other libraries that keep books, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from benchmarks.harness import Comparison


def run(rounds: int = 5) -> list[Comparison | Figures]:
    """Each comparison, as the medians of so many interleaved rounds."""
    from benchmarks.peers.comparing import compare  # a peer's environment lacks what it imports

    return compare(rounds)
