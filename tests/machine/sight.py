"""All that a store has at one moment, and how it is compared with what another has."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

import attrs
from attrs import frozen

from marketpay import LedgerEntry
from marketpay.domain.entity import Entity
from marketpay.domain.timer import Timer
from marketpay.ports.store import AccountTotal, Records
from tests.deals import FOR_EVER, KINDS

E = TypeVar("E", bound=Entity)

GATEWAYS_NAME = re.compile(r"_sim_[0-9a-f]{24}(_secret_\w+)?")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def plain(value: Any) -> Any:
    """The value as every house should have it: what its processor calls things is left out."""
    if isinstance(value, Enum | datetime) or value is None:
        return value
    if isinstance(value, str):
        return _nameless(value) if "_sim_" in value else value
    if isinstance(value, bytes):
        return b""
    if isinstance(value, tuple | list):
        return tuple(plain(one) for one in value)
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return (type(value).__name__, *(plain(getattr(value, one.name)) for one in fields))
    return value


def _nameless(text: str) -> str:
    """A list of such names is in the order of those."""
    return " ".join(sorted(GATEWAYS_NAME.sub("_sim", text).split(" ")))


@frozen(slots=False)
class Sight:
    """Nothing of it changes; whoever wants to know more looks again."""

    entities: dict[type[Any], list[Any]]  # of a kind, by id
    totals: tuple[AccountTotal, ...]
    timers: tuple[Timer, ...]
    entries: dict[str, tuple[LedgerEntry, ...]]  # by payment, in order

    @classmethod
    def of_all(cls, records: Records) -> "Sight":
        """What there is now."""
        entities = {kind: records.find(kind) for kind in KINDS}
        payments = [kind for kind in KINDS if kind.__name__ == "Payment"]
        return cls(
            entities,
            tuple(sorted(records.accounts(), key=lambda total: repr(total.account))),
            tuple(sorted(records.due(FOR_EVER, limit=10_000), key=repr)),
            {
                one.id: tuple(posted.entry for posted in records.entries(one.id))
                for one in entities[payments[0]]
            },
        )

    def of(self, kind: type[E], /, **having: Any) -> list[E]:
        """All of a kind whose fields have these values, the newest first."""
        return [
            one
            for one in reversed(self.entities[kind])
            if all(getattr(one, name) == value for name, value in having.items())
        ]

    def get(self, kind: type[E], id: str) -> E:
        """The one with this id."""
        [found] = [one for one in self.of(kind) if one.id == id]
        return found

    def balance(self, kind: str) -> dict[tuple[str, str], int]:
        """What is in the accounts of a kind, by owner and currency, unless it is nothing."""
        return {
            (total.account.owner, total.account.currency): total.kept
            for total in self.totals
            if total.account.kind == kind and total.kept
        }

    @cached_property
    def versions(self) -> dict[str, int]:
        """How often each entity was saved, by its id."""
        return {one.id: one.version for kind in KINDS for one in self.entities[kind]}

    def since(self, before: "Sight | None") -> Iterator[Any]:
        """What was changed since, or is new."""
        known = before.versions if before else {}
        for kind in KINDS:
            for one in self.entities[kind]:
                if known.get(one.id) != one.version:
                    yield one


class Comparing:
    """Two houses' sights against each other; what has not changed since is not looked at again."""

    def __init__(self) -> None:
        self._same: dict[str, tuple[int, int]] = {}

    def differences(self, one: Sight, other: Sight) -> list[Any]:
        """What the two do not have in common."""
        return [
            pair
            for pair in self._pairs(one, other)
            if pair[0] is not pair[1] and plain(pair[0]) != plain(pair[1])
        ]

    def _pairs(self, one: Sight, other: Sight) -> Iterator[tuple[Any, Any]]:
        for kind in KINDS:
            # A webhook's id and its words are the processor's.
            if kind.__name__ == "Webhook":
                continue
            mine, theirs = one.entities[kind], other.entities[kind]
            yield [entity.id for entity in mine], [entity.id for entity in theirs]
            for entity, twin in zip(mine, theirs, strict=False):
                versions = (entity.version, twin.version)
                if self._same.get(entity.id) != versions:
                    self._same[entity.id] = versions
                    yield entity, twin
        yield one.totals, other.totals
        yield one.timers, other.timers
        yield one.entries, other.entries
