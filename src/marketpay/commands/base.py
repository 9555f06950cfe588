"""The shape of a command and of its result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from attrs import field, frozen

from marketpay.domain.actor import STAFF, Actor, Role
from marketpay.domain.decision import Decision
from marketpay.domain.errors import Forbidden
from marketpay.domain.ids import PaymentId, TransactionId
from marketpay.domain.rules import Rules
from marketpay.ports.store import Reader

R_co = TypeVar("R_co", covariant=True)


def _is_actor(_instance: object, _attribute: object, value: Any) -> None:
    if not isinstance(value, Actor):
        raise TypeError(f"by must be an Actor, such as Actor.customer(...), not {value!r}")


@frozen(kw_only=True)
class Command(ABC, Generic[R_co]):
    """An intention, said by somebody (`by`, authenticated by the host), as a value.

    A command reads and decides; it cannot write.  So it can be previewed, decided again after
    a conflict, and run by a sync and an async marketplace alike.  A value that can never be
    right is `InvalidInput` (or `MoneyError`, `TypeError`) when the command is made.
    """

    by: Actor = field(validator=_is_actor)

    @abstractmethod
    def decide(self, read: Reader, rules: Rules, /) -> Decision[R_co]:
        """What should change, or the first `MarketpayError` that stands in the way.

        In this order: `NotFound`, `Forbidden`, a repeat without effect, `Refused`,
        `IllegalTransition`.
        """


@frozen(kw_only=True)
class ClientAction:
    """The customer's client has to act, e.g. 3-D Secure, with the gateway's own library.

    `client_secret` is for that client alone; it is never stored, and not in `repr`.
    """

    payment: PaymentId
    gateway_payment: str
    client_secret: str | None = field(repr=False)


@frozen(kw_only=True)
class Redirect:
    """The customer's browser has to go to a page of the gateway's, before `expires_at` (UTC)."""

    transaction: TransactionId
    url: str = field(repr=False)  # for that customer alone
    expires_at: datetime | None


@frozen(kw_only=True)
class Pending:
    """The gateway has not answered; `work()` finds out and finishes."""

    transaction: TransactionId


NextAction = ClientAction | Redirect | Pending


@frozen(kw_only=True)
class Result:
    """What a money command answers: entities as they stand, and what is still to happen."""

    next_action: NextAction | None = None

    kinds: ClassVar[dict[str, type[Result]]] = {}

    def __init_subclass__(cls) -> None:
        Result.kinds[cls.__name__] = cls


def only_system(by: Actor, action: str) -> None:
    """Raise `Forbidden` unless the library itself is acting, for the gateway or a timer."""
    if by.role is not Role.SYSTEM:
        raise Forbidden(by.id, by.role.value, action, "the system")


def not_system(by: Actor, action: str, allowed: str) -> None:
    """Raise `Forbidden` if the library itself is acting: it has commands of its own for this."""
    if by.role is Role.SYSTEM:
        raise Forbidden(by.id, by.role.value, action, allowed)


def only_staff(by: Actor, action: str) -> None:
    """Raise `Forbidden` unless an administrator acts, or another program of the host's."""
    if by.role not in STAFF:
        raise Forbidden(by.id, by.role.value, action, "an admin or a service")


def not_own(by: Actor, owner: str, action: str) -> None:
    """Raise `Forbidden` for who would get something, or lose it, by what they themselves say."""
    if by.id == owner:
        raise Forbidden(by.id, by.role.value, action, "another admin")


PERSONAL = {"personal": True}  # field metadata: erasable, kept apart from the journal
