"""Loyalty points: what customers earn by paying, and what points are worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen

from marketpay.domain.currencies import exponent, register_currency
from marketpay.domain.errors import InvalidInput, MoneyError
from marketpay.domain.iso4217 import EXPONENTS
from marketpay.domain.money import LIMIT, Money, unchecked
from marketpay.domain.numbers import is_number, ratio, read, shown

Rate = str | int | Decimal
NOTHING: Final = Decimal(0)
LONGEST: Final = timedelta(days=36_525)


def _rates(values: Mapping[str, Rate]) -> Mapping[str, Decimal]:
    return MappingProxyType({code: _rate(code, rate) for code, rate in dict(values).items()})


def _rate(code: str, rate: Rate) -> Decimal:
    """An exact number above zero."""
    exponent(code)
    if not is_number(rate):
        raise TypeError(f"a rate is a str, an int or a Decimal, not {type(rate).__name__}")
    number = read(rate) if isinstance(rate, str) else Decimal(rate)
    if number is None or ratio(number) is None or number <= 0:
        raise InvalidInput(f"{shown(rate)} is not a rate above zero.", code)
    return number


def _time(_loyalty: object, attribute: Any, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, timedelta):
        raise TypeError(f"{attribute.name} must be a timedelta, not {type(value).__name__}")
    if value <= timedelta(0):
        raise InvalidInput("must be above zero.", attribute.name)
    if value > LONGEST:
        raise InvalidInput("must be at most 100 years; None is for good.", attribute.name)


@frozen(kw_only=True)
class Loyalty:
    """Points are whole, and a currency of their own, which this makes known.

    `earned`: by currency, how many points a customer earns with each whole unit that they paid.
    `worth`: by currency, what one point is worth.  `expires_after`: how long points can be
    redeemed from when they were earned; None: for good.

    >>> loyalty = Loyalty(earned={"USD": 1}, worth={"USD": "0.01"})
    >>> loyalty.points(Money("99.50", "USD"))
    Money('99', 'PTS')
    """

    currency: str = "PTS"
    earned: Mapping[str, Decimal] = field(converter=_rates)
    worth: Mapping[str, Decimal] = field(converter=_rates)
    expires_after: timedelta | None = field(default=None, validator=_time)

    def __attrs_post_init__(self) -> None:
        if self.currency in EXPONENTS:
            raise InvalidInput("is money, by ISO 4217, and no points.", "currency")
        register_currency(self.currency, 0)
        if self.currency in (*self.earned, *self.worth):
            raise InvalidInput("Points are neither earned with points nor worth any.")

    def points(self, paid: Money) -> Money:
        """What is earned with an amount, rounded down; nothing in a currency that earns none."""
        points, units = self.earned.get(paid.currency, NOTHING).as_integer_ratio()
        whole = paid.minor * points // (units * _smallest(paid.currency))
        return unchecked(min(max(whole, 0), LIMIT), self.currency)

    def redeemed(self, points: Money, currency: str) -> tuple[Money, Money]:
        """The points that are taken, and what they are worth, rounded down.

        No more points are taken than that needs; `MoneyError` for so few that they are worth
        nothing.
        """
        if currency not in self.worth:
            known = ", ".join(self.worth) or "nothing"
            raise InvalidInput(f"points are worth nothing in it; try: {known}.", "currency")
        amount, each = self.worth[currency].as_integer_ratio()
        scale = amount * _smallest(currency)
        minor = points.minor * scale // each
        if not minor:
            raise MoneyError(f"{points} is worth nothing in {currency}.", "points")
        taken = -(-minor * each // scale)
        return unchecked(taken, self.currency), Money.from_minor(minor, currency)


def _smallest(currency: str) -> int:
    """How many of its smallest units a whole one has."""
    units: int = 10 ** exponent(currency)
    return units
