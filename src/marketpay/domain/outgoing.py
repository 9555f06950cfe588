"""Settling what goes back to customers, and where contractors' money lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import (
    REFUND,
    PaymentStatus,
    PayoutAccountStatus,
    RefundStatus,
    WithdrawalStatus,
)
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled, accepted, failed, succeeded
from marketpay.domain.spending import Purse
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


def refunded(
    transaction: PaymentTransaction,
    payment: Payment,
    refunds: Sequence[Refund],
    gateway_id: str,
    at: datetime,
) -> Settled:
    """The money left the platform's balance on its way to the customer."""
    settled = succeeded(transaction, gateway_id, at)
    refund, others = _among(refunds, transaction)
    arrived = refund.become(e.RefundSucceeded, SYSTEM, at, gateway_id=gateway_id)
    returned = give_back(payment, others, at)
    entries = tuple(left_processor(refund))
    return Decision(
        settled.entity, changes=(returned, arrived, settled), waives=others, entries=entries
    )


def refund_pending(
    transaction: PaymentTransaction, refund: Refund, gateway_id: str, at: datetime
) -> Settled:
    """The gateway has it and has not finished; a worker asks again later."""
    if transaction.gateway_id is not None:
        return Decision(transaction, waives=(transaction, refund))
    waiting = accepted(transaction, gateway_id, at)
    pending = refund.become(e.RefundPending, SYSTEM, at, gateway_id=gateway_id)
    return Decision(waiting.entity, changes=(pending, waiting))


def refund_failed(
    transaction: PaymentTransaction,
    payment: Payment,
    refunds: Sequence[Refund],
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The customer cannot be paid back that way, and has the money as credit instead.

    The deal is not undone; somebody should look at it.
    """
    settled = failed(transaction, code, at)
    refund, others = _among(refunds, transaction)
    offset, excess = _offset(refund, others, at)
    lost = refund.become(e.RefundFailed, SYSTEM, at, failure=code, excess=excess)
    raised = incident(IncidentKind.REFUND_FAILED, refund.id, code, rules, at)
    used = {change.entity.id for change in offset}
    kept, entries = kept_as_credit(lost.entity, purse, at)
    changes = (give_back(payment, others, at), *offset, lost, settled, raised, *kept.changes)
    return Decision(
        settled.entity,
        changes=changes,
        waives=(*(one for one in others if one.id not in used), *kept.unused()),
        entries=entries,
    )


def refund_came_back(
    transaction: PaymentTransaction,
    refund: Refund,
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The customer's bank sent back what had left; the customer has it as credit instead."""
    if refund.status is not RefundStatus.SUCCEEDED:
        return Decision(transaction, waives=(transaction, refund, *purse.unused()))
    lost = refund.become(e.RefundFailed, SYSTEM, at, failure=code)
    raised = incident(IncidentKind.REFUND_FAILED, refund.id, code, rules, at)
    kept, entries = kept_as_credit(refund, purse, at)
    return Decision(
        transaction,
        changes=(lost, raised, *kept.changes),
        waives=(transaction, *kept.unused()),
        entries=(*came_back(refund), *entries),
    )


def _offset(
    refund: Refund, others: Sequence[Refund], at: datetime
) -> tuple[list[Change[Refund]], Money]:
    """What the customer got at the gateway instead, and was written off, is set off."""
    changes: list[Change[Refund]] = []
    excess = refund.excess
    for other in others:
        part = min(refund.charged - excess, other.excess)
        if part.minor > 0 and other.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED):
            changes.append(other.become(e.RefundOffset, SYSTEM, at, excess=other.excess - part))
            excess += part
    return changes, excess


def give_back(payment: Payment, others: Sequence[Refund], at: datetime) -> Change[Payment]:
    """The payment once one refund is through; `others` are the rest of its refunds."""
    is_last = all(one.status in REFUND.final for one in others)
    is_open = payment.status is not PaymentStatus.CHARGED_BACK
    is_all = payment.refunded + payment.lost == payment.amount and is_last and is_open
    event: type[Event] = e.PaymentRefunded if is_all else e.PaymentPartlyRefunded
    return payment.become(event, SYSTEM, at)


def left_processor(refund: Refund) -> tuple[LedgerEntry, ...]:
    """A refund's money leaves the platform's balance."""
    transit, processor = _transit(refund)
    return tuple(move(transit, processor, refund.charged, refund.payment))


def came_back(refund: Refund) -> tuple[LedgerEntry, ...]:
    """... and is there again."""
    transit, processor = _transit(refund)
    return tuple(move(processor, transit, refund.charged, refund.payment))


def kept_as_credit(
    refund: Refund, purse: Purse, at: datetime
) -> tuple[Purse, tuple[LedgerEntry, ...]]:
    """The customer has it here, since they cannot have it there; no more than the payment gave."""
    transit, _ = _transit(refund)
    loss = Account(AccountKind.BAD_DEBT, refund.currency)
    kept = purse.give_back(refund.covered, transit, refund.payment, at)
    return kept, (*kept.entries, *move(transit, loss, refund.excess, refund.payment))


def _transit(refund: Refund) -> tuple[Account, Account]:
    currency = refund.currency
    transit = Account(AccountKind.REFUNDS_IN_TRANSIT, currency)
    return transit, Account(AccountKind.PROCESSOR, currency)


def _among(
    refunds: Sequence[Refund], transaction: PaymentTransaction
) -> tuple[Refund, list[Refund]]:
    [mine] = [one for one in refunds if one.id == transaction.refund]
    return mine, [one for one in refunds if one.id != mine.id]


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
