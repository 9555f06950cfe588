"""What a gateway can charge at once."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.errors import MoneyError
from marketpay.domain.money import Money


@frozen
class Limits:
    """The least and the most of one charge, in minor units; None: no such limit."""

    least: int | None = None
    most: int | None = None

    def check(self, amount: Money, field: str) -> None:
        """Raise `MoneyError` for an amount that the gateway would refuse."""
        if self.least is not None and amount.minor < self.least:
            least = Money.from_minor(self.least, amount.currency)
            raise MoneyError(f"must be at least {least} for the gateway, not {amount}.", field)
        if self.most is not None and amount.minor > self.most:
            most = Money.from_minor(self.most, amount.currency)
            raise MoneyError(f"must be at most {most} for the gateway, not {amount}.", field)


def no_limits(_currency: str) -> Limits:
    """Of a gateway that charges any amount."""
    return Limits()
