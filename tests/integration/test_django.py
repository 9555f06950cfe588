"""Django's connection as the host's, in a process with settings of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'market.db'}"
    return str(request.getfixturevalue("postgres_url"))


def test_a_marketplace_takes_part_in_transactions_of_django(url: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.integration.django_host", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [
        "both_are_committed",
        "both_are_rolled_back",
        "an_inner_block_is_rolled_back_alone",
        "a_refusal_leaves_the_transaction_usable",
        "outside_of_a_transaction_it_is_refused",
    ]
