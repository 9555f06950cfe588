"""Amounts in Stripe's minor units, which are not ISO 4217's for every currency.

The processor behind the server counts in ISO's.  Where the two differ Stripe's amounts are
turned into those, and back.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from marketpay.domain.iso4217 import EXPONENTS
from marketpay.testing.stripe_server.errors import Refused, invalid

_MORE: Final = {"ISK": 100, "UGX": 100}  # no minor unit in ISO's list, two zeros for Stripe
_FEWER: Final = {"MGA": 100}  # two digits in ISO's list, none for Stripe
_HIGHEST: Final = 999_999_999_999

# The smallest charge, in the currency's major unit; Stripe names none for the others.
_LOWEST: Final = {
    **dict.fromkeys(
        [
            "USD",
            "AUD",
            "BRL",
            "CAD",
            "CHF",
            "COP",
            "EUR",
            "INR",
            "NZD",
            "SGD",
            "TRY",
            "ZAR",
            "ILS",
            "PEN",
        ],
        Decimal("0.50"),
    ),
    "GBP": Decimal("0.30"),
    **dict.fromkeys(["AED", "MYR", "PLN", "RON"], Decimal(2)),
    "BGN": Decimal(1),
    "DKK": Decimal("2.50"),
    "NOK": Decimal(3),
    "SEK": Decimal(3),
    "HKD": Decimal(4),
    "MXN": Decimal(10),
    "THB": Decimal(10),
    "CZK": Decimal(15),
    "JPY": Decimal(50),
    "KRW": Decimal(50),
    "HUF": Decimal(175),
}


def outwards(amount: int, currency: str) -> int:
    """ISO's minor units as Stripe's."""
    if currency in _FEWER:
        return amount // _FEWER[currency]
    return amount * _MORE.get(currency, 1)


def inwards(amount: int, currency: str, param: str = "amount") -> int:
    """Stripe's minor units as ISO's.  Raises `Refused` for parts that cannot be paid."""
    step = 10 if EXPONENTS[currency] == 3 else _MORE.get(currency, 1)
    if amount % step:
        message = f"Invalid amount: amounts in {currency.lower()} must be divisible by {step}."
        raise invalid(message, code="parameter_invalid_integer", param=param)
    return amount // _MORE.get(currency, 1) * _FEWER.get(currency, 1)


def chargeable(amount: int, currency: str, param: str = "amount") -> int:
    """The amount of a charge, in ISO's minor units.  Raises `Refused` if it is out of bounds."""
    inside = inwards(amount, currency, param)
    lowest = _LOWEST.get(currency, Decimal(0)) * 10 ** EXPONENTS[currency]
    if inside < lowest:
        raise _out_of_bounds("at least", _LOWEST[currency], currency, "small", param)
    if amount > _HIGHEST:
        highest = Decimal(_HIGHEST).scaleb(-EXPONENTS[currency])
        raise _out_of_bounds("no more than", highest, currency, "large", param)
    return inside


def _out_of_bounds(how: str, bound: Decimal, currency: str, much: str, param: str) -> Refused:
    message = f"Amount must be {how} {bound} {currency.lower()}"
    return invalid(message, code=f"amount_too_{much}", param=param)


def seconds(at: datetime) -> int:
    """The time as Stripe writes it."""
    return int(at.timestamp())
