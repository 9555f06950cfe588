"""A decision: what moves is saved where it is said, too."""

from datetime import UTC, datetime

import pytest

from marketpay.domain.credit import Credit
from marketpay.domain.decision import ROWS, Decision
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.ids import CreditId, WalletId
from marketpay.domain.ledger import CREDIT, WALLET, Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.wallet import Wallet

K = AccountKind
AT = datetime(2026, 1, 1, tzinfo=UTC)
CENT = Money("0.01", "USD")
SETTLE = "SettleTransaction"


def credited(customer: str = "cus_17") -> LedgerEntry:
    target = Account(K.CREDIT_AVAILABLE, "USD", customer)
    return LedgerEntry(Account(K.REFUNDS_IN_TRANSIT, "USD"), target, CENT)


def paid(owner: str = "ctr_42") -> LedgerEntry:
    return LedgerEntry(Account(K.ESCROW, "USD"), Account(K.WALLET_AVAILABLE, "USD", owner), CENT)


def credit(customer: str) -> Credit:
    zero = Money("0", "USD")
    return Credit.begun(CreditId("crd_1"), customer, "USD", zero, AT)


@pytest.mark.parametrize("entry", [credited(), paid()])
def test_no_row_is_passed_over(entry: LedgerEntry) -> None:
    decision = Decision(None, entries=(entry,))
    with pytest.raises(ConfigurationError, match=r"of c.._\d\d and does not save the (Cr|Wa)"):
        decision.check(SETTLE)


def test_its_own_row_is_saved() -> None:
    given = credit("cus_17").post((credited(),), CENT, AT)
    earned = Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT).post((paid(),), AT)
    Decision(None, changes=(given, earned), entries=(credited(), paid())).check(SETTLE)


def test_anothers_does_not_count() -> None:
    given = credit("cus_18").post((credited("cus_18"),), CENT, AT)
    both = (credited(), credited("cus_18"))
    with pytest.raises(ConfigurationError, match="cus_17"):
        Decision(None, changes=(given,), entries=both).check(SETTLE)


def test_what_is_nobodys_needs_none() -> None:
    taken = LedgerEntry(Account(K.PROCESSOR, "USD"), Account(K.ESCROW, "USD"), CENT)
    Decision(None, entries=(taken,)).check(SETTLE)


def test_each_account_of_a_row_is_known() -> None:
    assert ROWS.keys() == WALLET.keys() | CREDIT.keys()
