"""Credit: what goes first, what is reserved, what expires; and nothing is lost on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant, GrantSource
from marketpay.domain.errors import MoneyError, Reason, Refused
from marketpay.domain.ids import CreditGrantId, CreditId, PaymentId
from marketpay.domain.ledger import CREDIT, Account, AccountKind, effects
from marketpay.domain.money import Money
from marketpay.domain.spending import Purse

K = AccountKind
AT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PAYMENT = PaymentId("pay_1")
ESCROW, TRANSIT = (Account(kind, "USD") for kind in (K.ESCROW, K.REFUNDS_IN_TRANSIT))


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def empty(lasting: int = 0) -> Purse:
    return Purse(
        credit=Credit.begun(CreditId("crd_1"), "cus_17", "USD", usd(lasting), AT), grants=()
    )


def a_grant(number: int, minor: int, days: int | None = None) -> CreditGrant:
    return CreditGrant(
        id=CreditGrantId(f"grt_{number:06}"),
        credit=CreditId("crd_1"),
        customer="cus_17",
        amount=usd(minor),
        remaining=usd(minor),
        source=GrantSource.PROMOTION,
        expires_at=None if days is None else AT + days * DAY,
        created_at=AT,
    )


def purse(lasting: int = 0, **grants: tuple[int, int | None]) -> Purse:
    made = empty(lasting)
    for number, (minor, days) in enumerate(grants.values()):
        made = made.grant(a_grant(number, minor, days), AT)
    return evolve(made, changes=(), entries=())


def left(purse: Purse) -> list[int]:
    return [one.remaining.minor for one in purse.grants]


def stands(purse: Purse) -> tuple[int, int, int]:
    credit = purse.credit
    return credit.available.minor, credit.reserved.minor, credit.lasting.minor


def is_whole(purse: Purse) -> bool:
    """Whether what there is is what it is made of."""
    return purse.credit.total.minor == sum(left(purse)) + purse.credit.lasting.minor


def spend(purse: Purse, minor: int, kind: AccountKind = K.CREDIT_AVAILABLE) -> Purse:
    into = ESCROW if kind is K.CREDIT_RESERVED else TRANSIT
    return purse.spend(usd(minor), kind, into, PAYMENT, AT)


def test_one_for_each_customer_and_currency() -> None:
    assert empty().credit.holder == "USD:cus_17"


def test_what_expires_first_goes_first_then_what_is_older_then_what_lasts() -> None:
    full = purse(50, never=(10, None), late=(20, 9), soon=(30, 1), older=(40, 9))
    assert left(full) == [10, 20, 30, 40]
    assert left(spend(full, 45)) == [10, 5, 0, 40]
    assert left(spend(full, 60)) == [10, 0, 0, 30]
    assert left(spend(full, 95)) == [5, 0, 0, 0]
    assert stands(spend(full, 120)) == (30, 0, 30)
    assert stands(spend(full, 150)) == (0, 0, 0)


def test_no_more_can_be_spent_than_there_is() -> None:
    full = purse(50, one=(10, None))
    with pytest.raises(MoneyError):
        spend(full, 61)
    with pytest.raises(Refused) as refused:
        full.reserve(usd(61), PAYMENT, AT)
    assert refused.value.reason is Reason.CREDIT_TOO_LOW
    with pytest.raises(MoneyError):
        spend(full.reserve(usd(60), PAYMENT, AT), 61, K.CREDIT_RESERVED)


def test_what_is_reserved_is_taken_from_no_grant_yet() -> None:
    behind = purse(50, one=(10, 1)).reserve(usd(40), PAYMENT, AT)
    assert (stands(behind), left(behind)) == ((20, 40, 50), [10])
    assert stands(behind.free(usd(40), PAYMENT, AT)) == (60, 0, 50)
    taken = spend(behind, 40, K.CREDIT_RESERVED)
    assert (stands(taken), left(taken)) == ((20, 0, 20), [0])


def test_as_much_as_is_reserved_does_not_expire() -> None:
    behind = purse(0, soon=(30, 1), later=(20, 2)).reserve(usd(25), PAYMENT, AT)
    assert left(behind.expire(AT + DAY)) == [25, 20]
    assert left(behind.expire(AT + 2 * DAY)) == [5, 20]
    freed = behind.free(usd(10), PAYMENT, AT + 2 * DAY)
    assert (left(freed), stands(freed)) == ([0, 15], (0, 15, 0))


def test_what_changes_nothing_writes_nothing() -> None:
    full = purse(50, one=(10, 1))
    assert full.expire(AT) == full
    assert full.give_back(usd(0), TRANSIT, PAYMENT, AT) == full
    assert full.unused() == ()
    known = evolve(full, credit=evolve(full.credit, version=3))
    assert known.unused() == (known.credit,)
    assert known.unused(known.credit) == ()


def test_what_was_read_and_is_not_changed_is_named() -> None:
    full = purse(0, soon=(30, 1), later=(20, 2))
    known = evolve(
        full,
        credit=evolve(full.credit, version=1),
        grants=[evolve(one, version=1) for one in full.grants],
    )
    assert [one.id for one in spend(known, 10).unused()] == ["grt_000001"]


@given(
    st.integers(0, 30),
    st.lists(st.tuples(st.integers(1, 20), st.none() | st.integers(1, 5)), max_size=5),
    st.data(),
)
def test_spending_bit_by_bit_is_spending_at_once(
    lasting: int, grants: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    full = purse(lasting, **{f"g{n}": one for n, one in enumerate(grants)})
    whole = full.credit.total.minor
    amount = data.draw(st.integers(0, whole))
    part = data.draw(st.integers(0, amount))
    at_once, bit_by_bit = spend(full, amount), spend(spend(full, part), amount - part)
    assert (left(at_once), stands(at_once)) == (left(bit_by_bit), stands(bit_by_bit))
    assert is_whole(at_once)


class Spending(RuleBasedStateMachine):
    """A customer with offers, as time goes by; against a model that counts each cent."""

    @initialize(lasting=st.integers(0, 20))
    def begin(self, lasting: int) -> None:
        self.purse, self.at, self.number = empty(lasting), AT, 0
        self.offers: list[int] = []
        self.given, self.gone = lasting, 0

    @rule(minor=st.integers(1, 30), days=st.none() | st.integers(1, 6))
    def grant(self, minor: int, days: int | None) -> None:
        self.number += 1
        until = None if days is None else (self.at - AT).days + days
        self.move(lambda old: old.grant(a_grant(self.number, minor, until), self.at))
        self.given += minor

    @rule(minor=st.integers(1, 30))
    def give_back(self, minor: int) -> None:
        self.move(lambda old: old.give_back(usd(minor), TRANSIT, PAYMENT, self.at))
        self.given += minor

    @rule(minor=st.integers(1, 30), expiring=st.integers(1, 30), days=st.integers(-2, 6))
    def give_back_with_a_date(self, minor: int, expiring: int, days: int) -> None:
        self.number += 1
        dated = a_grant(self.number, min(minor, expiring), (self.at - AT).days + days)
        self.move(lambda old: old.give_back(usd(minor), TRANSIT, PAYMENT, self.at, dated))
        self.given += minor

    @rule(minor=st.integers(1, 40), by_hand=st.booleans())
    def take(self, minor: int, by_hand: bool) -> None:
        self.move(lambda old: old.expire(self.at))
        minor = min(minor, self.purse.available.minor)
        lasting = self.purse.credit.lasting.minor
        if not minor:
            return
        if by_hand:
            self.move(lambda old: old.take_back(usd(minor), TRANSIT, self.at))
            given = self.purse.credit.total.minor + minor - lasting
            assert self.purse.credit.lasting.minor == lasting - max(minor - given, 0)
        else:
            self.move(lambda old: old.recover(usd(minor), TRANSIT, PAYMENT, self.at))
            assert self.purse.credit.lasting.minor == max(lasting - minor, 0)
        self.gone += minor

    @rule(minor=st.integers(1, 40))
    def send_offer(self, minor: int) -> None:
        self.move(lambda old: old.expire(self.at))
        if minor > self.purse.available.minor:
            with pytest.raises(Refused):
                self.purse.reserve(usd(minor), PAYMENT, self.at)
            return
        self.move(lambda old: old.reserve(usd(minor), PAYMENT, self.at))
        self.offers.append(minor)

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        minor = self.offers.pop(data.draw(st.integers(0, len(self.offers) - 1)))
        self.move(lambda old: old.spend(usd(minor), K.CREDIT_RESERVED, ESCROW, PAYMENT, self.at))
        self.gone += minor

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        minor = self.offers.pop(data.draw(st.integers(0, len(self.offers) - 1)))
        self.move(lambda old: old.free(usd(minor), PAYMENT, self.at))

    @rule(days=st.integers(0, 3))
    def wait(self, days: int) -> None:
        self.at += days * DAY

    @rule()
    def expire(self) -> None:
        self.move(lambda old: old.expire(self.at))
        over = sum(one.remaining.minor for one in self.purse.grants if one.has_expired(self.at))
        assert over <= sum(self.offers)
        again = self.purse.expire(self.at)
        assert stands(again) == stands(self.purse)

    def move(self, how: Callable[[Purse], Purse]) -> None:
        """What it becomes, its entries and its changes say the same."""
        before = evolve(self.purse, changes=(), entries=())
        after = how(before)
        moved: dict[str, int] = {}
        for account, minor in effects(after.entries).items():
            if account.kind in CREDIT:
                name = CREDIT[account.kind]
                moved[name] = moved.get(name, 0) + minor
            elif account.kind is K.PROMOTION:
                self.gone += max(-minor, 0)
        for name in CREDIT.values():
            grown = getattr(after.credit, name).minor - getattr(before.credit, name).minor
            assert grown == moved.get(name, 0)
        latest: dict[str, Any] = {one.entity.id: one.entity for one in after.changes}
        assert latest.get(after.credit.id, before.credit) == after.credit
        old = {one.id: one for one in before.grants}
        for one in after.grants:
            assert latest.get(one.id, old.get(one.id)) == one
        self.purse = after

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        if not hasattr(self, "purse"):
            return
        assert is_whole(self.purse)
        assert self.purse.credit.reserved.minor == sum(self.offers)
        assert self.purse.credit.total.minor == self.given - self.gone
        assert min(*stands(self.purse), *left(self.purse), 0) == 0


Spending.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSpending = Spending.TestCase
