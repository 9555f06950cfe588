"""What points are earned, and what they are worth."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.errors import InvalidInput, MoneyError
from marketpay.domain.loyalty import Loyalty
from marketpay.domain.money import LIMIT, Money
from marketpay.testing import strategies

PAYING = Loyalty(earned={"USD": 2, "JPY": "0.05"}, worth={"USD": "0.015", "JPY": 1})


def pts(points: int) -> Money:
    return Money(points, "PTS")


@pytest.mark.parametrize(
    ("paid", "points"),
    [
        (Money("0.49", "USD"), 0),
        (Money("0.50", "USD"), 1),
        (Money("99.99", "USD"), 199),
        (Money("1000", "JPY"), 50),
        (Money("1019", "JPY"), 50),
        (Money("1000", "EUR"), 0),
        (Money("0", "USD"), 0),
    ],
)
def test_points_for_whole_units(paid: Money, points: int) -> None:
    assert PAYING.points(paid) == pts(points)


def test_no_amount_of_points_is_too_large_to_keep() -> None:
    generous = Loyalty(earned={"USD": 10**9}, worth={})
    assert generous.points(Money.from_minor(LIMIT, "USD")).minor == LIMIT


@given(strategies.minor_units(1, 10**9), st.decimals("0.0001", 100, places=4))
def test_redeeming_takes_no_point_that_is_not_needed(points: int, worth: Decimal) -> None:
    loyalty = Loyalty(earned={}, worth={"USD": worth})
    exact = points * worth * 100
    if exact < 1:
        with pytest.raises(MoneyError):
            loyalty.redeemed(pts(points), "USD")
        return
    if int(exact) > LIMIT:
        return
    taken, given_ = loyalty.redeemed(pts(points), "USD")
    assert given_.minor == int(exact)
    assert 0 < taken.minor <= points
    assert (taken.minor - 1) * worth * 100 < given_.minor <= taken.minor * worth * 100


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"earned": {"USD": 0}}, InvalidInput),
        ({"earned": {"USD": "-1"}}, InvalidInput),
        ({"earned": {"USD": "much"}}, InvalidInput),
        ({"earned": {"USD": 0.5}}, TypeError),
        ({"earned": {"USD": True}}, TypeError),
        ({"worth": {"USD": Decimal("NaN")}}, InvalidInput),
        ({"worth": {"usd": 1}}, MoneyError),
        ({"worth": {"PTS": 1}}, InvalidInput),
        ({"expires_after": 30}, TypeError),
        ({"expires_after": timedelta(0)}, InvalidInput),
        ({"currency": "points"}, InvalidInput),
    ],
)
def test_what_cannot_be_meant(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        evolve(PAYING, **changes)


def test_points_are_known_as_a_currency_of_their_own() -> None:
    Loyalty(currency="STARS", earned={}, worth={})
    assert str(Money(3, "STARS")) == "STARS 3"
    with pytest.raises(InvalidInput, match="try: USD, JPY"):
        PAYING.redeemed(pts(3), "EUR")


@pytest.mark.parametrize("currency", ["JPY", "USD"])
def test_points_are_no_money(currency: str) -> None:
    with pytest.raises(InvalidInput, match="ISO 4217"):
        Loyalty(currency=currency, earned={"EUR": 2}, worth={})


def test_points_expire_while_there_are_dates() -> None:
    with pytest.raises(InvalidInput, match="100 years"):
        Loyalty(earned={}, worth={}, expires_after=timedelta.max)
