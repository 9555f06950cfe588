"""What the tables are made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
)

from marketpay.adapters.sql.types import Minor, key

PREFIX: Final = "marketpay_"

NAMING: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(naming_convention=NAMING)

Id = key(90)
Party = key(255)
Code = key(64)


def to(table: str) -> ForeignKey:
    """A reference to another of our tables."""
    return ForeignKey(f"{PREFIX}{table}.id")


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column has one of these texts."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def minor(name: str, **options: Any) -> Column[int]:
    """An amount in whole minor units."""
    return Column(name, Minor, nullable=options.pop("nullable", False), **options)


def entity(name: str, *parts: Any) -> Table:
    """The table of one kind of entity."""
    return Table(
        f"{PREFIX}{name}",
        metadata,
        Column("id", Id, primary_key=True),
        Column("version", Integer, nullable=False),
        *parts,
        CheckConstraint("version > 0", name="version"),
    )
