"""A customer's credit: what the platform owes them in one currency, and they can pay with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.changing import changed
from marketpay.domain.credit_events import (
    CreditAdded,
    CreditEvent,
    CreditFreed,
    CreditReserved,
    CreditTaken,
)
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.errors import MoneyError
from marketpay.domain.ids import CreditId
from marketpay.domain.ledger import CREDIT, Account, AccountKind, LedgerEntry, effects
from marketpay.domain.money import Money, unchecked


def _holder(credit: Credit) -> str:
    return f"{credit.currency}:{credit.customer}"


@frozen(kw_only=True)
class Credit(Entity):
    """Never negative.  Changed only together with the ledger entries that explain it.

    `available` can be spent, `reserved` stands behind offers that are not accepted yet.  Of both
    together, `lasting` was refunded and never expires; the rest is what is left of grants.  One
    for each customer and currency: `holder` is unique.  Points are a currency of their own.
    """

    id: CreditId
    customer: str
    currency: str
    available: Money
    reserved: Money
    lasting: Money
    created_at: datetime
    holder: str = field(init=False, repr=False, default=Factory(_holder, takes_self=True))

    mutable: ClassVar[Names] = ("available", "reserved", "lasting")
    indexed: ClassVar[Names] = ("customer",)
    unique: ClassVar[Names] = ("holder",)

    @classmethod
    def begun(
        cls, id: CreditId, customer: str, currency: str, lasting: Money, at: datetime
    ) -> Credit:
        """Of who had none; with what they were refunded before there was a row for it."""
        return cls(
            id=id,
            customer=customer,
            currency=currency,
            available=lasting,
            reserved=Money.zero(currency),
            lasting=lasting,
            created_at=at,
        )

    @property
    def total(self) -> Money:
        """All that the customer is owed."""
        return self.available + self.reserved

    def account(self, kind: AccountKind) -> Account:
        """The customer's account of this kind."""
        return Account(kind, self.currency, self.customer)

    def post(
        self, entries: tuple[LedgerEntry, ...], lasting: Money, at: datetime
    ) -> Change[Credit]:
        """The credit after its legs of `entries`; `MoneyError` if a part would be negative."""
        parts = {name: unchecked(minor, self.currency) for name, minor in self._after(entries)}
        after = changed(self, lasting=lasting, **parts)
        amount = after.total.minor - self.total.minor
        fact: type[CreditEvent] = CreditTaken if amount < 0 else CreditAdded
        if not amount:
            amount = after.reserved.minor - self.reserved.minor
            fact = CreditFreed if amount < 0 else CreditReserved
        moved = unchecked(abs(amount), self.currency)
        return Change(after, fact(at=at, credit=self.id, customer=self.customer, amount=moved))

    def _after(self, entries: tuple[LedgerEntry, ...]) -> Iterator[tuple[str, int]]:
        """The parts that `entries` touch, by name, in minor units."""
        for account, change in effects(entries).items():
            is_mine = account.owner == self.customer and account.currency == self.currency
            if account.kind not in CREDIT or not is_mine:
                continue
            name = CREDIT[account.kind]
            minor = getattr(self, name).minor + change
            if minor < 0:
                raise MoneyError(f"The credit of {self.customer} is not that much.")
            yield name, minor
