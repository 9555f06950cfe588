"""A payer account: a customer as the gateway knows them, with their saved cards."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.events import PayerAccountLinked
from marketpay.domain.ids import PayerAccountId


@frozen(kw_only=True)
class PayerAccount(Entity):
    """One for each customer.  A card saved there is charged as that account's.

    Of a customer who was forgotten it is `nobodys`, unless they are linked again.
    """

    id: PayerAccountId
    customer: str
    gateway_customer: str  # the gateway's id, e.g. Stripe `cus_...`
    created_at: datetime

    mutable: ClassVar[Names] = ("gateway_customer",)
    unique: ClassVar[Names] = ("customer", "gateway_customer")

    @property
    def nobodys(self) -> str:
        """What takes the place of the gateway's id: unique, and nobody's there."""
        return f"erased:{self.id}"

    @property
    def payer(self) -> str | None:
        """Whose saved cards are charged, by the gateway's id; None: nobody's."""
        return None if self.gateway_customer == self.nobodys else self.gateway_customer

    def linked(self, at: datetime) -> Change[PayerAccount]:
        """The account with the fact that it is this customer's."""
        fact = PayerAccountLinked(at=at, account=self.id, customer=self.customer)
        return Change(self, fact)
