"""`marketpay db`: the tables of a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, inspect
from sqlalchemy.engine import make_url

from marketpay.adapters.sql.creation import (
    check_not_older,
    other_revision,
    revision,
    statements,
)
from marketpay.adapters.sql.engines import backend_of
from marketpay.adapters.sql.inspection import lacking
from marketpay.adapters.sql.opening import opened
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.domain.errors import ConfigurationError, MissingDependency

DIALECTS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
}  # and how SQLAlchemy knows them
ALIASES: Final = {"mysql": "mariadb"}


def upgrade(url: str, tables: Tables) -> None:
    """Make the tables at `url`, or bring those that are there to this package's revision."""
    _upgrading().upgrade(url, tables)


def check(url: str, tables: Tables) -> str | None:
    """What has to be done with the database at `url`; None if it is as it must be."""
    with _connected(url) as connection:
        try:
            check_not_older(connection, tables)
        except ConfigurationError as error:
            return str(error)
        found = revision(connection, tables)
        lacks = list(lacking(connection, tables))
        if found is None and len(lacks) == len(tables.all()):
            return "There are no tables of marketpay's in the database; run: marketpay db upgrade."
        if found not in (None, HEAD):
            return str(other_revision(str(found)))
        return f"The database lacks {', '.join(lacks)}." if lacks else None


def sql(name: str, since: str | None, tables: Tables) -> str:
    """What makes the tables, or changes those of the revision `since`, to be run by a client."""
    dialect = _dialect(name)
    if since is None:
        made = _making(dialect, tables)
        return made if dialect == "mariadb" else f"BEGIN;\n\n{made}COMMIT;\n"
    changed = _changing(dialect, since, tables)
    is_sqlite = dialect == "sqlite"  # the setting ends with the client
    return f"PRAGMA foreign_keys = OFF;\n\n{changed}" if is_sqlite else changed


def _making(dialect: str, tables: Tables) -> str:
    made = make_url(f"{DIALECTS[dialect]}://").get_dialect()()
    return "".join(f"{statement};\n\n" for statement in statements(made, tables))


def _changing(dialect: str, since: str, tables: Tables) -> str:
    known = [f"{number:04}" for number in range(1, int(HEAD) + 1)]
    if since not in known:
        raise ConfigurationError(f"There is no revision {since}; there are {', '.join(known)}.")
    written: str = _upgrading().written(dialect, tables, since)
    return written


def _dialect(name: str) -> str:
    said = backend_of(name).dialect.name if "://" in name else name
    dialect = ALIASES.get(said, said)
    if dialect not in DIALECTS:
        raise ConfigurationError(f"SQL is written for {', '.join(DIALECTS)}, not for {said}.")
    return dialect


def _upgrading() -> ModuleType:
    """What needs Alembic, which nothing else does."""
    try:
        from marketpay.adapters.sql.migrations import upgrading
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in ("alembic", "mako"):
            raise
        raise MissingDependency("alembic", "sql") from None
    return upgrading


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection that changes nothing: no file is made, and no setting of one changed."""
    backend = backend_of(url)
    with opened(url, backend):
        if backend.dialect.name == "sqlite":
            engine = create_engine("sqlite://", creator=lambda: _only_read(url), poolclass=NullPool)
        else:
            engine = backend.open_engine(url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                inspect(connection)
                yield connection
        finally:
            engine.dispose()


def _only_read(url: str) -> sqlite3.Connection:
    file = make_url(url).database
    if not file or not Path(file).is_file():
        raise ConfigurationError(f"There is no database at {url}.")
    return sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True)
