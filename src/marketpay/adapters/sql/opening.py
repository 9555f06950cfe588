"""Opening a database, and what is wrong with it in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from marketpay.adapters.sql.backend import Backend
from marketpay.domain.errors import ConfigurationError, DatabaseUnavailable, MarketpayError


@contextmanager
def opened(url: str | URL, backend: Backend) -> Iterator[None]:
    """Say what is wrong, without the password."""
    try:
        yield
    except MarketpayError:
        raise
    except Exception as error:
        explained = backend.explain(error)
        is_file = backend.dialect.name == "sqlite" and isinstance(explained, DatabaseUnavailable)
        if isinstance(explained, MarketpayError) and not is_file:
            raise explained from error
        if not isinstance(error, SQLAlchemyError | backend.error):
            raise
        shown = make_url(url).render_as_string(hide_password=True)
        reason = getattr(error, "orig", None) or error
        raise ConfigurationError(f"The database at {shown} cannot be opened: {reason}.") from error


def refuse_foreign(backend: Backend) -> None:
    """Raise if this engine has to be opened by us."""
    if backend.dialect.name == "sqlite":
        raise ConfigurationError(
            "An SQLite engine of your own has other settings than marketpay needs; "
            "open the database by its URL: SqlStore.connect('sqlite:///market.db')."
        )
