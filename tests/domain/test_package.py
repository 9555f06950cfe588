"""What a listing can be upgraded to, for how much and how long."""

import pytest

from marketpay.domain.errors import InvalidInput
from marketpay.domain.loyalty import Loyalty
from marketpay.domain.money import Money
from marketpay.domain.package import Package
from marketpay.domain.rules import Rules


@pytest.mark.covers("B025", "B049", "B051", "B052", "B053", "B055", "B056", "B057", "B058")
@pytest.mark.parametrize(
    ("premium_type", "price", "days"),
    [("bronze", "59.00", 7), ("silver", "129.00", 15), ("gold", "249.00", 30)],
)
def test_there_are_three_packages_at_first(premium_type: str, price: str, days: int) -> None:
    package = Rules().package(premium_type)

    assert (package.price, package.days) == (Money(price, "TRY"), days)
    assert len(Rules().packages) == 3


@pytest.mark.covers("B054", "B059")
def test_what_nobody_sells_has_neither_a_price_nor_a_duration() -> None:
    with pytest.raises(InvalidInput, match=r"'platinum' is not one of: bronze, silver, gold\."):
        Rules().package("platinum")


@pytest.mark.parametrize("name", ["", "a:b", "x" * 65, "a\n"])
def test_a_package_has_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(InvalidInput, match="printable"):
        Package(name, Money("1", "USD"), 1)


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_package_lasts_from_a_day_to_a_century(days: int) -> None:
    with pytest.raises(InvalidInput, match="36500"):
        Package("gold", Money("1", "USD"), days)


@pytest.mark.parametrize("price", ["0", "-1"])
def test_a_package_has_a_price(price: str) -> None:
    with pytest.raises(InvalidInput, match="above zero"):
        Package("gold", Money(price, "USD"), 1)


def test_nothing_is_sold_for_points() -> None:
    loyalty = Loyalty(earned={"USD": 1}, worth={"USD": "0.01"})
    package = Package("gold", Money(100, loyalty.currency), 1)
    assert Rules(packages=[package]).package("gold") == package  # whatever the currency is there
    with pytest.raises(InvalidInput, match="points") as bad:
        Rules(packages=[package], loyalty=loyalty)
    assert bad.value.field == "packages"
