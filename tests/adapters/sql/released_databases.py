"""Databases of every released revision, with the rows that its package wrote.

`released/0001.sql` is the dump of an SQLite database that a package of that revision made.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, create_engine, insert, select, text

from marketpay.adapters.sql.engines import backend_of
from marketpay.adapters.sql.migrations import first, upgrading
from marketpay.adapters.sql.migrations.terms import Place
from marketpay.adapters.sql.schema import Tables

RELEASED = Path(__file__).parent / "released"
ENGINES = ("sqlite", "postgresql", "mariadb")

Fresh = Callable[[], str]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection as marketpay opens it."""
    engine = backend_of(url).open_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def migrated(url: str, tables: Tables, to: str = "head") -> str:
    """The same URL; its empty database was brought up by the revisions alone."""
    with connected(url) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        with backend_of(url).alone(connection):
            upgrading.run(connection, tables, None, to)
    return url


def released(revision: str, path: Path) -> str:
    """The URL of the SQLite database of a revision, at `path`."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.executescript((RELEASED / f"{revision}.sql").read_text())
    engine.dispose()
    return f"sqlite:///{path}"


def loaded(url: str, source: str, tables: Tables) -> str:
    """The same URL; its empty database has the first tables, with the rows of `source`."""
    migrated(url, tables, "0001")
    ours, theirs = Place(), Place(tables.prefix, tables.schema)
    first.define(ours)
    first.define(theirs)
    with connected(source) as old, connected(url) as new:
        for table in ours.metadata.sorted_tables:
            name = table.name.removeprefix(ours.prefix)
            if rows := old.execute(select(table).order_by(*table.primary_key)).all():
                _insert(new, theirs[name], rows)
    return url


def _insert(connection: Connection, table: Table, rows: list[Row[Any]] | Any) -> None:
    connection.execute(insert(table), [dict(row._mapping) for row in rows])
    counted = table.c[0]
    if connection.dialect.name == "postgresql" and counted.identity is not None:
        last = max(row[0] for row in rows)
        connection.execute(text(f"ALTER TABLE {table} ALTER id RESTART WITH {last + 1}"))
