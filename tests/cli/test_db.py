"""The tables of a database, from the command line."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from marketpay import Marketplace
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.testing import SimulatedGateway
from tests.adapters.sql.catalogue import catalogue
from tests.adapters.sql.released_databases import (
    ENGINES,
    connected,
    loaded,
    released,
)
from tests.cli.test_demo import Done, marketpay, process
from tests.servers.mariadb import program
from tests.servers.ports import HOST
from tests.servers.postgres_programs import postgres_programs

FINE = f"The tables have revision {HEAD}, as this package needs.\n"


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'market.db'}"
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}[request.param]
    given: str = request.getfixturevalue(fixture)
    return given


def run(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def looked_at(url: str) -> dict[str, Any]:
    with connected(url) as connection:
        return catalogue(connection)


def says_one_line(done: Done, *words: str) -> bool:
    return done.err.count("\n") == 1 and all(word in done.err for word in words)


def test_an_empty_database_gets_its_tables(url: str) -> None:
    for _ in range(2):
        assert marketpay("db", "upgrade", url) == Done(0, FINE, "")
    assert marketpay("db", "check", url) == Done(0, FINE, "")
    Marketplace.connect(url, gateway=SimulatedGateway()).close()


def test_it_gets_them_under_another_prefix(url: str) -> None:
    assert marketpay("db", "upgrade", url, "--prefix", "pay_").status == 0

    assert marketpay("db", "check", url, "--prefix", "pay_").status == 0
    assert marketpay("db", "check", url).status == 1
    assert {name.partition("_")[0] for name in looked_at(url)} == {"pay"}


def test_it_gets_them_in_a_schema(postgres_url: str) -> None:
    missing = marketpay("db", "upgrade", postgres_url, "--schema", "money")
    run(postgres_url, "CREATE SCHEMA money")

    assert missing.status == 2
    assert says_one_line(missing, "no schema money")
    assert marketpay("db", "upgrade", postgres_url, "--schema", "money").status == 0
    assert marketpay("db", "check", postgres_url, "--schema", "money").status == 0
    assert marketpay("db", "check", postgres_url).status == 1


def test_an_older_database_is_checked_and_upgraded(tmp_path: Path) -> None:
    url = released("0001", tmp_path / "market.db")

    before = marketpay("db", "check", url)
    done = marketpay("db", "upgrade", url)

    assert before.status == 1
    assert says_one_line(before, "older", "marketpay db upgrade")
    assert done == Done(0, FINE, "")
    assert marketpay("db", "check", url) == Done(0, FINE, "")
    assert marketpay("verify", url).status == 0


def test_a_newer_database_is_left_alone(url: str) -> None:
    marketpay("db", "upgrade", url)
    run(url, "UPDATE marketpay_version SET version_num = '9999'")

    check, upgrade = marketpay("db", "check", url), marketpay("db", "upgrade", url)

    assert (check.status, upgrade.status) == (1, 2)
    for done in (check, upgrade):
        assert says_one_line(done, "revision 9999", "upgrade the package")


def on_payments(dialect: str) -> str:
    return " ON marketpay_payments" if dialect == "mariadb" else ""


def trigger(dialect: str) -> str:
    table = " ON marketpay_journal" if dialect == "postgresql" else ""
    return f"DROP TRIGGER marketpay_journal_no_update{table}"


@pytest.mark.parametrize("what", ["table", "column", "index", "trigger", "constraint"])
def test_what_is_missing_is_said(url: str, what: str) -> None:
    dialect = make_url(url).get_backend_name()
    marketpay("db", "upgrade", url)
    statement, said = {
        "table": ("DROP TABLE marketpay_timers", "the table marketpay_timers"),
        "column": (
            "ALTER TABLE marketpay_cursors DROP COLUMN taken_until",
            "the column marketpay_cursors.taken_until",
        ),
        "index": (
            f"DROP INDEX marketpay_payments_customer{on_payments(dialect)}",
            "the index marketpay_payments_customer",
        ),
        "trigger": (trigger(dialect), "the trigger marketpay_journal_no_update"),
        "constraint": (
            "ALTER TABLE marketpay_payments DROP CONSTRAINT marketpay_payments_split",
            "the check marketpay_payments_split",
        ),
    }[what]
    if (dialect, what) == ("sqlite", "constraint"):
        forget_a_constraint(url)
    else:
        run(url, statement)

    done = marketpay("db", "check", url)

    assert done.status == 1
    assert done.err == f"The database lacks {said}.\n"


def forget_a_constraint(url: str) -> None:
    """As a table that somebody made anew without it."""
    run(
        url,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'CONSTRAINT marketpay_payments_split CHECK',"
        " 'CONSTRAINT marketpay_payments_other CHECK') WHERE name = 'marketpay_payments'",
    )


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    url = released("0001", path)
    before = path.read_bytes()

    assert marketpay("db", "check", url).status == 1
    assert marketpay("db", "check", f"sqlite:///{tmp_path / 'none.db'}").status == 2

    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_empty_database_is_told_from_a_broken_one(url: str) -> None:
    if url.startswith("sqlite"):
        sqlite3.connect(make_url(url).database or "").close()
        Path(make_url(url).database or "").touch()

    done = marketpay("db", "check", url)

    assert done.status == 1
    assert says_one_line(done, "no tables", "marketpay db upgrade")


def test_what_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ana, " * 200)

    for command in ("upgrade", "check"):
        for url in (f"sqlite:///{tmp_path / 'letter.txt'}", "nonsense", "oracle://x"):
            done = marketpay("db", command, url)
            assert done.status == 2
            assert done.err.count("\n") == 1


@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_a_server_that_is_not_there_is_said_without_the_password(command: str) -> None:
    for driver in ("postgresql+psycopg", "mariadb+pymysql"):
        done = process("db", command, f"{driver}://ana:open-sesame@{HOST}:1/market")

        assert done.status in (1, 2)
        assert done.err.count("\n") == 1
        assert "open-sesame" not in done.err
        assert done.out == ""


# --- SQL for somebody else to run


def client(url: str, script: str) -> None:
    """What a database administrator runs the script with."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(place.database or "")) as database:
            database.executescript(script)
        return
    where = ["-h", HOST, f"--port={place.port}", "-U" if "psycopg" in url else "-u", place.username]
    if "psycopg" in url:
        command = [postgres_programs() / "psql", *where, "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    else:
        command = [program("mariadb"), "--no-defaults", *where]
    done = subprocess.run(
        [*map(str, command), place.database or ""],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def made(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What the package makes of an empty database of that engine."""
    kind = make_url(url).get_backend_name()
    server = {"postgresql": "postgres", "mariadb": "mariadb"}.get(kind)
    databases: Any = request.getfixturevalue(server) if server else None
    other = databases.fresh_database() if databases else f"sqlite:///{tmp_path / 'other.db'}"
    marketpay("db", "upgrade", other)
    yield looked_at(other)
    if databases:
        databases.drop_database(other)


def test_the_sql_makes_the_tables(url: str, made: dict[str, Any]) -> None:
    script = marketpay("db", "sql", url)
    assert (script.status, script.err) == (0, "")
    assert marketpay("db", "sql", make_url(url).get_backend_name()) == script

    client(url, script.out)

    assert looked_at(url) == made
    assert marketpay("db", "check", url) == Done(0, FINE, "")


def test_the_sql_changes_older_tables(url: str, made: dict[str, Any], tmp_path: Path) -> None:
    source = released("0001", tmp_path / "old.db")
    url = source if url.startswith("sqlite") else loaded(url, source, Tables())
    script = marketpay("db", "sql", url, "--from", "0001")

    client(url, script.out)

    assert looked_at(url) == made
    assert marketpay("db", "check", url) == Done(0, FINE, "")
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        before = market.verify()
        market.work()
        assert market.verify().problems == ()
        assert market.verify().head.position > before.head.position == 0


def test_the_sql_of_the_newest_revision_changes_nothing(url: str) -> None:
    marketpay("db", "upgrade", url)
    before = looked_at(url)

    client(url, marketpay("db", "sql", url, "--from", HEAD).out)

    assert looked_at(url) == before


@pytest.mark.parametrize("wrong", [("oracle",), ("://",), ("sqlite", "--from", "0815")])
def test_sql_that_cannot_be_written_is_said_in_a_sentence(wrong: tuple[str, ...]) -> None:
    done = marketpay("db", "sql", *wrong)

    assert (done.status, done.out) == (2, "")
    assert done.err.count("\n") == 1


def test_alembic_is_needed_to_change_tables_alone(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['alembic'] = None; sys.argv[0] = 'marketpay';"
    code = f"{hidden} from marketpay.cli import main; main()"
    new, old = f"sqlite:///{tmp_path / 'market.db'}", released("0001", tmp_path / "old.db")
    marketpay("db", "upgrade", new)

    assert process("db", "check", new, code=code) == Done(0, FINE, "")
    assert process("db", "sql", "sqlite", code=code).status == 0
    assert process("verify", new, code=code).status == 0
    done = process("db", "upgrade", old, code=code)
    assert done.status == 2
    assert says_one_line(done, "pip install 'marketpay[sql]'")
