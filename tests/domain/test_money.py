"""Money: exact, in one currency, and quick to refuse what is no amount."""

import copy
import decimal
import pickle
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from time import perf_counter
from typing import Any

import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

from marketpay.domain.errors import CurrencyMismatch, InvalidInput, MoneyError
from marketpay.domain.money import LIMIT, Money

DIGITS = {"JPY": 0, "USD": 2, "KWD": 3, "CLF": 4}

currencies = st.sampled_from(sorted(DIGITS))
# Where errors live: next to zero, next to a power of ten, next to the limit.
minors = st.one_of(
    st.integers(-20, 20),
    st.sampled_from([10**n + d for n in range(16) for d in (-1, 0, 1) if 10**n + d <= LIMIT]),
    st.integers(LIMIT - 20, LIMIT),
    st.integers(-LIMIT, -LIMIT + 20),
    st.integers(-LIMIT, LIMIT),
)
small = st.integers(-(10**14), 10**14)
HOSTILE = decimal.Context(
    prec=1,
    rounding=decimal.ROUND_UP,
    Emin=0,
    Emax=0,
    capitals=0,
    clamp=1,
    traps=list(decimal.Context().flags),
)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


# --- building -----------------------------------------------------------------------------------


@given(minor=minors, currency=currencies)
def test_minor_units_text_and_decimal_say_the_same_amount(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)

    assert money.minor == minor
    assert money.currency == currency
    assert Fraction(money.amount) * 10 ** DIGITS[currency] == minor
    assert money.amount.as_tuple().exponent == -DIGITS[currency]
    assert Money(money.amount, currency) == money
    assert Money(str(money.amount), currency) == money
    assert str(money) == f"{currency} {money.amount}"
    assert eval(repr(money), {"Money": Money}) == money  # noqa: S307  # our own repr


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10", "USD", 1000),
        ("10.0", "USD", 1000),
        ("10.00", "USD", 1000),
        ("10.0000", "USD", 1000),
        ("+0.05", "USD", 5),
        (".5", "USD", 50),
        ("-12.34", "USD", -1234),
        ("-0", "USD", 0),
        ("007", "USD", 700),
        ("1.000", "JPY", 1),
        ("1.234", "KWD", 1234),
        (10, "USD", 1000),
        (-3, "JPY", -3),
        (Decimal("1E+2"), "USD", 10000),
        (Decimal("-1.5E-1"), "USD", -15),
        (Decimal("0E+999999"), "USD", 0),
        (Decimal("0E-999999999999999999"), "USD", 0),
        (Decimal("-0"), "USD", 0),
        ("0" * 79 + "1", "USD", 100),
        (Decimal("1.00" + "0" * 100), "USD", 100),
        ("10000000000000.00", "USD", LIMIT),
        ("-10000000000000.00", "USD", -LIMIT),
        (LIMIT, "JPY", LIMIT),
    ],
)
def test_an_amount_is_read_exactly(amount: Any, currency: str, minor: int) -> None:
    assert Money(amount, currency).minor == minor


@pytest.mark.parametrize(
    "text",
    ["", " ", "ten", "1_000", " 10", "10 ", "10\n", "1 000", "1,000", "10,5", "1e2", "1E-1", "0x10",
     "+", "-", ".", "5.", "--5", "1.2.3", "\N{MINUS SIGN}5", "\N{FULLWIDTH DIGIT ONE}0",
     "\N{ARABIC-INDIC DIGIT ONE}", "$10", "10%", "NaN", "nan", "sNaN", "Infinity", "-inf", "\0",
     "1" * 81],
)  # fmt: skip
def test_what_nobody_writes_as_an_amount_is_none(text: str) -> None:
    with pytest.raises(MoneyError, match="is not an amount") as caught:
        Money(text, "USD")

    assert caught.value.field == "amount"


def test_a_refusal_quotes_what_was_said_cut_where_it_is_long() -> None:
    for text, said in (("ten", "'ten'"), ("x" * 99, "'" + "x" * 39 + "...")):
        with pytest.raises(MoneyError) as caught:
            Money(text, "USD")
        assert caught.value.problem == f"{said} is not an amount."


def test_too_many_digits_are_refused_with_how_many_there_are() -> None:
    with pytest.raises(MoneyError, match=r"USD has 2 digits after the point, too few for 0\.005"):
        Money("0.005", "USD")
    with pytest.raises(MoneyError, match=r"JPY has no digits after the point, too few for 1\.5"):
        Money("1.5", "JPY")


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "NaN123"])
def test_a_decimal_that_is_not_finite_is_no_amount(value: str) -> None:
    with pytest.raises(MoneyError, match="is not an amount"):
        Money(Decimal(value), "USD")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.005", "USD"), ("10.001", "USD"), ("1.5", "JPY"), ("0.0001", "KWD"),
     (Decimal("1E-9"), "USD"), (Decimal("0." + "1" * 100), "USD"), (Decimal("1E-999999999"), "USD"),
     (Decimal("1." + "0" * 100 + "1"), "USD")],
)  # fmt: skip
def test_an_amount_that_no_coins_can_pay_cannot_be_built(amount: Any, currency: str) -> None:
    with pytest.raises(MoneyError, match=f"{currency} has .* too few for") as caught:
        Money(amount, currency)

    assert caught.value.field == "amount"
    assert len(str(caught.value)) < 200


TOO_LARGE: list[Callable[[], Money]] = [
    lambda: Money("10000000000000.01", "USD"),
    lambda: Money("-10000000000000.01", "USD"),
    lambda: Money(LIMIT // 100 + 1, "USD"),
    lambda: Money(-LIMIT - 1, "JPY"),
    lambda: Money(Decimal(LIMIT + 1), "JPY"),
    lambda: Money(Decimal("1E+16"), "JPY"),
    lambda: usd(LIMIT + 1),
    lambda: usd(-LIMIT - 1),
]


@pytest.mark.covers("B093")
@pytest.mark.parametrize("build", TOO_LARGE)
def test_no_amount_is_beyond_the_limit_however_it_comes_about(build: Callable[[], Money]) -> None:
    with pytest.raises(MoneyError, match=r"the largest is [A-Z]{3} 10000000000000"):
        build()


MILLION = 10**6
ABSURD: list[Callable[[], Money]] = [
    lambda: Money("1e999999999", "USD"),
    lambda: Money("9" * MILLION, "USD"),
    lambda: Money("0." + "1" * MILLION, "USD"),
    lambda: Money(Decimal("1E+999999999"), "USD"),
    lambda: Money(Decimal("-1E+999999999999999999"), "USD"),
    lambda: Money(Decimal("1E-999999999999999999"), "USD"),
    lambda: Money(1 << MILLION, "USD"),
    lambda: usd(-1 << MILLION),
]


@pytest.mark.parametrize("build", ABSURD)
def test_an_absurd_amount_is_refused_at_once_and_in_short(build: Callable[[], Money]) -> None:
    start = perf_counter()
    with pytest.raises(MoneyError) as caught:
        build()

    assert perf_counter() - start < 5  # converted first, it would take minutes
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("currency", ["usd", "XXX", "XAU", "", "DOGE"])
def test_an_unknown_currency_has_no_amounts(currency: str) -> None:
    builds: list[Callable[[], Money]] = [
        lambda: Money("1", currency),
        lambda: Money.from_minor(1, currency),
        lambda: Money.zero(currency),
    ]
    for build in builds:
        with pytest.raises(MoneyError, match="is not a known currency"):
            build()


FLOATS: list[Callable[[Any], Any]] = [
    lambda x: Money(x, "USD"),
    lambda x: Money("1", x),
    lambda x: Money.from_minor(x, "USD"),
    lambda x: Money.from_minor(1, x),
    lambda x: Money.zero(x),
    lambda x: usd(1) + x,
    lambda x: x + usd(1),
    lambda x: usd(1) - x,
    lambda x: x - usd(1),
    lambda x: usd(1) * x,
    lambda x: x * usd(1),
    lambda x: usd(1) < x,
    lambda x: usd(1) <= x,
    lambda x: usd(1) > x,
    lambda x: usd(1) >= x,
    lambda x: x < usd(1),
    lambda x: usd(1).allocate([1, x]),
]


@pytest.mark.covers("B021")
@pytest.mark.parametrize("use", FLOATS)
@pytest.mark.parametrize("value", [1.0, float("nan"), True, None, 1j])
def test_a_float_or_a_bool_is_a_type_error_everywhere(
    use: Callable[[Any], Any], value: Any
) -> None:
    with pytest.raises(TypeError):
        use(value)


@pytest.mark.parametrize("other", [1, "1", Decimal(1), Fraction(1)])
def test_money_is_added_to_and_compared_with_money_alone(other: Any) -> None:
    for use in FLOATS[5:9] + FLOATS[11:16]:
        with pytest.raises(TypeError):
            use(other)
    assert usd(100) != other


@pytest.mark.parametrize("times", ["2", Decimal(2), Fraction(2), usd(2)])
def test_money_is_multiplied_by_ints_alone(times: Any) -> None:
    with pytest.raises(TypeError):
        usd(1) * times


class Accepted(StrEnum):
    DOLLAR = "USD"


def test_a_hosts_enum_of_currencies_is_as_good_as_its_text() -> None:
    for money in (
        Money("1", Accepted.DOLLAR),
        Money.from_minor(1, Accepted.DOLLAR),
        Money.zero(Accepted.DOLLAR),
    ):
        assert type(money.currency) is str
        assert money.currency == "USD"


# --- arithmetic ---------------------------------------------------------------------------------


@given(a=small, b=small, times=st.integers(-9, 9))
def test_arithmetic_is_that_of_minor_units(a: int, b: int, times: int) -> None:
    assert usd(a) + usd(b) == usd(a + b)
    assert usd(a) - usd(b) == usd(a - b)
    assert usd(a) * times == usd(a * times) == times * usd(a)
    assert -usd(a) == usd(-a)
    assert abs(usd(a)) == usd(abs(a))
    assert bool(usd(a)) == bool(a)
    assert sum([usd(a), usd(b)], Money.zero("USD")) == usd(a + b)


@given(a=st.integers(-3, 3), b=st.integers(-3, 3))
def test_amounts_compare_as_their_minor_units_do(a: int, b: int) -> None:
    assert (usd(a) < usd(b)) == (a < b)
    assert (usd(a) <= usd(b)) == (a <= b)
    assert (usd(a) > usd(b)) == (a > b)
    assert (usd(a) >= usd(b)) == (a >= b)
    assert (usd(a) == usd(b)) == (a == b)
    assert a != b or hash(usd(a)) == hash(usd(b))


MIXED: list[Callable[[Money, Money], object]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: sum([b], a),
]


@pytest.mark.parametrize("use", MIXED)
def test_currencies_do_not_mix(use: Callable[[Money, Money], object]) -> None:
    with pytest.raises(CurrencyMismatch, match="USD and JPY do not mix") as caught:
        use(Money.zero("USD"), Money.zero("JPY"))

    assert (caught.value.left, caught.value.right) == ("USD", "JPY")


def test_equal_numbers_of_two_currencies_are_not_equal() -> None:
    assert Money.zero("USD") != Money.zero("EUR")
    assert len({Money("1", "USD"), Money("1.00", "USD"), Money("1", "EUR")}) == 2


# --- as a value ---------------------------------------------------------------------------------


def test_it_reads_as_it_is_written() -> None:
    assert str(Money("700", "USD")) == "USD 700.00"
    assert repr(Money("700", "USD")) == "Money('700.00', 'USD')"
    assert repr(usd(-5)) == "Money('-0.05', 'USD')"
    assert str(Money("700", "JPY")) == "JPY 700"
    assert repr(Money.zero("KWD")) == "Money('0.000', 'KWD')"


@given(minor=minors, currency=currencies)
def test_it_survives_being_pickled_and_copied(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)

    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(money, protocol)) == money  # noqa: S301  # our own
    assert copy.copy(money) == money
    assert copy.deepcopy([money]) == [money]


def test_it_is_minor_units_and_a_currency_and_never_changes() -> None:
    money = usd(1)

    assert [a.name for a in fields(Money)] == ["minor", "currency"]
    assert not hasattr(money, "__dict__")
    with pytest.raises(FrozenInstanceError):
        money.minor = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del money.currency


def test_a_pattern_reads_as_the_call_does() -> None:
    match Money("7", "USD"):
        case Money(amount, currency):
            assert (amount, currency) == (Decimal("7.00"), "USD")


def test_the_ambient_decimal_context_changes_nothing() -> None:
    def everything() -> list[object]:
        money = Money("12345.67", "USD")
        parts = money.allocate([Decimal("0.333333"), 7, Decimal("1E+3")])
        return [
            money, Money(Decimal("98765.43"), "USD"), Money(Decimal("1.2E+5"), "USD"), money.amount,
            money + money, money * 7, -money, abs(-money), money < money * 2, str(money),
            repr(money), Money("-0.0001", "CLF"), *parts,
        ]  # fmt: skip

    expected = everything()
    with decimal.localcontext(HOSTILE):
        answers = everything()
        for bad in ("1.005", "1e5", Decimal("1E+99"), Decimal("1E-99"), Decimal("NaN")):
            with pytest.raises(MoneyError):
                Money(bad, "USD")

    assert answers == expected
    assert [repr(a) for a in answers] == [repr(e) for e in expected]


# --- dividing -----------------------------------------------------------------------------------

weights = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 10**15)), min_size=1, max_size=8)


@given(minor=minors, weights=weights.filter(any))
@example(minor=100, weights=[1, 1, 1])
@example(minor=-100, weights=[1, 0, 1, 1])
def test_parts_sum_to_the_whole_and_each_is_within_one_unit_of_its_share(
    minor: int, weights: list[int]
) -> None:
    parts = usd(minor).allocate(weights)

    assert len(parts) == len(weights)
    assert sum(parts, Money.zero("USD")) == usd(minor)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(minor * weight, sum(weights))) < 1
        assert weight or not part


@given(minor=minors, weights=weights.filter(any))
def test_a_debt_is_divided_like_an_asset(minor: int, weights: list[int]) -> None:
    assert usd(-minor).allocate(weights) == tuple(-part for part in usd(minor).allocate(weights))


@given(minor=minors, weights=weights.filter(any), places=st.integers(0, 20))
def test_only_the_proportions_of_the_weights_matter(
    minor: int, weights: list[int], places: int
) -> None:
    scaled = [Decimal(f"{weight}E-{places}") for weight in weights]

    assert usd(minor).allocate(scaled) == usd(minor).allocate(weights)
    assert usd(minor).allocate([3 * w for w in weights]) == usd(minor).allocate(weights)


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (1, [0, 1, 1], [0, 1, 0]),
        (5, [3, 7], [2, 3]),
        (1000, [Decimal("0.1"), Decimal("0.2"), Decimal("0.7")], [100, 200, 700]),
        (10, [Decimal("0.5"), 1], [3, 7]),
        (0, [2, 3], [0, 0]),
        (7, [Decimal("0E+999999"), 1], [0, 7]),
        (7, [Decimal("1E+40"), Decimal("1E+40")], [4, 3]),
        (7, [Decimal("1E-40"), Decimal("1E-40")], [4, 3]),
    ],
)
def test_what_is_left_over_goes_to_the_largest_remainders_the_earlier_first(
    minor: int, weights: list[int | Decimal], parts: list[int]
) -> None:
    assert [part.minor for part in usd(minor).allocate(iter(weights))] == parts


@pytest.mark.parametrize(
    "weights",
    [[], [0], [0, 0, Decimal(0)], [-1, 2], [Decimal("-0.1"), 1], [Decimal("NaN")],
     [Decimal("Infinity"), 1], [Decimal("1E+41")], [Decimal("1E-41")],
     [Decimal("1E+999999999"), 1]],
)  # fmt: skip
def test_weights_that_say_no_proportion_are_refused(weights: list[int | Decimal]) -> None:
    with pytest.raises(InvalidInput) as caught:
        usd(100).allocate(weights)

    assert caught.value.field == "weights"


def test_a_sum_may_pass_the_limit_of_a_single_amount() -> None:
    most = usd(LIMIT)

    assert (most + most).minor == (most * 2).minor == 2 * LIMIT
    assert sum([most, most], Money.zero("USD")) == most * 2
    assert (-most - most).minor == -2 * LIMIT
