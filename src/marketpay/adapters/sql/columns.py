"""What the tables are made of."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TextClause,
    UniqueConstraint,
    column,
)
from sqlalchemy.schema import conv

from marketpay.adapters.sql.conditions import CURRENCY, Condition
from marketpay.adapters.sql.types import MARIADB, Minor, key

PREFIX: Final = "marketpay_"

# MariaDB's usual collation makes one owner of "Bob" and "bob ".
OPTIONS: Final[dict[str, Any]] = {
    f"{name}_{option}": value
    for name in MARIADB
    for option, value in (
        ("engine", "InnoDB"),
        ("default_charset", "utf8mb4"),
        ("collate", "utf8mb4_nopad_bin"),
    )
}

Id = key(90)
Party = key(255)
Code = key(64)


def one_of(name: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """The column has one of these texts."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{name} IN ({allowed})", name=name)


def is_currency() -> CheckConstraint:
    """The column `currency` has a code as one can be registered: capitals and digits."""
    return CheckConstraint(CURRENCY, name="currency")


def joined(key: str, first: str, second: str) -> CheckConstraint:
    """A key that has to be unique is made of these two columns, where it is not NULL."""
    made = column(first, String()) + ":" + column(second, String())
    return CheckConstraint(column(key, String()) == made, name=key)


def parties() -> CheckConstraint:
    """A customer and a contractor, and not the same."""
    return CheckConstraint(
        "customer <> '' AND contractor <> '' AND contractor <> customer", name="parties"
    )


def minor(name: str, **options: Any) -> Column[int]:
    """An amount in whole minor units."""
    return Column(name, Minor, nullable=options.pop("nullable", False), **options)


@frozen
class Maker:
    """Makes tables, and names them and all that belongs to them."""

    metadata: MetaData
    prefix: str = PREFIX
    schema: str | None = None

    def table(self, name: str, *parts: Any, **options: Any) -> Table:
        """One of our tables."""
        made = Table(
            f"{self.prefix}{name}", self.metadata, *parts, schema=self.schema, **OPTIONS, **options
        )
        for constraint in made.constraints:
            if not isinstance(constraint, PrimaryKeyConstraint):  # each engine names its own
                constraint.name = conv(_name(constraint, made))
            if isinstance(constraint, CheckConstraint):
                _say(constraint)
        return made

    def entity(self, name: str, *parts: Any) -> Table:
        """The table of one kind of entity."""
        return self.table(
            name,
            Column("id", Id, primary_key=True),
            Column("version", Integer, nullable=False),
            *parts,
            CheckConstraint("version > 0", name="version"),
        )

    def to(self, table: str) -> ForeignKey:
        """A reference to another of our tables."""
        place = f"{self.schema}." if self.schema else ""
        return ForeignKey(f"{place}{self.prefix}{table}.id")

    def index(self, name: str, *columns: Column[Any], where: Any = None) -> Index:
        """An index, of the rows for which `where` is true on the engines that can say so."""
        return Index(
            f"{columns[0].table.name}_{name}",
            *columns,
            sqlite_where=where,
            postgresql_where=where,
        )


def _say(constraint: Any) -> None:
    """To each engine in its words."""
    if isinstance(constraint.sqltext, TextClause):
        constraint.sqltext = Condition(constraint.sqltext.text)


def _name(constraint: Any, table: Table) -> str:
    match constraint:
        case UniqueConstraint(columns=columns):
            return f"{table.name}_{next(iter(columns)).name}_key"
        case ForeignKeyConstraint(column_keys=[first, *_]):
            return f"{table.name}_{first}_fkey"
        case _:
            return f"{table.name}_{constraint.name}"
