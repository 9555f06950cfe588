"""Database servers as fixtures: started when first asked for, shared by all workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.galera import GaleraCluster, missing_galera
from tests.servers.mariadb import MariadbDatabases, missing_mariadb
from tests.servers.postgres import PostgresDatabases
from tests.servers.shared import shared


@pytest.fixture(scope="session")
def servers_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the workers of this run know and no other run does."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[PostgresDatabases]:
    """A PostgreSQL for the whole run: tests that stop or kill one start their own."""
    with shared("postgres", servers_folder) as port:
        yield PostgresDatabases(port)


@pytest.fixture
def postgres_url(postgres: PostgresDatabases) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped after the test."""
    url = postgres.fresh_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def mariadb(servers_folder: Path) -> Iterator[MariadbDatabases]:
    """A MariaDB for the whole run: tests that stop or kill one start their own."""
    if reason := missing_mariadb():
        pytest.skip(reason)
    with shared("mariadb", servers_folder) as port:
        yield MariadbDatabases(port)


@pytest.fixture
def mariadb_url(mariadb: MariadbDatabases) -> Iterator[str]:
    """The URL of an empty MariaDB database, dropped after the test."""
    url = mariadb.fresh_database()
    yield url
    mariadb.drop_database(url)


@pytest.fixture(scope="session")
def galera() -> Iterator[GaleraCluster]:
    """A cluster for the whole run; whoever breaks it asks for `galera_urls`, which mends it.

    Each worker that needs one starts its own.
    """
    if reason := missing_galera():
        pytest.skip(reason)
    with GaleraCluster() as cluster:
        yield cluster


@pytest.fixture
def galera_urls(galera: GaleraCluster) -> Iterator[tuple[str, ...]]:
    """The URLs of one empty database on each node; all nodes are back after the test."""
    urls = galera.fresh_database()
    yield urls
    galera.heal()
    galera.nodes[0].databases.drop_database(urls[0])
