"""Making the tables in an empty database, and refusing one of another revision."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.guards import GUARDED, triggers
from marketpay.adapters.sql.inspection import begun, guards_of, lacking_columns, missing_triggers
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


def guards(dialect: Dialect, tables: Tables) -> Iterator[str]:
    """What makes the triggers alone, which no migration tool finds by itself."""
    for table in tables.all():
        if table.info.get(GUARDED):
            yield from triggers(table, dialect.name)


def prepare(connection: Connection, tables: Tables, backend: Backend) -> None:
    """Make the tables, or check their revision.

    The revision is written last: where there is none, nobody has finished.
    """
    found = revision(connection, tables)
    connection.rollback()  # to be alone begins a transaction
    if found is None:
        with backend.alone(connection):
            found = revision(connection, tables)
            if found is None:
                check_not_older(connection, tables)
                make(connection, tables)
    if found not in (None, HEAD):
        raise other_revision(str(found))


def require(connection: Connection, tables: Tables, backend: Backend) -> None:
    """Check that the tables are there, and make none; those that a host makes have no revision."""
    check_not_older(connection, tables)
    found = revision(connection, tables)
    if found is None:
        if not begun(connection, tables):
            raise ConfigurationError(
                f"There are no tables that begin with {tables.prefix} in the database; "
                "run: marketpay db upgrade."
            )
        check_columns(connection, tables, backend)
    elif found != HEAD:
        raise other_revision(found)


def make(connection: Connection, tables: Tables) -> None:
    """Make the tables; where that broke off before, what is not there yet."""
    looked = inspect(connection)
    if tables.schema and not looked.has_schema(tables.schema):
        raise ConfigurationError(
            f"There is no schema {tables.schema} in the database; make it first."
        )
    there = begun(connection, tables)
    if lacks := lacking_columns(connection, there):
        raise ConfigurationError(
            f"There are tables of these names that are not marketpay's: without {', '.join(lacks)}."
        )
    tables.metadata.create_all(connection, tables=list(tables.all()))
    if there:
        _complete(connection, tables)
    connection.execute(insert(tables.version).values(version_num=HEAD))


def _complete(connection: Connection, tables: Tables) -> None:
    """Indexes and triggers of tables that were there already."""
    missing = set(missing_triggers(connection, tables))
    for table in tables.all():
        for index in table.indexes:
            index.create(connection, checkfirst=True)
        wanted = guards_of(table, connection)
        if wanted and missing.issuperset(wanted):  # so what they call is not there either
            made = list(triggers(table, connection.dialect.name))
        else:
            made = [statement for name, statement in wanted.items() if name in missing]
        for statement in made:
            connection.execute(text(statement))


def revision(connection: Connection, tables: Tables) -> str | None:
    """The revision of the tables that are there, None if there are none."""
    if not inspect(connection).has_table(tables.version.name, schema=tables.schema):
        return None
    return connection.execute(select(tables.version.c.version_num)).scalar()


def other_revision(found: str) -> ConfigurationError:
    """The error for a database that has this revision and not ours."""
    if found.isdigit() and found < HEAD:
        return ConfigurationError(
            f"The database has revision {found} of marketpay's tables and this package needs "
            f"{HEAD}; run: marketpay db upgrade."
        )
    return ConfigurationError(
        f"The database has revision {found} of marketpay's tables, which is newer than {HEAD}, "
        "the newest that this package knows; upgrade the package."
    )


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
