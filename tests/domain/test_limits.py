"""What a gateway can charge at once."""

import pytest

from marketpay.domain.errors import MoneyError
from marketpay.domain.limits import Limits, no_limits
from marketpay.domain.money import LIMIT, Money


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


@pytest.mark.parametrize(
    ("limits", "minor"),
    [
        (Limits(), 1),
        (Limits(50), 50),
        (Limits(50, 99), 99),
        (Limits(most=99), 1),
        (Limits(0, 0), 0),
        (no_limits("USD"), LIMIT),
    ],
)
def test_what_lies_between_the_least_and_the_most_can_be_charged(
    limits: Limits, minor: int
) -> None:
    limits.check(usd(minor), "price")


@pytest.mark.covers("A079")
@pytest.mark.parametrize(
    ("limits", "minor", "problem"),
    [
        (Limits(50), 49, "must be at least USD 0.50 for the gateway, not USD 0.49."),
        (Limits(50, 99), 49, "must be at least USD 0.50 for the gateway, not USD 0.49."),
        (Limits(50, 99), 100, "must be at most USD 0.99 for the gateway, not USD 1.00."),
        (Limits(most=99), 100, "must be at most USD 0.99 for the gateway, not USD 1.00."),
        (Limits(1), 0, "must be at least USD 0.01 for the gateway, not USD 0.00."),
    ],
)
def test_what_does_not_is_named_with_the_limit(limits: Limits, minor: int, problem: str) -> None:
    with pytest.raises(MoneyError) as refused:
        limits.check(usd(minor), "price")

    assert (refused.value.field, refused.value.problem) == ("price", problem)
