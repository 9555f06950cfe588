"""A program that runs in the background, and ends at the latest when we do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from tests.servers.account import Account

# Waits until its input is closed, which the system does when we end, however we end.
# Some children may still write for a moment, hence the second try.
GUARD = """
cat > /dev/null
kill -KILL -- "-$1"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
"""
POLL = 0.01
PATIENCE = 60.0


class Unwell(Exception):
    """A server does not do what was asked of it; the message ends with what it wrote."""


def wait_until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Ask again and again until it is true; after `patience` seconds, `Unwell`."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            raise Unwell(f"after {patience:g} s: not {what}")
        time.sleep(POLL)


@frozen
class Process:
    """A running program in a process group of its own, and the guard that outlives us."""

    log: Path
    _program: subprocess.Popen[bytes]
    _guard: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        account: Account,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start `command`; it writes to `server.log` in `folder`, which goes if we die."""
        log = folder / "server.log"
        with log.open("ab") as output:
            program = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **account.popen,
            )
        guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", str(program.pid), str(folder)],  # noqa: S607
            stdin=subprocess.PIPE,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return cls(log, program, guard)

    @property
    def pid(self) -> int:
        """The number of the program's first process."""
        return self._program.pid

    @property
    def is_running(self) -> bool:
        """True until the program has ended."""
        return self._program.poll() is None

    def wait_until(self, ready: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until the program is `ready`; `Unwell` if it ends before."""

        def settled() -> bool:
            return not self.is_running or ready()

        try:
            wait_until(settled, what, patience)
        except Unwell as late:
            raise Unwell(f"{late}\n{self.written()}") from None
        if not self.is_running:
            raise Unwell(f"ended before it was {what}\n{self.written()}")

    def written(self) -> str:
        """The last that the program wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program's first process."""
        if self.is_running:
            self._program.send_signal(number)

    def wait(self) -> None:
        """Wait for the program's end, by force after a minute."""
        try:
            self._program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._end_group()
            self._program.wait()
        self._dismiss_guard()

    def kill(self) -> None:
        """End the program and all its children at once, as a power cut does.

        What was handed to the operating system stays, so nothing tells `fsync` from no `fsync`.
        """
        self.signal(signal.SIGSTOP)  # else it would see its children die, and tidy up
        children = _descendants(self.pid)
        for child in children:  # first, or they would miss their parent and tell their clients
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._end_group()
        self.wait()
        wait_until(lambda: not any(map(_is_alive, children)), "rid of its children")

    def _end_group(self) -> None:
        if self.is_running:  # else its number may be another's by now
            os.killpg(self.pid, signal.SIGKILL)

    def _dismiss_guard(self) -> None:
        self._guard.kill()
        self._guard.communicate()


def _status(pid: int) -> tuple[str, int] | None:
    """The state of a process and its parent's number, where the system shows them."""
    try:
        fields = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1])


PROCESSES = Path("/") / "proc"


def _is_alive(pid: int) -> bool:
    status = _status(pid)
    return status is not None and status[0] not in "ZX"


def _descendants(pid: int) -> list[int]:
    """Children, their children and so on; none where the system does not show them."""
    children: dict[int, list[int]] = {}
    for entry in PROCESSES.glob("[0-9]*"):
        status = _status(int(entry.name))
        if status:
            children.setdefault(status[1], []).append(int(entry.name))
    found = list(children.get(pid, []))
    for child in found:  # grows while it is read
        found.extend(children.get(child, []))
    return found
