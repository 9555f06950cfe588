"""Every constraint and trigger: an illegal write is refused, and by nothing else than by it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError

from marketpay.adapters.sql import creation
from marketpay.adapters.sql.columns import PREFIX
from marketpay.adapters.sql.guards import GUARDED
from marketpay.adapters.sql.schema import Tables
from tests.adapters.sql.furnished import furnish
from tests.adapters.sql.illegal import Change, Copy, quote
from tests.adapters.sql.illegal_writes import ILLEGAL, NEW_ROWS, TRIGGERS
from tests.servers.mariadb import MariadbDatabases
from tests.servers.postgres import PostgresDatabases

TABLES = {table.name.removeprefix(PREFIX): table for table in Tables(MetaData()).all()}
GUARDED_TABLES = [name for name, table in TABLES.items() if table.info.get(GUARDED)]
ENGINES = ("sqlite", "postgres", "mariadb")


def constraints(table: Table) -> dict[str, Any]:
    """The constraints of a table by their names without the table's."""
    return {
        "pkey" if isinstance(one, PrimaryKeyConstraint) else _short(one, table): one
        for one in table.constraints
    }


def _short(constraint: Any, table: Table) -> str:
    return str(constraint.name).removeprefix(f"{table.name}_")


def all_names() -> list[str]:
    return [f"{name}.{one}" for name, table in TABLES.items() for one in constraints(table)]


def test_every_constraint_and_trigger_has_an_illegal_write() -> None:
    acts = ("no_update", "no_delete")

    assert sorted(ILLEGAL) == sorted(all_names())
    assert sorted(TRIGGERS) == sorted(f"{name}.{act}" for name in GUARDED_TABLES for act in acts)


@pytest.fixture(scope="module")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("furnished") / "market.db"
    furnish(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, furnished_file: Path) -> Iterator[Engine]:
    """A database with real deals in it."""
    if request.param == "sqlite":
        made = create_engine(f"sqlite:///{furnished_file}")
        event.listen(made, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
        yield made
        made.dispose()
        return
    server: PostgresDatabases | MariadbDatabases = request.getfixturevalue(request.param)
    url = server.fresh_database()
    furnish(url)
    made = create_engine(url)
    yield made
    made.dispose()
    server.drop_database(url)


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A transaction that leaves nothing behind."""
    with engine.connect() as connection, connection.begin() as begun:
        yield connection
        begun.rollback()


def attempt(connection: Connection, name: str) -> int:
    """Try an illegal write; how many rows it changed."""
    table = TABLES[name.partition(".")[0]]
    write = (ILLEGAL | TRIGGERS)[name]
    *before, last = write.sql(table, connection.dialect)
    for statement in before:
        connection.execute(text(statement))
    return connection.execute(text(last)).rowcount


def refusal(connection: Connection, name: str) -> str:
    """What the database says to an illegal write."""
    with pytest.raises(DBAPIError) as refused:
        attempt(connection, name)
    return str(refused.value.orig)


def says(name: str, dialect: str) -> str:
    """What an engine names of the constraint that refuses."""
    table, _, short = name.partition(".")
    is_unique = short.endswith("_key")
    if short.startswith("no_"):
        return "is append-only"
    if dialect == "sqlite":
        if short.endswith("_fkey"):
            return "FOREIGN KEY constraint failed"
        key = TABLES[table].primary_key.columns if short == "pkey" else ()
        of = [c.name for c in key] or [short.removesuffix("_key")]
        if key or is_unique:
            return f"UNIQUE constraint failed: {PREFIX}{table}.{of[0]}"
        return f"CHECK constraint failed: {PREFIX}{table}_{short}"
    if short == "pkey" and dialect == "mysql":
        return "'PRIMARY'"
    return f"{PREFIX}{table}_{short}"


@pytest.mark.covers("B099")
@pytest.mark.edge(43)
@pytest.mark.parametrize("name", [*ILLEGAL, *TRIGGERS])
def test_an_illegal_write_is_refused(engine: Engine, name: str) -> None:
    with undone(engine) as connection:
        told = refusal(connection, name)

    assert says(name, engine.dialect.name.replace("mariadb", "mysql")) in told


def without(name: str, said: str) -> str:
    """The SQL that makes a table, without one constraint."""
    table, _, short = name.partition(".")
    wanted = "PRIMARY KEY" if short == "pkey" else f"CONSTRAINT {PREFIX}{table}_{short}"
    lines = said.replace("WITHOUT ROWID", "").splitlines()
    left = [line for line in lines if not line.strip().startswith(f"{wanted} ")]
    assert len(left) == len(lines) - 1
    return re.sub(r",\s*\)\s*$", ")", "\n".join(left))


@contextmanager
def copied(furnished: Path) -> Iterator[tuple[Any, Connection]]:
    """The same rows in memory, by the driver and by SQLAlchemy."""
    engine = create_engine("sqlite://")
    with closing(sqlite3.connect(furnished)) as source, engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        source.backup(raw)
        yield raw, connection
    engine.dispose()


def drop(raw: sqlite3.Connection, name: str) -> None:
    """Make a table anew without one constraint, or take one trigger away."""
    table, _, short = f"{PREFIX}{name}".partition(".")
    if short.startswith("no_"):
        raw.execute(f"DROP TRIGGER {table}_{short}")
        return
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ?"
    [(said,)] = raw.execute(made, (table, "table")).fetchall()
    guards = raw.execute(made, (table, "trigger")).fetchall()
    rows = raw.execute(f"SELECT * FROM {table}").fetchall()
    raw.execute(f"DROP TABLE {table}")
    raw.execute(without(name, said))
    raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    raw.commit()
    for (trigger,) in guards:
        raw.execute(trigger)


@pytest.mark.parametrize("name", [*ILLEGAL, *TRIGGERS])
def test_without_its_constraint_an_illegal_write_is_accepted(
    furnished_file: Path, name: str
) -> None:
    with copied(furnished_file) as (raw, connection):
        drop(raw, name)
        if not name.endswith(".pkey"):  # what is no key cannot be referred to
            raw.execute("PRAGMA foreign_keys = ON")
        assert attempt(connection, name) > 0


def required() -> Iterator[tuple[str, str]]:
    """Every column that must have a value and that the database does not count."""
    for name, table in TABLES.items():
        for column in table.c:
            is_counted = column.primary_key and isinstance(column.type, BigInteger | Integer)
            if not column.nullable and not is_counted:
                yield name, column.name


def leave_out(connection: Connection, name: str, column: str) -> int:
    """Write NULL into a column; how many rows it changed."""
    table, dialect = TABLES[name], connection.dialect
    write: Change | Copy = Change(f"{quote(dialect, column)} = NULL", all=True)
    if name in NEW_ROWS:
        write = Copy(NEW_ROWS[name] | {column: "NULL"})
    [statement] = write.sql(table, dialect)
    return connection.execute(text(statement)).rowcount


@pytest.mark.covers("B031")
def test_no_value_is_left_out_that_must_be_there(engine: Engine) -> None:
    for name, column in required():
        with undone(engine) as connection, pytest.raises(DBAPIError) as refused:
            leave_out(connection, name, column)
        said = str(refused.value.orig).lower()
        assert column in said
        assert "null" in said


def test_without_its_constraint_any_value_can_be_left_out(furnished_file: Path) -> None:
    columns = "REPLACE(sql, ' NOT NULL, ' || char(10), ', ' || char(10))"
    with copied(furnished_file) as (raw, connection):
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(f"UPDATE sqlite_master SET sql = {columns} WHERE type = 'table'")
        raw.commit()
        raw.execute("PRAGMA writable_schema = RESET")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        for name, column in required():
            if name != "journal_subjects":  # SQLite keeps it by its key, which has no NULL
                assert leave_out(connection, name, column) > 0
                connection.rollback()


def test_append_only_tables_are_not_emptied_on_postgresql(
    request: pytest.FixtureRequest, postgres: PostgresDatabases
) -> None:
    url = postgres.fresh_database()
    request.addfinalizer(lambda: postgres.drop_database(url))
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        creation.make(connection, Tables(MetaData()))
    for name in GUARDED_TABLES:
        with undone(engine) as connection, pytest.raises(DBAPIError, match="is append-only"):
            connection.execute(text(f"TRUNCATE {PREFIX}{name} CASCADE"))
    engine.dispose()


DROPPED = (
    "payments.gone",
    "offers.claimed_job",
    "wallets.holder",
    "wallets.currency",
    "payment_transactions.charge",
    "withdrawals.failure",
    "account_deltas.owner",
)


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_without_its_constraint_a_server_accepts_an_illegal_write(
    request: pytest.FixtureRequest, kind: str
) -> None:
    server: PostgresDatabases | MariadbDatabases = request.getfixturevalue(kind)
    url = server.fresh_database()
    request.addfinalizer(lambda: server.drop_database(url))
    furnish(url)
    engine = create_engine(url)
    for name in DROPPED:
        table, _, short = f"{PREFIX}{name}".partition(".")
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{short}"))
        with undone(engine) as connection:
            assert attempt(connection, name) > 0
    engine.dispose()
