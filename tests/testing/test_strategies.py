"""The strategies keep to their bounds, reach them, and are usable as they are."""

from decimal import Decimal

import pytest
from hypothesis import find, given, settings

from marketpay import Commission, Money
from marketpay.domain.money import LIMIT
from marketpay.testing import strategies


@given(price=strategies.prices("USD"), commission=strategies.commissions("USD"))
def test_every_commission_splits_every_price(price: Money, commission: Commission) -> None:
    split = commission.split(price)

    assert split.platform_fee + split.service_fee + split.payout == price


@given(amount=strategies.money())
def test_money_is_within_the_limit(amount: Money) -> None:
    assert 0 <= amount.minor <= LIMIT


@given(amount=strategies.money("JPY", at_least=5, at_most=7))
def test_money_is_as_asked_for(amount: Money) -> None:
    assert amount.currency == "JPY"
    assert 5 <= amount.minor <= 7


@given(rate=strategies.rates(Decimal("0.3")))
def test_rates_are_at_most_what_is_said(rate: Decimal) -> None:
    assert 0 <= rate <= Decimal("0.3")


@pytest.mark.parametrize("minor", [1, 2, LIMIT, LIMIT - 1, 100, 99, 101])
def test_the_boundaries_are_met(minor: int) -> None:
    found = find(
        strategies.prices("USD"),
        lambda price: price.minor == minor,
        settings=settings(max_examples=5_000, database=None, derandomize=True),
    )

    assert found.minor == minor


def test_every_number_of_digits_is_met() -> None:
    for code in ("JPY", "USD", "KWD", "CLF"):
        find(strategies.currencies(), lambda found, code=code: found == code)  # type: ignore[misc]


def test_bounds_beyond_the_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="not within"):
        strategies.minor_units(0, LIMIT + 1)
