"""Triggers that keep the append-only tables from being changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import DDL, Table, event

ddl: Any = DDL  # which SQLAlchemy has not typed

GUARDED: Final = "marketpay: append-only"  # in a table's `info`

SQLITE = """CREATE TRIGGER {trigger} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"""

MARIADB = """CREATE TRIGGER {trigger} BEFORE {act} ON {table} FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name} is append-only'"""

POSTGRESQL_FUNCTION = """CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{name} is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$"""

POSTGRESQL = """CREATE TRIGGER {trigger} BEFORE {act} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {function}()"""


def triggers(table: Table, dialect: str) -> Iterator[str]:
    """What makes UPDATE and DELETE fail, in the engine's own words."""
    place = f'"{table.schema}".' if table.schema else ""
    names = {
        "name": table.name,
        "table": f"{place}{table.name}",
        "function": f"{place}{table.name}_guard",
    }
    match dialect:
        case "sqlite":
            for act in ("UPDATE", "DELETE"):
                trigger = f"{place}{table.name}_no_{act.lower()}"
                yield SQLITE.format(act=act, trigger=trigger, **names | {"table": table.name})
        case "postgresql":
            yield POSTGRESQL_FUNCTION.format(**names)
            for act in ("UPDATE", "DELETE", "TRUNCATE"):
                trigger = f"{table.name}_no_{act.lower()}"
                yield POSTGRESQL.format(act=act, trigger=trigger, **names)
        case "mariadb" | "mysql":
            place = f"`{table.schema}`." if table.schema else ""
            for act in ("UPDATE", "DELETE"):
                trigger = f"{place}{table.name}_no_{act.lower()}"
                at = f"{place}{table.name}"
                yield MARIADB.format(act=act, trigger=trigger, **names | {"table": at})


def guard(table: Table) -> None:
    """Let whoever makes the table make its triggers too."""
    table.info[GUARDED] = True
    for dialect in ("sqlite", "postgresql", "mariadb", "mysql"):
        for statement in triggers(table, dialect):
            made = ddl(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(table, "after_create", made)
        if dialect == "postgresql":
            place = f'"{table.schema}".' if table.schema else ""
            gone = ddl(f"DROP FUNCTION IF EXISTS {place}{table.name}_guard()")
            event.listen(table, "after_drop", gone.execute_if(dialect=dialect))
