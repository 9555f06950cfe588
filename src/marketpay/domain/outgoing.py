"""Settling what leaves the platform: refunds to customers, transfers to contractors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.ledger import Account, AccountKind, move
from marketpay.domain.lifecycles import PayoutAccountStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled, failed, succeeded, unanswered
from marketpay.domain.timer import Timer, TimerKind

SYSTEM = Role.SYSTEM
NOT_ACTIVE = "account_not_active"
REFUSED = "refused"  # for another reason: the last transaction has the gateway's code


def refunded(
    transaction: PaymentTransaction, payment: Payment, refund: Refund, gateway_id: str, at: datetime
) -> Settled:
    """The money left the platform's balance on its way to the customer."""
    settled = succeeded(transaction, gateway_id, at)
    arrived = refund.become(e.RefundSucceeded, SYSTEM, at, gateway_id=gateway_id)
    returned = payment.become(e.PaymentRefunded, SYSTEM, at)
    currency = payment.currency
    left = move(
        Account(AccountKind.REFUNDS_IN_TRANSIT, currency),
        Account(AccountKind.PROCESSOR, currency),
        refund.amount,
        payment.id,
    )
    return Decision(settled.entity, changes=(returned, arrived, settled), entries=tuple(left))


def refund_pending(
    transaction: PaymentTransaction, payment: Payment, refund: Refund, rules: Rules, at: datetime
) -> Settled:
    """The gateway has it and has not finished; a worker asks again later."""
    waiting = unanswered(transaction, rules, at)
    changes = list(waiting.changes)
    waived: list[Entity] = [payment]
    if refund.status is refund.lifecycle.begin.status:
        changes.append(refund.become(e.RefundPending, SYSTEM, at))
    else:
        waived.append(refund)
    return evolve(waiting, changes=changes, waives=waived)


def refund_failed(
    transaction: PaymentTransaction, payment: Payment, refund: Refund, code: str, at: datetime
) -> Settled:
    """The customer cannot be paid back that way, and has the money as credit instead.

    The cancellation is not undone; somebody should look at it.
    """
    settled = failed(transaction, code, at)
    lost = refund.become(e.RefundFailed, SYSTEM, at, failure=code)
    returned = payment.become(e.PaymentRefunded, SYSTEM, at)
    currency = payment.currency
    kept = move(
        Account(AccountKind.REFUNDS_IN_TRANSIT, currency),
        Account(AccountKind.CREDIT_AVAILABLE, currency, refund.customer),
        refund.amount,
        payment.id,
    )
    return Decision(settled.entity, changes=(returned, lost, settled), entries=tuple(kept))


def transferred(
    transaction: PaymentTransaction, payment: Payment, gateway_id: str, at: datetime
) -> Settled:
    """What the contractor earned lies on their account; what they are owed is as before."""
    settled = succeeded(transaction, gateway_id, at)
    total = payment.transferred + transaction.amount
    event = e.PaymentTransferred
    moved = payment.become(event, SYSTEM, at, transferred=total, transfer_blocked=None)
    currency = payment.currency
    entries = move(
        Account(AccountKind.CONNECTED, currency, payment.contractor),
        Account(AccountKind.PROCESSOR, currency),
        transaction.amount,
        payment.id,
    )
    return Decision(settled.entity, changes=(moved, settled), entries=tuple(entries))


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
    blocked = payment.become(event, SYSTEM, at, transfer_blocked=why)
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
