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
    """One for each customer.  A card saved there is charged as that account's."""

    id: PayerAccountId
    customer: str
    gateway_customer: str  # the gateway's id, e.g. Stripe `cus_...`
    created_at: datetime

    mutable: ClassVar[Names] = ("gateway_customer",)
    unique: ClassVar[Names] = ("customer", "gateway_customer")

    def linked(self, at: datetime) -> Change[PayerAccount]:
        """The account with the fact that it is this customer's."""
        fact = PayerAccountLinked(at=at, account=self.id, customer=self.customer)
        return Change(self, fact)
