"""Where PostgreSQL's programs are, for a user who may not see where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.account import Account
from tests.servers.postgres_programs import (
    CHOSEN,
    PACKAGE,
    can_run,
    chosen_programs,
    copied,
    packaged_programs,
    programs_in,
)

SITE = next(path.parent for path in packaged_programs().parents if path.name == PACKAGE)


@pytest.fixture(scope="module")
def closed() -> Iterator[Path]:
    """A folder that its owner alone can enter."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def copies(closed: Path) -> list[Path]:
    """What two get who ask for a copy at once."""
    with ThreadPoolExecutor(2) as together:
        return list(together.map(lambda _: copied(SITE, closed), range(2)))


def test_a_copy_is_made_once_however_many_ask(closed: Path, copies: list[Path]) -> None:
    assert copies == [copied(SITE, closed)] * 2
    assert list(closed.iterdir()) == copies[:1]


def test_a_copy_runs(copies: list[Path]) -> None:
    command: list[Path | str] = [programs_in(copies[0]) / "initdb", "--version"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.startswith(b"initdb (PostgreSQL) 18.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_what_root_alone_can_see_is_known_to_need_a_copy(closed: Path, copies: list[Path]) -> None:
    nobody = Account.of_servers()
    assert not can_run(programs_in(copies[0]), nobody)
    closed.chmod(0o755)
    assert can_run(programs_in(copies[0]), nobody)


def test_programs_of_another_version_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, str(packaged_programs()))
    assert chosen_programs() == packaged_programs()
    monkeypatch.setenv(CHOSEN, "")
    assert chosen_programs() is None


def test_a_chosen_folder_without_a_server_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CHOSEN, str(tmp_path))
    with pytest.raises(AssertionError, match=CHOSEN):
        chosen_programs()
