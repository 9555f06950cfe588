"""Withdrawals: what a wallet sets aside, and how it reaches the bank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.ids import WithdrawalId
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import (
    PayoutAccountStatus,
    WithdrawalStatus,
)
from marketpay.domain.money import Money
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules, TransferPolicy
from marketpay.domain.settlement import ABANDONED, Settled, accepted, failed, succeeded
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin

SYSTEM = Role.SYSTEM
INSUFFICIENT = "balance_insufficient"  # it is there, but cannot be paid out yet
ELSEWHERE = "paid_elsewhere"  # somebody paid it out at the gateway


@frozen(kw_only=True)
class Asked:
    """A withdrawal that is on record, the wallet with it set aside."""

    withdrawal: Withdrawal
    changes: Sequence[Change[Entity]]
    entries: tuple[LedgerEntry, ...]
    timers: tuple[Timer, ...]


def ask(
    wallet: Wallet,
    amount: Money,
    origin: WithdrawalOrigin,
    rules: Rules,
    at: datetime,
) -> Asked:
    """The amount is set aside; unless somebody has to approve it, it is on its way."""
    withdrawal = Withdrawal(
        id=WithdrawalId(rules.new_id("wdr")),
        contractor=wallet.owner,
        amount=amount,
        origin=origin,
        created_at=at,
    )
    available = wallet.account(AccountKind.WALLET_AVAILABLE)
    reserved = wallet.account(AccountKind.WALLET_RESERVED)
    entries = tuple(move(available, reserved, amount, None))
    changes: list[Change[Entity]] = [wallet.post(entries, at), withdrawal.begun(at)]
    timers: tuple[Timer, ...] = ()
    if not rules.approve_withdrawals:
        approved = withdrawal.become(e.WithdrawalApproved, SYSTEM, at)
        changes.append(approved)
        withdrawal = approved.entity
        timers = (Timer(TimerKind.WITHDRAWAL, withdrawal.id, at),)
    return Asked(withdrawal=withdrawal, changes=changes, entries=entries, timers=timers)


def wait(
    withdrawal: Withdrawal, read: Sequence[Entity], rules: Rules, at: datetime
) -> Decision[Withdrawal]:
    """Nothing for now; it comes up again."""
    later = Timer(TimerKind.WITHDRAWAL, withdrawal.id, at + rules.lookup_every)
    return Decision(withdrawal, waives=(withdrawal, *read), timers=(later,))


def payout_created(
    transaction: PaymentTransaction, withdrawal: Withdrawal, gateway_id: str, at: datetime
) -> Settled:
    """The gateway has taken the money off the contractor's account, and sends it."""
    if transaction.gateway_id is not None:
        return Decision(transaction, waives=(transaction, withdrawal))
    waiting = accepted(transaction, gateway_id, at)
    event = e.WithdrawalStarted
    known = withdrawal.become(event, SYSTEM, at, gateway_payout=gateway_id, failure=None)
    entries = tuple(_created(withdrawal))
    return Decision(waiting.entity, changes=(known, waiting), entries=entries)


def paid_out(
    transaction: PaymentTransaction,
    withdrawal: Withdrawal,
    wallet: Wallet,
    gateway_id: str,
    at: datetime,
) -> Settled:
    """The bank is expected to have it: the wallet is done with it."""
    settled = succeeded(transaction, gateway_id, at)
    event = e.WithdrawalPaid
    paid = withdrawal.become(event, SYSTEM, at, gateway_payout=gateway_id, failure=None)
    reserved = wallet.account(AccountKind.WALLET_RESERVED)
    transit = wallet.account(AccountKind.PAYOUT_IN_TRANSIT)
    was_created = transaction.gateway_id is not None
    entries = (
        *(() if was_created else _created(withdrawal)),
        *move(reserved, transit, withdrawal.amount, None),
    )
    changes = (wallet.post(entries, at), paid, settled)
    return Decision(settled.entity, changes=changes, entries=entries)


def payout_failed(
    transaction: PaymentTransaction,
    withdrawal: Withdrawal,
    wallet: Wallet,
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """Nothing went: the wallet has it again; what only was not there yet is tried again.

    It will not be there where somebody else has paid it out.
    """
    settled = failed(transaction, code, at)
    was_created = transaction.gateway_id is not None
    is_short = code == INSUFFICIENT and not was_created
    if is_short and not wallet.overdrawn.minor:
        attempts = withdrawal.attempts + 1
        event: type[Event] = e.WithdrawalStarted
        waits = withdrawal.become(event, SYSTEM, at, failure=code, attempts=attempts)
        again = Timer(TimerKind.WITHDRAWAL, withdrawal.id, rules.transfer_at(attempts, at))
        changes: tuple[Change[Entity], ...] = (waits, settled)
        return Decision(settled.entity, changes=changes, relies_on=(wallet,), timers=(again,))
    by = Role.ADMIN if code == ABANDONED else SYSTEM
    why = ELSEWHERE if is_short else code
    gone = withdrawal.become(e.WithdrawalFailed, by, at, failure=why)
    entries = (*(_uncreated(withdrawal) if was_created else ()), *freed(withdrawal, wallet))
    changes = (wallet.post(entries, at), gone, settled)
    return Decision(settled.entity, changes=changes, entries=entries)


def payout_returned(
    withdrawal: Withdrawal, wallet: Wallet, code: str, rules: Rules, at: datetime
) -> Decision[Withdrawal]:
    """The bank sent back what had been paid; it lies on the contractor's account again."""
    if withdrawal.status is not WithdrawalStatus.PAID:
        return Decision(withdrawal, waives=(withdrawal, wallet))
    gone = withdrawal.become(e.WithdrawalReturned, SYSTEM, at, failure=code)
    connected = wallet.account(AccountKind.CONNECTED)
    available = wallet.account(AccountKind.WALLET_AVAILABLE)
    entries = tuple(move(connected, available, withdrawal.amount, None))
    raised = incident(IncidentKind.PAYOUT_RETURNED, withdrawal.id, code, rules, at)
    changes = (wallet.post(entries, at), gone, raised)
    timers = tuple(scheduled(wallet, rules, at))
    return Decision(gone.entity, changes=changes, entries=entries, timers=timers)


def scheduled(wallet: Wallet, rules: Rules, at: datetime) -> Iterator[Timer]:
    """When the schedule looks at a wallet that has got something, if there is a schedule."""
    if rules.transfers is TransferPolicy.SCHEDULED:
        yield Timer(TimerKind.PAYOUT_SCHEDULE, wallet.id, rules.next_payout(at))


def freed(withdrawal: Withdrawal, wallet: Wallet) -> tuple[LedgerEntry, ...]:
    """What was set aside can be spent again."""
    reserved = wallet.account(AccountKind.WALLET_RESERVED)
    available = wallet.account(AccountKind.WALLET_AVAILABLE)
    return tuple(move(reserved, available, withdrawal.amount, None))


def is_on_its_way(tries: Sequence[PaymentTransaction]) -> bool:
    """Whether the gateway is being asked to pay out."""
    return any(not one.is_settled for one in tries)


def active(accounts: Sequence[PayoutAccount]) -> PayoutAccount | None:
    """The account that can be paid, if one can."""
    return next((one for one in accounts if one.status is PayoutAccountStatus.ACTIVE), None)


def _created(withdrawal: Withdrawal) -> tuple[LedgerEntry, ...]:
    transit, connected = _ends(withdrawal)
    return tuple(move(transit, connected, withdrawal.amount, None))


def _uncreated(withdrawal: Withdrawal) -> tuple[LedgerEntry, ...]:
    transit, connected = _ends(withdrawal)
    return tuple(move(connected, transit, withdrawal.amount, None))


def _ends(withdrawal: Withdrawal) -> tuple[Account, Account]:
    owner, currency = withdrawal.contractor, withdrawal.currency
    transit = Account(AccountKind.PAYOUT_IN_TRANSIT, currency, owner)
    return transit, Account(AccountKind.CONNECTED, currency, owner)
