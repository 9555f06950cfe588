"""`/v1/events`: what has happened, each with its object as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

from marketpay.testing.processor_values import Account, Event, Standing
from marketpay.testing.stripe_server.api import API_VERSION
from marketpay.testing.stripe_server.errors import no_such
from marketpay.testing.stripe_server.expand import snapshot
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import lists, page
from marketpay.testing.stripe_server.params import array, boolean, takes, text
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import seconds
from marketpay.testing.stripe_server.world import World

_REMEMBERED: Final = timedelta(days=30)


def event(world: World, one: Event) -> Json:
    """The event; its object is rendered once, when somebody first looks."""
    data = world.detail(one.id, "data")
    if data is None:
        data = {"object": _object(world, one)}
        world.note(one.id, data=data)
    shown = {
        "id": one.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(one.created),
        "data": data,
        "livemode": False,
        "pending_webhooks": world.detail("webhooks", "endpoints", 0),
        "request": {"id": None, "idempotency_key": None},
        "type": one.type,
    }
    return shown if one.account is None else {"account": one.account, **shown}


def _object(world: World, one: Event) -> Json:
    record = one.record
    if isinstance(record, Account) and one.type == "capability.updated":
        return _capability(world, record)
    if isinstance(record, Account) and one.type == "account.application.deauthorized":
        return {"id": "ca_test", "object": "application", "name": "Marketplace"}
    return snapshot(world, record)


def _capability(world: World, one: Account) -> Json:
    shown: dict[str, Any] = snapshot(world, one)
    requirements = dict(shown["requirements"])
    if requirements["disabled_reason"] is not None:
        rejected = one.standing is Standing.REJECTED
        requirements["disabled_reason"] = (
            "rejected.other" if rejected else "requirements.fields_needed"
        )
    return {
        "id": "transfers",
        "object": "capability",
        "account": one.id,
        "future_requirements": shown["future_requirements"],
        "requested": True,
        "requested_at": shown["created"],
        "requirements": requirements,
        "status": shown["capabilities"].get("transfers", "inactive"),
    }


def retrieve(world: World, call: Call) -> Json:
    """One event."""
    one = world.processor.event(call.id)
    if one is None or one.account != call.account:
        raise no_such("event", call.id)
    return event(world, one)


def list_all(world: World, call: Call) -> Json:
    """What has happened on the account that the request is made for."""
    wanted = call.get("types") or [call.get("type", "*")]
    found = (
        one
        for one in _newest_first(world)
        if one.account == call.account and any(fnmatchcase(one.type, each) for each in wanted)
    )
    return page(call, found, lambda one: event(world, one), "event")


def _newest_first(world: World) -> Iterator[Event]:
    oldest = world.now() - _REMEMBERED
    return (one for one in reversed(world.processor.events()) if one.created > oldest)


ROUTES: Final = (
    Route("GET", "/v1/events", list_all,
          lists(type=text, types=array(text), delivery_success=boolean)),
    Route("GET", "/v1/events/{id}", retrieve, takes()),
)  # fmt: skip
