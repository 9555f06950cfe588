"""Column types that mean the same on every engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

MARIADB: Final = ("mariadb", "mysql")  # by what names SQLAlchemy knows it

Minor = BigInteger  # whole minor units of the currency beside it
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite: an alias of its row id
LongText = Text().with_variant(mysql.LONGTEXT, *MARIADB)  # MariaDB: its TEXT ends at 64 kB


def key(length: int) -> String:
    """Ids, owners, keys and codes: compared byte by byte.

    On MariaDB that is the collation of the whole table.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """A moment.  Aware on both sides of the store, and UTC coming out of it.

    SQLite has no such type: there it is ISO 8601 text of one width, which sorts by time.
    MariaDB's has no zone: there it is UTC.
    """

    impl = DateTime  # type: ignore[mutable-override]  # as SQLAlchemy wants it
    cache_ok = True  # type: ignore[mutable-override]  # likewise

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """See `TypeDecorator.load_dialect_impl`."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        if dialect.name in MARIADB:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def binder(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What the driver takes, as a plain function: one call for each value."""
        if dialect.name == "sqlite":
            return _to_text
        return _to_naive if dialect.name in MARIADB else _to_utc

    def reader(self, dialect: Dialect) -> Callable[[Any], datetime | None]:
        """The reverse."""
        if dialect.name == "sqlite":
            return _from_text
        return _from_naive if dialect.name in MARIADB else _to_utc

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """See `TypeDecorator.process_bind_param`."""
        return self.binder(dialect)(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """See `TypeDecorator.process_result_value`."""
        return self.reader(dialect)(value)


def _to_utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo is UTC else time.astimezone(UTC)


def _to_text(time: datetime | None) -> str | None:
    utc = _to_utc(time)
    return None if utc is None else _text(utc)


@lru_cache(maxsize=64)  # all that one decision writes is of one moment
def _text(utc: datetime) -> str:
    return utc.isoformat(timespec="microseconds")


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _to_naive(time: datetime | None) -> datetime | None:
    utc = _to_utc(time)
    return None if utc is None else utc.replace(tzinfo=None)


def _from_naive(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)
