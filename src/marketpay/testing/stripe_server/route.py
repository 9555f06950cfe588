"""An endpoint: a method, a pattern of a path, what it takes and what it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.params import Params
from marketpay.testing.stripe_server.world import World


@frozen(kw_only=True)
class Call:
    """A request to an endpoint, read and found to make sense."""

    path: str
    ids: tuple[str, ...] = ()  # those in the path
    params: Json
    account: str | None = None  # the connected account that it is made for
    public: bool = False  # made with the key that everybody may know

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a parameter."""
        return self.params.get(name, default)

    @property
    def id(self) -> str:
        """The first id in the path."""
        return self.ids[0]


@frozen
class Route:
    """`act` answers requests to `path`, in which `{id}` stands for any id."""

    method: str
    path: str
    act: Callable[[World, Call], Json]
    params: Params
    public: bool = False  # whether a client without the secret key may call it


class Routes:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[tuple[str, str], Route] = {}
        self._others: defaultdict[tuple[str, int], list[tuple[list[str], Route]]]
        self._others = defaultdict(list)
        for route in routes:
            if "{id}" in route.path:
                words = route.path.split("/")
                self._others[route.method, len(words)].append((words, route))
            else:
                self._fixed[route.method, route.path] = route

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """The route and the ids in the path; None if no route has that path."""
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, ()
        words = path.split("/")
        for pattern, route in self._others.get((method, len(words)), ()):
            ids: list[str] = []
            for word, wanted in zip(words, pattern, strict=True):
                if wanted == "{id}" and word:
                    ids.append(word)
                elif word != wanted:
                    break
            else:
                return route, tuple(ids)
        return None
