"""What a database says of its tables, to be compared with what another one says."""

from typing import Any

from sqlalchemy import ClauseElement, Connection, inspect, text
from sqlalchemy.engine import Inspector

TRIGGERS = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) || pg_get_functiondef(tgfoid)"
        " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
    ),
    "mariadb": (
        "SELECT event_object_table, trigger_name, concat(action_timing, event_manipulation,"
        " action_statement) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    ),
}


def catalogue(connection: Connection, schema: str | None = None) -> dict[str, Any]:
    """Tables by name, with all that was declared of each; and the triggers."""
    looked = inspect(connection)
    tables = {name: _table(looked, name, schema) for name in looked.get_table_names(schema)}
    triggers = connection.execute(text(TRIGGERS[connection.dialect.name]))
    return tables | {name: (on, " ".join(said.split())) for on, name, said in triggers}


def _table(looked: Inspector, name: str, schema: str | None) -> dict[str, Any]:
    """The order of columns and the name of the primary key mean nothing."""
    return {
        "columns": {
            one["name"]: (repr(one["type"]), one["nullable"], one["default"], one.get("identity"))
            for one in looked.get_columns(name, schema)
        },
        "key": looked.get_pk_constraint(name, schema)["constrained_columns"],
        "unique": _by_name(looked.get_unique_constraints(name, schema)),
        "checks": _by_name(looked.get_check_constraints(name, schema)),
        "foreign": _by_name(looked.get_foreign_keys(name, schema)),
        "indexes": _by_name(looked.get_indexes(name, schema)),
        "options": looked.get_table_options(name, schema) if _has_options(looked) else None,
    }


def _by_name(found: Any) -> dict[str, Any]:
    return {one["name"]: _plain(one) for one in found}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, ClauseElement) else value


def _has_options(looked: Inspector) -> bool:
    return looked.dialect.name == "mariadb"
