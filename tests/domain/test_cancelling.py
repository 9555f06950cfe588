"""Dividing what is left of a deal as two sides agreed: nothing is lost, and nobody owes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay import Money, Payment, Reason, Refused
from marketpay.domain import cancelling
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.shares import Shares

AT = datetime(2026, 1, 1, tzinfo=UTC)
PARTS = st.lists(st.tuples(*[st.integers(0, 200)] * 3), min_size=1, max_size=6)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def policy(parts: list[tuple[int, int, int]]) -> cancelling.Parts:
    """What a policy might give of some payments."""
    return [
        (
            Payment(
                id=PaymentId(f"pay_{number}"),
                offer=OfferId("off_1"),
                job=JobId("job_1"),
                customer="cus_17",
                contractor="ctr_42",
                amount=usd(sum(part) or 1),
                created_at=AT,
            ),
            Shares(to_customer=usd(part[0]), to_contractor=usd(part[1]), kept=usd(part[2])),
        )
        for number, part in enumerate(parts)
    ]


@given(PARTS, st.data())
def test_any_sum_can_be_agreed_on_that_the_platform_does_not_keep(
    parts: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    before = policy(parts)
    theirs = sum(customer + contractor for customer, contractor, _ in parts)
    to_customer = usd(data.draw(st.integers(0, theirs)))
    after = cancelling.agreed(before, to_customer)

    assert cancelling.customers(after, "USD") == to_customer
    assert [shares.total for _, shares in after] == [shares.total for _, shares in before]
    assert [shares.kept for _, shares in after] == [shares.kept for _, shares in before]
    with pytest.raises(Refused) as refused:
        cancelling.agreed(before, usd(theirs + 1))
    assert refused.value.reason is Reason.NOT_REFUNDABLE


@given(PARTS)
def test_agreeing_on_what_the_policy_gives_is_the_policy(
    parts: list[tuple[int, int, int]],
) -> None:
    before = policy(parts)
    assert cancelling.agreed(before, cancelling.customers(before, "USD")) == before
