"""Statements for many rows at once, made of those for one.

PostgreSQL takes an array for each column: one statement, however many rows, where the driver's
`executemany` sends each row by itself.  Elsewhere a statement for one row is run for many.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import Table, bindparam, select

from marketpay.adapters.sql.arrays import array
from marketpay.adapters.sql.line import Row, Write
from marketpay.adapters.sql.mapping import columns_of
from marketpay.adapters.sql.statements import Compiler, Statement
from marketpay.domain.entity import Entity

PARAMETER: Final = re.compile(r"\$(\d+)::([A-Z]+(?: WITH TIME ZONE)?)")
VALUES: Final = re.compile(r"VALUES \((.*?)\)")
CHANGE: Final = re.compile(r"WITH changed AS \((.*) WHERE (.*) RETURNING 1\) ")


@frozen
class Many:
    """A statement for many rows."""

    statement: Statement
    sql: str
    takes_arrays: bool

    def write(self, rows: Sequence[Row], guarded: Entity | None = None) -> Write:
        """Run it for these; a guarded one must hit a row for each."""
        if not self.takes_arrays:
            return Write(self.sql, rows, guarded)
        return Write(self.sql, [self.row(rows)])

    def row(self, rows: Sequence[Row]) -> Row:
        """All of them as the arrays of their columns."""
        return tuple([array(column) for column in zip(*rows, strict=True)])


@frozen
class BulkSql:
    """Compiled when first used, then kept."""

    compiler: Compiler
    _known: dict[Any, Many] = field(factory=dict)
    _numbers: dict[int, Statement] = field(factory=dict)

    @property
    def takes_arrays(self) -> bool:
        """Whether a parameter can be an array."""
        return self.compiler.is_counted

    def insert(self, table: Table, *names: str) -> Many:
        """INSERT of these columns, all of them if none is named."""
        made = self._known.get((table, names))
        if made is None:
            made = self._known[table, names] = self.many(self.compiler.insert(table, names))
        return made

    def many(self, insert: Statement) -> Many:
        """INSERT of many rows."""
        sql = insert.sql
        if self.takes_arrays:
            # Of what the compiler has written: no value is in it.
            sql = VALUES.sub(lambda found: f"SELECT * FROM {_given(found[1])}", sql)  # noqa: S608
        return Many(insert, sql, self.takes_arrays)

    def update(self, table: Table, kind: type[Entity], names: tuple[str, ...]) -> Many:
        """UPDATE of these fields and the version, where nobody else has changed a row.

        See `Compiler.update` and `Mapper.update`.
        """
        made = self._known.get((kind, names))
        if made is None:
            columns = [column for name in names for column in columns_of(kind, name)]
            made = self._known[kind, names] = self._update(table, columns)
        return made

    def _update(self, table: Table, columns: Sequence[str]) -> Many:
        update = self.compiler.update(table, columns)
        if not self.takes_arrays:
            return Many(update, update.sql, takes_arrays=False)
        found = CHANGE.match(update.sql)
        assert found is not None  # it is what `Compiler.update` makes
        change, where = (PARAMETER.sub(r"given.p\1", part) for part in found.groups())
        given = _given(update.sql, names=True)
        # Likewise, with its parameters made columns of the arrays.
        sql = (
            f"WITH changed AS ({change} FROM {given} WHERE {where} RETURNING 1) "  # noqa: S608
            "SELECT 1 / (count(*) = cardinality($1))::int FROM changed"
        )
        return Many(update, sql, takes_arrays=True)

    def lock(self, table: Table) -> str:
        """Take the rows of an array of ids in the one order in which everybody takes them."""
        name = self.compiler.dialect.identifier_preparer.format_table(table)
        # The name is that of our own table, quoted as the dialect does.
        locked = f"SELECT id FROM {name} WHERE id = ANY($1::VARCHAR[])"  # noqa: S608
        return f"SELECT count(*) FROM ({locked} ORDER BY id FOR NO KEY UPDATE) AS mine"  # noqa: S608

    @cached_property
    def journal(self) -> Many:
        """INSERT of records; with arrays it tells the number that each attempt was given."""
        table = self.compiler.tables.journal
        names = [column.name for column in table.c if column.name != "id"]
        insert = self.many(self.compiler.insert(table, names))
        if not self.takes_arrays:
            return insert
        plain = insert.sql.partition(" RETURNING ")[0]
        return evolve(insert, sql=f"{plain} RETURNING attempt, id")

    @cached_property
    def timers(self) -> Many:
        """Set timers, whether they are there or not."""
        table = self.compiler.tables.timers
        return self.many(self.compiler.upsert(table, lambda _, given: given))

    def numbers(self, attempts: int) -> Statement:
        """The numbers that so many attempts were given."""
        made = self._numbers.get(attempts)
        if made is None:
            table = self.compiler.tables.journal
            names: list[Any] = [bindparam(f"attempt_{n}") for n in range(attempts)]
            found = select(table.c.attempt, table.c.id).where(table.c.attempt.in_(names))
            made = self._numbers[attempts] = self.compiler.compile(found)
        return made


def _given(parameters: str, *, names: bool = False) -> str:
    found = PARAMETER.findall(parameters)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in found)
    called = ", ".join(f"p{number}" for number, _ in found)
    return f"unnest({arrays}) AS given({called})" if names else f"unnest({arrays})"
