"""What is left of a payment, what each part gives back, and what should lie where."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.commission import Commission, Split
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment

AT = datetime(2026, 1, 1, tzinfo=UTC)
COMMISSIONS = (Commission(), Commission("0.5", "0.5"), Commission("0", "0"), Commission("1", "0"))


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def captured(minor: int = 100_000, commission: Commission = COMMISSIONS[0]) -> Payment:
    return Payment(
        id=PaymentId("pay_1"),
        offer=OfferId("off_1"),
        job=JobId("job_1"),
        customer="cus_17",
        contractor="ctr_42",
        amount=usd(minor),
        status=PaymentStatus.CAPTURED,
        split=commission.split(usd(minor)),
        created_at=AT,
    )


def parts(split: Split) -> tuple[int, int, int]:
    return split.platform_fee.minor, split.service_fee.minor, split.payout.minor


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    """A captured payment, some of which was refunded, is disputed, or was lost."""
    minor = draw(st.integers(1, 30) | st.integers(1, 10**9))
    refunded = draw(st.integers(0, minor))
    lost = draw(st.integers(0, minor - refunded))
    return evolve(
        captured(minor, draw(st.sampled_from(COMMISSIONS))),
        refunded=usd(refunded),
        lost=usd(lost),
        disputed=usd(draw(st.integers(0, minor - refunded - lost))),
    )


@pytest.mark.covers("A077")
def test_a_new_payment_has_all_of_it() -> None:
    payment = captured()

    assert payment.gone == payment.due == payment.untransferred == usd(0)
    assert payment.refundable == payment.amount
    assert payment.remains() == payment.split
    assert not payment.is_released


@pytest.mark.parametrize(
    ("changes", "left", "refundable"),
    [
        ({"refunded": 40_000}, (6_000, 12_000, 42_000), 60_000),
        ({"lost": 40_000}, (6_000, 12_000, 42_000), 60_000),
        ({"disputed": 40_000}, (10_000, 20_000, 70_000), 60_000),
        ({"refunded": 30_000, "lost": 30_000, "disputed": 10_000}, (4_000, 8_000, 28_000), 30_000),
        ({"refunded": 100_000}, (0, 0, 0), 0),
        ({"refunded": 1, "lost": 99_999}, (0, 0, 0), 0),
    ],
)
def test_what_is_left_of_a_thousand_dollars(
    changes: dict[str, int], left: tuple[int, int, int], refundable: int
) -> None:
    amounts: dict[str, Any] = {name: usd(minor) for name, minor in changes.items()}
    payment = evolve(captured(), **amounts)

    assert parts(payment.remains()) == left
    assert payment.refundable == usd(refundable)


@given(payment=payments())
def test_what_is_left_is_the_amount_without_what_is_gone(payment: Payment) -> None:
    left, whole = payment.remains(), payment.split

    assert whole is not None
    assert left.price == payment.amount - payment.refunded - payment.lost
    assert sum(parts(left)) == left.price.minor
    assert all(0 <= mine <= all_of_it for mine, all_of_it in zip(*map(parts, (left, whole))))  # noqa: B905
    assert payment.refundable == left.price - payment.disputed


@given(payment=payments(), data=st.data(), is_lost=st.booleans())
def test_what_is_taken_back_is_what_is_left_less_afterwards(
    payment: Payment, data: st.DataObject, is_lost: bool
) -> None:
    amount = usd(data.draw(st.integers(0, (payment.amount - payment.gone).minor)))
    back = payment.taken_back(amount)
    after = (
        evolve(payment, lost=payment.lost + amount)
        if is_lost
        else evolve(payment, refunded=payment.refunded + amount)
    )

    assert sum(parts(back)) == amount.minor
    assert all(part >= 0 for part in parts(back))
    before, left = parts(payment.remains()), parts(after.remains())
    assert tuple(one - other for one, other in zip(before, left, strict=True)) == parts(back)


@given(payment=payments(), data=st.data())
def test_what_is_due_to_the_contractor_is_their_part_but_for_what_they_owed(
    payment: Payment, data: st.DataObject
) -> None:
    assert payment.split is not None
    payout = payment.split.payout.minor
    withheld = usd(data.draw(st.integers(-payout, payout)))  # below zero: owed otherwise, or borne
    arrived, sent = (usd(data.draw(st.integers(0, 10**9))) for _ in range(2))
    waiting = evolve(payment, withheld=withheld, transferred=arrived, transferring=sent)
    released = evolve(waiting, released_at=AT)

    assert waiting.due == usd(0)
    assert released.due == max(payment.remains().payout - withheld, usd(0))
    for one in (waiting, released):
        assert one.untransferred == one.due - arrived - sent
        assert one.is_transferable == (one.untransferred > usd(0) == one.disputed)


def test_nothing_is_taken_back_of_what_was_never_captured() -> None:
    never = evolve(captured(), status=PaymentStatus.EXPIRED, split=None)

    assert parts(never.taken_back(usd(0))) == (0, 0, 0)
