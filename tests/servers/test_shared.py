"""One server for all workers."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.servers.postgres import PostgresDatabases, PostgresServer
from tests.servers.process import wait_until
from tests.servers.shared import ROOT, shared

# What a worker does that the system ends, for want of memory or by a user's hand.
DYING_USER = """
import os, signal, sys
from pathlib import Path
from tests.servers.shared import shared
with shared("postgres", Path(sys.argv[1])) as port:
    print(port, flush=True)
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""
DYING_OWNER = """
import os, signal
from tests.servers.postgres import PostgresServer
server = PostgresServer(durable=False)
server.start()
print(server.port, server.data.parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def answers(port: int) -> bool:
    return PostgresServer(port=port).answers()


def test_all_use_the_same_server_until_the_last_has_left(tmp_path: Path) -> None:
    with ExitStack() as last:
        with shared("postgres", tmp_path) as port:
            assert last.enter_context(shared("postgres", tmp_path)) == port
            url = PostgresDatabases(port).fresh_database()
        PostgresDatabases(port).drop_database(url)
    wait_until(lambda: not answers(port), "stopped")

    with shared("postgres", tmp_path) as port:
        assert answers(port)


def test_a_user_who_was_killed_neither_takes_the_server_along_nor_keeps_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DYING_USER, str(tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as first:  # fmt: skip
        assert first.stdout is not None
        port = int(first.stdout.readline())
        with shared("postgres", tmp_path) as same:
            assert same == port
            first.communicate("die")
            assert first.returncode == -signal.SIGKILL
            assert answers(port)
    wait_until(lambda: not answers(port), "stopped")


def test_a_server_goes_with_whoever_started_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING_OWNER],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    port, folder = done.stdout.split()
    wait_until(lambda: not Path(folder).exists(), "removed")
    assert not answers(int(port))
