"""Statements, compiled once for a dialect and run on the driver's own cursor.

Building and compiling an expression at each call costs more than the statement itself, so
SQLAlchemy says each once, as text with its parameters in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import Factory, evolve, field, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    bindparam,
    delete,
    insert,
    literal_column,
    update,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from marketpay.adapters.sql.schema import Tables
from marketpay.adapters.sql.types import MARIADB, UtcTime

Binder = Callable[[Any], Any]


def written(argument: str, expression: str, scope: dict[str, Any]) -> Callable[[Any], Any]:
    """A function of one argument, written out: no loop over names at each call."""
    made: Callable[[Any], Any] = eval(f"lambda {argument}: {expression}", scope)  # noqa: S307
    return made


def written_out(
    name: str, arguments: str, lines: Iterable[str], scope: dict[str, Any]
) -> Callable[..., Any]:
    """A function of several lines."""
    body = "".join(f"\n    {line}" for line in lines)
    exec(f"def {name}({arguments}):{body}", scope)  # noqa: S102  # of our own names
    made: Callable[..., Any] = scope[name]
    return made


def _row_maker(statement: Statement) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return _maker(statement, "values.get({!r})", "values[{!r}]")


def row_of(statement: Statement) -> Callable[[Any], tuple[Any, ...]]:
    """What makes the parameters of a value's attributes."""
    return _maker(statement, "values.{}", "values.{}")


def _maker(statement: Statement, bound: str, plain: str) -> Callable[[Any], tuple[Any, ...]]:
    scope: dict[str, Any] = {}
    terms = []
    for number, name in enumerate(statement.names):
        if name in statement.binders:
            scope[f"bind_{number}"] = statement.binders[name]
            terms.append(f"bind_{number}({bound.format(name)})")
        else:
            terms.append(plain.format(name))
    return written("values", f"({''.join(f'{term}, ' for term in terms)})", scope)


@frozen
class Statement:
    """SQL text, the names of its parameters in their order, and how they are bound.

    `row` makes of values by name the parameters as the driver takes them.
    """

    sql: str
    names: tuple[str, ...]
    binders: Mapping[str, Binder] = field(factory=dict)
    row: Callable[[Mapping[str, Any]], tuple[Any, ...]] = field(
        init=False, default=Factory(_row_maker, takes_self=True)
    )


def binder(column: Column[Any], dialect: Dialect) -> Binder | None:
    """What makes of a value what the driver takes for this column, if it does not as it is."""
    if isinstance(column.type, UtcTime):
        return column.type.binder(dialect)
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def reader(column: Column[Any], dialect: Dialect) -> Binder | None:
    """The reverse."""
    if isinstance(column.type, UtcTime):
        return column.type.reader(dialect)
    return column.type.dialect_impl(dialect).result_processor(dialect, None)


PIPELINED: Final = ("postgresql", "cockroachdb")


class Compiler:
    """Compiles for one dialect and these tables."""

    def __init__(self, dialect: Dialect, tables: Tables) -> None:
        self.dialect = dialect
        self.tables = tables
        self.is_counted = self._guards_itself = dialect.name in PIPELINED

    def compile(self, expression: ClauseElement, **typed: Column[Any]) -> Statement:
        """A statement; `typed` parameters are bound as that column's values are."""
        compiled: Any = expression.compile(dialect=self.dialect)
        names = tuple(compiled.positiontup or ())
        binders = {
            name: how
            for name, column in typed.items()
            if (how := binder(column, self.dialect)) is not None
        }
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        for name, value in fixed.items():
            binders[name] = _constant(value)
        return Statement(str(compiled), names, binders)

    def insert(
        self, table: Table, names: Iterable[str] | None = None, **given: ColumnElement[Any]
    ) -> Statement:
        """INSERT of these columns (all of them), by name; `given` ones are computed there."""
        columns = [table.c[name] for name in names] if names else list(table.c)
        values = self._values(columns, given)
        return self.compile(insert(table).inline().values(values), **_typed(columns, given))

    def insert_part(self, table: Table, names: Iterable[str] | None = None) -> Statement:
        """INSERT of what belongs to the record that this transaction has just written.

        PostgreSQL knows that record's number itself: nobody has to wait for it.
        """
        return self.insert(table, names, **({"journal": self._last()} if self.is_counted else {}))

    def _last(self) -> ColumnElement[int]:
        place = f"{self.tables.schema}." if self.tables.schema else ""
        return literal_column(f"currval('{place}{self.tables.journal.name}_id_seq')")

    def upsert(self, table: Table, new: Callable[[Any, Any], ColumnElement[Any]]) -> Statement:
        """INSERT, or where the key is there: the last column becomes `new(kept, given)`."""
        columns = list(table.c)
        keys, changed = list(table.primary_key.columns), columns[-1]
        values = self._values(columns, {})
        made: Any
        if self.dialect.name in MARIADB:
            made = mysql.insert(table).values(values)
            made = made.on_duplicate_key_update(
                {changed: new(changed, made.inserted[changed.name])}
            )
        else:
            dialect = postgresql if self.dialect.name == "postgresql" else sqlite
            made = dialect.insert(table).values(values)
            update = {changed.name: new(changed, made.excluded[changed.name])}
            made = made.on_conflict_do_update(index_elements=keys, set_=update)
        return self.compile(made, **_typed(columns, {}))

    def update(self, table: Table, names: Iterable[str]) -> Statement:
        """UPDATE of these columns and the version, guarded by `old_id` and `old_version`.

        PostgreSQL's raises an error itself where there is no such version, so that the COMMIT
        that was sent after it cannot take effect.
        """
        columns = [table.c[name] for name in (*names, "version")]
        values: dict[Any, Any] = {column: bindparam(column.name) for column in columns}
        mine = (
            table.c.id == bindparam("old_id"),
            table.c.version == bindparam("old_version"),
        )
        update_ = update(table).where(*mine).values(values)
        if not self._guards_itself:
            return self.compile(update_, **_typed(columns, {}))
        done = self.compile(update_.returning(literal_column("1")), **_typed(columns, {}))
        checked = f"WITH changed AS ({done.sql}) SELECT 1 / count(*) FROM changed"  # noqa: S608
        return evolve(done, sql=checked)

    def delete(self, table: Table, *names: str) -> Statement:
        """DELETE of the rows with these columns' values."""
        mine = (table.c[name] == bindparam(name) for name in names)
        return self.compile(delete(table).where(*mine), **{name: table.c[name] for name in names})

    def _values(
        self, columns: Iterable[Column[Any]], given: Mapping[str, ColumnElement[Any]]
    ) -> dict[Any, Any]:
        return {column: given.get(column.name, bindparam(column.name)) for column in columns}


def _typed(columns: Iterable[Column[Any]], given: Mapping[str, Any]) -> dict[str, Column[Any]]:
    return {column.name: column for column in columns if column.name not in given}


def _constant(value: Any) -> Binder:
    return lambda _: value


def literal(value: str | int) -> Any:
    """A constant of ours, written into the text of a statement."""
    return literal_column(f"'{value}'" if isinstance(value, str) else str(value))


def literals(values: Iterable[str]) -> list[Any]:
    """Some of them."""
    return [literal(str(value)) for value in values]
