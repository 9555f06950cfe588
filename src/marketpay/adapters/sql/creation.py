"""Making the tables in an empty database, and refusing one of another revision."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.guards import GUARDED, triggers
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.domain.errors import ConfigurationError


def statements(dialect: Dialect, tables: Tables) -> Iterator[str]:
    """What makes the tables, parents before children, as text to be read or run."""
    for table in tables.all():
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
        if table.info.get(GUARDED):
            yield from triggers(table, dialect.name)
    yield f"INSERT INTO {tables.version} (version_num) VALUES ('{HEAD}')"  # noqa: S608  # our own names


def prepare(connection: Connection, tables: Tables, backend: Backend) -> None:
    """Make the tables, or check their revision.

    The revision is written last: where there is none, nobody has finished.
    """
    with backend.alone(connection):
        found = revision(connection, tables)
        if found is None:
            check_not_older(connection, tables)
            tables.metadata.create_all(connection, tables=list(tables.all()))
            connection.execute(insert(tables.version).values(version_num=HEAD))
    if found not in (None, HEAD):
        raise ConfigurationError(
            f"The database has revision {found} of marketpay's tables and this package needs "
            f"{HEAD}; run: marketpay db upgrade (if the database is the newer one, upgrade the "
            "package first)."
        )


def revision(connection: Connection, tables: Tables) -> str | None:
    """The revision of the tables that are there, None if there are none."""
    if not inspect(connection).has_table(tables.version.name, schema=tables.schema):
        return None
    return connection.execute(select(tables.version.c.version_num)).scalar()


def check_not_older(connection: Connection, tables: Tables) -> None:
    """Raise if there are tables from before revisions were kept."""
    if inspect(connection).has_table(f"{tables.prefix}schema", schema=tables.schema):
        raise ConfigurationError(
            "The database has tables of an older marketpay; run: marketpay db upgrade."
        )


def check_columns(connection: Connection, tables: Tables, _: Backend) -> None:
    """Raise unless every table is there with every column: for tables that the host makes."""
    inspector = inspect(connection)
    for table in tables.all():
        if table is tables.version:
            continue
        if not inspector.has_table(table.name, schema=table.schema):
            raise ConfigurationError(
                f"There is no table {table}; let the migration that makes your tables make it."
            )
        there = {column["name"] for column in inspector.get_columns(table.name, table.schema)}
        if missing := {column.name for column in table.columns} - there:
            raise ConfigurationError(
                f"{table} lacks {', '.join(sorted(missing))}; make a migration of your tables."
            )
