"""Releasing a payment: escrow pays out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.changing import changed
from marketpay.domain.commission import Split
from marketpay.domain.entity import Change, Entity
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import PayoutAccountStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules, TransferPolicy
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import ONBOARDING, WITHDRAWAL
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


def release(
    paid: Payment,
    wallet: Wallet,
    accounts: Sequence[PayoutAccount],
    by: Role,
    rules: Rules,
    at: datetime,
) -> Released:
    """The frozen parts, less what was taken back, leave escrow; debts are collected first."""
    parts = paid.remains()
    collected = min(wallet.receivable, parts.payout)
    # What their account was paid out too much is missing there, and is transferred all the same.
    withheld = collected - min(wallet.overdrawn, collected)
    owed = changed(paid, released_at=at, withheld=withheld).untransferred
    owed = rules.limits(paid.currency).movable(owed)
    entries = tuple(_out_of_escrow(paid, parts, wallet))
    active = [one for one in accounts if one.status is PayoutAccountStatus.ACTIVE]
    is_owed = owed.minor > 0
    blocked = _blocked(active, rules) if is_owed else None
    is_sent = is_owed and blocked is None
    moved = owed if is_sent else paid.transferring
    released = paid.become(
        e.PaymentReleased,
        by,
        at,
        released_at=at,
        withheld=withheld,
        transferring=moved,
        transfer_blocked=blocked,
    )
    changes: list[Change[Entity]] = [released]
    if parts.payout.minor:
        left = wallet.overdrawn - (collected - withheld)
        posted = wallet.post(entries, at)
        changes.append(Change(changed(posted.entity, overdrawn=left), posted.event))
    if is_sent:
        changes.append(operations.transfer(released.entity, moved, active[0], rules, at))
    timers = tuple(_timers(released.entity, wallet, rules, at))
    return Released(payment=released.entity, changes=changes, entries=entries, timers=timers)


def _blocked(active: Sequence[PayoutAccount], rules: Rules) -> str | None:
    if rules.transfers is not TransferPolicy.ON_RELEASE:
        return WITHDRAWAL
    return None if active else ONBOARDING


def _timers(released: Payment, wallet: Wallet, rules: Rules, at: datetime) -> Iterator[Timer]:
    if released.transfer_blocked == ONBOARDING:
        later = at + rules.lookup_every
        yield Timer(TimerKind.TRANSFER_SWEEP, released.contractor, later)
    if rules.transfers is TransferPolicy.SCHEDULED:
        yield Timer(TimerKind.PAYOUT_SCHEDULE, wallet.id, rules.next_payout(at))


def _out_of_escrow(paid: Payment, parts: Split, wallet: Wallet) -> Iterator[LedgerEntry]:
    escrow = Account(AccountKind.ESCROW, paid.currency)
    fee = Account(AccountKind.SERVICE_FEE, paid.currency)
    yield from move(escrow, fee, parts.service_fee, paid.id)
    yield from wallet.credit(escrow, parts.payout, paid.id)
