"""What the revisions are written in.  It does not change: they say what was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from alembic import op
from attrs import Factory, frozen
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import conv
from sqlalchemy.types import TypeDecorator, TypeEngine

MARIADB: Final = ("mariadb", "mysql")
PREFIX: Final = "marketpay_"

Minor = BigInteger
Number = BigInteger().with_variant(Integer, "sqlite")
LongText = Text().with_variant(mysql.LONGTEXT, *MARIADB)

OPTIONS: Final[dict[str, Any]] = {
    f"{name}_{option}": value
    for name in MARIADB
    for option, value in (
        ("engine", "InnoDB"),
        ("default_charset", "utf8mb4"),
        ("collate", "utf8mb4_nopad_bin"),
    )
}


def key(length: int) -> String:
    """Text that is compared byte by byte."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id, Party, Code = key(90), key(255), key(64)


class UtcTime(TypeDecorator[datetime]):
    """A moment: ISO 8601 text in SQLite, without a zone in MariaDB."""

    impl = DateTime  # type: ignore[mutable-override]  # as SQLAlchemy wants it
    cache_ok = True  # type: ignore[mutable-override]  # likewise

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """See `TypeDecorator.load_dialect_impl`."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        if dialect.name in MARIADB:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """See `TypeDecorator.process_bind_param`."""
        if value is None or dialect.name not in ("sqlite", *MARIADB):
            return value
        utc = value.astimezone(UTC)
        is_text = dialect.name == "sqlite"
        return utc.isoformat(timespec="microseconds") if is_text else utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """See `TypeDecorator.process_result_value`."""
        if value is None:
            return None
        time: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def minor(name: str, **options: Any) -> Column[int]:
    """An amount in whole minor units."""
    return Column(name, Minor, nullable=options.pop("nullable", False), **options)


def counted() -> Column[int]:
    """A number that the database counts."""
    return Column("id", Number, Identity(always=False), primary_key=True)


def check(name: str, condition: str) -> CheckConstraint:
    """What is true of every row."""
    return CheckConstraint(condition, name=name)


def one_of(column: str, *values: str) -> CheckConstraint:
    """The column has one of these texts."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return check(column, f"{column} IN ({allowed})")


CURRENCY: Final = (
    "currency BETWEEN 'A' AND 'ZZZZZZZZZZZZ' AND currency = UPPER(currency)"
    " AND LENGTH(currency) BETWEEN 3 AND 12"
)
MATCHED: Final = "currency ~ '^[A-Z][A-Z0-9]{2,11}$'"
LISTED: Final = re.compile(r"(?P<name>\w+) (?P<without>NOT )?IN \((?P<words>'[^()]+')\)")
WORD: Final = re.compile("'[^']*'")


def worded(condition: str, dialect: str) -> str:
    """The same as an engine is told it: lists of words take two of them long for each row."""

    def array(listed: re.Match[str]) -> str:
        words = ",".join(word.strip("'") for word in WORD.findall(listed["words"]))
        how = "<> ALL" if listed["without"] else "= ANY"
        return f"{listed['name']} {how} ('{{{words}}}')"

    def comparisons(listed: re.Match[str]) -> str:
        words = WORD.findall(listed["words"])
        how, between = ("<>", " AND ") if listed["without"] else ("=", " OR ")
        name = listed["name"]
        return f"({between.join(f'{name} {how} {word}' for word in words)})"

    match dialect:
        case "postgresql":
            return LISTED.sub(array, condition.replace(CURRENCY, MATCHED))
        case "sqlite":
            return LISTED.sub(comparisons, condition)
        case _:
            return condition


def joined(key: str, first: str, second: str) -> ColumnElement[bool]:
    """What is true of a key that is made of two columns, where it is not NULL."""
    return column(key, String()) == column(first, String()) + ":" + column(second, String())


@frozen
class Place:
    """Where the tables are, what they begin with, and their definitions of one revision."""

    prefix: str = PREFIX
    schema: str | None = None
    metadata: MetaData = Factory(MetaData)

    @classmethod
    def of_context(cls) -> Place:
        """As whoever runs the revisions configured Alembic's context."""
        options = op.get_context().opts
        return cls(options.get("marketpay_prefix", PREFIX), options.get("marketpay_schema"))

    def name(self, table: str) -> str:
        """A table's name as the database knows it."""
        return f"{self.prefix}{table}"

    def __getitem__(self, table: str) -> Table:
        """A table that was defined."""
        return self.metadata.tables[self._qualified(table)]

    def table(self, name: str, *parts: Any, **options: Any) -> Table:
        """Define a table."""
        made = Table(
            self.name(name), self.metadata, *parts, schema=self.schema, **OPTIONS, **options
        )
        made.primary_key.name = conv(f"{made.name}_pkey")
        for constraint in made.constraints:
            if constraint is not made.primary_key:
                constraint.name = conv(_name(constraint, made))
        return made

    def entity(self, name: str, *parts: Any) -> Table:
        """Define the table of one kind of entity."""
        return self.table(
            name,
            Column("id", Id, primary_key=True),
            Column("version", Integer, nullable=False),
            *parts,
            check("version", "version > 0"),
        )

    def to(self, table: str) -> ForeignKey:
        """A reference to another table."""
        return ForeignKey(f"{self._qualified(table)}.id")

    def _qualified(self, table: str) -> str:
        return f"{self.schema}.{self.name(table)}" if self.schema else self.name(table)


def index(name: str, *columns: Column[Any], where: Any = None) -> Index:
    """Define an index; its name begins with its table's."""
    table = columns[0].table.name
    return Index(f"{table}_{name}", *columns, sqlite_where=where, postgresql_where=where)


def _name(constraint: Any, table: Table) -> str:
    match constraint:
        case UniqueConstraint(name=conv() as name):
            return name
        case UniqueConstraint(columns=columns):
            return f"{table.name}_{'_'.join(column.name for column in columns)}_key"
        case ForeignKeyConstraint(column_keys=keys):
            return f"{table.name}_{'_'.join(keys)}_fkey"
        case _:
            return f"{table.name}_{constraint.name}"
