"""A cluster to play with: `make cluster`."""

from __future__ import annotations

import contextlib
import signal
import sys

from tests.servers.galera import GaleraCluster, missing_galera


def main() -> None:
    """Start a cluster, say where its nodes are, and wait to be interrupted."""
    if reason := missing_galera():
        sys.exit(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        say("Starting three nodes ...")
        with GaleraCluster() as cluster:
            for url in cluster.fresh_database():
                say(url)
            say("One empty database, by each of its nodes.  Ctrl-C ends them.")
            while True:
                signal.pause()


def say(line: str) -> None:
    """Write a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
