"""Customers with credit: given, behind an offer, and what is left of it."""

from typing import Any

from marketpay import (
    AccountKind,
    CreditGrant,
    GrantCredit,
    ListCreditGrants,
    Loyalty,
    Marketplace,
    Money,
    Payment,
)
from tests.deals import ADMIN, CUSTOMER, balance, usd

K = AccountKind
LOYALTY = Loyalty(earned={"USD": 2}, worth={"USD": "0.015"})


def pts(points: int) -> Money:
    """So many points."""
    return Money(points, LOYALTY.currency)


def give(market: Marketplace, amount: str | Money, **changes: Any) -> CreditGrant:
    """So many dollars, or other money, are given to the customer."""
    given = usd(amount) if isinstance(amount, str) else amount
    fields = {"customer": CUSTOMER.id, "amount": given, "reason": "Welcome", **changes}
    return market.execute(GrantCredit(by=ADMIN, **fields))


def has(market: Marketplace, currency: str = "USD") -> tuple[str, str]:
    """What the customer has available and reserved, which the books say too."""
    found = market.credit(CUSTOMER.id, currency)
    assert found.total == found.available + found.reserved
    return str(found.available.amount), str(found.reserved.amount)


def grants(market: Marketplace) -> list[tuple[str, str]]:
    """What is left of each grant, and of how much, the oldest first."""
    found = reversed(market.query(ListCreditGrants(customer=CUSTOMER.id)).items)
    return [(str(one.remaining.amount), str(one.amount.amount)) for one in found]


def promoted(market: Marketplace, currency: str = "USD") -> str:
    """What the platform spent on promotion."""
    return str(balance(market, K.PROMOTION, currency=currency).amount)


def parts(payment: Payment) -> tuple[str, str, str]:
    """What of a payment credit pays, what stands behind it, and what is credit again."""
    credit, reserved, back = payment.credit, payment.credit_reserved, payment.credited
    return str(credit.amount), str(reserved.amount), str(back.amount)
