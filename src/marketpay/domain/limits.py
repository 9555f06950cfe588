"""What a gateway can charge at once, and of what its amounts must be multiples."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.errors import MoneyError
from marketpay.domain.money import Money


@frozen
class Limits:
    """The least and the most of one charge, in minor units; None: no such limit.

    Whatever it charges, refunds and transfers is a multiple of `step`, and whatever it pays out
    to a bank one of `payout_step`.
    """

    least: int | None = None
    most: int | None = None
    step: int = 1
    payout_step: int = 1

    def check(self, amount: Money, field: str) -> None:
        """Raise `MoneyError` for an amount that the gateway would refuse."""
        if self.least is not None and amount.minor < self.least:
            least = Money.from_minor(self.least, amount.currency)
            raise MoneyError(f"must be at least {least} for the gateway, not {amount}.", field)
        if self.most is not None and amount.minor > self.most:
            most = Money.from_minor(self.most, amount.currency)
            raise MoneyError(f"must be at most {most} for the gateway, not {amount}.", field)
        self.check_step(amount, field)

    def check_step(self, amount: Money, field: str) -> None:
        """Raise `MoneyError` for an amount that the gateway cannot refund."""
        _check(amount, self.step, field)

    def check_payout(self, amount: Money, field: str) -> None:
        """Raise `MoneyError` for an amount that the gateway cannot pay out."""
        _check(amount, self.payout_step, field)

    def movable(self, amount: Money) -> Money:
        """What of an amount the gateway can transfer."""
        return _whole(amount, self.step)

    def payable(self, amount: Money) -> Money:
        """What of an amount the gateway can pay out."""
        return _whole(amount, self.payout_step)


def _check(amount: Money, step: int, field: str) -> None:
    if amount.minor % step:
        whole = Money.from_minor(step, amount.currency)
        raise MoneyError(f"must be a multiple of {whole} for the gateway, not {amount}.", field)


def _whole(amount: Money, step: int) -> Money:
    rest = amount.minor % step
    return amount - Money.from_minor(rest, amount.currency) if rest else amount


def no_limits(_currency: str) -> Limits:
    """Of a gateway that charges any amount."""
    return Limits()
