"""A grant: credit that a customer was given, with the time until which it can be spent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.changing import changed
from marketpay.domain.credit_events import CreditGrantEvent, CreditGrantMade
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.ids import CreditGrantId, CreditId, PaymentId
from marketpay.domain.money import Money
from marketpay.domain.timer import Timer, TimerKind


class GrantSource(StrEnum):
    """What a customer was given credit for."""

    PROMOTION = "promotion"  # by the staff
    LOYALTY = "loyalty"  # points, earned by a payment
    REDEMPTION = "redemption"  # money, for points
    REFUND = "refund"  # what grants that expire had paid


def _open_credit(grant: CreditGrant) -> CreditId | None:
    return grant.credit if grant.remaining.minor else None


@frozen(kw_only=True)
class CreditGrant(Entity):
    """Spent before what expires later; `remaining` counts what offers have reserved, too.

    A payment earns points once: `payment` is unique.
    """

    id: CreditGrantId
    credit: CreditId
    customer: str
    amount: Money
    remaining: Money
    source: GrantSource
    reason: str = ""
    payment: PaymentId | None = None  # that earned it
    expires_at: datetime | None = None
    created_at: datetime
    open_credit: CreditId | None = field(
        init=False, repr=False, default=Factory(_open_credit, takes_self=True)
    )

    mutable: ClassVar[Names] = ("reason", "remaining", "open_credit")
    indexed: ClassVar[Names] = ("customer", "open_credit")
    unique: ClassVar[Names] = ("payment",)

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    def has_expired(self, now: datetime) -> bool:
        """Whether its time is over, told or not."""
        return self.expires_at is not None and self.expires_at <= now

    def timers(self) -> tuple[Timer, ...]:
        """What takes away what is left of it when its time is over."""
        if self.expires_at is None:
            return ()
        return (Timer(TimerKind.CREDIT_EXPIRY, self.id, self.expires_at),)

    def made(self, at: datetime) -> Change[CreditGrant]:
        """The new grant with the fact of it."""
        return Change(self, self._fact(CreditGrantMade, at))

    def less(
        self, taken: Money, event: type[CreditGrantEvent], at: datetime
    ) -> Change[CreditGrant]:
        """The grant without what was taken of it."""
        after = changed(self, remaining=self.remaining - taken)
        return Change(after, after._fact(event, at))

    def _fact(self, event: type[CreditGrantEvent], at: datetime) -> CreditGrantEvent:
        return event(
            at=at,
            grant=self.id,
            customer=self.customer,
            amount=self.amount,
            remaining=self.remaining,
            expires_at=self.expires_at,
        )
