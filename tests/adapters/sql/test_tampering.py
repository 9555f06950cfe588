"""Rows changed in the database itself: verification says which."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from marketpay import Actor, Marketplace, PostJob, Verification, Verify
from marketpay.testing import SimulatedGateway
from tests.deals import completed

CHANGED = "it or its ledger entries are not what was chained."
POSTING = PostJob(by=Actor.customer("cus_17"), title="Paint the fence", currency="USD")
COLUMNS = ("attempt", "at", "actor", "role", "key", "command", "body", "events", "result", "error")
LATER = "2026-03-29T01:30:00.000000+00:00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with two deals in it, chained."""
    path = tmp_path / "market.db"
    with opened(path) as market:
        for _ in range(2):
            completed(market)
        market.work()
        assert market.verify().ok
    return path


def opened(path: Path) -> Marketplace:
    return Marketplace.connect(f"sqlite:///{path}", gateway=SimulatedGateway())


def verified(path: Path, question: Verify | None = None) -> Verification:
    with opened(path) as market:
        return market.query(question or Verify())


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as somebody has it who knows how to get past what keeps its rows."""
    with closing(sqlite3.connect(path)) as database, database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in found.fetchall():
            database.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        yield database


def row_of(path: Path, command: str) -> tuple[int, int]:
    """The number and the position of the first journal row of a command."""
    with raw(path) as database:
        found = database.execute(
            "SELECT j.id, f.position FROM marketpay_journal j"
            " JOIN marketpay_feed f ON f.journal = j.id WHERE command = ? ORDER BY j.id",
            (command,),
        )
        number, position = found.fetchone()
    return number, position


@pytest.mark.covers("A141")
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_journal_row_is_named(path: Path, column: str) -> None:
    number, position = row_of(path, "AcceptOffer")
    with raw(path) as database:
        database.execute(
            f'UPDATE marketpay_journal SET "{column}" = ? WHERE id = ?',
            (LATER if column == "at" else "other", number),
        )

    command = "other" if column == "command" else "AcceptOffer"
    assert verified(path).problems == (
        f"journal row {number} ({command}, position {position}): {CHANGED}",
    )


def test_what_is_personal_may_be_erased(path: Path) -> None:
    with raw(path) as database:
        assert database.execute("DELETE FROM marketpay_journal_personal").rowcount > 0

    assert verified(path).ok


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "debit_kind = 'processor', credit_kind = 'upgrade'",
        "debit_kind = 'nobody'",
        "amount = -amount",
        "payment = NULL",
        "currency = 'XXX'",
        f"at = '{LATER}'",
        "id = 999",
    ],
)
def test_a_changed_ledger_entry_is_named_by_its_journal_row(path: Path, change: str) -> None:
    number, position = row_of(path, "CompleteJob")
    with raw(path) as database:
        database.execute(
            f"UPDATE marketpay_ledger_entries SET {change}"
            " WHERE id = (SELECT MIN(id) FROM marketpay_ledger_entries WHERE journal = ?)",
            (number,),
        )

    name = f"journal row {number} (CompleteJob, position {position})"
    assert f"{name}: {CHANGED}" in verified(path).problems


def test_an_entry_that_went_to_another_row_is_said_of_both(path: Path) -> None:
    number, _ = row_of(path, "CompleteJob")
    other, _ = row_of(path, "PostJob")
    with raw(path) as database:
        database.execute(
            "UPDATE marketpay_ledger_entries SET journal = ?"
            " WHERE id = (SELECT MAX(id) FROM marketpay_ledger_entries WHERE journal = ?)",
            (other, number),
        )

    first, second = verified(path).problems
    assert first.startswith(f"journal row {other} (PostJob, ")
    assert second.startswith(f"journal row {number} (CompleteJob, ")


def test_an_entry_that_was_added_in_balance_is_named_by_its_row(path: Path) -> None:
    number, position = row_of(path, "PostJob")
    with raw(path) as database:
        database.execute(
            "INSERT INTO marketpay_ledger_entries (journal, at, debit_kind, debit_owner,"
            " credit_kind, credit_owner, amount, currency)"
            " VALUES (?, ?, 'processor', '', 'upgrade', '', 5, 'USD')",
            (number, LATER),
        )
        for kind in ("processor", "upgrade"):
            database.execute(
                "INSERT INTO marketpay_account_deltas (kind, owner, currency, amount)"
                " VALUES (?, '', 'USD', 5)",
                (kind,),
            )

    assert verified(path).problems == (
        f"journal row {number} (PostJob, position {position}): {CHANGED}",
    )


def test_a_journal_row_that_was_taken_away_is_named_with_its_entries(path: Path) -> None:
    number, position = row_of(path, "CompleteJob")
    with raw(path) as database:
        database.execute("DELETE FROM marketpay_journal WHERE id = ?", (number,))

    gone, *orphans = verified(path).problems
    assert gone == f"journal row {number} (position {position}): the journal row is gone."
    assert len(orphans) == 2
    assert all(one.endswith(f": its journal row {number} is gone.") for one in orphans)


def test_a_row_taken_out_of_the_feed_is_said_of_the_feed_and_the_row(path: Path) -> None:
    number, position = row_of(path, "SendOffer")
    with raw(path) as database:
        database.execute("DELETE FROM marketpay_feed WHERE position = ?", (position,))

    gap, stray = verified(path).problems
    assert gap.startswith(f"Position {position} is missing from the feed; ")
    assert stray.startswith(f"journal row {number} (SendOffer): it is not in the feed ")


def test_rows_that_changed_places_are_said(path: Path) -> None:
    one, first = row_of(path, "PostJob")
    other, second = row_of(path, "StartJob")
    with raw(path) as database:
        for number, position in ((-1, first), (one, second), (other, first)):
            database.execute(
                "UPDATE marketpay_feed SET journal = ? WHERE position = ?", (number, position)
            )

    assert verified(path).problems == (
        f"journal row {other} (StartJob, position {first}): it was chained at position {second}.",
        f"journal row {one} (PostJob, position {second}): it was chained at position {first}.",
    )


def test_a_changed_link_is_said(path: Path) -> None:
    number, position = row_of(path, "StartJob")
    with raw(path) as database:
        database.execute("UPDATE marketpay_feed SET link = 'other' WHERE position = ?", (position,))

    assert verified(path).problems == (
        f"journal row {number} (StartJob, position {position}): its link was changed.",
    )


def test_a_row_that_was_slipped_in_is_named(path: Path) -> None:
    with raw(path) as database:
        database.execute(
            "INSERT INTO marketpay_journal (id, attempt, at, actor, role, command, body, events)"
            " VALUES (999, 'x', ?, 'eve', 'admin', 'PostJob', '{}', '[]')",
            (LATER,),
        )

    [problem] = verified(path).problems
    assert problem.startswith("journal row 999 (PostJob): it is not in the feed ")


def test_a_row_hidden_below_the_first_position_is_named(path: Path) -> None:
    with raw(path) as database:
        database.execute(
            "INSERT INTO marketpay_journal (id, attempt, at, actor, role, command, body, events)"
            " VALUES (999, 'x', ?, 'eve', 'admin', 'PostJob', '{}', '[]')",
            (LATER,),
        )
        database.execute(
            "INSERT INTO marketpay_feed (position, journal, link) VALUES (-5, 999, 'x')"
        )

    assert verified(path).problems == (
        "journal row 999 (PostJob, position -5): nothing is ever chained there.",
    )


def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_kept(path: Path) -> None:
    with opened(path) as market:
        market.execute(POSTING)
        market.work()
    head = verified(path).head
    with raw(path) as database:
        last = database.execute("SELECT MAX(id) FROM marketpay_journal").fetchone()
        for table, column in (
            ("journal_subjects", "journal"),
            ("journal_personal", "journal"),
            ("feed", "journal"),
            ("journal", "id"),
        ):
            database.execute(
                f"DELETE FROM marketpay_{table} WHERE {column} = ?",
                last,
            )

    assert verified(path).ok
    assert verified(path, Verify(expect=head)).problems == (
        f"The chain has no position {head.position} any more.",
    )


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("payments", "status = 'nobody'", "payment pay_"),
        ("payments", "refunded = 100001", "payment pay_"),
        ("wallets", "overdrawn = 5", "wallet wal_"),
        ("wallets", "available = available + 1", "wallet.available(ctr_42) USD: kept "),
        ("account_balances", "balance = balance + 1", ""),
        ("journal", "at = 'yesterday'", "The chain: not all of it can be read: "),
        ("ledger_entries", "debit_kind = 'nobody'", "The accounts: not all of it can be read: "),
    ],
)
def test_what_no_command_would_write_is_a_problem_and_no_error(
    path: Path, table: str, change: str, said: str
) -> None:
    with raw(path) as database:
        changed = database.execute(f"UPDATE marketpay_{table} SET {change}")
        assert changed.rowcount > 0

    assert any(problem.startswith(said) for problem in verified(path).problems)


def test_the_feed_goes_on_after_a_row_was_changed(path: Path) -> None:
    _, position = row_of(path, "AcceptOffer")
    with raw(path) as database:
        database.execute(
            "UPDATE marketpay_journal SET actor = 'eve'"
            " WHERE id = (SELECT journal FROM marketpay_feed WHERE position = ?)",
            (position,),
        )
    with opened(path) as market:
        market.execute(POSTING)
        market.work()

    assert len(verified(path).problems) == 1
