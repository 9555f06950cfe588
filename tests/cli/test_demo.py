"""`marketpay demo`, as a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from typer.testing import CliRunner

from marketpay.cli.app import app
from marketpay.testing import SimulatedGateway
from marketpay.testing.processor_values import BalanceTransaction, Movement

COMMAND = "import sys; sys.argv[0] = 'marketpay'; from marketpay.cli import main; main()"
GOLDEN = {
    "held": "900.00",
    "platform_fee": "100.00",
    "service_fee": "200.00",
    "contractor_available": "700.00",
    "platform_revenue": "300.00",
    "currency": "USD",
    "trial_balance_ok": True,
    "processor_matches_ledger": True,
}
PLAIN = {"COLUMNS": "80", "LINES": "50", "PYTHONIOENCODING": "utf-8"}
LOUD = ("FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@frozen
class Done:
    """What came of a command."""

    status: int
    out: str
    err: str


def marketpay(*args: str | Path, columns: int = 80) -> Done:
    """Run a command in this process."""
    env: dict[str, str | None] = {**dict.fromkeys(LOUD), "COLUMNS": str(columns)}
    result = CliRunner().invoke(app, [*map(str, args)], env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def process(*args: str | Path, code: str = COMMAND, **env: str) -> Done:
    """Run a command as a process of its own, as a shell does, into pipes."""
    inherited = {name: value for name, value in os.environ.items() if name not in LOUD}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=inherited | PLAIN | env,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def printed_json(done: Done) -> dict[str, Any]:
    """The object that is all of the standard output."""
    assert done.status == 0, done.err
    value: dict[str, Any] = json.loads(done.out)
    return value


def test_the_numbers_are_those_of_the_example() -> None:
    done = process("demo", "--json")
    assert printed_json(done) == GOLDEN
    assert done.err == ""


def test_every_step_is_shown() -> None:
    done = marketpay("demo")
    assert (done.status, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    for line in (
        "1 ana (customer) posts the job 'Paint the fence'",
        "2 ben (contractor) applies for it",
        "payout account pending → active",
        "payment authorized",
        "USD 1,000.00 is on hold on ana's card; nothing is taken.",
        "job open → assigned",
        "application pending → accepted",
        "offer pending → accepted",
        "payment authorized → captured",
        "debit → credit processor → escrow 1,000.00",
        "escrow → platform_fee 100.00",
        "USD 900.00 is held for the contractor in escrow.",
        "job assigned → in_progress",
        "payment captured → released",
        "debit → credit escrow → service_fee 200.00",
        "escrow → wallet.available(ben) 700.00",
        "debit → credit connected(ben) → processor 700.00",
        "total 1,000.00 1,000.00",
        "trial balance ok",
        "processor matches ledger ok",
    ):
        assert line in lines


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_terminal(width: int) -> None:
    done = marketpay("demo", columns=width)
    assert max(map(len, done.out.splitlines())) <= width
    assert done.out.count("1,000.00") == 5
    assert "…" not in done.out


def test_there_is_more_side_by_side_in_a_wide_terminal() -> None:
    narrow, wide = (marketpay("demo", columns=width).out for width in (80, 120))
    assert len(wide.splitlines()) < len(narrow.splitlines())


def test_nothing_but_text_goes_into_a_pipe() -> None:
    assert "\x1b" not in process("demo").out
    assert "\x1b" in process("demo", FORCE_COLOR="1").out


def test_a_terminal_without_arrows_gets_plain_ones() -> None:
    done = process("demo", PYTHONIOENCODING="ascii")
    assert done.status == 0
    assert "processor -> escrow" in done.out
    assert done.out.isascii()


def test_a_kept_database_is_added_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    for _ in range(2):
        assert printed_json(marketpay("demo", "--db", kept, "--json")) == GOLDEN
    done = marketpay("demo", "--db", kept)
    shown = " ".join(done.out.split())
    assert f"SQLite in {kept}; simulated" in done.out
    assert "available 2,100.00" in shown
    assert "total 900.00" in shown
    assert "processor matches ledger ok" in shown
    assert "opens a payout account" not in shown


def test_without_a_place_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert marketpay("demo", "--json").status == 0
    assert not list(tmp_path.iterdir())


def test_an_empty_file_is_a_place_for_a_database(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert printed_json(marketpay("demo", "--db", empty, "--json")) == GOLDEN


@pytest.mark.parametrize("as_json", [True, False])
def test_books_that_do_not_balance_are_a_failure(tmp_path: Path, as_json: bool) -> None:
    kept = tmp_path / "kept.db"
    marketpay("demo", "--db", kept)
    with sqlite3.connect(kept) as database:
        changed = database.execute(
            "UPDATE marketpay_wallets SET available = available + 1 WHERE owner = 'ben'"
        )
        assert changed.rowcount == 1
    database.close()
    done = marketpay("demo", "--db", kept, *(["--json"] if as_json else []))
    assert done.status == 1
    if as_json:
        assert json.loads(done.out)["trial_balance_ok"] is False
        assert json.loads(done.out)["processor_matches_ledger"] is True
    else:
        assert "trial balance             FALSE" in done.out
        assert "wallet.available(ben) USD: kept 140001" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("account", "name"), [("platform", "processor"), ("acct_somebody", "connected")]
)
def test_money_that_only_the_processor_has_is_a_failure(
    tmp_path: Path, account: str, name: str
) -> None:
    kept = tmp_path / "kept.db"
    marketpay("demo", "--db", kept)
    with closing(SimulatedGateway(f"{kept}.processor")) as gateway:
        moved = BalanceTransaction(
            id="txn_1",
            account=account,
            amount=5,
            currency="EUR",
            movement=Movement.CHARGE,
            source="ch_1",
            created=gateway.processor.now(),
        )
        with gateway.processor._shelf as shelf:
            shelf.book(moved)
    done = marketpay("demo", "--db", kept, columns=120)
    assert done.status == 1
    assert "processor matches ledger  FALSE" in done.out
    assert f"{name}: EUR 0.00 in the ledger, EUR 0.05 at the processor." in done.out


def test_the_processor_of_a_database_that_is_gone_is_not_used_again(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    marketpay("demo", "--db", kept)
    kept.unlink()
    done = marketpay("demo", "--db", kept, "--json")
    assert (done.status, done.out) == (2, "")
    assert "belongs to a database that is gone" in done.err


def test_a_database_of_somebody_else_is_not_added_to(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("not a database")
    done = marketpay("demo", "--db", other)
    assert done.status == 2
    assert "was not made by a demo" in done.err
    marketpay("demo", "--db", tmp_path / "kept.db")
    (tmp_path / "kept.db.processor").rename(tmp_path / "other.db.processor")
    done = marketpay("demo", "--db", other)
    assert (done.status, done.out) == (2, "")
    assert "cannot be opened: file is not a database" in done.err


@pytest.mark.parametrize("place", ["", "nowhere/market.db", "a?b.db"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, place: str) -> None:
    done = marketpay("demo", "--db", tmp_path / place)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_help_and_nonsense() -> None:
    assert "--deals" in marketpay("demo", "--help").out
    assert marketpay("demo", "--nonsense").status == 2
    assert marketpay().status == 2


@pytest.mark.parametrize("missing", ["typer", "rich", "sqlalchemy"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    done = process("demo", code=f"import sys; sys.modules[{missing!r}] = None; {COMMAND}")
    assert (done.status, done.out) == (1, "")
    extra = "sql" if missing == "sqlalchemy" else "cli"
    assert done.err == f"{missing} is not installed; run: pip install 'marketpay[{extra}]'\n"


def test_the_command_line_is_imported_late() -> None:
    code = "import sys, marketpay.cli; print({'typer', 'rich', 'sqlalchemy'} & {*sys.modules})"
    assert process(code=code).out == "set()\n"
