"""A split divided into the splits of its parts: nothing is lost, doubled or negative."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketpay.domain.commission import Commission, Split
from marketpay.domain.errors import CurrencyMismatch, MoneyError
from marketpay.domain.money import Money

RATES = ["0", "0.1", "0.2", "0.3333", "0.5"]
COMMISSIONS = [Commission(a, b) for a, b in product(RATES, repeat=2)]

amounts = st.lists(
    st.one_of(st.integers(1, 9), st.integers(1, 100_000), st.integers(1, 10**12)),
    min_size=1,
    max_size=20,
)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def sums(splits: tuple[Split, ...]) -> tuple[int, int, int]:
    return (
        sum(one.platform_fee.minor for one in splits),
        sum(one.service_fee.minor for one in splits),
        sum(one.payout.minor for one in splits),
    )


@given(amounts, st.sampled_from(COMMISSIONS))
@example([3335, 3335, 3335], Commission())
def test_the_fees_of_the_parts_sum_to_the_fees_of_the_whole(
    minors: list[int], commission: Commission
) -> None:
    whole = commission.split(usd(sum(minors)))
    divided = whole.divide([usd(minor) for minor in minors])
    assert [one.price.minor for one in divided] == minors
    assert sums(divided) == sums((whole,))


@given(amounts, st.sampled_from(COMMISSIONS))
def test_no_part_is_a_cent_and_a_half_off_its_share(
    minors: list[int], commission: Commission
) -> None:
    whole = commission.split(usd(sum(minors)))
    for one in whole.divide([usd(minor) for minor in minors]):
        for part, all_of_it in (
            (one.platform_fee, whole.platform_fee),
            (one.service_fee, whole.service_fee),
            (one.payout, whole.payout),
        ):
            share = part.minor * whole.price.minor - all_of_it.minor * one.price.minor
            assert abs(share) < 3 * whole.price.minor


@given(amounts, st.sampled_from(COMMISSIONS))
def test_refunds_of_the_parts_end_where_a_refund_of_the_whole_does(
    minors: list[int], commission: Commission
) -> None:
    whole = commission.split(usd(sum(minors)))
    divided = whole.divide([usd(minor) for minor in minors])
    assert sums(tuple(one.refund(one.price) for one in divided)) == sums((whole,))


@pytest.mark.parametrize("minors", [[], [500], [500, 499], [500, 501], [1000, 1]])
def test_parts_that_are_not_the_price_are_refused(minors: list[int]) -> None:
    with pytest.raises(MoneyError):
        Commission().split(usd(1000)).divide([usd(minor) for minor in minors])


def test_a_part_of_nothing_is_refused() -> None:
    with pytest.raises(MoneyError):
        Commission().split(usd(1000)).divide([usd(1000), usd(0)])


def test_parts_in_another_currency_are_refused() -> None:
    with pytest.raises(CurrencyMismatch):
        Commission().split(usd(1000)).divide([Money("10", "EUR")])
