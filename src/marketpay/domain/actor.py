"""Who acts.  The host authenticates; what an actor may do is decided here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final

from attrs import field, frozen

from marketpay.domain.errors import InvalidInput


class Role(StrEnum):
    """What an actor is to the marketplace."""

    CUSTOMER = "customer"
    CONTRACTOR = "contractor"
    ADMIN = "admin"
    SERVICE = "service"
    SYSTEM = "system"


STAFF: Final = (Role.ADMIN, Role.SERVICE)  # who act for the platform
PARTIES: Final = (Role.CUSTOMER, Role.CONTRACTOR)  # who act for themselves


def check_party(_instance: object, attribute: object, value: Any) -> None:
    """Raise unless `value` can be a party's id: 1 to 255 printable characters."""
    name = getattr(attribute, "name", "id")
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not 1 <= len(value) <= 255 or not value.isprintable() or value.isspace():
        raise InvalidInput("must be 1 to 255 printable characters.", name)


def _role(value: Role | str) -> Role:
    try:
        return Role(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is not one of: {', '.join(Role)}.", "role") from None


@frozen
class Actor:
    """Somebody, in a role.  `id` is the host's own and is compared byte by byte."""

    id: str = field(validator=check_party)
    role: Role = field(converter=_role)

    SYSTEM: ClassVar[Actor]

    @classmethod
    def customer(cls, id: str) -> Actor:
        """Who posts jobs and pays."""
        return cls(id, Role.CUSTOMER)

    @classmethod
    def contractor(cls, id: str) -> Actor:
        """Who does the work and is paid."""
        return cls(id, Role.CONTRACTOR)

    @classmethod
    def admin(cls, id: str) -> Actor:
        """Who runs the marketplace."""
        return cls(id, Role.ADMIN)

    @classmethod
    def service(cls, id: str) -> Actor:
        """Another program of the host's."""
        return cls(id, Role.SERVICE)

    def __str__(self) -> str:
        return f"{self.id} ({self.role})"


Actor.SYSTEM = Actor("marketpay", Role.SYSTEM)
