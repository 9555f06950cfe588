"""A wallet is never negative, and changes only by its entries."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.errors import MoneyError
from marketpay.domain.events import WalletCredited, WalletDebited, WalletFreed, WalletReserved
from marketpay.domain.ids import PaymentId, WalletId
from marketpay.domain.ledger import OWNED, Account, AccountKind, LedgerEntry, move
from marketpay.domain.money import Money
from marketpay.domain.wallet import Wallet

K = AccountKind
AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)
EMPTY = Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT)
ESCROW, TRANSIT = Account(K.ESCROW, "USD"), Account(K.REFUNDS_IN_TRANSIT, "USD")
DISPUTED = Account(K.DISPUTED, "USD")
PAYMENT = PaymentId("pay_1")


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def earned(minor: int, owner: str = "ctr_42", currency: str = "USD") -> LedgerEntry:
    amount = Money.from_minor(minor, currency)
    to = Account(K.WALLET_AVAILABLE, currency, owner)
    return LedgerEntry(Account(K.ESCROW, currency), to, amount, payment=PaymentId("pay_1"))


def taken(minor: int) -> LedgerEntry:
    mine, back = EMPTY.account(K.WALLET_AVAILABLE), Account(K.REFUNDS_IN_TRANSIT, "USD")
    return LedgerEntry(mine, back, usd(minor), payment=PaymentId("pay_1"))


def holding(pending: int = 0, available: int = 0, reserved: int = 0, owed: int = 0) -> Wallet:
    """A wallet with so much in it; `owed` is what its owner owes."""
    return evolve(
        EMPTY,
        pending=usd(pending),
        available=usd(available),
        reserved=usd(reserved),
        receivable=usd(owed),
    )


amounts = st.integers(0, 50)
wallets = st.builds(holding, amounts, amounts, amounts, amounts)


def moved(entries: Iterable[LedgerEntry]) -> list[tuple[str, str, int]]:
    """From where to where how much, without owners."""
    return [(one.debit.kind, one.credit.kind, one.amount.minor) for one in entries]


def worth(wallet: Wallet) -> int:
    return (wallet.total - wallet.receivable).minor


@pytest.mark.covers("A082", "A086")
def test_a_new_wallet_has_nothing_in_it() -> None:
    assert EMPTY.total == EMPTY.pending == EMPTY.available == EMPTY.reserved == usd(0)
    assert EMPTY.receivable == usd(0)
    assert EMPTY.holder == "USD:ctr_42"


def test_what_was_earned_is_available() -> None:
    change = EMPTY.post((earned(700), earned(5)), LATER)

    assert change.entity.available == usd(705)
    assert change.event == WalletCredited(at=LATER, wallet="wal_1", owner="ctr_42", amount=usd(705))


def test_what_others_earned_is_not() -> None:
    change = EMPTY.post((earned(700, "ctr_43"), earned(700, currency="EUR"), earned(1)), LATER)

    assert change.entity.available == usd(1)


@pytest.mark.covers("A018")
def test_what_was_taken_is_gone_and_the_fact_says_how_much() -> None:
    full = EMPTY.post((earned(700),), AT).entity

    change = full.post((taken(300),), LATER)

    assert change.entity.available == usd(400)
    assert change.event == WalletDebited(at=LATER, wallet="wal_1", owner="ctr_42", amount=usd(300))


@given(steps=st.lists(st.integers(-50, 50).filter(bool)))
def test_it_is_never_negative_whatever_is_asked(steps: list[int]) -> None:
    wallet, expected = EMPTY, 0
    for step in steps:
        entry = earned(step) if step > 0 else taken(-step)
        if expected + step < 0:
            with pytest.raises(MoneyError, match="The wallet of ctr_42"):
                wallet.post((entry,), AT)
        else:
            wallet, expected = wallet.post((entry,), AT).entity, expected + step

        assert wallet.available.minor == expected >= 0


@pytest.mark.covers("A081")
def test_one_for_each_owner_and_currency() -> None:
    euros = Wallet.empty(WalletId("wal_2"), "ctr_42", "EUR", AT)

    assert euros.holder != EMPTY.holder
    assert Wallet.unique == ("holder",)


@pytest.mark.parametrize(
    ("owed", "amount", "expected"),
    [
        (0, 70, [(K.ESCROW, K.WALLET_AVAILABLE, 70)]),
        (30, 70, [(K.ESCROW, K.RECEIVABLE, 30), (K.ESCROW, K.WALLET_AVAILABLE, 40)]),
        (70, 70, [(K.ESCROW, K.RECEIVABLE, 70)]),
        (99, 70, [(K.ESCROW, K.RECEIVABLE, 70)]),
        (30, 0, []),
    ],
)
def test_what_is_owed_is_collected_before_anything_is_given(
    owed: int, amount: int, expected: list[tuple[str, str, int]]
) -> None:
    entries = holding(owed=owed).credit(ESCROW, usd(amount), PAYMENT)

    assert moved(entries) == expected


@pytest.mark.parametrize(
    ("wallet", "reserved", "expected"),
    [
        (holding(10, 100, 40), 0, [(K.WALLET_PENDING, 10), (K.WALLET_AVAILABLE, 60)]),
        (holding(100, 100), 0, [(K.WALLET_PENDING, 70)]),
        (holding(0, 20), 0, [(K.WALLET_AVAILABLE, 20), (K.RECEIVABLE, 50)]),
        (holding(), 0, [(K.RECEIVABLE, 70)]),
        (holding(owed=5), 0, [(K.RECEIVABLE, 70)]),
        (holding(10, 100, 40), 40, [(K.WALLET_RESERVED, 40), (K.WALLET_PENDING, 10),
                                    (K.WALLET_AVAILABLE, 20)]),
        (holding(10, 100, 90), 90, [(K.WALLET_RESERVED, 70)]),
    ],
)  # fmt: skip
def test_what_is_taken_is_taken_where_it_is_and_the_rest_is_owed(
    wallet: Wallet, reserved: int, expected: list[tuple[str, int]]
) -> None:
    entries = wallet.charge(usd(70), DISPUTED, PAYMENT, usd(reserved))

    assert moved(entries) == [(kind, K.DISPUTED, minor) for kind, minor in expected]


@pytest.mark.covers("A018")
@pytest.mark.parametrize(
    ("wallet", "expected"),
    [
        (holding(10, 100), [(K.WALLET_PENDING, 10), (K.WALLET_AVAILABLE, 60)]),
        (holding(100, 100), [(K.WALLET_PENDING, 70)]),
        (holding(0, 20), [(K.WALLET_AVAILABLE, 20)]),
        (holding(reserved=50, owed=5), []),
    ],
)
def test_what_is_set_aside_is_only_what_is_there(
    wallet: Wallet, expected: list[tuple[str, int]]
) -> None:
    entries = wallet.reserve(usd(70), PAYMENT)

    assert moved(entries) == [(kind, K.WALLET_RESERVED, minor) for kind, minor in expected]


@given(wallet=wallets)
def test_only_what_is_beyond_all_debts_can_be_withdrawn(wallet: Wallet) -> None:
    beyond = wallet.available.minor - wallet.receivable.minor
    assert wallet.withdrawable == usd(max(beyond, 0))


@given(wallet=wallets, amount=st.integers(1, 200))
def test_a_credit_is_all_there_and_leaves_no_debt_beside_new_money(
    wallet: Wallet, amount: int
) -> None:
    entries = tuple(wallet.credit(ESCROW, usd(amount), PAYMENT))
    change = wallet.post(entries, LATER)

    assert sum(one.amount.minor for one in entries) == amount
    assert worth(change.entity) == worth(wallet) + amount
    assert change.entity.available == wallet.available or not change.entity.receivable.minor
    assert change.event == WalletCredited(
        at=LATER, wallet="wal_1", owner="ctr_42", amount=usd(amount)
    )


@given(wallet=wallets, amount=st.integers(1, 200), data=st.data())
def test_a_charge_is_all_there_whatever_is_in_the_wallet(
    wallet: Wallet, amount: int, data: st.DataObject
) -> None:
    reserved = usd(data.draw(st.integers(0, wallet.reserved.minor)))
    entries = tuple(wallet.charge(usd(amount), DISPUTED, PAYMENT, reserved))
    change = wallet.post(entries, LATER)
    after = change.entity

    assert sum(one.amount.minor for one in entries) == amount
    assert worth(after) == worth(wallet) - amount
    is_more_owed = after.receivable > wallet.receivable
    assert not is_more_owed or after.pending.minor == after.available.minor == 0
    assert wallet.reserved - after.reserved <= reserved
    assert change.event == WalletDebited(
        at=LATER, wallet="wal_1", owner="ctr_42", amount=usd(amount)
    )


@given(wallet=wallets.filter(lambda one: one.pending.minor + one.available.minor > 0),
       amount=st.integers(1, 200))  # fmt: skip
def test_what_is_set_aside_and_freed_again_is_all_available(wallet: Wallet, amount: int) -> None:
    aside = tuple(wallet.reserve(usd(amount), PAYMENT))
    set_aside = sum((one.amount for one in aside), usd(0))
    reserved = wallet.post(aside, LATER)
    ends = wallet.account(K.WALLET_RESERVED), wallet.account(K.WALLET_AVAILABLE)
    freed = reserved.entity.post(tuple(move(*ends, set_aside, PAYMENT)), LATER)

    assert set_aside == min(usd(amount), wallet.pending + wallet.available)
    assert reserved.entity.total == wallet.total
    assert reserved.event == WalletReserved(
        at=LATER, wallet="wal_1", owner="ctr_42", amount=set_aside
    )
    assert worth(freed.entity) == worth(wallet)
    assert freed.entity.reserved == wallet.reserved
    assert freed.entity.receivable == wallet.receivable
    assert freed.event == WalletFreed(at=LATER, wallet="wal_1", owner="ctr_42", amount=set_aside)


@pytest.mark.covers("A083")
@pytest.mark.parametrize(
    ("debit", "credit"),
    [
        (K.WALLET_PENDING, K.REFUNDS_IN_TRANSIT),
        (K.WALLET_AVAILABLE, K.WALLET_RESERVED),
        (K.WALLET_RESERVED, K.WALLET_AVAILABLE),
        (K.ESCROW, K.RECEIVABLE),
    ],
)
def test_no_part_is_ever_below_zero(debit: AccountKind, credit: AccountKind) -> None:
    ends = [EMPTY.account(kind) if kind in OWNED else Account(kind, "USD")
            for kind in (debit, credit)]  # fmt: skip
    entry = LedgerEntry(ends[0], ends[1], usd(1), payment=PAYMENT)

    with pytest.raises(MoneyError, match="does not hold that much"):
        EMPTY.post((entry,), AT)
