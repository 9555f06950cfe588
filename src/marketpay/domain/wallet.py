"""A wallet: what the platform owes one contractor in one currency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.changing import changed
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.errors import MoneyError
from marketpay.domain.events import (
    WalletCleared,
    WalletCredited,
    WalletDebited,
    WalletEvent,
    WalletFreed,
    WalletFrozen,
    WalletReserved,
    WalletTransferReturned,
    WalletTransferStarted,
    WalletUnfrozen,
)
from marketpay.domain.ids import PaymentId, WalletId
from marketpay.domain.ledger import WALLET, Account, AccountKind, LedgerEntry, effects, move
from marketpay.domain.money import Money, unchecked


def _nothing(wallet: Wallet) -> Money:
    return Money.zero(wallet.currency)


NOTHING: Any = Factory(_nothing, takes_self=True)


def _holder(wallet: Wallet) -> str:
    return f"{wallet.currency}:{wallet.owner}"


@frozen(kw_only=True)
class Wallet(Entity):
    """Never negative.  Changed only together with the ledger entries that explain it.

    `pending` waits for a clearance, `available` can be withdrawn, `reserved` is being
    withdrawn or is disputed.  What the owner owes the platform is `receivable`, and is collected
    from what they earn next.  What adjustments gave, and the platform's balance has to send still,
    is `unsent`.  One wallet for each owner and currency: `holder` is unique.
    """

    id: WalletId
    owner: str
    currency: str
    pending: Money
    available: Money
    reserved: Money
    receivable: Money
    overdrawn: Money = field(default=NOTHING)  # of it, what their account was paid out too much
    # Of what is available, what no payment is behind and does not lie on the owner's account yet;
    # below zero, what lies there too much since it was taken from them here.
    unsent: Money = field(default=NOTHING)
    frozen_at: datetime | None = None  # since when nothing is paid out of it
    created_at: datetime
    holder: str = field(init=False, repr=False, default=Factory(_holder, takes_self=True))

    mutable: ClassVar[Names] = (
        "pending",
        "available",
        "reserved",
        "receivable",
        "overdrawn",
        "unsent",
        "frozen_at",
    )
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
            receivable=zero,
            created_at=at,
        )

    @property
    def is_frozen(self) -> bool:
        """Whether nothing is paid out of it until an administrator says otherwise."""
        return self.frozen_at is not None

    def freeze(self, at: datetime) -> Change[Wallet]:
        """The wallet, frozen; what comes in still does."""
        return self._changed(WalletFrozen, at, frozen_at=at)

    def unfreeze(self, at: datetime) -> Change[Wallet]:
        """The wallet as any other again."""
        return self._changed(WalletUnfrozen, at, frozen_at=None)

    def _changed(self, fact: type[WalletEvent], at: datetime, **changes: Any) -> Change[Wallet]:
        event = fact(at=at, wallet=self.id, owner=self.owner, amount=self.total)
        return Change(changed(self, **changes), event)

    @property
    def total(self) -> Money:
        """All that the owner is owed."""
        return self.pending + self.available + self.reserved

    @property
    def withdrawable(self) -> Money:
        """What is available beyond what the owner owes."""
        return max(self.available - self.receivable, Money.zero(self.currency))

    def account(self, kind: AccountKind) -> Account:
        """The owner's account of this kind."""
        return Account(kind, self.currency, self.owner)

    def credit(
        self,
        source: Account,
        amount: Money,
        payment: PaymentId | None,
        into: AccountKind = AccountKind.WALLET_AVAILABLE,
    ) -> Iterator[LedgerEntry]:
        """The entries that give the owner `amount`: what they owe is collected first."""
        debt = min(self.receivable, amount)
        yield from move(source, self.account(AccountKind.RECEIVABLE), debt, payment)
        yield from move(source, self.account(into), amount - debt, payment)

    def charge(
        self,
        amount: Money,
        into: Account,
        payment: PaymentId | None,
        reserved: Money | None = None,
        clearing: Money | None = None,
    ) -> Iterator[LedgerEntry]:
        """The entries that take `amount` from the owner, as far as it is there; the rest is owed.

        From what was `reserved` for it, then from what is pending, then from what is available.
        Of what is pending no more than is `clearing`, where that is said: the rest of it belongs
        to other payments.
        """
        parts = {
            AccountKind.WALLET_RESERVED: reserved or Money.zero(self.currency),
            AccountKind.WALLET_PENDING: self._pending(clearing),
            AccountKind.WALLET_AVAILABLE: self.available,
            AccountKind.RECEIVABLE: amount,
        }
        for kind, most in parts.items():
            taken = min(most, amount)
            yield from move(self.account(kind), into, taken, payment)
            amount -= taken

    def reserve(
        self, amount: Money, payment: PaymentId | None, clearing: Money | None = None
    ) -> Iterator[LedgerEntry]:
        """The entries that set aside `amount`, as far as it is there, pending money first.

        Of that no more than is `clearing`, as in `charge`.
        """
        reserved = self.account(AccountKind.WALLET_RESERVED)
        for kind, most in (
            (AccountKind.WALLET_PENDING, self._pending(clearing)),
            (AccountKind.WALLET_AVAILABLE, self.available),
        ):
            taken = min(most, amount)
            yield from move(self.account(kind), reserved, taken, payment)
            amount -= taken

    def post(self, entries: tuple[LedgerEntry, ...], at: datetime) -> Change[Wallet]:
        """The wallet after its legs of `entries`; `MoneyError` if a part would be negative."""
        parts = {name: unchecked(minor, self.currency) for name, minor in self._after(entries)}
        if "receivable" in parts:
            parts["overdrawn"] = min(self.overdrawn, parts["receivable"])
        after = changed(self, **parts)
        amount = after._worth - self._worth
        fact: type[WalletEvent] = WalletDebited if amount < 0 else WalletCredited
        if not amount:
            amount = after.reserved.minor - self.reserved.minor
            fact = WalletFreed if amount < 0 else WalletReserved
        if not amount:
            amount = after.pending.minor - self.pending.minor
            fact = WalletCleared
        moved = unchecked(abs(amount), self.currency)
        return Change(after, fact(at=at, wallet=self.id, owner=self.owner, amount=moved))

    def adjust(self, entries: tuple[LedgerEntry, ...], at: datetime) -> Change[Wallet]:
        """The same, where no payment is behind them: what is owed more has to be sent, too."""
        posted = self.post(entries, at)
        more = posted.entity._expected - self._expected
        return Change(changed(posted.entity, unsent=self.unsent + more), posted.event)

    def send(self, amount: Money, at: datetime) -> Change[Wallet]:
        """The wallet with so much less `unsent`: it is on its way to the owner's account."""
        return self._sent(WalletTransferStarted, amount, self.unsent - amount, at)

    def unsend(self, amount: Money, at: datetime) -> Change[Wallet]:
        """The wallet with so much more `unsent`: it is not on the owner's account after all."""
        return self._sent(WalletTransferReturned, amount, self.unsent + amount, at)

    def _sent(
        self, fact: type[WalletEvent], amount: Money, unsent: Money, at: datetime
    ) -> Change[Wallet]:
        event = fact(at=at, wallet=self.id, owner=self.owner, amount=amount)
        return Change(changed(self, unsent=unsent), event)

    def _after(self, entries: tuple[LedgerEntry, ...]) -> Iterator[tuple[str, int]]:
        """The parts that `entries` touch, by name, in minor units."""
        for account, change in effects(entries).items():
            if account.kind not in WALLET or account.owner != self.owner:
                continue
            if account.currency != self.currency:
                continue
            name = WALLET[account.kind]
            minor = getattr(self, name).minor + change
            if minor < 0:
                raise MoneyError(f"The wallet of {self.owner} does not hold that much.")
            yield name, minor

    def _pending(self, most: Money | None) -> Money:
        return self.pending if most is None else min(self.pending, most)

    @property
    def _expected(self) -> Money:
        """What should lie on the owner's account, or be on its way there or from there."""
        return self.total - self.overdrawn

    @property
    def _worth(self) -> int:
        """All that the owner is owed less what they owe, in minor units."""
        owed = self.pending.minor + self.available.minor + self.reserved.minor
        return owed - self.receivable.minor
