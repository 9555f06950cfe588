"""Stripe's currencies: in what unit it counts each, what it can take and what it asks at least.

Where Stripe's unit differs from that of ISO 4217, an amount that it cannot express is refused
and never rounded.
"""

from __future__ import annotations

from math import gcd
from typing import Final

from marketpay.domain.currencies import exponent
from marketpay.domain.errors import GatewayError, MoneyError
from marketpay.domain.money import Money
from marketpay.ports.gateway import Limits


def _each(codes: str, value: int) -> dict[str, int]:
    return dict.fromkeys(codes.split(), value)


_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF "
    "CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
    "SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD XCG YER "
    "ZAR ZMW"
)
_THREE = "BHD JOD KWD OMR TND"  # the last digit must be 0
DECIMALS: Final = _each(_ZERO, 0) | _each(_TWO, 2) | _each(_THREE, 3)

# What an amount must be a multiple of.  ISK and UGX have no cents; Stripe writes them all the same.
STEPS: Final = _each(_THREE, 10) | {"ISK": 100, "UGX": 100}
PAYOUT_STEPS: Final = STEPS | {"HUF": 100, "TWD": 100}

MOST: Final = 99_999_999  # the eight digits of Stripe's reference, in its unit
# In Stripe's unit, and where the balance is kept in this currency.
LEAST: Final = {
    "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1500,
    "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17500, "IDR": 50, "ILS": 50, "INR": 50,
    "JPY": 50, "KRW": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200,
    "RON": 200, "RUB": 50, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50, "ZAR": 50,
}  # fmt: skip


def stripe_currency(code: str) -> str:
    """The code as Stripe writes it, or `MoneyError` for one that Stripe does not take."""
    if code not in DECIMALS:
        raise MoneyError(f"Stripe does not take {code}.", "currency")
    return code.lower()


def stripe_amount(money: Money) -> int:
    """An amount to be charged, refunded or transferred, in Stripe's unit, or `MoneyError`."""
    return _in_steps(money, STEPS.get(money.currency, 1))


def stripe_payout_amount(money: Money) -> int:
    """An amount to be paid out, in Stripe's unit, or `MoneyError`."""
    return _in_steps(money, PAYOUT_STEPS.get(money.currency, 1))


def money_from(amount: int, currency: str) -> Money:
    """What Stripe says an amount is; `GatewayError` for one that money cannot be."""
    code = currency.upper()
    return Money.from_minor(minor_from(amount, code), code)


def minor_from(amount: int, currency: str) -> int:
    """Stripe's `amount` in the smallest units of the currency with this (upper-case) code."""
    ours, theirs = _units(currency)
    minor, rest = divmod(amount * ours, theirs)
    if rest:
        raise GatewayError(f"Stripe counts {amount} of {currency}, less than its smallest unit")
    return minor


def limits_of(currency: str) -> Limits:
    """Of one charge, and the steps of all amounts; `MoneyError` for what Stripe does not take."""
    stripe_currency(currency)
    ours, theirs = _units(currency)
    least = LEAST.get(currency)
    step = STEPS.get(currency, 1)
    return Limits(
        least=None if least is None else -(-least * ours // theirs),
        most=MOST // step * step * ours // theirs,
        step=_step(currency, step),
        payout_step=_step(currency, PAYOUT_STEPS.get(currency, 1)),
    )


def _step(currency: str, step: int) -> int:
    """So many of our units are the least that is so many of Stripe's, and whole ones."""
    ours, theirs = _units(currency)
    return step * ours // gcd(step * ours, theirs)


def _in_steps(money: Money, step: int) -> int:
    stripe_currency(money.currency)
    ours, theirs = _units(money.currency)
    amount, rest = divmod(money.minor * theirs, ours)
    if rest or amount % step:
        raise MoneyError(f"Stripe cannot move exactly {money}.", "amount")
    if amount <= 0:
        raise MoneyError(f"must be above zero, not {money}.", "amount")
    return amount


def _units(currency: str) -> tuple[int, int]:
    """So many of our units are so many of Stripe's."""
    digits = exponent(currency)
    return 10**digits, 10 ** DECIMALS.get(currency, digits)
