"""Where the sides keep what they do: SQLite files in TMPDIR, or a PostgreSQL of our own."""

import sqlite3
from atexit import register
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from uuid import uuid4

import psycopg

from benchmarks.dealings import Hand, run_line
from benchmarks.floor import Floor
from benchmarks.floor_driver import Sqlite
from benchmarks.floor_postgres import Postgres
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway
from tests.servers.postgres import PostgresServer

COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"""
SEEDED = 400  # deals
SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB")  # the rest is as PostgreSQL comes


class Place(Protocol):
    """An engine, durable: what it has answered is on the disk."""

    name: str

    def databases(self, *names: str) -> Any:
        """A context: a URL for each of some databases, alike, and gone at the end."""
        ...

    def by_hand(self, url: str) -> Floor:
        """The floor, in a database that has marketpay's tables."""
        ...

    def rows(self, url: str, sql: str) -> list[Any]: ...

    def tables(self, url: str) -> Mapping[str, list[str]]:
        """The columns of each table."""
        ...


def prepare(url: str) -> None:
    """Let marketpay make its tables."""
    Marketplace.connect(url, gateway=SimulatedGateway()).close()


class SqliteFiles:
    """Files side by side in TMPDIR."""

    name = "SQLite"

    @contextmanager
    def databases(self, *names: str) -> Iterator[list[str]]:
        with TemporaryDirectory(prefix="marketpay-bench-") as folder:
            urls = [f"sqlite:///{Path(folder, name)}.db" for name in names]
            for url in urls:
                prepare(url)
            yield urls

    def by_hand(self, url: str) -> Floor:
        return Floor(Sqlite(_path(url)), SimulatedGateway())

    def rows(self, url: str, sql: str) -> list[Any]:
        connection = sqlite3.connect(_path(url))
        rows = connection.execute(sql).fetchall()
        connection.close()
        return rows

    def tables(self, url: str) -> Mapping[str, list[str]]:
        names = self.rows(url, "SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: [row[1] for row in self.rows(url, f'PRAGMA table_info("{name}")')]
            for (name,) in names
        }


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


class PostgresDatabases:
    """Databases of a server that runs as long as the benchmarks do, with `fsync`."""

    name = "PostgreSQL"

    @contextmanager
    def databases(self, *names: str) -> Iterator[list[str]]:
        """They are not quite empty.

        A statement's plan is made when it is first used, and kept: on tables of a few rows it
        would be one that no real table gets.
        """
        with _databases(len(names), seeded()) as urls:
            yield urls

    @contextmanager
    def empty_databases(self, *names: str) -> Iterator[list[str]]:
        with _databases(len(names), "template0") as urls:
            for url in urls:
                prepare(url)
            yield urls

    def by_hand(self, url: str) -> Floor:
        return Floor(Postgres(of_libpq(url)), SimulatedGateway())

    def rows(self, url: str, sql: str) -> list[Any]:
        with psycopg.connect(of_libpq(url)) as connection:
            return connection.execute(sql.encode()).fetchall()

    def tables(self, url: str) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, column in self.rows(url, COLUMNS):
            found.setdefault(table, []).append(column)
        return found


SQLITE, POSTGRESQL = SqliteFiles(), PostgresDatabases()
PLACES: tuple[Place, ...] = (SQLITE, POSTGRESQL)


def of_libpq(url: str) -> str:
    """A URL of SQLAlchemy's as psycopg takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


@cache
def server() -> PostgresServer:
    """Started when it is first asked for; its data is removed at the end."""
    started = PostgresServer(settings=SETTINGS)
    started.start()
    register(started.close)
    return started


@cache
def seeded() -> str:
    """The name of a database in which some deals were done, by hand."""
    url = server().fresh_database()
    prepare(url)
    floor = POSTGRESQL.by_hand(url)
    dealer = Hand(floor)
    for number in range(SEEDED):
        run_line(dealer, number)
    floor.close()
    name = url.rpartition("/")[2]
    server().run("VACUUM ANALYZE", name)
    return name


@contextmanager
def _databases(number: int, template: str) -> Iterator[list[str]]:
    databases = server().databases
    names = [f"bench_{uuid4().hex}" for _ in range(number)]
    for name in names:
        databases.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    urls = [databases.url(name) for name in names]
    try:
        yield urls
    finally:
        for url in urls:
            databases.drop_database(url)
