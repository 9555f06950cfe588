"""Refunds of a split: what each part gives back, in however many steps.

Four promises: no part gives back a negative amount; the parts of a refund sum to its amount; the
path does not matter; and the full refund takes back each part exactly.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketpay.domain.apportionment import largest_remainder
from marketpay.domain.commission import Commission, Split
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, MoneyError
from marketpay.domain.money import LIMIT, Money

Parts = tuple[int, int, int]
WORLD: list[Parts] = [parts for parts in product(range(8), range(8), range(8)) if any(parts)]
RATES = ["0", "0.1", "0.2", "0.3333", "0.5", "0.9", "1"]
COMMISSIONS = [
    Commission(a, b) for a, b in product(RATES, repeat=2) if Fraction(a) + Fraction(b) <= 1
]

prices = st.one_of(st.integers(1, 20), st.integers(LIMIT - 20, LIMIT), st.integers(1, LIMIT))
splits = st.one_of(
    st.builds(lambda c, p: c.split(usd(p)), st.sampled_from(COMMISSIONS), prices),
    st.lists(
        st.one_of(st.integers(0, 9), st.integers(0, LIMIT // 3)), min_size=3, max_size=3
    ).filter(any).map(lambda parts: split_of(*parts)),
)  # fmt: skip


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def split_of(platform: int, service: int, payout: int) -> Split:
    whole = platform + service + payout
    return Split(usd(whole), usd(platform), usd(service), usd(payout))


def parts(split: Split) -> Parts:
    return split.platform_fee.minor, split.service_fee.minor, split.payout.minor


def minus(more: Parts, less: Parts) -> Parts:
    return more[0] - less[0], more[1] - less[1], more[2] - less[2]


@st.composite
def refunds(draw: st.DrawFn) -> tuple[Split, list[int]]:
    """A split and refunds of all of it, in a few steps: tiny, huge, or what was left."""
    split = draw(splits)
    left = split.price.minor
    steps: list[int] = []
    while left and len(steps) < 8:
        step = draw(st.one_of(st.integers(1, min(left, 5)), st.integers(1, left), st.just(left)))
        steps.append(step)
        left -= step
    return split, steps + [left] * bool(left)


@given(case=refunds())
@example(case=(split_of(1, 2, 7), [1] * 10))
@example(case=(split_of(6, 6, 2), [1] * 14))
def test_the_steps_of_a_full_refund_take_back_each_part_and_never_a_negative_amount(
    case: tuple[Split, list[int]],
) -> None:
    split, steps = case
    already, taken = 0, (0, 0, 0)
    for step in steps:
        refund = split.refund(usd(step), usd(already))
        assert refund.price == usd(step)
        assert sum(parts(refund)) == step
        assert min(parts(refund)) >= 0
        taken = tuple(map(sum, zip(taken, parts(refund), strict=True)))  # type: ignore[assignment]
        already += step

    assert taken == parts(split)


@given(split=splits, data=st.data())
def test_the_path_to_a_total_does_not_matter(split: Split, data: st.DataObject) -> None:
    price = split.price.minor
    total = data.draw(st.one_of(st.integers(1, min(price, 20)), st.integers(1, price)))
    step = data.draw(st.integers(1, total))

    at_once = parts(split.refund(usd(total)))

    if step < total:
        then = parts(split.refund(usd(total - step), usd(step)))
        assert minus(at_once, parts(split.refund(usd(step)))) == then


@given(split=splits, data=st.data())
def test_what_was_taken_back_stays_near_the_exact_share(split: Split, data: st.DataObject) -> None:
    total = data.draw(st.integers(1, split.price.minor))

    for taken, part in zip(parts(split.refund(usd(total))), parts(split), strict=True):
        assert abs(taken - Fraction(total * part, split.price.minor)) <= 1


def webster_by_definition(weights: Parts) -> list[Parts]:
    """What was taken of each part after 0, 1, 2, ... minor units: each from the largest claim."""
    taken = [0, 0, 0]
    totals: list[Parts] = [(0, 0, 0)]
    for _ in range(sum(weights)):
        claims = [Fraction(weight, 2 * n + 1) for weight, n in zip(weights, taken, strict=True)]
        taken[claims.index(max(claims))] += 1
        totals.append((taken[0], taken[1], taken[2]))
    return totals


@pytest.mark.parametrize("commission", COMMISSIONS, ids=str)
def test_in_a_small_world_every_step_of_every_sequence_is_what_the_definition_says(
    commission: Commission,
) -> None:
    """A step depends on what was refunded before, not on how, so these are all sequences."""
    for price in range(1, 33):
        split = commission.split(usd(price))
        totals = webster_by_definition(parts(split))
        assert totals[price] == parts(split)
        for already in range(price):
            for after in range(already + 1, price + 1):
                refund = split.refund(usd(after - already), usd(already))
                assert parts(refund) == minus(totals[after], totals[already])


def test_in_a_small_world_any_three_parts_are_refunded_as_the_definition_says() -> None:
    for weights in WORLD:
        split = split_of(*weights)
        for already, (before, after) in enumerate(pairwise(webster_by_definition(weights))):
            assert parts(split.refund(usd(1), usd(already))) == minus(after, before)


def test_a_refund_of_400_of_1000_takes_40_80_and_280() -> None:
    split = Commission().split(Money("1000", "USD"))

    refund = split.refund(Money("400", "USD"))

    assert refund == Split(*(Money(amount, "USD") for amount in ("400", "40", "80", "280")))
    assert refund.held == Money("360", "USD")
    assert split.refund(Money("600", "USD"), already=Money("400", "USD")).payout == (
        Money("420", "USD")
    )
    assert split.refund(split.price) == split


def test_equal_claims_are_taken_from_the_earlier_part_first() -> None:
    split = split_of(5, 5, 5)

    steps = [parts(split.refund(usd(1), usd(already))) for already in range(4)]
    assert steps == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]


# --- why not the obvious rules ------------------------------------------------------------------


def each_alone(split: Parts, amount: int, _taken: Parts) -> Parts:
    """Round each refund's parts by itself, the contractor giving the rest."""
    whole = sum(split)
    platform = round(Fraction(split[0] * amount, whole))
    service = round(Fraction(split[1] * amount, whole))
    return platform, service, amount - platform - service


def cumulative_largest_remainder(split: Parts, amount: int, taken: Parts) -> Parts:
    """Divide all refunds so far by largest remainders and take the difference."""
    now = largest_remainder(sum(taken) + amount, split)
    return minus((now[0], now[1], now[2]), taken)


def largest_remainder_of_the_rest(split: Parts, amount: int, taken: Parts) -> Parts:
    """Divide each refund in proportion to what is left of each part."""
    now = largest_remainder(amount, minus(split, taken))
    return now[0], now[1], now[2]


def ours(split: Parts, amount: int, taken: Parts) -> Parts:
    return parts(split_of(*split).refund(usd(amount), usd(sum(taken))))


Rule = Callable[[Parts, int, Parts], Parts]


def after_steps_of(unit: int, rule: Rule, split: Parts) -> Iterator[Parts]:
    """What was taken of each part after each of equal refunds, up to the full one."""
    taken: Parts = (0, 0, 0)
    for _ in range(sum(split) // unit):
        more = rule(split, unit, taken)
        taken = taken[0] + more[0], taken[1] + more[1], taken[2] + more[2]
        yield taken


def never_negative(rule: Rule, split: Parts) -> bool:
    history = [(0, 0, 0), *after_steps_of(1, rule, split)]
    return all(min(minus(more, less)) >= 0 for less, more in pairwise(history))


def exact_at_the_end(rule: Rule, split: Parts) -> bool:
    *_, last = after_steps_of(1, rule, split)
    return last == split


def the_same_on_any_path(rule: Rule, split: Parts) -> bool:
    in_steps = enumerate(after_steps_of(1, rule, split), start=1)
    return all(rule(split, total, (0, 0, 0)) == taken for total, taken in in_steps)


@pytest.mark.parametrize(
    ("rule", "promise", "kept_by_rule"),
    [
        (each_alone, exact_at_the_end, False),
        (cumulative_largest_remainder, never_negative, False),
        (cumulative_largest_remainder, exact_at_the_end, True),
        (largest_remainder_of_the_rest, the_same_on_any_path, False),
        (largest_remainder_of_the_rest, exact_at_the_end, True),
        (ours, never_negative, True),
        (ours, exact_at_the_end, True),
        (ours, the_same_on_any_path, True),
    ],
)
def test_each_obvious_rule_breaks_a_promise_that_ours_keeps(
    rule: Rule, promise: Callable[[Rule, Parts], bool], kept_by_rule: bool
) -> None:
    assert all(promise(rule, split) for split in WORLD) == kept_by_rule


def test_refunds_in_small_steps_drift_by_many_cents_under_the_rule_of_what_is_left() -> None:
    split: Parts = (1000, 2000, 7000)

    def drift(rule: Rule) -> Fraction:
        history = enumerate(after_steps_of(1, rule, split), start=1)
        return max(
            abs(taken - Fraction(total * part, 10_000))
            for total, all_taken in history
            for taken, part in zip(all_taken, split, strict=True)
        )

    assert drift(largest_remainder_of_the_rest) > 10
    assert drift(ours) <= 1


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "already", "field"),
    [(0, 0, "amount"), (-1, 0, "amount"), (-1, 5, "amount"), (101, 0, "amount"), (51, 50, "amount"),
     (1, 100, "amount"), (1, -1, "already"), (1, 101, "already")],
)  # fmt: skip
def test_a_refund_is_above_zero_and_no_more_than_is_left(
    amount: int, already: int, field: str
) -> None:
    split = Commission().split(usd(100))

    with pytest.raises(MoneyError) as caught:
        split.refund(usd(amount), usd(already))

    assert isinstance(caught.value, InvalidInput)
    assert caught.value.field == field


def test_the_whole_price_can_be_refunded_to_the_last_cent() -> None:
    split = Commission().split(usd(100))

    assert split.refund(usd(100)) == split
    assert sum(parts(split.refund(usd(1), usd(99)))) == 1


def test_refunding_more_than_is_left_says_what_is_left() -> None:
    with pytest.raises(MoneyError, match=r"USD 0\.51 is more than the USD 0\.50 that can be"):
        Commission().split(usd(100)).refund(usd(51), already=usd(50))


@pytest.mark.parametrize(
    ("amount", "already"),
    [
        (Money("1", "JPY"), None),
        (usd(1), Money("1", "JPY")),
        (Money("1", "JPY"), Money("1", "JPY")),
    ],
)
def test_a_refund_is_in_the_currency_of_the_price(amount: Money, already: Money | None) -> None:
    with pytest.raises(CurrencyMismatch, match="do not mix"):
        Commission().split(usd(100)).refund(amount, already)


@pytest.mark.parametrize("value", [1.0, 1, True, "1"])
def test_a_refund_is_money(value: Any) -> None:
    split = Commission().split(usd(100))
    for amount, already in ((value, None), (usd(1), value), (value, value)):
        with pytest.raises(TypeError):
            split.refund(amount, already)
