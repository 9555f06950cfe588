"""Lists: a page at a time, the newest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from marketpay.testing.processor_values import Record
from marketpay.testing.stripe_server.errors import invalid, no_such
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.params import Params, Reader, integer, period, takes, text
from marketpay.testing.stripe_server.route import Call
from marketpay.testing.stripe_server.world import World

R = TypeVar("R", bound=Record)
_CHUNK = 100


class Listed(Protocol):
    """What a list has."""

    @property
    def id(self) -> str:
        """What a page may start behind, or end before."""
        ...

    @property
    def created(self) -> datetime:
        """When it was made."""
        ...


T = TypeVar("T", bound=Listed)


def lists(**filters: Reader) -> Params:
    """The parameters of a list, with these filters."""
    return takes(
        limit=page_size,
        starting_after=text,
        ending_before=text,
        created=period,
        **filters,
    )


def pages(**filters: Reader) -> Params:
    """The parameters of a list that cannot be narrowed down by date."""
    listed = lists(**filters)
    fields = {name: reader for name, reader in listed.fields.items() if name != "created"}
    return Params(fields)


def everything(world: World, kind: type[R]) -> Iterator[R]:
    """All records of a kind, the newest first."""
    after = None
    while chunk := world.processor.page(kind, after=after, limit=_CHUNK):
        yield from chunk
        after = chunk[-1].id


def page(call: Call, items: Iterable[T], show: Callable[[T], Json], what: str) -> Json:
    """The page of `items` that was asked for."""
    after, before = call.get("starting_after"), call.get("ending_before")
    if after and before:
        raise invalid("You cannot parameterize both starting_after and ending_before.")
    found = _created_in(items, call.get("created", {}))
    limit = call.get("limit", 10)
    if before:
        shown, has_more = _ending(found, before, limit, what)
    else:
        rest = _starting(found, after, what) if after else found
        first = list(islice(rest, limit + 1))
        shown, has_more = first[:limit], len(first) > limit
    data = [show(item) for item in shown]
    return {"object": "list", "data": data, "has_more": has_more, "url": call.path}


def page_v2(call: Call, found: list[Json]) -> Json:
    """The page of `found` that was asked for, in the second API's manner."""
    limit, behind = call.get("limit", 10), call.get("page")
    ids = [each["id"] for each in found]
    if behind is not None and behind not in ids:
        raise invalid("The page is unknown.", code="invalid_page_token", param="page")
    start = 0 if behind is None else ids.index(behind) + 1
    shown = found[start : start + limit]
    more = None
    if found[start + limit :]:
        more = f"{call.path}?limit={limit}&page={shown[-1]['id']}"
    return {"data": shown, "next_page_url": more, "previous_page_url": None}


def sublist(path: str, data: list[Json]) -> Json:
    """A list inside an object."""
    return {"object": "list", "data": data, "has_more": False, "url": path}


def page_size(value: object, name: str) -> int:
    """How many objects a page has at most."""
    limit = integer(value, name)
    if not 1 <= limit <= 100:
        message = f"Invalid limit: must be between 1 and 100, not {limit}"
        raise invalid(message, code="parameter_invalid_integer", param=name)
    return limit


def _created_in(items: Iterable[T], bounds: dict[str, datetime]) -> Iterator[T]:
    """Those within the bounds; times have whole seconds outside."""
    for item in items:
        at = item.created.replace(microsecond=0)
        if ("gte" in bounds and at < bounds["gte"]) or ("gt" in bounds and at <= bounds["gt"]):
            return  # all that follow are older
        if ("lte" in bounds and at > bounds["lte"]) or ("lt" in bounds and at >= bounds["lt"]):
            continue
        yield item


def _starting(items: Iterator[T], after: str, what: str) -> Iterator[T]:
    for item in items:
        if item.id == after:
            return items
    raise no_such(what, after, "starting_after")


def _ending(items: Iterator[T], before: str, limit: int, what: str) -> tuple[list[Any], bool]:
    last: deque[T] = deque(maxlen=limit + 1)
    for item in items:
        if item.id == before:
            return list(last)[-limit:], len(last) > limit
        last.append(item)
    raise no_such(what, before, "ending_before")
