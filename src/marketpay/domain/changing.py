"""An entity with other values in some fields: `attrs.evolve`, at a third of its price.

`evolve` looks up every field and calls `__init__` each time.  Here a function that copies an
entity is written once for its kind, as attrs writes `__init__`: it fills slot after slot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from attrs import AttrsInstance, fields

T = TypeVar("T", bound=AttrsInstance)


def changed(entity: T, /, **changes: object) -> T:
    """The entity with these values; `KeyError` for what cannot be given to its kind."""
    new: T = _changer(type(entity))(entity, changes)
    return new


def advanced(entity: T) -> T:
    """The entity in its next version."""
    new: T = _advancer(type(entity))(entity)
    return new


@cache
def _advancer(kind: type[AttrsInstance]) -> Callable[[Any], Any]:
    slots = {field.name: getattr(kind, field.name).__set__ for field in fields(kind)}
    return _copier(kind, slots, version="old.version + 1")


@cache
def _changer(kind: type[AttrsInstance]) -> Callable[[Any, dict[str, object]], Any]:
    """What changes entities of one kind; whatever follows from a change is worked out anew."""
    slots = {field.name: getattr(kind, field.name).__set__ for field in fields(kind)}
    derived = {f.name: f.default.factory for f in fields(kind) if not f.init}
    given = {name: put for name, put in slots.items() if name not in derived}
    following = [(slots[name], derive) for name, derive in derived.items()]
    copied = _copier(kind, given)

    def change(entity: Any, changes: dict[str, object]) -> Any:
        new = copied(entity)
        for name, value in changes.items():
            given[name](new, value)
        for put, derive in following:
            put(new, derive(new))
        return new

    return change


def _copier(kind: type[AttrsInstance], slots: dict[str, Any], **given: str) -> Callable[[Any], Any]:
    """A function that makes another of `kind` with the same values in these slots.

    Where an expression is `given`, that is the value.
    """
    values = {name: given.get(name, f"old.{name}") for name in slots}
    fills = "".join(f"\n    put_{name}(new, {value})" for name, value in values.items())
    source = f"def copied(old):\n    new = create(kind){fills}\n    return new"
    scope: dict[str, Any] = {f"put_{name}": put for name, put in slots.items()}
    scope |= {"create": object.__new__, "kind": kind}
    exec(source, scope)  # noqa: S102  # of the kind's own names
    copied: Callable[[Any], Any] = scope["copied"]
    return copied
