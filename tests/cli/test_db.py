"""The tables of a database, from the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from marketpay import Marketplace
from marketpay.testing import SimulatedGateway
from tests.cli.test_demo import marketpay


def test_an_empty_database_gets_its_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'market.db'}"

    for _ in range(2):
        done = marketpay("db", "upgrade", url)
        assert (done.status, done.out) == (0, "The tables have version 2, as this package needs.\n")
    Marketplace.connect(url, gateway=SimulatedGateway()).close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    marketpay("db", "upgrade", f"sqlite:///{path}")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE marketpay_schema SET version = 99")
    database.close()

    done = marketpay("db", "upgrade", f"sqlite:///{path}")

    assert done.status == 2
    assert "version 99" in done.err
    assert "upgrade the package" in done.err
    assert "Traceback" not in done.err


def test_what_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ana, " * 200)

    for url in (f"sqlite:///{tmp_path / 'letter.txt'}", "nonsense", "mysql://x"):
        done = marketpay("db", "upgrade", url)
        assert done.status == 2
        assert done.err.count("\n") == 1
