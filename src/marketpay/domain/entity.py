"""What every stored thing has in common, and how one changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from attrs import frozen

from marketpay.domain.actor import Actor, Role
from marketpay.domain.changing import changed
from marketpay.domain.errors import Forbidden
from marketpay.domain.event import Event
from marketpay.domain.state_machine import Lifecycle

Names = tuple[str, ...]


@frozen(kw_only=True)
class Entity:
    """A thing with an identity.  Frozen: a change is a new value, saved over the old.

    `version` counts the saves (0: never saved), so that two cannot save over each other.
    Fields outside `mutable` never change once saved; the value of a `unique` field belongs
    to one entity of its kind at a time (None to any number).  `indexed` fields are looked up.
    """

    id: str
    version: int = 0

    mutable: ClassVar[Names] = ()
    unique: ClassVar[Names] = ()
    indexed: ClassVar[Names] = ()


E_co = TypeVar("E_co", bound=Entity, covariant=True)


@frozen
class Change(Generic[E_co]):
    """An entity as it is now, and the fact that made it so.  There is no other way to save."""

    entity: E_co
    event: Event


@frozen(kw_only=True)
class Living(Entity):
    """An entity that a lifecycle governs."""

    status: StrEnum

    lifecycle: ClassVar[Lifecycle[Any]]

    def become(self, event: type[Event], by: Role, at: datetime, **changes: Any) -> Change[Self]:
        """The entity after `event`, or `IllegalTransition`."""
        status = self.lifecycle.after(event, self.status, by, self.id)
        after = changed(self, status=status, **changes)
        return Change(after, after.fact(event, at))

    def begun(self, at: datetime) -> Change[Self]:
        """The new entity with the fact of its beginning."""
        return Change(self, self.fact(self.lifecycle.begin.event, at))

    def fact(self, event: type[Event], at: datetime) -> Event:
        """`event`, filled in from this entity."""
        raise NotImplementedError  # each kind of entity has events of its own


def permit(
    actor: Actor,
    lifecycle: Lifecycle[Any],
    event: type[Event],
    action: str,
    *,
    customer: str | None = None,
    contractor: str | None = None,
) -> None:
    """Raise `Forbidden` unless some row lets the actor's role cause `event` to this entity.

    A customer or contractor must moreover be the one named here.
    """
    roles = lifecycle.roles(event)
    related = {Role.CUSTOMER: customer, Role.CONTRACTOR: contractor}
    is_party = actor.role in related
    if actor.role in roles and (not is_party or related[actor.role] == actor.id):
        return
    raise Forbidden(actor.id, actor.role.value, action, _people(roles))


ARTICLES = {Role.CUSTOMER: "its", Role.CONTRACTOR: "its", Role.ADMIN: "an", Role.SYSTEM: "the"}


def _people(roles: frozenset[Role]) -> str:
    return " or ".join(f"{ARTICLES.get(role, 'a')} {role}" for role in sorted(roles))
