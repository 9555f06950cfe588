"""Clearances as a law: whatever is released, refunded and withdrawn, in whatever order.

What is pending is what waits of each payment, to the cent; in the end nothing waits, and what
lies on the contractor's account is what is due to them.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketpay import (
    AccountKind,
    Commission,
    GetPayment,
    IssueRefund,
    Marketplace,
    Money,
    Payment,
    Refused,
    RequestWithdrawal,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import ADMIN, CONTRACTOR, balance, completed, payee
from tests.money import settle

K = AccountKind
PARTS = {
    "pending": K.WALLET_PENDING,
    "available": K.WALLET_AVAILABLE,
    "reserved": K.WALLET_RESERVED,
    "receivable": K.RECEIVABLE,
}

prices = st.sampled_from((1, 2, 3, 7, 99, 3_335, 10_007)) | st.integers(1, 100_000)
percents = st.sampled_from((1, 33, 50, 100))
releases = st.tuples(st.just("release"), prices)
refunds = st.tuples(st.just("refund"), st.integers(0, 5), percents)
days = st.tuples(st.just("days"), st.integers(1, 4))
withdrawals = st.tuples(st.just("withdraw"), percents)
steps = st.lists(st.one_of(releases, refunds, days, withdrawals), min_size=1, max_size=14)


def part_of(amount: Money, percent: int) -> Money:
    return Money.from_minor(max(amount.minor * percent // 100, 1), "USD")


class House:
    """A marketplace with a clearance, and the payments of one contractor."""

    def __init__(self, commission: Commission) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        self.gateway.processor.top_up(10_000_000, "USD")
        rules = Rules(now=self.clock, clearance=timedelta(days=3), commission=commission)
        self.market = Marketplace(gateway=self.gateway, rules=rules)
        self.payments: list[Payment] = []
        payee(self.market, self.gateway)

    def release(self, minor: int) -> None:
        price = Money.from_minor(minor, "USD")
        self.payments.append(completed(self.market, price=price).payment)

    def refund(self, number: int, percent: int) -> None:
        if not self.payments:
            return
        payment = self.payments[number % len(self.payments)]
        amount = part_of(payment.amount, percent)
        with suppress(Refused):
            self.market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=amount))

    def days(self, days: int) -> None:
        for _ in range(days):
            self.clock.advance(days=1)
            settle(self.market, self.gateway)

    def withdraw(self, percent: int) -> None:
        amount = part_of(self.market.wallet(CONTRACTOR.id, "USD").withdrawable, percent)
        with suppress(Refused):
            self.market.execute(RequestWithdrawal(by=CONTRACTOR, amount=amount))

    def now(self) -> list[Payment]:
        return [self.market.query(GetPayment(one.id)) for one in self.payments]

    def check(self) -> None:
        """What holds at any moment."""
        has, payments = self.market.wallet(CONTRACTOR.id, "USD"), self.now()
        assert has.pending.minor == sum(one.clearing.minor for one in payments)
        for name, kind in PARTS.items():
            assert getattr(has, name) == balance(self.market, kind, CONTRACTOR.id), name
        for one in payments:
            assert one.clearing.minor >= 0
            assert one.clearing.minor == 0 or one.transferred.minor == one.transferring.minor == 0
        assert self.market.verify().problems == ()


@settings(max_examples=200, deadline=None)
@given(told=steps, commission=st.sampled_from((Commission(), Commission("0", "0.3333"))))
@example(
    told=[("release", 10_007), ("days", 4), ("release", 3_335), ("refund", 0, 100), ("days", 4)],
    commission=Commission(),
)
@example(
    told=[("release", 10_007), ("days", 4), ("withdraw", 100), ("days", 4), ("release", 3_335),
          ("refund", 0, 50), ("refund", 1, 33), ("days", 4)],
    commission=Commission(),
)  # fmt: skip
def test_in_the_end_nothing_waits_and_what_is_due_is_there(
    told: list[tuple[Any, ...]], commission: Commission
) -> None:
    house = House(commission)
    for what, *numbers in told:
        getattr(house, what)(*numbers)
        house.check()
    house.days(8)
    house.check()

    assert house.market.wallet(CONTRACTOR.id, "USD").pending.minor == 0
    for one in house.now():
        assert (one.clears_at, one.clearing.minor) == (None, 0)
        assert (one.transferred, one.transferring.minor) == (one.due, 0)
        assert one.transfer_blocked is None
    top_up = Money.from_minor(10_000_000, "USD")
    assert balance(house.market, K.PROCESSOR) == house.gateway.balance("USD") - top_up
    there = house.gateway.connected_balance(CONTRACTOR.id, "USD")
    assert balance(house.market, K.CONNECTED, CONTRACTOR.id) == there
    has = house.market.wallet(CONTRACTOR.id, "USD")
    in_transit = balance(house.market, K.PAYOUT_IN_TRANSIT, CONTRACTOR.id)
    assert has.total == there + in_transit
