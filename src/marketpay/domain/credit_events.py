"""Facts about what customers have here, and can pay with."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class CreditEvent(Event):
    """Something happened to a customer's credit.  `amount` is by how much, above zero."""

    credit: str
    customer: str
    amount: Money


class CreditAdded(CreditEvent):
    """The customer has more."""


class CreditTaken(CreditEvent):
    """The customer has less: they paid with it, it expired, or it was taken back."""


class CreditReserved(CreditEvent):
    """Some of it stands behind an offer, and pays for nothing else meanwhile."""


class CreditFreed(CreditEvent):
    """It does not any more, and can be spent again."""


@frozen(kw_only=True)
class CreditGrantEvent(Event):
    """Something happened to what a customer was given.  `remaining` is what is left of it."""

    grant: str
    customer: str
    amount: Money
    remaining: Money
    expires_at: datetime | None


class CreditGrantMade(CreditGrantEvent):
    """It is the customer's to spend, until it expires."""


class CreditGrantUsed(CreditGrantEvent):
    """The customer paid with some of it, or some of it was taken back."""


class CreditGrantExpired(CreditGrantEvent):
    """Its time was over, and the customer has less of it; nothing, unless offers hold some."""
