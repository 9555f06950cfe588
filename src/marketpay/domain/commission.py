"""The commission: what the platform keeps of a price, and what the contractor gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

from attrs import Factory, field, frozen

from marketpay.domain.apportionment import webster
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, MoneyError
from marketpay.domain.money import Money, unchecked
from marketpay.domain.numbers import FINEST, is_number, ratio, read, shown


class Rounding(StrEnum):
    """What becomes of a fee that falls between two whole minor units."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


def _half_even(numerator: int, denominator: int) -> int:
    whole = numerator // denominator
    twice = 2 * (numerator - whole * denominator)
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _down(numerator: int, denominator: int) -> int:
    return numerator // denominator


Division = Callable[[int, int], int]
DIVISIONS: Final[dict[Rounding, Division]] = {
    Rounding.HALF_EVEN: _half_even,
    Rounding.HALF_UP: _half_up,
    Rounding.UP: _up,
    Rounding.DOWN: _down,
}


@frozen
class Split:
    """A price in three parts, none negative, that sum to the price to the last minor unit.

    What a refund takes back has the same shape: its `price` is the amount refunded, and the
    parts are what the platform, the platform again and the contractor give back.
    """

    price: Money
    platform_fee: Money
    service_fee: Money
    payout: Money

    def __attrs_post_init__(self) -> None:
        parts = (self.platform_fee, self.service_fee, self.payout)
        for money in (self.price, *parts):
            if not isinstance(money, Money):
                raise TypeError(f"a split is of Money, not {type(money).__name__}")
            if money.currency != self.price.currency:
                raise CurrencyMismatch(self.price.currency, money.currency)
            if money.minor < 0:
                raise MoneyError(f"No part of a split is negative, as {money} is.")
        if sum(part.minor for part in parts) != self.price.minor:
            raise MoneyError(f"The parts of a split must sum to its price, {self.price}.")

    @property
    def held(self) -> Money:
        """What is held for the contractor and the service: the price less the platform fee."""
        return self.price - self.platform_fee

    @property
    def commission(self) -> Money:
        """Both fees: what the platform keeps."""
        return self.platform_fee + self.service_fee

    def refund(self, amount: Money, already: Money | None = None) -> Split:
        """What a refund of `amount` takes back from each part, `already` having been refunded.

        All refunds so far, together, are divided over the parts by Webster's method, and this
        one is the difference that it makes.  So no part gives a negative amount, the parts sum
        to `amount`, in how many steps a total was refunded makes no difference, and the full
        refund takes back each part exactly.

        >>> split = Commission().split(Money("1000", "USD"))
        >>> split.refund(Money("400", "USD")).payout
        Money('280.00', 'USD')
        """
        before = Money.zero(self.price.currency) if already is None else already
        left = self.price - before
        if before.minor < 0 or left.minor < 0:
            raise MoneyError(f"{before} of {self.price} cannot be refunded already.", "already")
        if amount > left:
            raise MoneyError(f"{amount} is more than the {left} that can be refunded.", "amount")
        if amount.minor <= 0:
            raise MoneyError("A refund must be above zero.", "amount")
        weights = (self.platform_fee.minor, self.service_fee.minor, self.payout.minor)
        then = webster(before.minor, weights)
        now = webster(before.minor + amount.minor, weights)
        return unchecked_split(amount, now[0] - then[0], now[1] - then[1], now[2] - then[2])

    def divide(self, amounts: Sequence[Money]) -> tuple[Split, ...]:
        """The split of each of these parts of the price, in their order.

        Each part of the parts sums to that of the whole: what is split one by one does not.

        >>> split = Commission().split(Money("100.05", "USD"))
        >>> parts = split.divide([Money("33.35", "USD")] * 3)
        >>> tuple(part.platform_fee.minor for part in parts)
        (333, 334, 333)
        """
        before, divided = Money.zero(self.price.currency), []
        for amount in amounts:
            divided.append(self.refund(amount, already=before))
            before += amount
        if before != self.price:
            raise MoneyError(f"The parts must sum to the price, {self.price}, not {before}.")
        return tuple(divided)


_new: Final[Callable[[type[Split]], Split]] = object.__new__
_set_price, _set_platform_fee, _set_service_fee, _set_payout = (
    vars(Split)[name].__set__ for name in ("price", "platform_fee", "service_fee", "payout")
)


def unchecked_split(price: Money, platform_fee: int, service_fee: int, payout: int) -> Split:
    """A split whose parts, in minor units, are right by how they were computed."""
    split, currency = _new(Split), price.currency
    _set_price(split, price)
    _set_platform_fee(split, unchecked(platform_fee, currency))
    _set_service_fee(split, unchecked(service_fee, currency))
    _set_payout(split, unchecked(payout, currency))
    return split


def _rate(value: str | int | Decimal) -> Decimal:
    if not is_number(value):
        raise TypeError(f"a rate is a str, a Decimal, 0 or 1, not {type(value).__name__}")
    if isinstance(value, int):
        number: Decimal | None = Decimal(value) if value in {0, 1} else None
    else:
        number = read(value) if isinstance(value, str) else value
    if number is None or not number.is_finite() or not 0 <= number <= 1:
        raise InvalidInput("A rate must be a number from 0 to 1; 0.10 is ten percent.", "rate")
    if ratio(number) is None:
        raise InvalidInput(f"A rate has at most {FINEST} digits after the point.", "rate")
    return number


def _as_tuple(values: Iterable[Money]) -> tuple[Money, ...]:
    return tuple(values)


def _by_currency(amounts: Iterable[Money], name: str) -> dict[str, int]:
    """Minor units by currency."""
    found: dict[str, int] = {}
    for money in amounts:
        if not isinstance(money, Money):
            raise TypeError(f"{name} amounts are Money, not {type(money).__name__}")
        if money.minor < 0:
            raise MoneyError(f"{money} is negative.", name)
        if money.currency in found:
            raise InvalidInput(f"There are two amounts in {money.currency}.", name)
        found[money.currency] = money.minor
    return found


Amounts = tuple[int, int, int | None]  # fixed, minimum, maximum


def _fraction_of(fee: Fee) -> tuple[int, int]:
    return fee.rate.as_integer_ratio()


def _amounts_of(fee: Fee) -> dict[str, Amounts]:
    fixed = _by_currency(fee.fixed, "fixed")
    minimum = _by_currency(fee.minimum, "minimum")
    maximum = _by_currency(fee.maximum, "maximum")
    for currency in minimum.keys() & maximum.keys():
        if minimum[currency] > maximum[currency]:
            raise InvalidInput(f"In {currency} it is above the maximum.", "minimum")
    return {
        currency: (fixed.get(currency, 0), minimum.get(currency, 0), maximum.get(currency))
        for currency in (*fixed, *minimum, *maximum)
    }


@frozen
class Fee:
    """A share of a price: `rate`, and in some currencies a fixed amount, a floor or a ceiling.

    Each of these is one amount for each currency that has one.  The fee is the rounded share
    plus the fixed amount, at least the minimum and at most the maximum, and never more than
    what is left of the price.

    >>> fee = Fee("0.10", minimum=[Money("2.00", "USD")])
    >>> Commission(platform=fee, service=0).split(Money("12.00", "USD")).platform_fee
    Money('2.00', 'USD')
    """

    rate: Decimal = field(converter=_rate)  # 0.10 is ten percent
    fixed: tuple[Money, ...] = field(default=(), converter=_as_tuple, kw_only=True)
    minimum: tuple[Money, ...] = field(default=(), converter=_as_tuple, kw_only=True)
    maximum: tuple[Money, ...] = field(default=(), converter=_as_tuple, kw_only=True)

    _fraction: tuple[int, int] = field(
        init=False, eq=False, repr=False, default=Factory(_fraction_of, takes_self=True)
    )
    _amounts: dict[str, Amounts] = field(
        init=False, eq=False, repr=False, default=Factory(_amounts_of, takes_self=True)
    )

    def minor_units(self, price: int, currency: str, division: Division) -> int:
        """The fee on `price`, both in minor units; it may be more than the price."""
        numerator, denominator = self._fraction
        fee = division(price * numerator, denominator)
        if currency in self._amounts:
            fixed, minimum, maximum = self._amounts[currency]
            fee = max(fee + fixed, minimum)
            if maximum is not None:
                fee = min(fee, maximum)
        return fee


def _fee(value: Fee | str | int | Decimal) -> Fee:
    return value if isinstance(value, Fee) else Fee(value)


def _rounding(value: Rounding | str) -> Rounding:
    try:
        return Rounding(value)
    except ValueError:
        known = ", ".join(Rounding)
        raise InvalidInput(f"{shown(value)} is none of {known}.", "rounding") from None


def _division_of(commission: Commission) -> Division:
    return DIVISIONS[commission.rounding]


@frozen
class Commission:
    """What the platform keeps: a fee when the deal is made and a fee when the work is done.

    >>> Commission().split(Money("1000", "USD")).payout
    Money('700.00', 'USD')
    """

    platform: Fee = field(default=Fee("0.10"), converter=_fee)
    service: Fee = field(default=Fee("0.20"), converter=_fee)
    rounding: Rounding = field(default=Rounding.HALF_EVEN, converter=_rounding, kw_only=True)

    _division: Division = field(
        init=False, eq=False, repr=False, default=Factory(_division_of, takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        (a, b), (c, d) = self.platform.rate.as_integer_ratio(), self.service.rate.as_integer_ratio()
        if a * d + c * b > b * d:
            raise InvalidInput("The two rates cannot be more than 1 together.", "service")

    def split(self, price: Money) -> Split:
        """Cut `price` in three.  The fees are rounded; the contractor gets what remains."""
        if not isinstance(price, Money):
            raise TypeError(f"a price is Money, not {type(price).__name__}")
        whole, currency = price.minor, price.currency
        if whole <= 0:
            raise MoneyError("A price must be above zero.", "price")
        platform = self.platform.minor_units(whole, currency, self._division)
        if platform > whole:
            platform = whole
        left = whole - platform
        service = self.service.minor_units(whole, currency, self._division)
        if service > left:
            service = left
        return unchecked_split(price, platform, service, left - service)
