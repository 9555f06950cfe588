"""Steps of a revision that can be taken again.

MariaDB commits each change of a table by itself.  Where a revision broke off, it is run again
from its beginning, so each step looks whether it was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import Column, Connection, Table, UniqueConstraint, inspect, text
from sqlalchemy.engine import Inspector
from sqlalchemy.schema import CreateTable, conv
from sqlalchemy.types import TypeEngine

POSTGRESQL_GUARD: Final = """CREATE OR REPLACE FUNCTION {guard}() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{name} is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$"""

POSTGRESQL_TRIGGER: Final = """CREATE OR REPLACE TRIGGER {name}_no_{word} BEFORE {act} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {guard}()"""

SQLITE_TRIGGER: Final = """CREATE TRIGGER IF NOT EXISTS {place}{name}_no_{word}
BEFORE {act} ON {name} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"""

MARIADB_TRIGGER: Final = """CREATE TRIGGER IF NOT EXISTS {place}{name}_no_{word} BEFORE {act}
ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name} is append-only'"""


def connected() -> Connection | None:
    """The connection; None where SQL is only written down."""
    return None if op.get_context().as_sql else op.get_bind()


def qualified(table: Table) -> str:
    """The table's name in an SQL statement, with its place."""
    return op.get_context().dialect.identifier_preparer.format_table(table)


def add_column(table: Table, name: str, kind: TypeEngine[Any]) -> None:
    """Give the table a column that may be empty, to be filled."""
    looked = _inspected()
    there = looked.get_columns(table.name, table.schema) if looked else ()
    if name not in {one["name"] for one in there}:
        op.add_column(table.name, Column(name, kind), schema=table.schema)
    if name not in table.columns:
        table.append_column(Column(name, kind))


@contextmanager
def reshaped(table: Table) -> Iterator[BatchOperations]:
    """Its columns and constraints are changed.

    SQLite makes the table anew, without its indexes: they come after.
    """
    table.indexes.clear()
    kept = {"sqlite_with_rowid": table.dialect_options["sqlite"]["with_rowid"]}
    with op.batch_alter_table(
        table.name, schema=table.schema, copy_from=table, table_kwargs=kept
    ) as batch:
        yield batch


def made_anew(table: Table, fills: Mapping[str, str | None]) -> None:
    """SQLite cannot change what is true of a table's rows: they move to a new one of its name.

    `fills` are its new columns, each with the value in SQL of the rows that are there.  Indexes
    and triggers come after.
    """
    new = table.to_metadata(table.metadata, name=f"{table.name}_new")
    for constraint in new.constraints:
        if isinstance(constraint, UniqueConstraint):  # of a column: its name is not copied
            [column] = constraint.columns
            constraint.name = conv(f"{table.name}_{column.name}_key")
    kept = [column.name for column in table.columns if column.name not in fills]
    columns = ", ".join(f'"{name}"' for name in (*kept, *fills))
    values = ", ".join(
        (*(f'"{name}"' for name in kept), *(fill or "NULL" for fill in fills.values()))
    )
    op.execute(CreateTable(new))
    op.execute(f'INSERT INTO "{new.name}" ({columns}) SELECT {values} FROM "{table.name}"')  # noqa: S608  # our own names
    op.drop_table(table.name)
    op.rename_table(new.name, table.name)
    table.metadata.remove(new)


def indexed(table: Table, name: str, columns: Sequence[str], where: str | None) -> None:
    """Make an index unless it is there, of the rows that are so on the engines that can say it."""
    condition = None if where is None else text(where)
    op.create_index(
        f"{table.name}_{name}",
        table.name,
        [*columns],
        schema=table.schema,
        if_not_exists=True,
        postgresql_where=condition,
        sqlite_where=condition,
    )


def constraints_of(table: Table) -> set[str]:
    """The names of its unique and check constraints; as they were, if SQL is only written."""
    looked = _inspected()
    if looked is None:
        return {str(one.name) for one in table.constraints}
    checks = looked.get_check_constraints(table.name, table.schema)
    uniques = looked.get_unique_constraints(table.name, table.schema)
    return {str(one["name"]) for one in (*checks, *uniques)}


def guard(table: Table) -> None:
    """Make UPDATE and DELETE fail."""
    preparer = op.get_context().dialect.identifier_preparer
    place = f"{preparer.quote_schema(table.schema)}." if table.schema else ""
    names = {
        "place": place,
        "name": table.name,
        "table": qualified(table),
        "guard": f"{place}{table.name}_guard",
    }
    acts = ["UPDATE", "DELETE"]
    match op.get_context().dialect.name:
        case "sqlite":
            form = SQLITE_TRIGGER
        case "postgresql":
            op.execute(POSTGRESQL_GUARD.format(**names))
            form = POSTGRESQL_TRIGGER
            acts.append("TRUNCATE")
        case _:
            form = MARIADB_TRIGGER
    for act in acts:
        op.execute(form.format(act=act, word=act.lower(), **names))


def _inspected() -> Inspector | None:
    """A fresh look at what is there; None where SQL is only written down."""
    connection = connected()
    return None if connection is None else inspect(connection)
