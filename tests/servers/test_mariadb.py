"""A MariaDB of our own."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.servers.mariadb import MariadbDatabases, MariadbServer, missing_mariadb

pytestmark = pytest.mark.skipif(missing_mariadb() is not None, reason=str(missing_mariadb()))


def name(url: str) -> str:
    return str(make_url(url).database)


def test_fresh_databases_are_empty_and_apart(mariadb: MariadbDatabases) -> None:
    one, other = mariadb.fresh_database(), mariadb.fresh_database()
    mariadb.run("CREATE TABLE seen (id int)", name(one))

    assert mariadb.run("SHOW TABLES", name(one)) == [("seen",)]
    assert mariadb.run("SHOW TABLES", name(other)) == []
    mariadb.drop_database(one)
    mariadb.drop_database(other)


def test_a_dropped_database_is_gone_even_while_it_is_used(mariadb: MariadbDatabases) -> None:
    url = mariadb.fresh_database()
    mariadb.run("CREATE TABLE seen (id int)", name(url))
    engine = create_engine(url)
    connection = engine.connect()
    connection.execute(text("SELECT id FROM seen FOR UPDATE"))  # keeps the table from going

    mariadb.drop_database(url)

    assert mariadb.run(f"SHOW DATABASES LIKE '{name(url)}'") == []
    connection.invalidate()
    engine.dispose()


def test_its_url_opens_it(mariadb_url: str) -> None:
    engine = create_engine(mariadb_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT '€' = CONVERT(x'E282AC' USING utf8mb4)")).scalar()
    engine.dispose()


def test_a_killed_server_comes_back_with_what_was_committed() -> None:
    with MariadbServer(durable=False) as server:
        url = server.fresh_database()
        server.run("CREATE TABLE paid (amount int)", name(url))
        server.run("INSERT INTO paid VALUES (100)", name(url))
        engine = create_engine(url, poolclass=NullPool)
        unfinished = engine.connect()
        unfinished.execute(text("INSERT INTO paid VALUES (900)"))
        server.kill()
        with pytest.raises(OperationalError):
            unfinished.commit()

        assert not server.is_running
        assert not server.answers()
        server.start()
        assert server.run("SELECT amount FROM paid", name(url)) == [(100,)]
        folder = server.data.parent
    assert not folder.exists()
