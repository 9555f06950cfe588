"""One server for all who work at the same time: pytest-xdist's workers, for one.

A keeper, a process of its own, runs the server until nobody uses it any more.  Users are counted
by the locks that they hold on a file, which the system takes back from a user who dies.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import Unwell, wait_until

ROOT = Path(__file__).parents[2]
SERVERS: dict[str, Callable[[], PostgresServer | MariadbServer]] = {
    "postgres": lambda: PostgresServer(durable=False),
    "mariadb": lambda: MariadbServer(durable=False),
}


@contextmanager
def shared(kind: str, folder: Path) -> Iterator[int]:
    """The port of the server that all share who name the same folder."""
    with _locked(folder / f"{kind}.users", fcntl.LOCK_SH):
        with _locked(folder / f"{kind}.start", fcntl.LOCK_EX):
            port = _kept(kind, folder) or _start_keeper(kind, folder)
        yield port


def keep(kind: str, folder: Path) -> None:
    """Run the server until its last user has gone."""
    ready = _ready(kind, folder)
    with _locked(folder / f"{kind}.keeper", fcntl.LOCK_EX), SERVERS[kind]() as server:
        _write_whole(ready, json.dumps(server.port))
        with _locked(folder / f"{kind}.users", fcntl.LOCK_EX):
            ready.unlink()


def _start_keeper(kind: str, folder: Path) -> int:
    _ready(kind, folder).unlink(missing_ok=True)  # a keeper who was killed left it
    log = folder / f"{kind}.log"
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.shared", kind, str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # it outlives the user who happened to start it
        )
    wait_until(lambda: _ready(kind, folder).exists() or keeper.poll() is not None, "started")
    if keeper.returncode is not None:
        raise Unwell(f"no {kind}: {log.read_text(errors='replace')[-3000:]}")
    keeper.returncode = 0  # whoever started it does not wait for it
    port = _kept(kind, folder)
    assert port is not None
    return port


def _kept(kind: str, folder: Path) -> int | None:
    """The port, if the server is there and its keeper lives."""
    try:
        with _locked(folder / f"{kind}.keeper", fcntl.LOCK_EX | fcntl.LOCK_NB):
            return None
    except BlockingIOError:
        ready = _ready(kind, folder)
        return int(json.loads(ready.read_text())) if ready.exists() else None


def _ready(kind: str, folder: Path) -> Path:
    return folder / f"{kind}.ready"


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(text)
    draft.rename(path)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[IO[str]]:
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield file


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
