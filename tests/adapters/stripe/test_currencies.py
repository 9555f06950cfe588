import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.adapters.stripe.currencies import (
    DECIMALS,
    LEAST,
    MOST,
    limits_of,
    money_from,
    stripe_amount,
    stripe_currency,
    stripe_payout_amount,
)
from marketpay.domain.currencies import register_currency
from marketpay.domain.errors import GatewayError, MoneyError
from marketpay.domain.iso4217 import EXPONENTS
from marketpay.domain.money import Money
from marketpay.ports.gateway import Limits

codes = st.sampled_from(sorted(DECIMALS))


@given(codes, st.integers(1, 10**11))
def test_what_stripe_is_told_it_tells_back(code: str, minor: int) -> None:
    money = Money.from_minor(minor, code)
    for tell in (stripe_amount, stripe_payout_amount):
        try:
            amount = tell(money)
        except MoneyError:
            continue
        assert money_from(amount, code.lower()) == money


@given(codes, st.integers(-(10**11), 10**11))
def test_what_stripe_tells_is_taken_exactly_or_not_at_all(code: str, amount: int) -> None:
    try:
        money = money_from(amount, code.lower())
    except GatewayError:
        return
    assert money.amount * 10 ** DECIMALS[code] == amount


@pytest.mark.parametrize(
    ("amount", "code", "told"),
    [
        ("10.00", "USD", 1000),
        ("500", "JPY", 500),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("10.45", "HUF", 1045),
        ("1.230", "KWD", 1230),
        ("500.00", "MGA", 500),
    ],
)
def test_each_kind_of_currency_is_told_in_stripes_unit(amount: str, code: str, told: int) -> None:
    assert stripe_amount(Money(amount, code)) == told


@pytest.mark.parametrize(("amount", "code"), [("1.235", "KWD"), ("0.50", "MGA"), ("0", "USD")])
def test_what_stripe_cannot_move_is_refused_and_not_rounded(amount: str, code: str) -> None:
    with pytest.raises(MoneyError):
        stripe_amount(Money(amount, code))


def test_less_than_nothing_cannot_be_moved() -> None:
    with pytest.raises(MoneyError):
        stripe_amount(Money("-1.00", "USD"))


@pytest.mark.parametrize("code", ["HUF", "TWD"])
def test_forints_and_taiwan_dollars_are_paid_out_whole(code: str) -> None:
    assert stripe_payout_amount(Money("10.00", code)) == 1000
    with pytest.raises(MoneyError):
        stripe_payout_amount(Money("10.45", code))


def test_a_fraction_of_a_krona_is_a_fault_of_stripes() -> None:
    with pytest.raises(GatewayError):
        money_from(550, "isk")


def test_points_are_no_currency_of_stripes() -> None:
    register_currency("PTS", 0)

    for use in (stripe_currency, limits_of):
        with pytest.raises(MoneyError):
            use("PTS")


def test_every_currency_of_stripes_is_one_of_iso() -> None:
    assert set(DECIMALS) <= set(EXPONENTS)
    assert set(LEAST) <= set(DECIMALS)


@pytest.mark.parametrize(
    ("code", "least", "most", "step", "payout_step"),
    [
        ("USD", 50, 99_999_999, 1, 1),
        ("HUF", 17500, 99_999_999, 1, 100),
        ("TWD", None, 99_999_999, 1, 100),
        ("JPY", 50, 99_999_999, 1, 1),
        ("ISK", None, 999_999, 1, 1),
        ("KWD", None, 99_999_990, 10, 10),
        ("MGA", None, 9_999_999_900, 100, 100),
    ],
)
def test_limits_are_in_our_units(
    code: str, least: int | None, most: int, step: int, payout_step: int
) -> None:
    limits = Limits(least=least, most=most, step=step, payout_step=payout_step)
    assert limits_of(code) == limits


@given(codes, st.integers(1, 10**6))
def test_what_is_in_steps_can_be_moved_and_nothing_else(code: str, minor: int) -> None:
    limits, amount = limits_of(code), Money.from_minor(minor, code)
    for convert, step, whole in (
        (stripe_amount, limits.step, limits.movable(amount)),
        (stripe_payout_amount, limits.payout_step, limits.payable(amount)),
    ):
        if minor % step:
            with pytest.raises(MoneyError):
                convert(amount)
        else:
            assert convert(amount) > 0
        if whole.minor:
            assert convert(whole) > 0


@given(codes)
def test_the_limits_themselves_can_be_charged(code: str) -> None:
    limits = limits_of(code)

    assert limits.most is not None
    assert stripe_amount(Money.from_minor(limits.most, code)) <= MOST
    if limits.least is not None:
        assert stripe_amount(Money.from_minor(limits.least, code)) == LEAST[code]
