"""A wallet is never negative, and changes only by its entries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.errors import MoneyError
from marketpay.domain.events import WalletCredited, WalletDebited
from marketpay.domain.ids import PaymentId, WalletId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.wallet import Wallet

K = AccountKind
AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)
EMPTY = Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def earned(minor: int, owner: str = "ctr_42", currency: str = "USD") -> LedgerEntry:
    amount = Money.from_minor(minor, currency)
    to = Account(K.WALLET_AVAILABLE, currency, owner)
    return LedgerEntry(Account(K.ESCROW, currency), to, amount, payment=PaymentId("pay_1"))


def taken(minor: int) -> LedgerEntry:
    """A movement out of the wallet; no command has one yet, so it is made past the table."""
    entry = object.__new__(LedgerEntry)
    for name, value in {
        "debit": Account(K.WALLET_AVAILABLE, "USD", "ctr_42"),
        "credit": Account(K.ESCROW, "USD"),
        "amount": usd(minor),
        "payment": None,
    }.items():
        object.__setattr__(entry, name, value)
    return entry


def test_a_new_wallet_has_nothing_in_it() -> None:
    assert EMPTY.total == EMPTY.pending == EMPTY.available == EMPTY.reserved == usd(0)
    assert EMPTY.holder == "USD:ctr_42"


def test_what_was_earned_is_available() -> None:
    change = EMPTY.post((earned(700), earned(5)), LATER)

    assert change.entity.available == usd(705)
    assert change.event == WalletCredited(at=LATER, wallet="wal_1", owner="ctr_42", amount=usd(705))


def test_what_others_earned_is_not() -> None:
    change = EMPTY.post((earned(700, "ctr_43"), earned(700, currency="EUR"), earned(1)), LATER)

    assert change.entity.available == usd(1)


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


def test_one_for_each_owner_and_currency() -> None:
    euros = Wallet.empty(WalletId("wal_2"), "ctr_42", "EUR", AT)

    assert euros.holder != EMPTY.holder
    assert Wallet.unique == ("holder",)
