"""An environment for each peer: made once, kept in the project's cache folder."""

import subprocess
import sys
from pathlib import Path
from shutil import rmtree

from attrs import frozen

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/peers"


class NotInstalled(Exception):
    """pip could not install a peer: it cannot be measured here."""


@frozen
class Environment:
    """What pip installs for a peer, one call after the other."""

    name: str
    installed: tuple[tuple[str, ...], ...]

    def python(self) -> str:
        """The interpreter that has the peer; makes the environment unless it is there as said."""
        folder = CACHE / self.name
        made, said = folder / "made.txt", repr(self.installed)
        if not made.exists() or made.read_text() != said:
            rmtree(folder, ignore_errors=True)
            _call(self.name, sys.executable, "-m", "venv", str(folder))
            pip = (str(folder / "bin/python"), "-m", "pip", "install", "--quiet")
            for arguments in self.installed:
                _call(self.name, *pip, *arguments)
            made.write_text(said)
        return str(folder / "bin/python")


@frozen
class OurOwn:
    """The environment that runs the benchmarks: of marketpay and of what is written by hand."""

    def python(self) -> str:
        """The interpreter that runs us."""
        return sys.executable


def _call(name: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.lower().startswith("error")]
        raise NotInstalled(f"{name}: {said[0] if said else done.stderr[-300:]}")


EVENTSOURCING = Environment(
    "eventsourcing", (("eventsourcing[postgres]==9.5.*", "psycopg[binary]>=3.2,<4"),)
)
HORDAK = Environment("django-hordak", (("django-hordak==2.0.*", "psycopg[binary]>=3.2,<4"),))
A_LEDGER = Environment("a-ledger", (("a-ledger==0.3.*",),))
# Without the two drivers that it asks for and SQLite does not need: they are built from C.
PYTHON_ACCOUNTING = Environment(
    "python-accounting",
    (
        ("sqlalchemy>=2.1.4,<2.2", "python-dateutil>=2.9,<3"),
        ("--no-deps", "python-accounting==2.0.*"),
    ),
)
