"""The commission: three parts that always are the price."""

import copy
import decimal
import pickle
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

from marketpay.domain.commission import Commission, Fee, Rounding, Split
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, MoneyError
from marketpay.domain.money import LIMIT, Money

ROUND_RATES = ["0", "0.1", "0.2", "0.25", "0.3333333333333333333333333333", "0.5", "0.9", "1"]
PAIRS = [(a, b) for a, b in product(ROUND_RATES, repeat=2) if Decimal(a) + Decimal(b) <= 1]
DECIMALS = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}

prices = st.one_of(st.integers(1, 20), st.integers(LIMIT - 20, LIMIT), st.integers(1, LIMIT))
rates = st.one_of(
    st.sampled_from(PAIRS),
    st.decimals(0, 1, places=4).flatmap(
        lambda a: st.decimals(0, 1 - a, places=4).map(lambda b: (str(a), str(b)))
    ),
)
roundings = st.sampled_from(Rounding)
amounts = st.one_of(st.none(), st.integers(0, 20), st.integers(0, LIMIT))


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def parts(split: Split) -> tuple[int, int, int]:
    return split.platform_fee.minor, split.service_fee.minor, split.payout.minor


def rounded(price: int, rate: str, rounding: Rounding) -> int:
    """The same fee by the decimal module, in a context that is wide enough to be exact."""
    with decimal.localcontext(prec=80):
        return int((price * Decimal(rate)).quantize(Decimal(1), DECIMALS[rounding]))


@pytest.mark.covers("A017")
def test_a_thousand_dollars_are_100_for_the_deal_200_for_the_work_and_700_for_the_contractor() -> (
    None
):
    split = Commission().split(Money("1000", "USD"))

    assert split == Split(
        price=Money("1000.00", "USD"),
        platform_fee=Money("100.00", "USD"),
        service_fee=Money("200.00", "USD"),
        payout=Money("700.00", "USD"),
    )
    assert split.held == Money("900.00", "USD")
    assert split.commission == Money("300.00", "USD")


@pytest.mark.covers("A074")
@given(price=prices, pair=rates, rounding=roundings)
def test_each_fee_is_its_rounded_share_and_the_contractor_gets_the_rest(
    price: int, pair: tuple[str, str], rounding: Rounding
) -> None:
    platform, service = (rounded(price, rate, rounding) for rate in pair)

    split = Commission(*pair, rounding=rounding).split(usd(price))

    assert split.platform_fee == usd(platform)
    assert split.service_fee == usd(min(service, price - platform))
    assert split.price == usd(price)


@given(
    price=prices,
    pair=rates,
    rounding=roundings,
    first=st.tuples(amounts, amounts, amounts),
    second=st.tuples(amounts, amounts, amounts),
)
@example(1, ("0.5", "0.5"), Rounding.UP, (None,) * 3, (None,) * 3)
def test_no_part_is_negative_and_together_they_are_the_price(
    price: int, pair: tuple[str, str], rounding: Rounding, first: Any, second: Any
) -> None:
    split = Commission(fee(pair[0], *first), fee(pair[1], *second), rounding=rounding).split(
        usd(price)
    )

    assert sum(parts(split)) == price
    assert min(parts(split)) >= 0
    assert split.held + split.platform_fee == split.price
    assert split.commission + split.payout == split.price
    assert Split(split.price, split.platform_fee, split.service_fee, split.payout) == split


def fee(rate: str, fixed: int | None, minimum: int | None, maximum: int | None) -> Fee:
    if minimum is not None and maximum is not None:
        minimum, maximum = sorted((minimum, maximum))
    given = {"fixed": fixed, "minimum": minimum, "maximum": maximum}
    return Fee(rate, **{name: [usd(m)] for name, m in given.items() if m is not None})


@pytest.mark.parametrize("rounding", Rounding)
def test_in_a_small_world_every_split_is_the_one_that_fractions_say(rounding: Rounding) -> None:
    for (a, b), price in product(PAIRS, range(1, 41)):
        platform = nearest(price * Fraction(a), rounding)
        service = min(nearest(price * Fraction(b), rounding), price - platform)

        split = Commission(a, b, rounding=rounding).split(usd(price))

        assert parts(split) == (platform, service, price - platform - service), (a, b, price)


def nearest(share: Fraction, rounding: Rounding) -> int:
    down, rest = divmod(share, 1)
    match rounding:
        case Rounding.DOWN:
            return down
        case Rounding.UP:
            return down + (rest > 0)
        case Rounding.HALF_UP:
            return down + (rest >= Fraction(1, 2))
        case Rounding.HALF_EVEN:
            return round(share)


@pytest.mark.parametrize(
    ("rounding", "fees"),
    [("half_even", [0, 2, 2]), ("half_up", [1, 2, 3]), ("up", [1, 2, 3]), ("down", [0, 1, 2])],
)
def test_half_a_cent_goes_where_the_rounding_says(rounding: str, fees: list[int]) -> None:
    commission = Commission("0.5", 0, rounding=rounding)

    assert [commission.split(usd(price)).platform_fee.minor for price in (1, 3, 5)] == fees


@pytest.mark.parametrize(
    ("price", "platform_fee"),
    [(100, 50), (200, 50), (210, 51), (1000, 130), (4690, 499), (20_000, 500), (40, 40), (1, 1)],
)
def test_a_fee_has_a_fixed_part_a_floor_and_a_ceiling_in_its_currency(
    price: int, platform_fee: int
) -> None:
    fee = Fee("0.10", fixed=[usd(30)], minimum=[usd(50)], maximum=[usd(500)])

    assert Commission(fee, 0).split(usd(price)).platform_fee == usd(platform_fee)
    assert Commission(0, fee).split(usd(price)).service_fee == usd(platform_fee)


def test_amounts_in_one_currency_say_nothing_about_another() -> None:
    fee = Fee("0.10", fixed=[usd(30), Money("25", "JPY")], minimum=[Money("2", "EUR")])
    commission = Commission(fee, 0)

    assert commission.split(Money("100", "USD")).platform_fee == Money("10.30", "USD")
    assert commission.split(Money("100", "JPY")).platform_fee == Money("35", "JPY")
    assert commission.split(Money("1", "EUR")).platform_fee == Money("1.00", "EUR")
    assert commission.split(Money("10", "EUR")).platform_fee == Money("2.00", "EUR")
    assert commission.split(Money("100", "KWD")).platform_fee == Money("10.000", "KWD")


def test_what_a_fee_has_not_changes_nothing() -> None:
    for fee in (Fee("0.1", fixed=[usd(0)]), Fee("0.1", maximum=[usd(5)]), Fee("0.1")):
        assert [Commission(fee, 0).split(usd(m)).platform_fee.minor for m in (4, 40)] == [0, 4]


def test_a_ceiling_of_zero_is_a_ceiling() -> None:
    free = Fee("0.5", maximum=[usd(0)])

    assert Commission(free, free).split(usd(100)).payout == usd(100)


@pytest.mark.parametrize(
    "rate", ["0.10", "+0.1", ".1", Decimal("0.1"), Decimal("1E-1"), Fee("0.1")]
)
def test_a_rate_is_text_a_decimal_or_a_fee(rate: Any) -> None:
    assert Commission(rate, 0) == Commission("0.1", "0")
    assert hash(Commission(rate, 0)) == hash(Commission("0.1", "0"))


def test_nothing_and_everything_are_rates() -> None:
    assert parts(Commission(0, 0).split(usd(7))) == (0, 0, 7)
    assert parts(Commission(1, 0).split(usd(7))) == (7, 0, 0)
    assert parts(Commission(0, 1).split(usd(7))) == (0, 7, 0)
    assert parts(Commission("0.3", "0.7").split(usd(10))) == (3, 7, 0)


@pytest.mark.parametrize(
    "rate",
    ["-0.1", "1.1", "1.0000000000000000000000000001", "10%", "", "ten", "1e-1", " 0.1", "0,1",
     "NaN", "Infinity", 2, -1, Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"),
     Decimal("-1E-9"), Decimal("1E+999999999"), Decimal("1E-41"), Decimal("1E-999999999")],
)  # fmt: skip
def test_a_rate_outside_zero_to_one_is_refused(rate: Any) -> None:
    for build in (Fee, Commission, lambda r: Commission(0, r)):
        with pytest.raises(InvalidInput) as caught:
            build(rate)
        assert caught.value.field == "rate"


@pytest.mark.parametrize("rate", [0.1, 1.0, True, False, None, [], Fraction(1, 10)])
def test_a_float_or_a_bool_is_no_rate(rate: Any) -> None:
    for build in (Fee, Commission, lambda r: Commission(0, r)):
        with pytest.raises(TypeError, match="a rate is"):
            build(rate)


def test_an_absurd_rate_is_refused_at_once() -> None:
    for rate in (10**10**6, "9" * 10**6, Decimal("1E-999999999999")):
        with pytest.raises(InvalidInput):
            Fee(rate)


def test_two_rates_are_at_most_one_together() -> None:
    assert Commission("0.5", "0.5").service.rate == Decimal("0.5")
    with pytest.raises(InvalidInput, match="more than 1 together"):
        Commission("0.5", "0." + "5" + "0" * 30 + "1")


def test_a_fee_has_one_amount_a_currency_none_negative_and_the_floor_below_the_ceiling() -> None:
    with pytest.raises(InvalidInput, match="two amounts in USD"):
        Fee("0.1", fixed=[usd(1), usd(1)])
    with pytest.raises(MoneyError, match=r"USD -0\.01 is negative"):
        Fee("0.1", minimum=[usd(-1)])
    with pytest.raises(InvalidInput, match="In USD it is above the maximum"):
        Fee("0.1", minimum=[usd(2)], maximum=[usd(1)])
    Fee("0.1", minimum=[usd(2)], maximum=[usd(2)])  # which is a fixed price
    Fee("0.1", minimum=[usd(2)], maximum=[Money("1", "JPY")])
    for lone in (usd(1), [1.0], ["1"], 5):
        with pytest.raises(TypeError):
            Fee("0.1", fixed=lone)  # type: ignore[arg-type]


def test_a_rounding_is_one_of_four() -> None:
    assert Commission(rounding="half_up").rounding is Rounding.HALF_UP
    with pytest.raises(InvalidInput, match="none of half_even, half_up, up, down") as caught:
        Commission(rounding="ceiling")
    assert caught.value.field == "rounding"


@pytest.mark.parametrize("minor", [0, -1, -LIMIT])
def test_a_price_is_above_zero(minor: int) -> None:
    with pytest.raises(MoneyError, match="above zero") as caught:
        Commission().split(usd(minor))
    assert caught.value.field == "price"


@pytest.mark.parametrize("price", [10.0, 10, "10", None, Decimal(10)])
def test_a_price_is_money(price: Any) -> None:
    with pytest.raises(TypeError, match="a price is Money"):
        Commission().split(price)


@pytest.mark.parametrize(
    ("split", "error"),
    [
        ((10, 1, 2, 6), MoneyError),
        ((10, 1, 2, 8), MoneyError),
        ((10, -1, 2, 9), MoneyError),
        ((10, 1, -1, 10), MoneyError),
        ((10, 11, 1, -2), MoneyError),
        ((-10, 0, 0, -10), MoneyError),
    ],
)
def test_a_split_that_is_not_its_price_cannot_be_built(
    split: tuple[int, int, int, int], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Split(*(usd(minor) for minor in split))


def test_a_split_is_money_of_one_currency() -> None:
    one, yen = usd(1), Money("1", "JPY")
    for wrong in ((usd(2), one, one, Money.zero("JPY")), (usd(1), yen, usd(0), usd(0))):
        with pytest.raises(CurrencyMismatch, match="USD and JPY"):
            Split(*wrong)
    for other in (1.0, 1, "1", None):
        with pytest.raises(TypeError, match="a split is of Money"):
            Split(usd(1), other, usd(0), usd(1))  # type: ignore[arg-type]


def test_the_values_are_frozen_and_survive_being_pickled_and_copied() -> None:
    fee = Fee("0.1", fixed=[usd(30)])
    commission = Commission(fee, rounding=Rounding.UP)
    split = commission.split(usd(999))

    for value in (fee, commission, split):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # our own
        assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(commission)).split(usd(999)) == split  # noqa: S301  # likewise
    with pytest.raises(FrozenInstanceError):
        split.payout = usd(0)  # type: ignore[misc]
    assert repr(Commission("0", "1").platform) == (
        "Fee(rate=Decimal('0'), fixed=(), minimum=(), maximum=())"
    )


def test_the_ambient_decimal_context_changes_no_split() -> None:
    hostile = decimal.Context(prec=1, Emin=0, Emax=0, traps=list(decimal.Context().flags))

    def everything() -> list[object]:
        split = Commission("0.125", Decimal("0.333")).split(Money("12345.67", "USD"))
        return [split, split.held, split.commission, split.refund(usd(123)), Commission("0.3", 0)]

    expected = everything()
    with decimal.localcontext(hostile):
        answers = everything()
        for rate in ("1.5", "NaN", Decimal("1E+99"), Decimal("1E-99"), Decimal("-0.5")):
            with pytest.raises(InvalidInput):
                Commission(rate)

    assert answers == expected
