"""Bringing a database to the revision that this package needs."""

from __future__ import annotations

import io
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.creation import make, other_revision, revision
from marketpay.adapters.sql.engines import backend_of
from marketpay.adapters.sql.opening import opened
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.domain.errors import ConfigurationError

SCRIPTS: Final = "marketpay.adapters.sql:migrations"
FIRST: Final = "0001"
UNVERSIONED: Final = 2  # what the first tables had in `schema`, when no revision was kept


def upgrade(url: str, tables: Tables) -> None:
    """Make the tables at `url`, or change those that are there; refuse newer ones."""
    backend = backend_of(url)
    with opened(url, backend):
        engine = backend.open_engine(url)
        try:
            with engine.connect() as connection:
                bring_up(connection, tables, backend)
        finally:
            engine.dispose()


def bring_up(connection: Connection, tables: Tables, backend: Backend) -> None:
    """The same on a connection of the backend's.  Whoever comes meanwhile waits."""
    is_sqlite = backend.dialect.name == "sqlite"
    if is_sqlite:  # which makes tables anew that others refer to
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    with backend.alone(connection):
        found = revision(connection, tables) or _recognised(connection, tables)
        if found is None:
            make(connection, tables)
        elif found != HEAD:
            run(connection, tables, found)
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise ConfigurationError(
                "Rows refer to others that are not there; nothing was changed. "
                "PRAGMA foreign_key_check lists them."
            )
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def run(connection: Connection, tables: Tables, found: str | None, to: str = "head") -> None:
    """Run the revisions from `found` on; None: from an empty database."""
    if found is not None and not (found.isdigit() and found < HEAD):
        raise other_revision(found)
    tables.version.create(connection, checkfirst=True)
    command.upgrade(_config(tables, connection=connection), to)


def written(dialect: str, tables: Tables, since: str) -> str:
    """The SQL that a database of the revision `since` is to be changed by."""
    output = io.StringIO()
    config = _config(tables, dialect_name=dialect, transactional_ddl=dialect != "mariadb")
    config.output_buffer = output
    command.upgrade(config, f"{since}:head", sql=True)
    is_unversioned = dialect == "sqlite" and since == FIRST
    return (_versioned(tables) if is_unversioned else "") + output.getvalue()


def _versioned(tables: Tables) -> str:
    """What says in SQLite that these are the first tables: no revision was kept then."""
    dialect, name = sqlite.dialect(), tables.version
    table = CreateTable(name, if_not_exists=True).compile(dialect=dialect)
    noted = f"INSERT INTO {name} SELECT '{FIRST}' WHERE NOT EXISTS (SELECT 1 FROM {name})"  # noqa: S608  # our own names
    return f"{str(table).strip()};\n\n{noted};\n\n"


def _config(tables: Tables, **options: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["options"] = options | {
        "version_table": tables.version.name,
        "version_table_schema": tables.schema,
        "marketpay_prefix": tables.prefix,
        "marketpay_schema": tables.schema,
    }
    return config


def _recognised(connection: Connection, tables: Tables) -> str | None:
    """The first revision, if these are the tables from before revisions were kept."""
    name = f"{tables.prefix}schema"
    if not inspect(connection).has_table(name, schema=tables.schema):
        return None
    preparer = connection.dialect.identifier_preparer
    place = f"{preparer.quote_schema(tables.schema)}." if tables.schema else ""
    version = connection.execute(text(f"SELECT version FROM {place}{name}")).scalar()  # noqa: S608  # our own names
    if version != UNVERSIONED:
        raise ConfigurationError(
            f"The database has version {version} of marketpay's tables, which was never released; "
            "nothing can be made of it."
        )
    tables.version.create(connection, checkfirst=True)
    connection.execute(insert(tables.version).values(version_num=FIRST))
    return FIRST
