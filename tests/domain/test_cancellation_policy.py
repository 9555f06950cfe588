"""Who gets what of a cancelled job's payment: tiers, and the shares they give."""

from datetime import timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay import (
    CancellationBasis,
    CancellationPolicy,
    CancellationTier,
    Commission,
    InvalidInput,
    JobStatus,
    Money,
    Role,
    Shares,
    Split,
)
from marketpay.domain.cancellation_policy import STAGES
from marketpay.domain.limits import Limits
from marketpay.testing import strategies

DAY = timedelta(days=1)
ANY = Limits()


def usd(amount: str) -> Money:
    return Money(amount, "USD")


def split(price: str = "1000") -> Split:
    return Commission().split(usd(price))


def tier(stage: str = "assigned", **fields: Any) -> CancellationTier:
    return CancellationTier(**{"stage": stage, "to_customer": 1, **fields})


def amounts(shares: Shares) -> tuple[str, str, str]:
    return (
        str(shares.to_customer.amount),
        str(shares.to_contractor.amount),
        str(shares.kept.amount),
    )


def of_assigned(policy: CancellationPolicy, by: Role = Role.CUSTOMER, age: timedelta = DAY) -> Any:
    return amounts(policy.shares(JobStatus.ASSIGNED, by, age, split(), ANY))


def test_without_a_tier_the_customer_gets_everything() -> None:
    assert of_assigned(CancellationPolicy()) == ("1000.00", "0.00", "0.00")


def test_a_tier_of_another_stage_or_role_or_of_later_does_not_hold() -> None:
    policy = CancellationPolicy(
        [
            tier("in_progress", to_customer=0),
            tier(by="contractor", to_customer=0),
            tier(after=DAY + timedelta(seconds=1), to_customer=0),
        ]
    )
    assert of_assigned(policy) == ("1000.00", "0.00", "0.00")


def test_what_nobody_gets_is_kept() -> None:
    policy = CancellationPolicy([tier(to_customer="0.5", to_contractor="0.3")])
    assert of_assigned(policy) == ("500.00", "300.00", "200.00")


def test_the_latest_tier_that_holds_is_the_one_whatever_their_order() -> None:
    tiers = [
        tier(after=DAY, to_customer="0.5"),
        tier(to_customer="0.9"),
        tier(after=2 * DAY, to_customer="0.1"),
    ]
    for order in (tiers, tiers[::-1]):
        policy = CancellationPolicy(order)
        ages = (timedelta(0), DAY - timedelta(microseconds=1), DAY, 2 * DAY, 400 * DAY)
        assert [of_assigned(policy, age=age)[0] for age in ages] == [
            "900.00", "900.00", "500.00", "100.00", "100.00",
        ]  # fmt: skip


def test_of_the_same_time_the_tier_that_names_who_cancels_is_the_one() -> None:
    tiers = [tier(to_customer="0.5"), tier(by=Role.CONTRACTOR, to_customer=1)]
    for order in (tiers, tiers[::-1]):
        policy = CancellationPolicy(order)
        assert of_assigned(policy, Role.CONTRACTOR)[0] == "1000.00"
        assert of_assigned(policy, Role.CUSTOMER)[0] == of_assigned(policy, Role.ADMIN)[0]
        assert of_assigned(policy, Role.CUSTOMER)[0] == "500.00"


@pytest.mark.parametrize("stage", STAGES)
def test_the_platform_can_keep_its_fee_at_every_stage(stage: JobStatus) -> None:
    policy = CancellationPolicy.keeping_platform_fee()
    shares = policy.shares(stage, Role.CUSTOMER, DAY, split(), ANY)
    assert amounts(shares) == ("900.00", "0.00", "100.00")


def test_of_what_is_held_a_part_can_go_back_too() -> None:
    policy = CancellationPolicy([tier(to_customer="0.5", of="held")])
    assert of_assigned(policy) == ("450.00", "0.00", "550.00")


def test_of_what_was_refunded_in_part_the_platform_keeps_what_is_left_of_its_fee() -> None:
    left = split().refund(usd("400"), already=usd("600"))
    policy = CancellationPolicy.keeping_platform_fee()
    shares = policy.shares(JobStatus.ASSIGNED, Role.CUSTOMER, DAY, left, ANY)
    assert amounts(shares) == ("360.00", "0.00", "40.00")


def test_the_customer_gets_what_the_gateway_can_refund() -> None:
    coarse = Limits(step=100)
    for fields, expected in {
        ("0.5", "0.5"): ("5.00", "5.99", "0.00"),
        ("0.5", "0"): ("5.00", "0.00", "5.99"),
        ("1", "0"): ("10.99", "0.00", "0.00"),
        ("0.333", "0.333"): ("3.00", "3.00", "4.99"),
    }.items():
        one = tier(to_customer=fields[0], to_contractor=fields[1])
        assert amounts(one.shares(split("10.99"), coarse)) == expected
    kept = tier(of=CancellationBasis.HELD).shares(split("10.99"), coarse)
    assert amounts(kept) == ("9.00", "0.00", "1.99")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"stage": "open"}, "stage"),
        ({"stage": "completed"}, "stage"),
        ({"stage": "cancelled"}, "stage"),
        ({"stage": "done"}, "stage"),
        ({"stage": None}, "stage"),
        ({"by": "system"}, "by"),
        ({"by": "somebody"}, "by"),
        ({"of": "all"}, "of"),
        ({"after": -DAY}, "after"),
        ({"to_customer": "1.01"}, "rate"),
        ({"to_customer": "-0.01"}, "rate"),
        ({"to_customer": "NaN"}, "rate"),
        ({"to_customer": Decimal("Infinity")}, "rate"),
        ({"to_customer": "0.6", "to_contractor": "0.41"}, "to_contractor"),
        ({"to_customer": "0.5", "to_contractor": "0.1", "of": "held"}, "to_contractor"),
    ],
    ids=str,
)
def test_a_tier_that_can_never_be_right_is_refused(fields: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        tier(**fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "fields", [{"to_customer": 0.5}, {"to_contractor": 0.1}, {"after": 3}, {"to_customer": None}]
)
def test_a_value_of_another_kind_is_a_type_error(fields: Any) -> None:
    with pytest.raises(TypeError):
        tier(**fields)


def test_a_policy_is_of_different_tiers() -> None:
    with pytest.raises(InvalidInput) as refused:
        CancellationPolicy([tier(to_customer=1), tier(to_customer=0)])
    assert refused.value.field == "tiers"
    with pytest.raises(TypeError):
        CancellationPolicy(["assigned"])  # type: ignore[list-item]


def test_shares_do_not_depend_on_the_ambient_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 1
        one = tier(to_customer="0.333", to_contractor="0.333")
        assert amounts(one.shares(split(), ANY)) == ("333.00", "333.00", "334.00")


@st.composite
def tiers(draw: st.DrawFn) -> CancellationTier:
    to_customer = draw(strategies.rates())
    to_contractor = draw(strategies.rates(at_most=1 - to_customer))
    return tier(to_customer=to_customer, to_contractor=to_contractor)


@given(
    one=tiers(),
    price=strategies.prices("USD"),
    commission=strategies.commissions("USD"),
    step=st.sampled_from([1, 5, 100]),
    data=st.data(),
)
def test_shares_sum_to_what_is_left_and_are_within_a_step_of_the_policy(
    one: CancellationTier, price: Money, commission: Commission, step: int, data: st.DataObject
) -> None:
    whole = commission.split(price)
    gone = Money.from_minor(data.draw(strategies.minor_units(0, price.minor - 1)), "USD")
    left = whole.refund(price - gone, already=gone)
    shares = one.shares(left, Limits(step=step))

    assert shares.total == left.price
    assert shares.to_customer.minor % step == 0 or shares.to_customer == left.price
    for share, rate in (
        (shares.to_customer, one.to_customer),
        (shares.to_contractor, one.to_contractor),
    ):
        exact = Fraction(rate) * left.price.minor
        assert abs(share.minor - exact) < 2 * step
        if not rate:
            assert not share


@given(price=strategies.prices("USD"), commission=strategies.commissions("USD"))
def test_the_platform_fee_is_kept_to_the_cent(price: Money, commission: Commission) -> None:
    left = commission.split(price)
    shares = tier(of=CancellationBasis.HELD).shares(left, ANY)
    assert (shares.kept, shares.to_customer) == (left.platform_fee, left.held)
