"""What differs from engine to engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import Dialect

from marketpay.adapters.sql.line import Bounds, Line

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


class Connections(Protocol):
    """Lines, lent for one transaction at a time."""

    def writing(self) -> Any:
        """A context that gives a line to write on."""
        ...

    def reading(self) -> Any:
        """A context that gives a line to read on."""
        ...

    def spare(self) -> int:
        """How many connections lie in wait, each of which may have been cut meanwhile."""
        ...

    def close(self) -> None:
        """Let go of all of them."""
        ...


class Backend(Protocol):
    """One engine through one driver."""

    dialect: Dialect
    """What statements are compiled for; parameters by place."""
    error: type[Exception]
    """What the driver raises."""

    def open_engine(self, url: str, **options: Any) -> Engine:
        """An engine whose connections leave transactions to us."""
        ...

    def open_async_engine(self, url: str, **options: Any) -> AsyncEngine:
        """The same for an async driver."""
        ...

    def connections(self, engine: Engine) -> Connections:
        """How an engine's connections are shared."""
        ...

    def meet(self, connection: Connection) -> None:
        """Learn what matters of the server; before any transaction."""
        ...

    def alone(self, connection: Connection) -> AbstractContextManager[None]:
        """A transaction in which nobody else makes tables."""
        ...

    def line(self, connection: Any, drop: Callable[[], None]) -> Line:
        """How statements get to this connection."""
        ...

    def writing(self, connection: Any) -> Bounds:
        """A transaction in which a decision is made and written."""
        ...

    def reading(self, connection: Any) -> Bounds:
        """A transaction that sees one state and changes nothing."""
        ...

    def asking(self) -> Bounds | None:
        """What is asked alone; None where even that needs a transaction."""
        ...

    def is_lost(self, error: Exception, connection: Any) -> bool:
        """Whether the connection is gone, and nobody can say what it did last."""
        ...

    def explain(self, error: Exception) -> Exception:
        """The driver's error in our terms, or itself."""
        ...
