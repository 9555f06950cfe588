"""Between values and the journal's JSON text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any, Final, NewType

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.strategies import configure_tagged_union

from marketpay.commands.base import Command, Result
from marketpay.domain.entity import Entity
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.event import Event
from marketpay.domain.money import Money, digits
from marketpay.ports.gateway import GatewayNews
from marketpay.ports.gateway_events import GatewayEvent

Json = dict[str, Any]
Encoder = Callable[[Any], str]


@cache
def _converter() -> Converter:
    made = Converter()
    made.register_unstructure_hook(
        Money, lambda money: {"amount": digits(money), "currency": money.currency}
    )
    made.register_structure_hook(Money, lambda raw, _: Money(raw["amount"], raw["currency"]))
    made.register_unstructure_hook(datetime, lambda time: _iso(time.astimezone(UTC)))
    made.register_structure_hook(datetime, lambda raw, _: datetime.fromisoformat(raw))
    configure_tagged_union(GatewayNews, made, tag_name="type")
    made.register_unstructure_hook_factory(
        lambda kind: attrs.has(kind) and issubclass(kind, Command),
        lambda kind: make_dict_unstructure_fn(kind, made, by=override(omit=True)),
    )
    return made


@lru_cache(maxsize=16)  # all that one command causes happens at one time
def _iso(utc: datetime) -> str:
    return utc.isoformat()


# Compact JSON; the same value always gives the same text.
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def personal_fields(kind: type[Command[Any]]) -> tuple[str, ...]:
    """The fields of a command that an erasure takes away."""
    return tuple(f.name for f in attrs.fields(kind) if f.metadata.get("personal"))


def encode_command(command: Command[Any], salt: str) -> tuple[str, str | None]:
    """The command's fields but `by`, and apart from them what is personal, or None.

    In the former, personal text is only a digest, salted with what is kept in the latter.
    """
    body: Json = _converter().unstructure(command)
    texts = {name: body[name] for name in personal_fields(type(command)) if body[name]}
    for name, text in texts.items():
        said = text if isinstance(text, str) else dumps(text)
        digest = hashlib.sha256(f"{salt}:{said}".encode()).hexdigest()
        body[name] = {"sha256": digest}
    return dumps(body), dumps({"salt": salt, "texts": texts}) if texts else None


def is_same_command(command: Command[Any], kind: str, body: str, personal: str | None) -> bool:
    """Whether `command` is the one on record; erased text is not held against it."""
    if type(command).__name__ != kind:
        return False
    salt = json.loads(personal)["salt"] if personal else ""
    said, recorded = json.loads(encode_command(command, salt)[0]), json.loads(body)
    if personal is None:
        for name in personal_fields(type(command)):
            if isinstance(recorded[name], dict):
                said[name] = recorded[name]
    return bool(said == recorded)


def encode_events(events: list[Event]) -> str:
    """What happened, in order."""
    return f"[{','.join([_encode_event(event) for event in events])}]"


def _encode_event(event: Event) -> str:
    return _event_encoder(event.name)(event)


@cache
def _event_encoder(event: str) -> Encoder:
    """Written out for events of that name.

    They are most of what a journal is made of; a general encoder takes twice as long.
    """
    kind: Any = Event.kinds[event]
    attrs.resolve_types(kind)
    fields = attrs.fields(kind)
    scope: dict[str, Any] = {f"encode_{field.name}": _encoder(field.type) for field in fields}
    places = ",".join(f"{dumps(field.name)}:%s" for field in fields)
    scope["form"] = f'{{"name":{dumps(event)},{places}}}'
    values = ", ".join(f"encode_{field.name}(event.{field.name})" for field in fields)
    written: Encoder = eval(f"lambda event: form % ({values},)", scope)  # noqa: S307  # our names
    return written


def _encoder(declared: Any) -> Encoder:
    """Of what a field is declared to be; None too, where that is said."""
    while isinstance(declared, NewType):
        declared = declared.__supertype__
    return PLAIN.get(declared, _encode_plain)


def _encode_plain(value: Any) -> str:
    return PLAIN[type(value)](value)


def _encode_other(value: Any) -> str:
    """What is derived from the plain types: a host's own kind of str or datetime."""
    for kind, encode in PLAIN.items():
        if isinstance(value, kind):
            return encode(value)
    return dumps(value)


class _Plain(dict[type, Encoder]):
    """By the type of a value."""

    def __missing__(self, kind: type) -> Encoder:
        return _encode_other


PLAIN: Final = _Plain(
    {
        str: encode_basestring,
        Money: lambda money: f'{{"amount":"{digits(money)}","currency":"{money.currency}"}}',
        datetime: lambda time: f'"{_iso(time.astimezone(UTC))}"',
        type(None): lambda _: "null",
    }
)


def decode_events(text: str) -> list[Event]:
    """What `encode_events` wrote."""
    decoded = []
    for raw in json.loads(text):
        kind = Event.kinds[raw.pop("name")]
        decoded.append(_converter().structure(raw, kind))
    return decoded


def encode_gateway_event(event: GatewayEvent) -> str:
    """What the gateway reported, in our terms."""
    return dumps(_converter().unstructure(event))


def decode_gateway_event(text: str) -> GatewayEvent:
    """What `encode_gateway_event` wrote."""
    return _converter().structure(json.loads(text), GatewayEvent)


def entities_of(result: Any) -> dict[str, Entity]:
    """The entities that a command answers: by the names of its result's fields, or itself."""
    if isinstance(result, Entity):
        return {"": result}
    if not isinstance(result, Result):
        return {}
    kind: Any = type(result)
    values = [(name, getattr(result, name)) for name in _names(kind)]
    return {name: value for name, value in values if isinstance(value, Entity)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind))


def encode_result(result: Any, operations: Sequence[str] = (), awaited: Sequence[str] = ()) -> str:
    """The ids of a result's entities, of the operations it began, and of others it awaits."""
    ids = [
        f'"{name}":{encode_basestring(entity.id)}' for name, entity in entities_of(result).items()
    ]
    value = ""
    if result is None or isinstance(result, bool | int | str):
        value = f',"value":{dumps(result)}'
    elif not isinstance(result, Entity | Result):
        raise ConfigurationError(
            f"A command's result is an entity, a Result, a number, a text or None, not {result!r}."
        )
    return (
        f'{{"kind":"{type(result).__name__}","ids":{{{",".join(ids)}}},'
        f'"operations":{_listed(operations)},"awaited":{_listed(awaited)}{value}}}'
    )


def _listed(ids: Sequence[str]) -> str:
    return f"[{','.join([encode_basestring(id) for id in ids])}]"
