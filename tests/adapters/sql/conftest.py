"""Databases with their tables, made once: making them takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool, create_engine, text

from marketpay.adapters.sql.schema import Tables
from marketpay.adapters.sql.store import SqlStore
from tests.servers.mariadb import MariadbDatabases


@pytest.fixture(scope="session")
def made_mariadb(mariadb: MariadbDatabases) -> Iterator[str]:
    """A MariaDB database with its tables, for one test after the other."""
    url = mariadb.fresh_database()
    SqlStore.connect(url).close()
    yield url
    mariadb.drop_database(url)


@pytest.fixture
def mariadb_emptied(made_mariadb: str) -> str:
    """A MariaDB database that has its tables and nothing in them."""
    tables = Tables()
    engine = create_engine(made_mariadb, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET SESSION foreign_key_checks = 0"))
        for table in tables.all():
            if table is not tables.version:
                connection.execute(text(f"TRUNCATE TABLE {table}"))
    return made_mariadb
