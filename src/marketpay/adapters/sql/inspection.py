"""What a database lacks of our tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.engine import Inspector

from marketpay.adapters.sql.guards import GUARDED, triggers
from marketpay.adapters.sql.schema import Tables

TRIGGER: Final = re.compile(r"CREATE TRIGGER (?:[\"`]\w+[\"`]\.)?(\w+)")

POSTGRESQL: Final = """SELECT tgname FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE NOT tgisinternal AND tgenabled <> 'D' AND nspname = COALESCE(:schema, current_schema())"""

MARIADB: Final = """SELECT trigger_name FROM information_schema.triggers
WHERE trigger_schema = COALESCE(:schema, DATABASE())"""


def lacking(connection: Connection, tables: Tables) -> Iterator[str]:
    """Each table, column, constraint, index and trigger that is not there, in plain words."""
    looked, triggered = inspect(connection), _triggers(connection, tables.schema)
    for table in tables.all():
        if not looked.has_table(table.name, schema=table.schema):
            yield f"the table {table}"
            continue
        yield from _columns(looked, table)
        for what, name in _named(table):
            if name not in _names(looked, table, what):
                yield f"the {what} {name}"
        for name in guards_of(table, connection):
            if name not in triggered:
                yield f"the trigger {name}"


def begun(connection: Connection, tables: Tables) -> list[Table]:
    """The tables that are there."""
    there = inspect(connection).get_table_names(tables.schema)
    return [table for table in tables.all() if table.name in there]


def lacking_columns(connection: Connection, there: list[Table]) -> list[str]:
    """What these tables lack of columns: somebody else's of the same names do."""
    looked = inspect(connection)
    return [lack for table in there for lack in _columns(looked, table)]


def missing_triggers(connection: Connection, tables: Tables) -> list[str]:
    """The names of the triggers that are not there, or are switched off."""
    there = _triggers(connection, tables.schema)
    made = (name for table in tables.all() for name in guards_of(table, connection))
    return [name for name in made if name not in there]


def guards_of(table: Table, connection: Connection) -> dict[str, str]:
    """What makes each of the table's triggers, by its name."""
    if not table.info.get(GUARDED):
        return {}
    made = list(triggers(table, connection.dialect.name))
    return {found[1]: one for one in made if (found := TRIGGER.search(one))}


def _columns(looked: Inspector, table: Table) -> Iterator[str]:
    there = {one["name"]: one for one in looked.get_columns(table.name, table.schema)}
    for column in table.columns:
        if column.name not in there:
            yield f"the column {table}.{column.name}"
        elif there[column.name]["nullable"] and not column.nullable:
            yield f"NOT NULL on the column {table}.{column.name}"


def _named(table: Table) -> Iterator[tuple[str, str]]:
    """Constraints and indexes, and what each is."""
    kinds: dict[type[Any], str] = {
        CheckConstraint: "check",
        UniqueConstraint: "unique constraint",
        ForeignKeyConstraint: "foreign key",
    }
    for constraint in table.constraints:
        if what := kinds.get(type(constraint)):
            yield what, str(constraint.name)
    for index in table.indexes:
        yield "index", str(index.name)


def _names(looked: Inspector, table: Table, what: str) -> set[str | None]:
    """The names of those that are there; the inspector remembers what it has read."""
    where = table.name, table.schema
    found: Any
    match what:
        case "check":
            found = looked.get_check_constraints(*where)
        case "unique constraint":
            found = looked.get_unique_constraints(*where)
        case "foreign key":
            found = looked.get_foreign_keys(*where)
        case _:
            found = looked.get_indexes(*where)
    return {one["name"] for one in found}


def _triggers(connection: Connection, schema: str | None) -> set[str]:
    match connection.dialect.name:
        case "sqlite":
            place = f'"{schema}".' if schema else ""
            asked = text(f"SELECT name FROM {place}sqlite_master WHERE type = 'trigger'")  # noqa: S608  # names
            return set(connection.execute(asked).scalars())
        case "postgresql":
            asked = text(POSTGRESQL)
        case _:
            asked = text(MARIADB)
    return set(connection.execute(asked, {"schema": schema}).scalars())
