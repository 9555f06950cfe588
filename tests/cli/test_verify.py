"""`marketpay verify`: what it says, and the exit status."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect

from marketpay import Actor, ChainHead, Marketplace, PostJob
from marketpay.testing import SimulatedGateway
from tests.cli.test_demo import marketpay
from tests.deals import completed

POSTING = PostJob(by=Actor.customer("cus_17"), title="Paint the fence", currency="USD")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a deal in it, chained."""
    url = f"sqlite:///{tmp_path / 'market.db'}"
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        completed(market)
        market.work()
    return url


@contextmanager
def opened(url: str) -> Iterator[sqlite3.Connection]:
    """The file, without what keeps its rows from being changed."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in found.fetchall():
            database.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        yield database


def tamper(url: str) -> None:
    with opened(url) as database:
        database.execute("UPDATE marketpay_journal SET actor = 'eve' WHERE command = 'AcceptOffer'")


def head_of(url: str) -> ChainHead:
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        return market.verify().head


def test_books_that_are_right_are_one_line_with_the_end_of_the_chain(url: str) -> None:
    done = marketpay("verify", url)

    assert done.status == 0
    assert done.out == f"The books are right. The chain ends at {head_of(url)}\n"
    assert head_of(url).position > 5


def test_what_is_wrong_is_listed_with_the_row(url: str) -> None:
    tamper(url)

    done = marketpay("verify", url)

    assert done.status == 1
    [problem] = done.out.splitlines()
    assert problem.startswith("journal row ")
    assert "(AcceptOffer, position " in problem
    assert done.err == ""


def test_the_end_of_the_chain_can_be_given_back_later(url: str) -> None:
    head = head_of(url)
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        market.execute(POSTING)
        market.work()

    assert marketpay("verify", url, "--head", str(head)).status == 0
    with opened(url) as database:
        database.execute("DELETE FROM marketpay_to_sequence")
        database.execute(
            "INSERT INTO marketpay_to_sequence SELECT journal FROM marketpay_feed"
            " WHERE position >= ?",
            (head.position,),
        )
        database.execute("DELETE FROM marketpay_feed WHERE position >= ?", (head.position,))
    assert marketpay("verify", url).status == 0
    done = marketpay("verify", url, "--head", str(head))
    assert done.status == 1
    assert done.out == f"The chain has no position {head.position} any more.\n"


def test_a_program_gets_one_json_object(url: str) -> None:
    head = str(head_of(url))
    right = marketpay("verify", url, "--json")
    tamper(url)
    wrong = marketpay("verify", url, "--json")

    assert right.status == 0
    assert json.loads(right.out) == {"ok": True, "problems": [], "head": head}
    assert wrong.status == 1
    told = json.loads(wrong.out)
    assert (told["ok"], len(told["problems"]), told["head"]) == (False, 1, head)


def test_what_was_written_into_a_row_stays_on_its_line(url: str) -> None:
    with opened(url) as database:
        database.execute(
            "UPDATE marketpay_journal SET command = ? WHERE command = 'AcceptOffer'",
            ("A\nThe books are right.\x1b[2J",),
        )

    [line] = marketpay("verify", url).out.splitlines()
    assert "(A\\nThe books are right.\\x1b[2J, position" in line


@pytest.mark.parametrize("head", ["", "12", "x:y", "1:00"])
def test_a_head_that_is_none_is_a_mistake_in_the_call(url: str, head: str) -> None:
    done = marketpay("verify", url, "--head", head)

    assert done.status == 2
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "market.db"

    done = marketpay("verify", f"sqlite:///{path}")

    assert done.status == 2
    assert done.err == f"There is no database at sqlite:///{path}.\n"
    assert not path.exists()


def test_what_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ana, " * 200)

    for url in (f"sqlite:///{tmp_path / 'letter.txt'}", "nonsense", "oracle://x"):
        done = marketpay("verify", url)
        assert done.status == 2
        assert done.err.count("\n") == 1


def test_without_a_url_nothing_is_verified() -> None:
    assert marketpay("verify").status == 2


def test_an_empty_database_is_not_verified_and_nothing_is_made_in_it(postgres_url: str) -> None:
    ran = marketpay("verify", postgres_url)

    assert (ran.status, ran.out) == (2, "")
    assert "There are no tables that begin with marketpay_" in ran.err
    assert inspect(create_engine(postgres_url, poolclass=NullPool)).get_table_names() == []


def test_tables_with_a_prefix_are_verified_by_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'market.db'}"
    with Marketplace.connect(url, gateway=SimulatedGateway(), prefix="pay_") as market:
        market.execute(POSTING)
        market.work()
    with opened(url) as database:
        database.execute("UPDATE pay_journal SET actor = 'eve'")

    without, ran = marketpay("verify", url), marketpay("verify", url, "--prefix", "pay_")

    assert without.status == 2
    assert ran.status == 1
    assert "journal row 1 (PostJob, position 1)" in ran.out


def test_a_piece_of_a_password_is_not_told_either() -> None:
    ran = marketpay("verify", "postgresql+psycopg://u:p@x:secret@host/db")

    assert ran.status == 2
    assert "secret" not in ran.err + ran.out
