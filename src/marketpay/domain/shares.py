"""Who gets how much of what is left of a payment."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.errors import CurrencyMismatch, InvalidInput
from marketpay.domain.money import Money


def _not_negative(_shares: object, attribute: object, value: Money) -> None:
    if not isinstance(value, Money):
        raise TypeError(f"a share is Money, not {type(value).__name__}")
    if value.minor < 0:
        raise InvalidInput("cannot be below zero.", getattr(attribute, "name", ""))


@frozen(kw_only=True)
class Shares:
    """Who gets how much of what is left of a price, before any fees.

    Of the contractor's share the platform has its fees as of the whole price; what is `kept`
    is the platform's alone.
    """

    to_customer: Money = field(validator=_not_negative)
    to_contractor: Money = field(validator=_not_negative)
    kept: Money = field(validator=_not_negative)

    def __attrs_post_init__(self) -> None:
        for share in (self.to_contractor, self.kept):
            if share.currency != self.to_customer.currency:
                raise CurrencyMismatch(share.currency, self.to_customer.currency)

    @classmethod
    def between(cls, to_customer: Money, to_contractor: Money) -> Shares:
        """Nothing for the platform but its fees."""
        return cls(
            to_customer=to_customer,
            to_contractor=to_contractor,
            kept=Money.zero(to_customer.currency),
        )

    @classmethod
    def whole(cls, price: Money) -> Shares:
        """All of it for the customer."""
        return cls.between(price, Money.zero(price.currency))

    def __add__(self, other: Shares) -> Shares:
        return Shares(
            to_customer=self.to_customer + other.to_customer,
            to_contractor=self.to_contractor + other.to_contractor,
            kept=self.kept + other.kept,
        )

    @property
    def total(self) -> Money:
        """All of it."""
        return self.to_customer + self.to_contractor + self.kept
