"""Append-only tables: whoever makes them makes their triggers, wherever they are."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from marketpay.adapters.sql.schema import Tables
from tests.servers.mariadb import MariadbDatabases
from tests.servers.postgres import PostgresDatabases

SCHEMA = f"ledgers_{os.getpid()}"  # on MariaDB it is of the whole server, which others use, too
ROW = (
    "INSERT INTO {table} (attempt, at, actor, role, command, body, events)"
    " VALUES ('a', '2026-01-01 00:00:00', 'cus_1', 'customer', 'PostJob', '', '')"
)


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database that has another schema besides its usual one."""
    if request.param == "sqlite":
        engine = create_engine("sqlite://", poolclass=StaticPool)
        attach = f"ATTACH ':memory:' AS {SCHEMA}"
        event.listen(engine, "connect", lambda raw, _: raw.execute(attach))
        yield engine
        return
    server: PostgresDatabases | MariadbDatabases = request.getfixturevalue(request.param)
    url = server.fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    yield engine
    with engine.begin() as connection:
        cascade = " CASCADE" if request.param == "postgres" else ""
        connection.execute(text(f"DROP SCHEMA {SCHEMA}{cascade}"))
    engine.dispose()
    server.drop_database(url)


@pytest.mark.parametrize(
    ("prefix", "schema"), [("marketpay_", None), ("shop_", SCHEMA)], ids=["usual", "apart"]
)
def test_a_host_that_makes_its_tables_makes_the_triggers_and_takes_them_away(
    engine: Engine, prefix: str, schema: str | None
) -> None:
    metadata = MetaData()
    host = Table("products", metadata, Column("id", Integer, primary_key=True))
    tables = Tables(metadata, prefix=prefix, schema=schema)

    for _ in range(2):  # the second time as well: nothing was left behind
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text(ROW.format(table=tables.journal)))
        for write in ("UPDATE {table} SET actor = 'cus_2'", "DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="is append-only"), engine.begin() as connection:
                connection.execute(text(write.format(table=tables.journal)))
        metadata.drop_all(engine)
        assert not inspect(engine).has_table(host.name)
        assert not inspect(engine).has_table(tables.journal.name, schema=schema)
    assert _functions(engine) == []


def _functions(engine: Engine) -> list[str]:
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        found = connection.execute(text("SELECT proname FROM pg_proc WHERE proname LIKE '%guard'"))
        return [name for (name,) in found]
