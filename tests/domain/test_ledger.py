"""The ledger: what can be written down, and what cannot."""

from importlib import import_module
from itertools import product
from pkgutil import iter_modules

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay import commands
from marketpay.commands.base import Command
from marketpay.commands.settling import SettleTransaction
from marketpay.domain.errors import ConfigurationError, CurrencyMismatch, MoneyError
from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import (
    ASSETS,
    EXPENSES,
    INCOME,
    MOVES,
    OWNED,
    WALLET,
    Account,
    AccountKind,
    LedgerEntry,
    effects,
    move,
)
from marketpay.domain.money import Money
from marketpay.domain.wallet import Wallet
from marketpay.testing import strategies

K = AccountKind
PAYMENT = PaymentId("pay_1")
CENT = Money("0.01", "USD")


def account(kind: AccountKind, currency: str = "USD", owner: str = "ctr_42") -> Account:
    return Account(kind, currency, owner if kind in OWNED else "")


def entry(debit: AccountKind, credit: AccountKind, amount: Money = CENT) -> LedgerEntry:
    currency = amount.currency
    return LedgerEntry(account(debit, currency), account(credit, currency), amount, payment=PAYMENT)


@pytest.mark.parametrize(("debit", "credit"), [*product(AccountKind, repeat=2)])
def test_nothing_moves_but_what_the_table_permits(debit: AccountKind, credit: AccountKind) -> None:
    if (debit, credit) in MOVES:
        assert entry(debit, credit).amount == CENT
    else:
        with pytest.raises(ConfigurationError, match=r"^Nothing may move from"):
            entry(debit, credit)


@pytest.mark.parametrize(
    ("pair", "allowed"),
    [pytest.param(pair, names, id=" to ".join(pair)) for pair, names in MOVES.items()],
)
def test_only_the_named_commands_may_cause_a_movement(
    pair: tuple[AccountKind, AccountKind], allowed: frozenset[str]
) -> None:
    names = [kind.__name__ for kind in Command.__subclasses__()]
    assert SettleTransaction.__name__ in names
    for name in (*names, "Anything"):
        if name in allowed:
            entry(*pair).check(name)
        else:
            with pytest.raises(ConfigurationError, match=f"^{name} may not move"):
                entry(*pair).check(name)


def test_the_table_names_commands_that_exist() -> None:
    for module in iter_modules(commands.__path__):
        import_module(f"{commands.__name__}.{module.name}")

    assert set().union(*MOVES.values()) <= {kind.__name__ for kind in Command.__subclasses__()}


@pytest.mark.covers("A087")
def test_whoever_takes_credit_may_see_that_some_of_it_has_expired() -> None:
    takes = {
        name
        for (debit, credit), names in MOVES.items()
        if debit is K.CREDIT_AVAILABLE and credit is not K.PROMOTION
        for name in names
    }
    assert takes <= MOVES[K.CREDIT_AVAILABLE, K.PROMOTION]


@pytest.mark.parametrize("minor", [0, -1])
def test_a_movement_is_above_zero(minor: int) -> None:
    with pytest.raises(MoneyError, match="moves more than nothing"):
        entry(K.PROCESSOR, K.ESCROW, Money.from_minor(minor, "USD"))


@pytest.mark.parametrize(("debit", "credit"), [("EUR", "USD"), ("USD", "EUR"), ("EUR", "EUR")])
def test_a_movement_is_in_one_currency(debit: str, credit: str) -> None:
    with pytest.raises(CurrencyMismatch):
        LedgerEntry(Account(K.PROCESSOR, debit), Account(K.ESCROW, credit), CENT)


@pytest.mark.parametrize("kind", AccountKind)
def test_an_account_has_an_owner_where_it_is_somebodys(kind: AccountKind) -> None:
    wrong = Account(kind, "USD", "" if kind in OWNED else "ctr_42")
    right = account(K.ESCROW if kind is not K.ESCROW else K.PROCESSOR)

    with pytest.raises(ConfigurationError, match="has the wrong owner"):
        LedgerEntry(wrong, right, CENT)
    with pytest.raises(ConfigurationError, match="has the wrong owner"):
        LedgerEntry(right, wrong, CENT)


def test_what_the_platform_has_and_spends_is_on_one_side_and_the_rest_on_the_other() -> None:
    has = {K.PROCESSOR, K.CONNECTED, K.PAYOUT_IN_TRANSIT, K.RECEIVABLE, K.DISPUTED}
    spends = {K.PROCESSOR_FEE, K.CHARGEBACK_FEE, K.CHARGEBACK_LOSS, K.BAD_DEBT}
    spends |= {K.PROMOTION, K.ADJUSTMENT}

    assert has == ASSETS
    assert spends == EXPENSES
    assert {kind for kind in K if account(kind).is_debit} == has | spends
    assert not (has | spends) & set(INCOME)


@pytest.mark.covers("A083")
def test_a_wallet_keeps_three_parts_of_what_is_owed_and_one_debt() -> None:
    fields = attrs.fields_dict(Wallet)

    assert set(WALLET.values()) == {"pending", "available", "reserved", "receivable"}
    assert WALLET.keys() < OWNED
    assert set(WALLET.values()) < fields.keys()
    assert {kind for kind in WALLET if account(kind).is_debit} == {K.RECEIVABLE}


def test_whoever_can_be_owed_something_has_accounts_of_their_own() -> None:
    credit = {K.CREDIT_AVAILABLE, K.CREDIT_RESERVED}
    assert OWNED - WALLET.keys() == {K.CONNECTED, K.PAYOUT_IN_TRANSIT} | credit


def test_nothing_to_move_is_no_entry() -> None:
    assert list(move(account(K.PROCESSOR), account(K.ESCROW), CENT * 0, PAYMENT)) == []
    assert list(move(account(K.PROCESSOR), account(K.ESCROW), CENT, PAYMENT)) == [
        entry(K.PROCESSOR, K.ESCROW)
    ]


books = st.lists(
    st.builds(
        lambda pair, amount: entry(pair[0], pair[1], amount),
        st.sampled_from(sorted(MOVES)),
        strategies.prices("USD"),
    )
)


@pytest.mark.covers("A019")
@given(entries=books)
def test_whatever_is_written_debits_and_credits_are_equal(entries: list[LedgerEntry]) -> None:
    change = effects(tuple(entries))

    has = sum(minor for one, minor in change.items() if one.is_debit)
    owes = sum(minor for one, minor in change.items() if not one.is_debit)
    assert has == owes


@given(entries=books)
def test_effects_add_up_in_any_order(entries: list[LedgerEntry]) -> None:
    together = effects(tuple(entries))
    apart: dict[Account, int] = {}
    for one in reversed(entries):
        for account, minor in effects((one,)).items():
            apart[account] = apart.get(account, 0) + minor

    assert together == apart


def test_an_account_reads_as_it_is_written_in_the_books() -> None:
    assert str(account(K.WALLET_AVAILABLE)) == "wallet.available(ctr_42)"
    assert str(account(K.ESCROW)) == "escrow"
