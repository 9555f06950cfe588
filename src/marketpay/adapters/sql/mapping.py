"""Between entities and rows: for each kind of entity, two functions written at start-up.

A Money is its minor units (the row has one `currency`), a frozen split its three parts, an
enum its text, a plan JSON, a time what the dialect takes.  As attrs does for `__init__`, the
functions are generated: a generic loop over fields would be most of the cost of a command.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import attrs
from attrs import frozen
from sqlalchemy import Table
from sqlalchemy.engine import Dialect

from marketpay.adapters.sql.plans import read_plan, written_plan
from marketpay.adapters.sql.statements import (
    Compiler,
    Statement,
    binder,
    reader,
    written,
    written_out,
)
from marketpay.domain.commission import Split, unchecked_split
from marketpay.domain.entity import Entity
from marketpay.domain.money import Money, unchecked
from marketpay.domain.plan import Plan

E = TypeVar("E", bound=Entity)
Row = tuple[Any, ...]
PARTS = ("platform_fee", "service_fee", "payout")


def plain_type(declared: Any) -> Any:
    """The type of a field without `| None`, and a NewType's own type."""
    if isinstance(declared, types.UnionType) or typing.get_origin(declared) is typing.Union:
        [declared] = [arg for arg in typing.get_args(declared) if arg is not type(None)]
    while isinstance(declared, typing.NewType):
        declared = declared.__supertype__
    return declared


def is_optional(declared: Any) -> bool:
    """Whether a field may be None."""
    return type(None) in typing.get_args(declared)


def columns_of(kind: type[Entity], name: str) -> tuple[str, ...]:
    """The columns that a field is spread over."""
    attrs.resolve_types(kind)
    if plain_type(getattr(attrs.fields(kind), name).type) is Split:
        return tuple(f"{name}_{part}" for part in PARTS)
    return (name,)


@frozen
class Saving(Generic[E]):
    """A statement that saves an entity, and what makes its parameters."""

    sql: str
    row: Callable[[E], Row]


class Mapper(Generic[E]):
    """How one kind of entity is kept in one table of one dialect."""

    def __init__(self, kind: type[E], table: Table, compiler: Compiler) -> None:
        attrs.resolve_types(kind)
        self.kind = kind
        self.table = table
        self.columns = [column.name for column in table.columns]
        self._dialect: Dialect = compiler.dialect
        self._compiler = compiler
        self._savings: dict[tuple[str, ...], Saving[E]] = {}
        self.insert: Saving[E] = self._saving(compiler.insert(table))
        self._readers: dict[int, Callable[[Row], E]] = {}
        self.differing: Callable[[E, E], tuple[str, ...]] = _comparer(kind.mutable)

    def update(self, names: tuple[str, ...]) -> Saving[E]:
        """UPDATE of these fields and the version, if nobody else has changed it.

        No wider than it must be: an index is touched only where its column changes.
        """
        saving = self._savings.get(names)
        if saving is None:
            columns = [column for name in names for column in columns_of(self.kind, name)]
            saving = self._saving(self._compiler.update(self.table, columns))
            self._savings[names] = saving
        return saving

    def reader(self, first: int = 0) -> Callable[[Row], E]:
        """A function from a row, all of whose columns begin at the `first`, to the entity.

        It fills slot after slot: what is kept was checked when it was made.
        """
        found = self._readers.get(first)
        if found is None:
            found = self._readers[first] = self._reader(first)
        return found

    def _saving(self, statement: Statement) -> Saving[E]:
        scope: dict[str, Any] = {}
        terms = [self._term(name, scope) for name in statement.names]
        return Saving(statement.sql, written("entity", f"({', '.join(terms)},)", scope))

    def _term(self, name: str, scope: dict[str, Any]) -> str:
        """The expression of one parameter; what it needs is put into `scope`."""
        known = {
            "version": "entity.version + 1",
            "old_id": "entity.id",
            "old_version": "entity.version",
        }
        if name in known:
            return known[name]
        for part in PARTS:
            if name == f"split_{part}":
                return f"None if entity.split is None else entity.split.{part}.minor"
        field = next((f for f in attrs.fields(self.kind) if f.name == name), None)
        declared = None if field is None else plain_type(field.type)
        if declared is Money and field is not None and is_optional(field.type):
            return f"None if entity.{name} is None else entity.{name}.minor"
        if declared is Money:
            return f"entity.{name}.minor"
        if declared is Plan:
            scope["written_plan"] = written_plan
            return f"None if entity.{name} is None else written_plan(entity.{name})"
        if declared is datetime and (how := binder(self.table.c[name], self._dialect)):
            scope[f"bind_{name}"] = how
            return f"bind_{name}(entity.{name})"
        if isinstance(declared, type) and issubclass(declared, StrEnum):
            return f"entity.{name}.value"
        return f"entity.{name}"

    def _reader(self, first: int) -> Callable[[Row], E]:
        scope: dict[str, Any] = {"create": object.__new__, "kind": self.kind}
        scope |= {"money": unchecked, "split": _split}
        lines = ["entity = create(kind)"]
        for field in attrs.fields(self.kind):
            scope[f"put_{field.name}"] = getattr(self.kind, field.name).__set__
            value = f"derive_{field.name}(entity)"
            if field.init:
                value = self._value(field, first, scope)
            else:
                derived: Any = field.default
                scope[f"derive_{field.name}"] = derived.factory
            lines.append(f"put_{field.name}(entity, {value})")
        return written_out("read", "row", [*lines, "return entity"], scope)

    def _value(self, field: attrs.Attribute[Any], first: int, scope: dict[str, Any]) -> str:
        name, declared = field.name, plain_type(field.type)

        def cell(column: str) -> str:
            return f"row[{first + self.columns.index(column)}]"

        if declared is Split:
            cells = [cell(f"{name}_{part}") for part in PARTS]
            return f"split({', '.join(cells)}, {cell('currency')})"
        if declared is Money:
            money = f"money({cell(name)}, {cell('currency')})"
            is_none = f"None if {cell(name)} is None else "
            return f"{is_none}{money}" if is_optional(field.type) else money
        if declared is Plan:
            scope["read_plan"] = read_plan
            return f"None if {cell(name)} is None else read_plan({cell(name)}, {cell('currency')})"
        if declared is datetime and (how := reader(self.table.c[name], self._dialect)):
            scope[f"read_{name}"] = how
            return f"read_{name}({cell(name)})"
        if isinstance(declared, type) and issubclass(declared, StrEnum):
            scope[f"enum_{name}"] = {member.value: member for member in declared}
            return f"enum_{name}[{cell(name)}]"
        return cell(name)


def _comparer(names: tuple[str, ...]) -> Callable[[Any, Any], tuple[str, ...]]:
    """What tells in which of these fields two states of an entity differ."""
    lines = ["found = []"]
    for name in names:
        lines.append(f"if old.{name} is not new.{name} and old.{name} != new.{name}:")
        lines.append(f"    found.append({name!r})")
    return written_out("differing", "old, new", [*lines, "return tuple(found)"], {})


def _split(platform: int | None, service: int, payout: int, currency: str) -> Split | None:
    if platform is None:
        return None
    price = unchecked(platform + service + payout, currency)
    return unchecked_split(price, platform, service, payout)
