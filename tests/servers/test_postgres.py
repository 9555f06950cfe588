"""A PostgreSQL of our own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.servers.postgres import PostgresDatabases, PostgresServer
from tests.servers.postgres_programs import chosen_programs


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer(durable=False) as server:
        yield server


def name(url: str) -> str:
    return url.rpartition("/")[2]


def test_fresh_databases_are_empty_and_apart(postgres: PostgresDatabases) -> None:
    one, other = postgres.fresh_database(), postgres.fresh_database()
    postgres.run("CREATE TABLE seen (id int)", name(one))

    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.run(tables, name(one)) == [("seen",)]
    assert postgres.run(tables, name(other)) == []
    postgres.drop_database(one)
    postgres.drop_database(other)


def test_a_dropped_database_is_gone_even_while_it_is_used(postgres: PostgresDatabases) -> None:
    url = postgres.fresh_database()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        postgres.drop_database(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.mark.skipif(chosen_programs() is not None, reason="another version was chosen")
def test_the_version_is_the_one_that_is_tested(
    postgres_url: str, postgres: PostgresDatabases
) -> None:
    [(version,)] = postgres.run("SHOW server_version", name(postgres_url))
    assert version.startswith("18.")


def test_a_killed_server_comes_back_with_what_was_committed(server: PostgresServer) -> None:
    server.run("CREATE TABLE paid (amount int)")
    server.run("INSERT INTO paid VALUES (100)")
    unfinished = psycopg.connect(server.url().replace("+psycopg", ""))
    unfinished.execute("INSERT INTO paid VALUES (900)")
    server.kill()
    with pytest.raises(psycopg.OperationalError, match="server closed the connection unexpectedly"):
        unfinished.commit()

    assert not server.is_running
    assert not server.answers()
    server.start()
    assert server.run("SELECT amount FROM paid") == [(100,)]


def test_a_durable_server_waits_for_its_disk() -> None:
    with PostgresServer() as durable:
        assert durable.run("SHOW fsync") == [("on",)]


def test_a_closed_server_leaves_nothing_behind() -> None:
    with PostgresServer(durable=False) as server:
        folder = server.data.parent
        assert folder.exists()
    assert not folder.exists()
    assert not server.answers()
