"""A transaction on a connection that is lent for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from marketpay.adapters.sql.backend import Backend, Connections
from marketpay.adapters.sql.line import Bounds
from marketpay.adapters.sql.transaction import Forgotten, Stale, Transaction, transact

R = TypeVar("R")


def transact_on_loan(
    connections: Connections,
    lend: Callable[[], Any],
    bounds: Callable[[Any], Bounds],
    backend: Backend,
    use: Callable[[Transaction], R],
) -> R:
    """Where a connection that was cut, or lost its memory, did nothing: once more."""
    again: Stale | Forgotten | None = None
    for _ in range(connections.spare() + 2):
        try:
            with lend() as line:
                return transact(line, bounds(line.connection), backend, use)
        except (Stale, Forgotten) as error:
            again = error
        except Exception as error:  # of the pool, too: no connection could be had
            explained = backend.explain(error)
            if explained is error:
                raise
            raise explained from error
    assert again is not None  # or it would have returned
    raise again
