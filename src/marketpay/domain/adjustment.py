"""An adjustment: what one administrator would change of a wallet, and another has to approve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from attrs import frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import AdjustmentEvent
from marketpay.domain.ids import AdjustmentId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import ADJUSTMENT, AdjustmentStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle
from marketpay.domain.wallet import Wallet


class AdjustmentKind(StrEnum):
    """What becomes of the amount."""

    CREDIT = "credit"  # the owner has it; the platform gives it
    DEBIT = "debit"  # the platform takes it; what is not available is owed
    WRITE_OFF = "write_off"  # the owner owes it no longer; the platform bears it
    TAKE_CREDIT = "take_credit"  # of a customer's credit: given by mistake, or paid out by hand


@frozen(kw_only=True)
class Adjustment(Living):
    """Nothing moves until somebody else than `proposed_by` approves it."""

    id: AdjustmentId
    owner: str  # of the wallet, or of the credit
    amount: Money
    kind: AdjustmentKind
    reason: str
    status: AdjustmentStatus = AdjustmentStatus.PROPOSED
    proposed_by: str  # an administrator
    decided_by: str | None = None  # another; the same one where it was taken back
    note: str = ""  # why it was not approved
    expires_at: datetime  # when nobody can approve it any more
    created_at: datetime

    mutable: ClassVar[Names] = ("reason", "status", "decided_by", "note")
    indexed: ClassVar[Names] = ("owner", "status")
    lifecycle: ClassVar[Lifecycle[Any]] = ADJUSTMENT

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    def has_expired(self, at: datetime) -> bool:
        """Whether it is too late to approve it."""
        return self.expires_at <= at

    def is_too_late(self, at: datetime) -> bool:
        """The same, while nobody has decided, and also once that is on record."""
        is_open = self.status is AdjustmentStatus.PROPOSED
        return self.status is AdjustmentStatus.EXPIRED or (is_open and self.has_expired(at))

    def entries(self, wallet: Wallet) -> Iterator[LedgerEntry]:
        """The entries that carry it out, of a wallet."""
        adjusted = Account(AccountKind.ADJUSTMENT, self.currency)
        match self.kind:
            case AdjustmentKind.CREDIT:
                yield from wallet.credit(adjusted, self.amount, None)
            case AdjustmentKind.DEBIT:
                nothing = Money.zero(self.currency)
                yield from wallet.charge(self.amount, adjusted, None, clearing=nothing)
            case AdjustmentKind.WRITE_OFF:
                loss = Account(AccountKind.BAD_DEBT, self.currency)
                yield from move(loss, wallet.account(AccountKind.RECEIVABLE), self.amount, None)

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, AdjustmentEvent)
        kind = self.kind.value
        return event(at=at, adjustment=self.id, owner=self.owner, kind=kind, amount=self.amount)
