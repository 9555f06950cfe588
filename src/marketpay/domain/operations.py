"""Starting gateway operations: each is on record, with a lease, before it is sent.

`at_once` operations are sent right after the commit by whoever decided them, who has the
lease; the others are due at once and left to a worker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketpay.domain.entity import Change
from marketpay.domain.ids import TransactionId
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules

Started = Change[PaymentTransaction]


def authorize(
    payment: Payment, method: str | None, rules: Rules, at: datetime, retry_of: str | None = None
) -> Started:
    """Hold the payment's amount, at once."""
    retried = None if retry_of is None else TransactionId(retry_of)
    kind = TransactionKind.AUTHORIZE
    return _start(
        payment, kind, rules, at, due_at=at + rules.lease, method=method, retry_of=retried
    )


def capture(payment: Payment, rules: Rules, at: datetime) -> Started:
    """Take what is held, at once."""
    return _start(payment, TransactionKind.CAPTURE, rules, at, due_at=at + rules.lease)


def void(payment: Payment, rules: Rules, at: datetime) -> Started:
    """Let go of the payment's hold, or of its authorization; a worker does it."""
    return _start(payment, TransactionKind.VOID, rules, at, due_at=at)


def refund(payment: Payment, refund: Refund, rules: Rules, at: datetime) -> Started:
    """Pay back, at once."""
    kind = TransactionKind.REFUND
    return _start(payment, kind, rules, at, due_at=at + rules.lease, refund=refund.id)


def transfer(
    payment: Payment,
    account: PayoutAccount,
    rules: Rules,
    at: datetime,
    retry_of: TransactionId | None = None,
) -> Started:
    """Move what the contractor earned, which is something, to their account; a worker does it."""
    assert payment.split is not None  # released payments have one
    return _start(
        payment,
        TransactionKind.TRANSFER,
        rules,
        at,
        due_at=at,
        amount=payment.split.payout - payment.transferred,
        party=payment.contractor,
        destination=account.gateway_account,
        retry_of=retry_of,
    )


def _start(
    payment: Payment, kind: TransactionKind, rules: Rules, at: datetime, **fields: Any
) -> Started:
    what: dict[str, Any] = {"amount": payment.amount, "party": payment.customer} | fields
    is_sent_at_once = what["due_at"] > at
    transaction = PaymentTransaction(
        id=TransactionId(rules.new_id("ptx")),
        payment=payment.id,
        kind=kind,
        group=payment.job,
        target=None if kind is TransactionKind.AUTHORIZE else payment.gateway_payment,
        sent_at=at if is_sent_at_once else None,
        created_at=at,
        **what,
    )
    return transaction.begun(at)
