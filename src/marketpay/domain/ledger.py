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
    PAYOUT_IN_TRANSIT = "payout_in_transit"
    RECEIVABLE = "receivable"
    DISPUTED = "disputed"
    ESCROW = "escrow"
    WALLET_PENDING = "wallet.pending"
    WALLET_AVAILABLE = "wallet.available"
    WALLET_RESERVED = "wallet.reserved"
    CREDIT_AVAILABLE = "credit.available"
    CREDIT_RESERVED = "credit.reserved"
    REFUNDS_IN_TRANSIT = "refunds_in_transit"
    PLATFORM_FEE = "platform_fee"
    SERVICE_FEE = "service_fee"
    UPGRADE = "upgrade"
    CANCELLATION_FEE = "cancellation_fee"
    PROCESSOR_FEE = "processor_fee"
    CHARGEBACK_FEE = "chargeback_fee"
    CHARGEBACK_LOSS = "chargeback_loss"
    BAD_DEBT = "bad_debt"
    PROMOTION = "promotion"
    ADJUSTMENT = "adjustment"


K = AccountKind
ASSETS: Final = frozenset({K.PROCESSOR, K.CONNECTED, K.PAYOUT_IN_TRANSIT, K.RECEIVABLE, K.DISPUTED})
INCOME: Final = (K.PLATFORM_FEE, K.SERVICE_FEE, K.UPGRADE, K.CANCELLATION_FEE)
EXPENSES: Final = frozenset(
    {
        K.PROCESSOR_FEE,
        K.CHARGEBACK_FEE,
        K.CHARGEBACK_LOSS,
        K.BAD_DEBT,
        K.PROMOTION,
        K.ADJUSTMENT,
    }
)
# What a wallet's own row keeps: three parts of what the owner is owed, and what they owe.
WALLET: Final = {
    K.WALLET_PENDING: "pending",
    K.WALLET_AVAILABLE: "available",
    K.WALLET_RESERVED: "reserved",
    K.RECEIVABLE: "receivable",
}
# What the row of a customer's credit says, too.
CREDIT: Final = {K.CREDIT_AVAILABLE: "available", K.CREDIT_RESERVED: "reserved"}
DEBIT_SIDE: Final = ASSETS | EXPENSES
OWNED: Final = WALLET.keys() | CREDIT.keys() | {K.CONNECTED, K.PAYOUT_IN_TRANSIT}

SETTLING = frozenset({"SettleTransaction"})
CANCELLING = frozenset({"CancelJob", "AcceptCancellation"})  # which divide what is left
RESOLVING = frozenset({"ResolveDispute", "AcceptSettlement", "ExpireDispute"})
EMPTYING = frozenset({"EmptyEscrow"})
CLOSING = frozenset(  # which divide a milestone, and with the last of them the extras
    {"ReleaseMilestone", "ReleaseMilestoneAutomatically", "RefundMilestone", "CancelMilestone"}
)
# A tip is released as soon as it is captured, and what comes too late given back.
ENDING = CANCELLING | RESOLVING | EMPTYING | CLOSING | SETTLING
COMPLETING = frozenset({"CompleteJob", "ReleaseAutomatically"}) | ENDING
CLEARING = frozenset({"EndClearance"})
REFUNDING = frozenset({"IssueRefund", "RecordRefund"}) | ENDING
RECORDING = frozenset({"RecordRefund"})
OVERPAYING = RECORDING | {"RecordUpgradeRefund"}
SELLING_BACK = frozenset({"RefundUpgrade", "RecordUpgradeRefund"})
RETURNING = frozenset(
    {"SettleTransaction", "AbandonTransaction", "RecordRefund", "RecordUpgradeRefund"}
)
FAILING = RETURNING | {"RetryRefund"}
MOVING = frozenset({"SettleTransaction", "RecordReversal"})
DISPUTING = frozenset({"SettleChargeback"})
CHARGING_BACK = DISPUTING | {"NoteUpgradeChargeback"}
WITHDRAWING = frozenset({"RequestWithdrawal", "MakeScheduledWithdrawal"})
PAYING_OUT = frozenset({"SettleTransaction", "AbandonTransaction"})
CALLING_OFF = frozenset({"CancelWithdrawal"})
ADJUSTING = frozenset({"ApproveAdjustment"})
OUTSIDE = frozenset({"RecordPayout"})
GIVING = frozenset({"GrantCredit", "EarnPoints", "RedeemPoints"})
OFFERING = frozenset({"SendOffer", "ReviseOffer", "PayOffer"})
SPENT = frozenset({"ExpireCredit", "FreeCredit", "RedeemPoints"})
EXPIRING = SPENT | OFFERING | ADJUSTING | REFUNDING | OVERPAYING | DISPUTING
FREEING = PAYING_OUT | CALLING_OFF | DISPUTING | OUTSIDE | {"ContinueWithdrawal"}

# Which command may move money between which accounts: nothing else can be written.
# fmt: off
MOVES: Final[dict[tuple[AccountKind, AccountKind], frozenset[str]]] = {
    #  debit                  credit                   by
    (K.PROCESSOR,           K.ESCROW):               SETTLING,  # captured
    (K.PROCESSOR,           K.UPGRADE):              SETTLING,  # a checkout paid
    (K.ESCROW,              K.PLATFORM_FEE):         SETTLING,  # captured
    (K.ESCROW,              K.SERVICE_FEE):          COMPLETING,
    (K.ESCROW,              K.RECEIVABLE):           COMPLETING,  # a debt is collected first
    (K.ESCROW,              K.WALLET_AVAILABLE):     COMPLETING,
    (K.ESCROW,              K.WALLET_PENDING):       COMPLETING,  # ... where there is a clearance
    (K.WALLET_PENDING,      K.WALLET_AVAILABLE):     CLEARING,
    (K.WALLET_PENDING,      K.RECEIVABLE):           CLEARING,  # a debt since is collected first
    (K.ESCROW,              K.CANCELLATION_FEE):     CANCELLING,
    (K.CONNECTED,           K.PROCESSOR):            MOVING,  # transferred
    (K.PROCESSOR,           K.CONNECTED):            MOVING,  # a transfer reversed
    (K.ESCROW,              K.REFUNDS_IN_TRANSIT):   REFUNDING,
    (K.UPGRADE,             K.REFUNDS_IN_TRANSIT):   SELLING_BACK,
    (K.PLATFORM_FEE,        K.REFUNDS_IN_TRANSIT):   REFUNDING,
    (K.SERVICE_FEE,         K.REFUNDS_IN_TRANSIT):   REFUNDING,
    (K.WALLET_PENDING,      K.REFUNDS_IN_TRANSIT):   REFUNDING,
    (K.WALLET_AVAILABLE,    K.REFUNDS_IN_TRANSIT):   REFUNDING,
    (K.RECEIVABLE,          K.REFUNDS_IN_TRANSIT):   REFUNDING,  # more than the wallet has
    (K.BAD_DEBT,            K.REFUNDS_IN_TRANSIT):   OVERPAYING,  # more than was left
    (K.REFUNDS_IN_TRANSIT,  K.PROCESSOR):            RETURNING,  # refunded
    (K.PROCESSOR,           K.REFUNDS_IN_TRANSIT):   RETURNING,  # a refund that came back
    (K.REFUNDS_IN_TRANSIT,  K.CREDIT_AVAILABLE):     FAILING | REFUNDING,  # failed, or of credit
    (K.REFUNDS_IN_TRANSIT,  K.BAD_DEBT):             FAILING,  # ... of what was written off
    (K.REFUNDS_IN_TRANSIT,  K.CHARGEBACK_LOSS):      FAILING,  # the bank paid it
    (K.REFUNDS_IN_TRANSIT,  K.UPGRADE):              RETURNING,  # ... while a bank disputes it
    (K.CREDIT_AVAILABLE,    K.REFUNDS_IN_TRANSIT):   OVERPAYING,  # the customer got it otherwise
    (K.PROMOTION,           K.CREDIT_AVAILABLE):     GIVING,
    (K.CREDIT_AVAILABLE,    K.PROMOTION):            EXPIRING,  # ... and points that are redeemed
    (K.CREDIT_AVAILABLE,    K.CREDIT_RESERVED):      OFFERING,
    (K.CREDIT_RESERVED,     K.CREDIT_AVAILABLE):     frozenset({"FreeCredit"}),
    (K.CREDIT_RESERVED,     K.ESCROW):               SETTLING,  # captured
    (K.DISPUTED,            K.PROCESSOR):            CHARGING_BACK,  # the network took it
    (K.PROCESSOR,           K.DISPUTED):             CHARGING_BACK,  # ... and gave it back
    (K.CHARGEBACK_FEE,      K.PROCESSOR):            CHARGING_BACK,
    (K.PROCESSOR,           K.CHARGEBACK_FEE):       CHARGING_BACK,
    (K.ESCROW,              K.DISPUTED):             DISPUTING,  # lost
    (K.PLATFORM_FEE,        K.DISPUTED):             DISPUTING,
    (K.SERVICE_FEE,         K.DISPUTED):             DISPUTING,
    (K.WALLET_PENDING,      K.DISPUTED):             DISPUTING,
    (K.WALLET_AVAILABLE,    K.DISPUTED):             DISPUTING,
    (K.WALLET_RESERVED,     K.DISPUTED):             DISPUTING,
    (K.RECEIVABLE,          K.DISPUTED):             DISPUTING,
    (K.CHARGEBACK_LOSS,     K.DISPUTED):             CHARGING_BACK,
    (K.DISPUTED,            K.ESCROW):               DISPUTING,  # lost, and won after all
    (K.DISPUTED,            K.PLATFORM_FEE):         DISPUTING,
    (K.DISPUTED,            K.SERVICE_FEE):          DISPUTING,
    (K.DISPUTED,            K.WALLET_AVAILABLE):     DISPUTING,
    (K.DISPUTED,            K.WALLET_PENDING):       DISPUTING,  # ... before its clearance is over
    (K.DISPUTED,            K.RECEIVABLE):           DISPUTING,
    (K.DISPUTED,            K.CHARGEBACK_LOSS):      CHARGING_BACK,
    (K.CREDIT_AVAILABLE,    K.CHARGEBACK_LOSS):      DISPUTING,  # a refund had failed
    (K.CHARGEBACK_LOSS,     K.CREDIT_AVAILABLE):     DISPUTING,  # ... lost, and won after all
    (K.WALLET_PENDING,      K.WALLET_RESERVED):      DISPUTING,
    (K.WALLET_AVAILABLE,    K.WALLET_RESERVED):      DISPUTING | WITHDRAWING,
    (K.WALLET_RESERVED,     K.WALLET_AVAILABLE):     FREEING,
    (K.WALLET_RESERVED,     K.WALLET_PENDING):       DISPUTING,
    (K.PAYOUT_IN_TRANSIT,   K.CONNECTED):            PAYING_OUT,  # payout created
    (K.WALLET_RESERVED,     K.PAYOUT_IN_TRANSIT):    PAYING_OUT,  # ... paid
    (K.CONNECTED,           K.PAYOUT_IN_TRANSIT):    PAYING_OUT,  # ... failed
    (K.CONNECTED,           K.WALLET_AVAILABLE):     PAYING_OUT | OUTSIDE,  # the bank returned it
    (K.WALLET_AVAILABLE,    K.CONNECTED):            OUTSIDE,  # a payout that was not ours
    (K.RECEIVABLE,          K.CONNECTED):            OUTSIDE,
    (K.PROCESSOR_FEE,       K.PROCESSOR):            frozenset({"BookProcessorFee"}),
    (K.PROCESSOR,           K.PROCESSOR_FEE):        frozenset({"BookProcessorFee"}),  # given back
    (K.BAD_DEBT,            K.RECEIVABLE):           ADJUSTING,  # written off
    (K.ADJUSTMENT,          K.RECEIVABLE):           ADJUSTING,  # a debt is collected first
    (K.ADJUSTMENT,          K.WALLET_AVAILABLE):     ADJUSTING,
    (K.WALLET_AVAILABLE,    K.ADJUSTMENT):           ADJUSTING,
    (K.RECEIVABLE,          K.ADJUSTMENT):           ADJUSTING,  # more than is available
    (K.CREDIT_AVAILABLE,    K.ADJUSTMENT):           ADJUSTING,  # taken of a customer's
}
# fmt: on


@frozen(cache_hash=True)
class Account:
    """Where money can be.  `owner` is a party's id, or empty for the platform's own accounts."""

    kind: AccountKind
    currency: str
    owner: str = ""

    @property
    def is_debit(self) -> bool:
        """Whether debits make it larger: what the platform has or spends, not what it owes."""
        return self.kind in DEBIT_SIDE

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
    debit: Account, credit: Account, amount: Money, payment: PaymentId | None
) -> Iterator[LedgerEntry]:
    """The entry for `payment`, unless there is nothing to move."""
    if amount.minor:
        yield LedgerEntry(debit, credit, amount, payment=payment)


def effects(entries: tuple[LedgerEntry, ...]) -> dict[Account, int]:
    """By how many minor units each account's balance changes, on its own side of the book."""
    change: dict[Account, int] = {}
    for entry in entries:
        debit, credit, minor = entry.debit, entry.credit, entry.amount.minor
        change[debit] = change.get(debit, 0) + (minor if debit.is_debit else -minor)
        change[credit] = change.get(credit, 0) + (-minor if credit.is_debit else minor)
    return change
