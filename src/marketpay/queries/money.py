"""Balances, statements and revenue."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.domain.actor import check_party
from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import INCOME, WALLET, Account, AccountKind, effects
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.validators import IdOf, is_currency
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import PostedEntry, Records
from marketpay.queries.base import Listing, Page, Question


@frozen(kw_only=True)
class WalletBalance:
    """What the platform owes one contractor in one currency."""

    owner: str
    currency: str
    pending: Money
    available: Money
    reserved: Money
    receivable: Money  # what the contractor owes the platform
    # Of what is available, what adjustments gave and is sent out of the platform's balance first;
    # below zero, what they took and lies on the contractor's account all the same.
    unsent: Money

    @property
    def total(self) -> Money:
        """All that the platform owes."""
        return self.pending + self.available + self.reserved

    @property
    def withdrawable(self) -> Money:
        """What can be withdrawn: what is available beyond what is owed."""
        return max(self.available - self.receivable, Money.zero(self.currency))


@frozen(kw_only=True)
class GetWallet(Question[WalletBalance]):
    """A wallet's balances; nothing for who never had any."""

    owner: str = field(validator=check_party)
    currency: str = field(validator=is_currency)

    def answer(self, records: Records) -> WalletBalance:
        """See `Question.answer`."""
        found = records.find(Wallet, owner=self.owner, currency=self.currency)
        zero = Money.zero(self.currency)
        return WalletBalance(
            owner=self.owner,
            currency=self.currency,
            pending=found[0].pending if found else zero,
            available=found[0].available if found else zero,
            reserved=found[0].reserved if found else zero,
            receivable=found[0].receivable if found else zero,
            unsent=found[0].unsent if found else zero,
        )


@frozen(kw_only=True)
class StatementLine:
    """One movement: `change` is what the wallet holds more (above zero) or less for it."""

    number: int
    at: datetime
    debit: Account
    credit: Account
    amount: Money
    change: Money
    payment: PaymentId | None


@frozen(kw_only=True)
class WalletStatement(Listing[StatementLine]):
    """What went into and out of a wallet, the newest first."""

    owner: str = field(validator=check_party)
    currency: str = field(validator=is_currency)

    def answer(self, records: Records) -> Page[StatementLine]:
        """See `Question.answer`."""
        found = records.statement(
            self.owner, self.currency, before=self.number(), limit=self.limit + 1
        )
        last = str(found[self.limit - 1].number) if len(found) > self.limit else None
        return self.paged([self._line(posted) for posted in found], last)

    def _line(self, posted: PostedEntry) -> StatementLine:
        entry = posted.entry
        mine = (
            -minor if account.kind is AccountKind.RECEIVABLE else minor
            for account, minor in effects((entry,)).items()
            if account.owner == self.owner and account.kind in WALLET
        )
        return StatementLine(
            number=posted.number,
            at=posted.at,
            debit=entry.debit,
            credit=entry.credit,
            amount=entry.amount,
            change=unchecked(sum(mine), self.currency),
            payment=entry.payment,
        )


@frozen(kw_only=True)
class Revenue:
    """What the platform has earned in one currency, refunds taken off."""

    currency: str
    platform_fee: Money
    service_fee: Money
    upgrades: Money
    cancellation_fees: Money

    @property
    def total(self) -> Money:
        """All of it."""
        fees = self.platform_fee + self.service_fee
        return fees + self.upgrades + self.cancellation_fees


@frozen(kw_only=True)
class GetRevenue(Question[Revenue]):
    """The platform's income so far."""

    currency: str = field(validator=is_currency)

    def answer(self, records: Records) -> Revenue:
        """See `Question.answer`."""
        platform, service, upgrades, cancellations = (
            unchecked(records.balance(Account(kind, self.currency)), self.currency)
            for kind in INCOME
        )
        return Revenue(
            currency=self.currency,
            platform_fee=platform,
            service_fee=service,
            upgrades=upgrades,
            cancellation_fees=cancellations,
        )


@frozen
class GetBalance(Question[Money]):
    """What is in one account, on its own side of the book."""

    account: Account

    def answer(self, records: Records) -> Money:
        """See `Question.answer`."""
        return unchecked(records.balance(self.account), self.account.currency)


@frozen
class EntriesOf(Question[tuple[PostedEntry, ...]]):
    """Every ledger entry of a payment, the oldest first; `NotFound` for one that is not."""

    payment: PaymentId = field(validator=IdOf("Payment"))

    def answer(self, records: Records) -> tuple[PostedEntry, ...]:
        """See `Question.answer`."""
        records.get(Payment, self.payment)
        return tuple(records.entries(self.payment))


@frozen(kw_only=True)
class TrialBalance(Question[dict[Account, Money]]):
    """Every account's balance; what the platform has equals what it owes and has earned."""

    def answer(self, records: Records) -> dict[Account, Money]:
        """See `Question.answer`."""
        totals = records.accounts()
        return {t.account: unchecked(t.kept, t.account.currency) for t in totals}
