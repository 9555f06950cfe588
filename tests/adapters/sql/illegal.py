"""How an illegal write is said, in SQL that every engine understands."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from sqlalchemy import Integer, Table
from sqlalchemy.engine import Dialect


def quote(dialect: Dialect, name: str) -> str:
    """A name as it can be said."""
    preparer: Any = dialect.identifier_preparer
    return str(preparer.quote(name))


@frozen
class Change:
    """Rows are updated: the first of those that are meant, or all of them."""

    to: str
    where: str = "1 = 1"
    all: bool = False

    def sql(self, table: Table, _: Dialect) -> list[str]:
        """The statement."""
        where = self.where
        if not self.all:
            first = f"SELECT MIN(id) AS first FROM {table.name} WHERE {where}"
            where = f"id = (SELECT first FROM ({first}) AS found)"
        return [f"UPDATE {table.name} SET {self.to} WHERE {where}"]


@frozen
class Copy:
    """A row is inserted that is as another but for these values; a number is not copied."""

    but: dict[str, str] = field(factory=dict)
    where: str = "1 = 1"

    def sql(self, table: Table, dialect: Dialect) -> list[str]:
        """The statement."""
        cells = {
            quote(dialect, column.name): quote(dialect, column.name)
            for column in table.c
            if column.name != "id" or not isinstance(column.type, Integer)
        }
        cells |= {quote(dialect, name): value for name, value in self.but.items()}
        names, values = ", ".join(cells), ", ".join(cells.values())
        source = f"{table.name} WHERE {self.where} LIMIT 1"
        return [f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}"]


@frozen
class Several:
    """Statements of which the last is the illegal one."""

    given: tuple[Change | Copy | str, ...]

    def sql(self, table: Table, dialect: Dialect) -> list[str]:
        """The statements."""
        said = [[one] if isinstance(one, str) else one.sql(table, dialect) for one in self.given]
        return [statement for some in said for statement in some]


Write = Change | Copy | Several
