"""A wallet: what the platform owes one contractor in one currency."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import Factory, evolve, field, frozen

from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.errors import MoneyError
from marketpay.domain.events import WalletCredited, WalletDebited
from marketpay.domain.ids import WalletId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, effects
from marketpay.domain.money import Money, unchecked


def _holder(wallet: Wallet) -> str:
    return f"{wallet.currency}:{wallet.owner}"


@frozen(kw_only=True)
class Wallet(Entity):
    """Never negative.  Changed only together with the ledger entries that explain it.

    `pending` waits for a clearance, `available` can be withdrawn, `reserved` is being
    withdrawn or is disputed.  One for each owner and currency: `holder` is unique.
    """

    id: WalletId
    owner: str
    currency: str
    pending: Money
    available: Money
    reserved: Money
    created_at: datetime
    holder: str = field(init=False, repr=False, default=Factory(_holder, takes_self=True))

    mutable: ClassVar[Names] = ("pending", "available", "reserved")
    indexed: ClassVar[Names] = ("owner",)
    unique: ClassVar[Names] = ("holder",)

    @classmethod
    def empty(cls, id: WalletId, owner: str, currency: str, at: datetime) -> Wallet:
        """A wallet with nothing in it."""
        zero = Money.zero(currency)
        return cls(
            id=id,
            owner=owner,
            currency=currency,
            pending=zero,
            available=zero,
            reserved=zero,
            created_at=at,
        )

    @property
    def total(self) -> Money:
        """All that the owner is owed."""
        return self.pending + self.available + self.reserved

    def post(self, entries: tuple[LedgerEntry, ...], at: datetime) -> Change[Wallet]:
        """The wallet after its legs of `entries`; `MoneyError` if a part would be negative."""
        change = effects(entries)
        pending = self.pending + self._part(AccountKind.WALLET_PENDING, change)
        available = self.available + self._part(AccountKind.WALLET_AVAILABLE, change)
        reserved = self.reserved + self._part(AccountKind.WALLET_RESERVED, change)
        if min(pending.minor, available.minor, reserved.minor) < 0:
            raise MoneyError(f"The wallet of {self.owner} does not hold that much.")
        after = evolve(self, pending=pending, available=available, reserved=reserved)
        gained = after.total - self.total
        fact = WalletDebited if gained.minor < 0 else WalletCredited
        return Change(after, fact(at=at, wallet=self.id, owner=self.owner, amount=abs(gained)))

    def _part(self, kind: AccountKind, change: dict[Account, int]) -> Money:
        minor = change.get(Account(kind, self.currency, self.owner), 0)
        return unchecked(minor, self.currency)
