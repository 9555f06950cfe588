"""Thin events: how the second API tells of its accounts.  They carry no object, only its id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from marketpay.testing.processor_values import Account, Event, Standing
from marketpay.testing.stripe_server.account_object import rfc3339
from marketpay.testing.stripe_server.errors import Problem, Refused
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import page_size, page_v2
from marketpay.testing.stripe_server.params import array, takes, text, unsimulated
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.world import World, derived_id

OBJECT: Final = "v2.core.event"
_OPENED: Final = "v2.core.account.created"
_CLOSED: Final = "v2.core.account.closed"
_UPDATED: Final = "v2.core.account[requirements].updated"
_CAPABLE: Final = "v2.core.account[configuration.recipient].capability_status_updated"
_REMEMBERED: Final = timedelta(days=30)


def thin_event(world: World, one: Event) -> Json | None:
    """What the second API says of the same event; None where it has nothing to do with it."""
    account = one.record
    if not isinstance(account, Account) or world.detail(account.id, "version") == 1:
        return None
    return {
        "id": derived_id("evt_thin", one.id),
        "object": OBJECT,
        "created": rfc3339(one.created),
        "livemode": False,
        "related_object": {
            "id": account.id,
            "type": "v2.core.account",
            "url": f"/v2/core/accounts/{account.id}",
        },
        "type": _type(one, account),
    }


def _type(one: Event, account: Account) -> str:
    match one.type:
        case "capability.updated":
            return _CAPABLE
        case "account.application.deauthorized":
            return _CLOSED
        case _:
            fresh = account.standing is Standing.PENDING and one.created == account.created
            return _OPENED if fresh else _UPDATED


def thin_events(world: World, events: Iterable[Event]) -> list[Json]:
    """Those of the events that the second API tells of."""
    told = (thin_event(world, one) for one in events)
    return [one for one in told if one is not None]


def _all(world: World) -> list[Json]:
    oldest = world.now() - _REMEMBERED
    return thin_events(world, (one for one in world.processor.events() if one.created > oldest))


def _fetched(one: Json) -> Json:
    """With what is told to those who ask."""
    if one["type"] != _CAPABLE:
        return one
    return {**one, "data": {"updated_capability": "stripe_balance.stripe_transfers"}}


def retrieve(world: World, call: Call) -> Json:
    """One thin event."""
    for one in _all(world):
        if one["id"] == call.id:
            return _fetched(one)
    raise Refused(Problem(message=f"Event {call.id} not found.", code="not_found", status=404))


def list_all(world: World, call: Call) -> Json:
    """The thin events, the newest first."""
    about, types = call.get("object_id"), call.get("types")
    found = [
        _fetched(one)
        for one in reversed(_all(world))
        if about in (None, one["related_object"]["id"]) and (not types or one["type"] in types)
    ]
    return page_v2(call, found)


ROUTES: Final = (
    Route("GET", "/v2/core/events", list_all,
          takes(limit=page_size, page=text, object_id=text, types=array(text),
                **unsimulated("created"))),
    Route("GET", "/v2/core/events/{id}", retrieve, takes()),
)  # fmt: skip
