"""Hypothesis strategies for money, rates and commissions, with a taste for the boundaries.

Uniform numbers hardly ever meet the amounts at which divisions go wrong: the tiny ones, those
around half a unit, the largest.  These do.

    @given(price=strategies.prices("USD"), commission=strategies.commissions())
    def test_my_checkout_shows_what_is_taken(price, commission): ...
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from marketpay.domain.commission import Commission, Fee, Rounding
from marketpay.domain.iso4217 import CODES
from marketpay.domain.money import LIMIT, Money

__all__ = ["commissions", "currencies", "minor_units", "money", "prices", "rates"]

USUAL: Final = ("USD", "EUR", "TRY", "JPY", "KWD", "CLF")  # 2, 2, 2, 0, 3 and 4 digits
ALL: Final = tuple(code for codes in CODES.values() for code in codes.split())
ROUND_RATES: Final = tuple(
    Decimal(rate) for rate in ("0", "0.01", "0.05", "0.10", "0.20", "0.25", "0.5", "0.9", "1")
)


def currencies() -> SearchStrategy[str]:
    """Codes of known currencies; mostly usual ones, with every number of digits among them."""
    return st.sampled_from(USUAL) | st.sampled_from(ALL)


def minor_units(at_least: int = 0, at_most: int = LIMIT) -> SearchStrategy[int]:
    """Whole numbers of the smallest unit: tiny ones, round ones, the largest, and any."""
    if not -LIMIT <= at_least <= at_most <= LIMIT:
        raise ValueError(f"{at_least} to {at_most} is not within {-LIMIT} to {LIMIT}")
    round_ones = [one for n in range(16) for one in (10**n - 1, 10**n, 10**n + 1, 5 * 10**n)]
    fitting = [one for one in round_ones if at_least <= one <= at_most]
    ends = st.integers(at_least, min(at_least + 20, at_most)) | st.integers(
        max(at_most - 20, at_least), at_most
    )
    usual = st.sampled_from(fitting) if fitting else ends
    return st.one_of(ends, usual, st.integers(at_least, at_most))


def money(
    currency: str | SearchStrategy[str] | None = None, *, at_least: int = 0, at_most: int = LIMIT
) -> SearchStrategy[Money]:
    """Amounts in `currency` (any, if none is given), from and to so many minor units."""
    codes = st.just(currency) if isinstance(currency, str) else (currency or currencies())
    return st.builds(Money.from_minor, minor_units(at_least, at_most), codes)


def prices(
    currency: str | SearchStrategy[str] | None = None, *, at_most: int = LIMIT
) -> SearchStrategy[Money]:
    """Amounts above zero: what can be offered."""
    return money(currency, at_least=1, at_most=at_most)


def rates(at_most: Decimal = Decimal(1)) -> SearchStrategy[Decimal]:
    """Rates from 0 to `at_most`: round ones mostly, as people choose them."""
    fitting = [rate for rate in ROUND_RATES if rate <= at_most]
    fine = st.decimals(0, at_most, places=4)
    return st.one_of(st.sampled_from(fitting), st.just(at_most), fine)


@st.composite
def commissions(draw: st.DrawFn, currency: str | None = None) -> Commission:
    """Commissions whose rates sum to at most 1; with a `currency`, some with fixed parts in it."""
    platform = draw(rates())
    service = draw(rates(Decimal(1) - platform))
    fees = [Fee(platform), Fee(service)]
    if currency is not None:
        fees = [draw(_with_amounts(fee.rate, currency)) for fee in fees]
    return Commission(*fees, rounding=draw(st.sampled_from(Rounding)))


def _with_amounts(rate: Decimal, currency: str) -> SearchStrategy[Fee]:
    amounts = money(currency, at_most=10_000)
    few = st.lists(amounts, max_size=1)
    return st.one_of(
        st.just(Fee(rate)),
        st.builds(lambda fixed: Fee(rate, fixed=fixed), few),
        st.builds(lambda least: Fee(rate, minimum=least), few),
        st.builds(lambda most: Fee(rate, maximum=most), few),
    )
