"""Questions to the database: most ask one thing only, and need no transaction for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.line import Bounds
from marketpay.adapters.sql.transaction import AskedAgain
from marketpay.domain.errors import Conflict, DatabaseBusy

R = TypeVar("R")


@frozen
class Asking:
    """Where a question turns out to ask more, it is asked anew in a transaction.

    It is remembered by what it runs: the next of its kind begins there.
    """

    _backend: Backend
    _known: set[Any] = field(factory=set)

    def read(self, use: Callable[..., Any], transact: Callable[[Callable[[Any], Bounds]], R]) -> R:
        """Its answer; `transact` runs it in these bounds."""
        alone, kind = self._backend.asking(), _kind(use)
        if alone is not None and kind not in self._known:
            try:
                return transact(lambda _: alone)
            except AskedAgain:
                self._known.add(kind)
            except DatabaseBusy:  # it was waited for, and would be again
                raise
            except Conflict:  # of the server's own isolation level, which ours is not
                pass
        return transact(self._backend.reading)


def _kind(use: Callable[..., Any]) -> Any:
    use = getattr(use, "func", use)  # of a partial
    function = getattr(use, "__func__", use)
    return getattr(function, "__code__", type(use))
