"""Making the tables in an empty database, and refusing one of another version."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from marketpay.adapters.sql import books
from marketpay.adapters.sql.columns import metadata
from marketpay.adapters.sql.reading import Cursor
from marketpay.adapters.sql.schema import VERSION
from marketpay.domain.errors import ConfigurationError

NAME = books.schema_version.name


def statements(dialect: Dialect) -> Iterator[str]:
    """What makes the tables, parents before children."""
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))


def prepare(cursor: Cursor, dialect: Dialect) -> None:
    """Within a transaction that holds the write lock: make the tables, or check their version."""
    cursor.execute("SELECT name FROM sqlite_master WHERE name = ?", (NAME,))
    if not cursor.fetchall():
        for statement in statements(dialect):
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO {NAME} (version) VALUES (?)", (VERSION,))  # noqa: S608
        return
    cursor.execute(f"SELECT version FROM {NAME}")  # noqa: S608  # our own constant
    found = [version for (version,) in cursor.fetchall()]
    if found != [VERSION]:
        raise ConfigurationError(
            f"The database has version {found[0] if found else 'unknown'} of marketpay's tables "
            f"and this package needs version {VERSION}; run: marketpay db upgrade (if the database "
            "is the newer one, upgrade the package first)."
        )
