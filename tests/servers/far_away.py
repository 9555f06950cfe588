"""A server as seen over a network: what it takes to measure how often we go there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.proxy import Proxy

ROOT = Path(__file__).parents[2]


@contextmanager
def far_away(port: int, delay: float = 0.0005) -> Iterator[int]:
    """Another port for the server at `port`, `delay` seconds away, each way.

    The line runs in a process of its own: here it would compete with those who are measured.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.far_away", str(port), str(delay)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as line:
        assert line.stdout is not None
        yield int(line.stdout.readline())  # what follows closes the line's input, which ends it


def main() -> None:
    """Run a line until the input ends."""
    with Proxy(int(sys.argv[1]), float(sys.argv[2])) as proxy:
        sys.stdout.write(f"{proxy.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
