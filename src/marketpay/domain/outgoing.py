"""Settling where contractors' money lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.lifecycles import (
    PayoutAccountStatus,
    WithdrawalStatus,
)
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled, failed, succeeded
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import (
    NOT_ACTIVE,
    REFUSED,
    ask_again,
    asked_back,
    follow_up,
    moved,
    reversals,
    why_unpaid,
)
from marketpay.domain.withdrawal import Withdrawal

SYSTEM = Role.SYSTEM


def transferred(
    transaction: PaymentTransaction,
    payment: Payment,
    moves: Sequence[PaymentTransaction],
    waiting: Sequence[Withdrawal],
    gateway_id: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The money lies on the contractor's account; what they are owed is as before.

    What was refunded meanwhile is asked back at once.
    """
    settled = succeeded(transaction, gateway_id, at)
    arrived = evolve(
        payment,
        transferring=payment.transferring - transaction.amount,
        transferred=payment.transferred + transaction.amount,
    )
    others = [one for one in moves if one.id != transaction.id]
    back = tuple(reversals(arrived, (*others, settled.entity), transaction.amount, rules, at))
    lies_there = payment.become(
        e.PaymentTransferred,
        SYSTEM,
        at,
        transferring=arrived.transferring,
        transferred=asked_back(arrived, back).transferred,
        transfer_blocked=payment.transfer_blocked if arrived.untransferred.minor > 0 else None,
    )
    return Decision(
        settled.entity,
        changes=(lies_there, settled, *back),
        waives=(*others, *waiting),
        entries=moved(transaction),
        timers=(
            *ask_again(lies_there.entity, rules, at),
            *follow_up(lies_there.entity, at),
            *_woken(waiting, at),
        ),
    )


def _woken(waiting: Sequence[Withdrawal], at: datetime) -> Iterator[Timer]:
    for one in waiting:
        if one.status is WithdrawalStatus.APPROVED:
            yield Timer(TimerKind.WITHDRAWAL, one.id, at)


def reversed_(
    transaction: PaymentTransaction, payment: Payment, gateway_id: str, at: datetime
) -> Settled:
    """What was too much on the contractor's account is the platform's again."""
    settled = succeeded(transaction, gateway_id, at)
    known = payment.become(e.PaymentTransferReversed, SYSTEM, at)
    entries = moved(transaction)
    return Decision(settled.entity, changes=(known, settled), entries=entries)


def reversal_failed(
    transaction: PaymentTransaction,
    payment: Payment,
    tries: Sequence[PaymentTransaction],
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """It is not there, or not yet: it is asked back again, ever more seldom."""
    settled = failed(transaction, code, at)
    still = payment.transferred + transaction.amount
    known = payment.become(e.PaymentTransferred, SYSTEM, at, transferred=still)
    others = [one for one in tries if one.id != transaction.id]
    again = Timer(TimerKind.TRANSFER_RETRY, payment.id, rules.transfer_at(len(tries), at))
    timers = () if code == ABANDONED else (again,)
    return Decision(settled.entity, changes=(known, settled), waives=others, timers=timers)


def transfer_failed(
    transaction: PaymentTransaction,
    payment: Payment,
    tries: Sequence[PaymentTransaction],
    accounts: Sequence[PayoutAccount],
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The money stays on the platform's balance for now; it is tried again, ever more seldom.

    An account that the gateway says is not active is asked about until it is.  What was given
    up is tried again only when an administrator says so.
    """
    settled = failed(transaction, code, at)
    event = e.PaymentTransferBlocked
    why = code if code in (NOT_ACTIVE, ABANDONED) else REFUSED
    if transaction.target is None and why == REFUSED:
        why = why_unpaid(transaction, payment)
    not_sent = payment.transferring - transaction.amount
    blocked = payment.become(event, SYSTEM, at, transfer_blocked=why, transferring=not_sent)
    changes: list[Change[Entity]] = [blocked, settled]
    waived: list[Entity] = [one for one in tries if one.id != transaction.id]
    later = rules.transfer_at(len(tries), at)
    for account in accounts:
        if why == NOT_ACTIVE and account.status is PayoutAccountStatus.ACTIVE:
            changes.append(account.become(e.PayoutAccountRestricted, SYSTEM, at, due_at=later))
        else:
            waived.append(account)
    again = Timer(TimerKind.TRANSFER_RETRY, payment.id, later)
    timers = () if why == ABANDONED else (again,)
    return Decision(settled.entity, changes=changes, waives=waived, timers=timers)
