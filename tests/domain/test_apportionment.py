"""Apportionment: whole parts in proportion to weights, against its definitions."""

from fractions import Fraction
from itertools import pairwise, product
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketpay.domain.apportionment import largest_remainder, webster
from marketpay.domain.errors import InvalidInput

small_weights = st.lists(st.integers(0, 9), min_size=1, max_size=7).filter(any)
any_weights = st.lists(
    st.one_of(st.integers(0, 9), st.integers(10**15 - 9, 10**15), st.integers(0, 10**15)),
    min_size=1,
    max_size=12,
).filter(any)
totals = st.one_of(st.integers(0, 30), st.integers(10**15 - 30, 10**15), st.integers(0, 10**15))


def seat_by_seat(total: int, weights: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Webster's method as it is defined, one unit at a time: the parts of 0, 1, ... `total`."""
    parts = [0] * len(weights)
    history = [tuple(parts)]
    for _ in range(total):
        claims = [Fraction(w, 2 * n + 1) for w, n in zip(weights, parts, strict=True)]
        parts[claims.index(max(claims))] += 1  # `index` finds the earliest
        history.append(tuple(parts))
    return history


@pytest.mark.parametrize("size", [1, 2, 3])
def test_in_a_small_world_webster_gives_out_what_the_definition_does(size: int) -> None:
    for weights in product(range(9), repeat=size):
        if any(weights):
            expected = seat_by_seat(20, weights)
            assert [webster(total, weights) for total in range(21)] == expected, weights


def test_with_many_parts_webster_gives_out_what_the_definition_does() -> None:
    for weights in product((0, 1, 2, 7), repeat=5):
        if any(weights):
            expected = seat_by_seat(17, weights)
            assert [webster(total, weights) for total in range(18)] == expected, weights


@pytest.mark.parametrize("small", [1, 3, 4, 5, 9])
def test_two_large_parts_among_many_small_ones_get_what_the_definition_gives(small: int) -> None:
    """The rounding of many small parts is all set right at the large ones, several times each."""
    for weights in [(97, 97, *[small] * 40), (*[small] * 40, 97, 50, 97)]:
        expected = seat_by_seat(150, weights)
        assert [webster(total, weights) for total in range(151)] == expected, weights


@given(total=st.integers(0, 200), weights=any_weights)
@example(total=3, weights=[1, 1, 1, 1, 1, 1])
@example(total=50, weights=[1] * 12)
@example(total=2, weights=[6, 6, 8])
def test_webster_is_its_definition_for_any_weights(total: int, weights: list[int]) -> None:
    assert webster(total, weights) == seat_by_seat(total, tuple(weights))[-1]


@given(total=totals, weights=any_weights)
@example(total=10**15, weights=[1] * 11)
def test_no_claim_that_was_passed_over_is_above_one_that_was_served(
    total: int, weights: list[int]
) -> None:
    parts = webster(total, weights)

    assert sum(parts) == total
    order = list(enumerate(zip(weights, parts, strict=True)))
    served = [(Fraction(w, 2 * n - 1), -i) for i, (w, n) in order if n]
    passed = [(Fraction(w, 2 * n + 1), -i) for i, (w, n) in order]
    if served:
        assert min(served) >= max(passed)
    for part, weight in zip(parts, weights, strict=True):
        assert weight or not part


@given(total=totals, step=st.integers(1, 3), weights=any_weights)
def test_no_part_shrinks_when_the_total_grows(total: int, step: int, weights: list[int]) -> None:
    for less, more in zip(webster(total, weights), webster(total + step, weights), strict=True):
        assert less <= more


@given(weights=any_weights, times=st.integers(1, 5))
def test_a_total_that_the_weights_divide_is_divided_exactly(weights: list[int], times: int) -> None:
    exact = tuple(times * weight for weight in weights)

    assert webster(sum(exact), weights) == exact
    assert largest_remainder(sum(exact), weights) == exact


def test_equal_claims_are_served_in_the_order_given() -> None:
    assert [webster(total, (1, 1, 1)) for total in range(1, 6)] == [
        (1, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
        (2, 1, 1),
        (2, 2, 1),
    ]


def test_webster_takes_as_long_for_a_fortune_as_for_a_cent() -> None:
    start = perf_counter()
    parts = webster(10**15 - 1, tuple(range(10**11, 10**11 + 2000)))

    assert sum(parts) == 10**15 - 1
    assert perf_counter() - start < 1


@given(total=totals, weights=any_weights)
def test_the_largest_remainder_stays_within_one_unit_of_each_share(
    total: int, weights: list[int]
) -> None:
    parts = largest_remainder(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1
        assert weight or not part


def test_in_a_small_world_the_largest_remainders_are_served_the_earlier_first() -> None:
    for weights in product(range(7), repeat=3):
        for total in range(12):
            if any(weights):
                shares = [Fraction(total * weight, sum(weights)) for weight in weights]
                parts = largest_remainder(total, weights)
                given_up = [(share % 1, -i) for i, share in enumerate(shares) if parts[i] <= share]
                rounded_up = [(share % 1, -i) for i, share in enumerate(shares) if parts[i] > share]
                assert sum(parts) == total
                assert not rounded_up or not given_up or min(rounded_up) > max(given_up)


@pytest.mark.parametrize("divide", [webster, largest_remainder])
@pytest.mark.parametrize(
    ("total", "weights", "field"),
    [(-1, [1], "total"), (1, [], "weights"), (1, [0, 0], "weights"), (1, [2, -1], "weights")],
)
def test_what_cannot_be_divided_is_refused(
    divide: Any, total: int, weights: list[int], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        divide(total, weights)

    assert caught.value.field == field


@pytest.mark.parametrize("divide", [webster, largest_remainder])
@pytest.mark.parametrize(
    ("total", "weights"), [(1.0, [1]), (1, [0.5, 1]), (True, [1]), (1, [True])]
)
def test_totals_and_weights_are_ints(divide: Any, total: Any, weights: Any) -> None:
    with pytest.raises(TypeError):
        divide(total, weights)


def test_the_largest_remainder_can_shrink_a_part_when_the_total_grows() -> None:
    """The Alabama paradox: why what is divided step by step is divided by Webster's method."""
    weights = (6, 6, 2)

    assert any(
        now < then
        for less, more in pairwise(largest_remainder(total, weights) for total in range(15))
        for then, now in zip(less, more, strict=True)
    )
    for less, more in pairwise(webster(total, weights) for total in range(15)):
        assert all(then <= now for then, now in zip(less, more, strict=True))
