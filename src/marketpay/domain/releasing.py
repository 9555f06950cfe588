"""Releasing a payment: escrow pays out, at once or once a clearance is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import Factory, field, frozen

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.changing import changed
from marketpay.domain.commission import Split
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import PayoutAccountStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules, TransferPolicy
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import BALANCE, CLEARANCE, ONBOARDING, WITHDRAWAL, covered
from marketpay.domain.wallet import Wallet


@frozen(kw_only=True)
class Released:
    """A released payment with all that follows."""

    payment: Payment
    changes: Sequence[Change[Entity]]
    entries: tuple[LedgerEntry, ...]
    timers: tuple[Timer, ...]

    def unused(self, wallet: Wallet) -> tuple[Wallet, ...]:
        """The wallet, if it was read and nothing of it changes."""
        is_used = any(change.entity.id == wallet.id for change in self.changes)
        return () if is_used or not wallet.version else (wallet,)

    def after(self, wallet: Wallet) -> Wallet:
        """The wallet as it leaves it."""
        for change in self.changes:
            if isinstance(change.entity, Wallet):
                wallet = change.entity
        return wallet


def release(
    paid: Payment,
    wallet: Wallet,
    accounts: Sequence[PayoutAccount],
    by: Role,
    rules: Rules,
    at: datetime,
) -> Released:
    """The frozen parts, less what was taken back, leave escrow; debts are collected first.

    The rest waits in the wallet where the house has a clearance.
    """
    parts = paid.remains()
    waits = rules.clearance is not None and parts.payout > wallet.receivable
    kind = AccountKind.WALLET_PENDING if waits else AccountKind.WALLET_AVAILABLE
    giving = _Giving(
        amount=parts.payout,
        entries=tuple(_out_of_escrow(paid, parts, wallet, kind)),
        wallet=wallet,
        accounts=accounts,
    )
    fields: dict[str, Any] = {"released_at": at}
    if waits:
        assert rules.clearance is not None
        fields |= {"clearing": parts.payout - giving.collected, "clears_at": at + rules.clearance}
    return giving.done(paid, e.PaymentReleased, by, rules, at, **fields)


def release_all(
    payments: Sequence[Payment],
    wallet: Wallet,
    accounts: Sequence[PayoutAccount],
    by: Role,
    rules: Rules,
    at: datetime,
) -> Released:
    """Each of a deal's payments, one after the other; the first is the one that is answered."""
    first, *more = payments
    done = release(first, wallet, accounts, by, rules, at)
    for paid in more:
        wallet = done.after(wallet)
        one = release(paid, wallet, accounts, by, rules, at)
        done = Released(
            payment=done.payment,
            changes=(*done.changes, *one.changes),
            entries=(*done.entries, *one.entries),
            timers=(*done.timers, *one.timers),
        )
    return done


def end_clearance(
    paid: Payment,
    wallet: Wallet,
    accounts: Sequence[PayoutAccount],
    rules: Rules,
    at: datetime,
) -> Released:
    """What waited is the contractor's to spend; what they have come to owe is collected first."""
    amount = min(paid.clearing, wallet.pending)
    pending = wallet.account(AccountKind.WALLET_PENDING)
    giving = _Giving(
        amount=amount,
        entries=tuple(wallet.credit(pending, amount, paid.id)),
        wallet=wallet,
        accounts=accounts,
    )
    nothing = Money.zero(paid.currency)
    event, by = e.PaymentClearanceEnded, Role.SYSTEM
    return giving.done(paid, event, by, rules, at, clearing=nothing, clears_at=None)


def _collected(giving: _Giving) -> Money:
    return min(giving.wallet.receivable, giving.amount)


def _withheld(giving: _Giving) -> Money:
    """What their account was paid out too much is missing there, and is transferred too."""
    return giving.collected - min(giving.wallet.overdrawn, giving.collected)


@frozen(kw_only=True)
class _Giving:
    """A contractor gets `amount` of a payment by these entries, less what they owe."""

    amount: Money
    entries: tuple[LedgerEntry, ...]
    wallet: Wallet
    accounts: Sequence[PayoutAccount]
    collected: Money = field(init=False, default=Factory(_collected, takes_self=True))
    withheld: Money = field(init=False, default=Factory(_withheld, takes_self=True))

    def done(
        self, paid: Payment, event: type[Event], by: Role, rules: Rules, at: datetime, **fields: Any
    ) -> Released:
        """The payment after `event` with these `fields`; its transfer is started if it is time."""
        fields["withheld"] = paid.withheld + self.withheld
        too_much = self._too_much(changed(paid, **fields))
        fields["withheld"] += too_much
        after = changed(paid, **fields)
        owed = rules.limits(paid.currency).movable(after.untransferred)
        active = [one for one in self.accounts if one.status is PayoutAccountStatus.ACTIVE]
        blocked = _blocked(after, owed, active, rules)
        is_sent = owed.minor > 0 and blocked is None
        sent = covered(after, owed, rules)
        if is_sent:
            fields["transferring"] = paid.transferring + sent
            blocked = BALANCE if sent < owed else None
        given = paid.become(event, by, at, transfer_blocked=blocked, **fields)
        changes: list[Change[Entity]] = [given]
        if self.amount.minor:
            left = self.wallet.overdrawn - (self.collected - self.withheld)
            posted = self.wallet.post(self.entries, at)
            unsent = self.wallet.unsent + too_much
            known = changed(posted.entity, overdrawn=left, unsent=unsent)
            changes.append(Change(known, posted.event))
        if is_sent:
            changes.append(operations.transfer(given.entity, sent, active[0], rules, at))
        timers = tuple(_timers(given.entity, self.wallet, rules, at))
        return Released(payment=given.entity, changes=changes, entries=self.entries, timers=timers)

    def _too_much(self, after: Payment) -> Money:
        """What lies on their account already although it is not theirs is not sent once more."""
        nothing = Money.zero(after.currency)
        most = min(self.amount - self.withheld, after.untransferred)
        return max(min(-self.wallet.unsent, most), nothing)


def _blocked(
    after: Payment, owed: Money, active: Sequence[PayoutAccount], rules: Rules
) -> str | None:
    if after.is_clearing:
        return CLEARANCE
    if owed.minor <= 0:
        return None
    if rules.transfers is not TransferPolicy.ON_RELEASE:
        return WITHDRAWAL
    return None if active else ONBOARDING


def _timers(given: Payment, wallet: Wallet, rules: Rules, at: datetime) -> Iterator[Timer]:
    if given.clears_at is not None:
        yield Timer(TimerKind.CLEARANCE, given.id, given.clears_at)
    if rules.loyalty is not None and not given.is_clearing:  # else the clearance's end sets it
        yield Timer(TimerKind.POINTS, given.id, at)
    if given.transfer_blocked == ONBOARDING:
        later = at + rules.lookup_every
        yield Timer(TimerKind.TRANSFER_SWEEP, given.contractor, later)
    is_paid = given.remains().payout.minor > 0  # who never is has no wallet
    if rules.transfers is TransferPolicy.SCHEDULED and is_paid:
        yield Timer(TimerKind.PAYOUT_SCHEDULE, wallet.id, rules.next_payout(at))


def _out_of_escrow(
    paid: Payment, parts: Split, wallet: Wallet, into: AccountKind
) -> Iterator[LedgerEntry]:
    escrow = Account(AccountKind.ESCROW, paid.currency)
    fee = Account(AccountKind.SERVICE_FEE, paid.currency)
    yield from move(escrow, fee, parts.service_fee, paid.id)
    yield from wallet.credit(escrow, parts.payout, paid.id, into)
