"""Money: a whole number of a currency's smallest units."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, Inexact
from typing import Final, final

from attrs import frozen

from marketpay.domain.apportionment import largest_remainder, whole_weights
from marketpay.domain.currencies import exponent
from marketpay.domain.errors import CurrencyMismatch, MoneyError
from marketpay.domain.numbers import EXACT, is_int, is_number, read, shown

_DIGITS: Final = 15
LIMIT: Final = 10**_DIGITS  # minor units that an amount has at most: thousands fit 64 bits


@final
@frozen(init=False)
class Money:
    """An exact amount.  One that its currency cannot pay, like USD 0.005, cannot be built.

    The amount is text in plain digits, an int or a Decimal, and at most 10**15 smallest units;
    only a sum of amounts may be more.  A float is a `TypeError` everywhere,
    as no float is ten cents.

    >>> Money("100.00", "USD") - Money(10, "USD")
    Money('90.00', 'USD')
    """

    minor: int
    currency: str

    __match_args__ = ("amount", "currency")  # a pattern reads as the call does

    def __init__(self, amount: str | int | Decimal, currency: str) -> None:
        if not is_number(amount):
            raise TypeError(f"an amount is a str, an int or a Decimal, not {_kind(amount)}")
        _set_minor(self, _minor_units(amount, currency))
        _set_currency(self, _plain(currency))

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """So many of the smallest unit: 100 is USD 1.00, and JPY 100."""
        if not is_int(minor):
            raise TypeError(f"minor units are an int, not {_kind(minor)}")
        exponent(currency)
        if not -LIMIT <= minor <= LIMIT:
            raise _too_large(currency)
        return unchecked(int(minor), _plain(currency))

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`; where a `sum` starts."""
        exponent(currency)
        return unchecked(0, _plain(currency))

    @property
    def amount(self) -> Decimal:
        """The amount, with all the digits of its currency: `Decimal("700.00")`."""
        return Decimal(digits(self))

    def allocate(self, weights: Iterable[int | Decimal]) -> tuple[Money, ...]:
        """Parts in proportion to `weights` that sum to exactly this, by the largest remainder.

        Equal remainders are served in the order given, and a weight of zero gets nothing.

        >>> Money("1.00", "USD").allocate([1, 1, 1])
        (Money('0.34', 'USD'), Money('0.33', 'USD'), Money('0.33', 'USD'))
        """
        sign = -1 if self.minor < 0 else 1
        parts = largest_remainder(abs(self.minor), whole_weights(weights))
        return tuple(unchecked(sign * part, self.currency) for part in parts)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return unchecked(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return unchecked(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if not is_int(times):
            return NotImplemented
        return unchecked(self.minor * int(times), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return unchecked(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return unchecked(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self._compared(other, int.__lt__)

    def __le__(self, other: Money) -> bool:
        return self._compared(other, int.__le__)

    def __gt__(self, other: Money) -> bool:
        return self._compared(other, int.__gt__)

    def __ge__(self, other: Money) -> bool:
        return self._compared(other, int.__ge__)

    def __str__(self) -> str:
        return f"{self.currency} {digits(self)}"

    def __repr__(self) -> str:
        return f"Money('{digits(self)}', '{self.currency}')"

    def _compared(self, other: Money, holds: Callable[[int, int], bool]) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return holds(self.minor, other.minor)


# A frozen attrs class sets its fields by a slow road; these are the slots themselves.
_new: Final[Callable[[type[Money]], Money]] = object.__new__
_set_minor: Final[Callable[[Money, int], None]] = vars(Money)["minor"].__set__
_set_currency: Final[Callable[[Money, str], None]] = vars(Money)["currency"].__set__


def unchecked(minor: int, currency: str) -> Money:
    """So many units of a currency that is known; a sum may pass the limit of one amount."""
    money = _new(Money)
    _set_minor(money, minor)
    _set_currency(money, currency)
    return money


def digits(money: Money) -> str:
    """The amount in plain digits, all that its currency has after the point: "700.00"."""
    decimals = exponent(money.currency)
    plain = str(abs(money.minor)).zfill(decimals + 1)
    sign = "-" if money.minor < 0 else ""
    point = len(plain) - decimals
    return f"{sign}{plain[:point]}.{plain[point:]}" if decimals else f"{sign}{plain}"


def _minor_units(amount: str | int | Decimal, currency: str) -> int:
    """`amount` in the smallest units of `currency`, judged by its size before it is converted."""
    decimals = exponent(currency)
    if isinstance(amount, int):
        minor = amount * 10**decimals if -LIMIT <= amount <= LIMIT else LIMIT + 1
    else:
        number = read(amount) if isinstance(amount, str) else amount
        if number is None or not number.is_finite():
            raise MoneyError(f"{shown(amount)} is not an amount.", "amount")
        if number and number.adjusted() + decimals > _DIGITS:
            raise _too_large(currency)
        minor = _exactly(number, decimals, currency)
    if not -LIMIT <= minor <= LIMIT:
        raise _too_large(currency)
    return minor


def _exactly(number: Decimal, decimals: int, currency: str) -> int:
    try:
        return int(number.scaleb(decimals, EXACT).to_integral_exact(context=EXACT))
    except Inexact:
        raise MoneyError(
            f"{currency} has {decimals or 'no'} digits after the point, "
            f"too few for {shown(number)}.",
            "amount",
        ) from None


def _too_large(currency: str) -> MoneyError:
    largest = unchecked(LIMIT, currency)
    return MoneyError(f"This amount is too large; the largest is {largest}.", "amount")


def _plain(currency: str) -> str:
    """The str itself, also of a host's enum of currencies."""
    return currency if currency.__class__ is str else str.__str__(currency)


def _kind(value: object) -> str:
    return type(value).__name__
