"""The ledger: double entry, append-only.

An entry is one movement between two accounts, so an unbalanced book cannot be written down:
there is no way to say half of it.  A correction is a new entry that reverses.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from marketpay.domain.errors import ConfigurationError, CurrencyMismatch, MoneyError
from marketpay.domain.ids import PaymentId
from marketpay.domain.money import Money


class AccountKind(StrEnum):
    """The chart of accounts."""

    PROCESSOR = "processor"
    CONNECTED = "connected"
    ESCROW = "escrow"
    WALLET_PENDING = "wallet.pending"
    WALLET_AVAILABLE = "wallet.available"
    WALLET_RESERVED = "wallet.reserved"
    CREDIT_AVAILABLE = "credit.available"
    REFUNDS_IN_TRANSIT = "refunds_in_transit"
    PLATFORM_FEE = "platform_fee"
    SERVICE_FEE = "service_fee"


K = AccountKind
ASSETS: Final = frozenset({K.PROCESSOR, K.CONNECTED})
WALLET: Final = frozenset({K.WALLET_PENDING, K.WALLET_AVAILABLE, K.WALLET_RESERVED})
OWNED: Final = WALLET | {K.CONNECTED, K.CREDIT_AVAILABLE}
INCOME: Final = (K.PLATFORM_FEE, K.SERVICE_FEE)

SETTLING = frozenset({"SettleTransaction"})
COMPLETING = frozenset({"CompleteJob"})
CANCELLING = frozenset({"CancelJob"})
ABANDONING = frozenset({"AbandonTransaction"})

# Which command may move money between which accounts: nothing else can be written.
# fmt: off
MOVES: Final[dict[tuple[AccountKind, AccountKind], frozenset[str]]] = {
    #  debit                  credit                   by
    (K.PROCESSOR,           K.ESCROW):               SETTLING,  # captured
    (K.ESCROW,              K.PLATFORM_FEE):         SETTLING,  # captured
    (K.ESCROW,              K.SERVICE_FEE):          COMPLETING,
    (K.ESCROW,              K.WALLET_AVAILABLE):     COMPLETING,
    (K.CONNECTED,           K.PROCESSOR):            SETTLING,  # transferred
    (K.ESCROW,              K.REFUNDS_IN_TRANSIT):   CANCELLING,
    (K.PLATFORM_FEE,        K.REFUNDS_IN_TRANSIT):   CANCELLING,
    (K.REFUNDS_IN_TRANSIT,  K.PROCESSOR):            SETTLING,  # refunded
    (K.REFUNDS_IN_TRANSIT,  K.CREDIT_AVAILABLE):     SETTLING | ABANDONING,  # refund failed
}
# fmt: on


@frozen
class Account:
    """Where money can be.  `owner` is a party's id, or empty for the platform's own accounts."""

    kind: AccountKind
    currency: str
    owner: str = ""

    @property
    def is_debit(self) -> bool:
        """Whether debits make it larger: what the platform has, as against what it owes."""
        return self.kind in ASSETS

    def __str__(self) -> str:
        return f"{self.kind}({self.owner})" if self.owner else self.kind.value


@frozen
class LedgerEntry:
    """`amount`, above zero, moves: it is debited to one account and credited to another."""

    debit: Account
    credit: Account
    amount: Money
    payment: PaymentId | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise MoneyError(f"A ledger entry moves more than nothing, not {self.amount}.")
        for account in (self.debit, self.credit):
            if account.currency != self.amount.currency:
                raise CurrencyMismatch(account.currency, self.amount.currency)
            if bool(account.owner) != (account.kind in OWNED):
                raise ConfigurationError(f"The account {account} has the wrong owner.")
        if (self.debit.kind, self.credit.kind) not in MOVES:
            raise ConfigurationError(f"Nothing may move from {self.debit} to {self.credit}.")

    def check(self, command: str) -> None:
        """Raise `ConfigurationError` unless a command of this name may cause such a movement."""
        if command not in MOVES[self.debit.kind, self.credit.kind]:
            raise ConfigurationError(f"{command} may not move {self.debit} to {self.credit}.")


def move(
    debit: Account, credit: Account, amount: Money, payment: PaymentId
) -> Iterator[LedgerEntry]:
    """The entry for `payment`, unless there is nothing to move."""
    if amount.minor:
        yield LedgerEntry(debit, credit, amount, payment=payment)


def effects(entries: tuple[LedgerEntry, ...]) -> dict[Account, int]:
    """By how many minor units each account's balance changes, on its own side of the book."""
    change: dict[Account, int] = {}
    for entry in entries:
        for account, is_debited in ((entry.debit, True), (entry.credit, False)):
            grows = account.is_debit is is_debited
            signed = entry.amount.minor if grows else -entry.amount.minor
            change[account] = change.get(account, 0) + signed
    return change
