"""Which backend speaks to which engine."""

from __future__ import annotations

from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from marketpay.adapters.sql.backend import Backend
from marketpay.domain.errors import ConfigurationError


def backend_of(url: str, *, is_async: bool = False) -> Backend:
    """The backend of a database's URL, or `ConfigurationError`."""
    example = "postgresql+psycopg://user@host/name or sqlite:///market.db"
    try:
        dialect = make_url(url).get_dialect(is_async)
    except NoSuchModuleError as error:
        raise ConfigurationError(f"{error}; use a URL such as {example}.") from error
    except (ArgumentError, ValueError):  # which may have a piece of a password in it
        raise ConfigurationError(f"This is no database URL, such as {example}.") from None
    return backend_for(dialect(), is_async=is_async)


def backend_for(dialect: Dialect, *, is_async: bool = False) -> Backend:
    """The backend of an engine's dialect, or `ConfigurationError`."""
    name, driver = dialect.name, dialect.driver
    match name:
        case "sqlite":
            from marketpay.adapters.sql.sqlite import Sqlite

            return Sqlite()
        case "postgresql" | "cockroachdb" if driver in ("psycopg", "psycopg_async"):
            from marketpay.adapters.sql.postgresql import PostgreSQL

            return PostgreSQL(name, is_async=is_async)
        case "mariadb" | "mysql" if driver in ("pymysql", "asyncmy"):
            from marketpay.adapters.sql.mariadb import MariaDB

            return MariaDB(driver)
        case _:
            raise ConfigurationError(
                f"marketpay keeps its data in SQLite, PostgreSQL or MariaDB, not in {name} by "
                f"{driver}; connect to sqlite:///market.db, postgresql+psycopg://... or "
                "mariadb+pymysql://..., for example."
            )
