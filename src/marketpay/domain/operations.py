"""Starting gateway operations: each is on record, with a lease, before it is sent.

`at_once` operations are sent right after the commit by whoever decided them, who has the
lease; the others are due at once and left to a worker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketpay.domain.entity import Change
from marketpay.domain.ids import TransactionId
from marketpay.domain.money import Money
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.withdrawal import Withdrawal

Started = Change[PaymentTransaction]


def authorize(
    payment: Payment,
    method: str | None,
    payer: PayerAccount | None,
    rules: Rules,
    at: datetime,
    retry_of: TransactionId | None = None,
) -> Started:
    """Hold what of the payment is charged, at once."""
    return _start(
        payment,
        TransactionKind.AUTHORIZE,
        rules,
        at,
        due_at=at + rules.lease,
        target=None,
        method=method,
        payer=payer.payer if payer else None,
        retry_of=retry_of,
    )


def capture(payment: Payment, rules: Rules, at: datetime) -> Started:
    """Take what is held, at once."""
    return _start(payment, TransactionKind.CAPTURE, rules, at, due_at=at + rules.lease)


def void(payment: Payment, rules: Rules, at: datetime) -> Started:
    """Let go of the payment's hold, or of its authorization; a worker does it."""
    return _start(payment, TransactionKind.VOID, rules, at, due_at=at)


def refund(payment: Payment, refund: Refund, rules: Rules, at: datetime) -> Started:
    """Pay back, at once."""
    return _start(
        payment,
        TransactionKind.REFUND,
        rules,
        at,
        due_at=at + rules.lease,
        amount=refund.charged,
        refund=refund.id,
    )


def transfer(
    payment: Payment,
    amount: Money,
    account: PayoutAccount,
    rules: Rules,
    at: datetime,
    retry_of: TransactionId | None = None,
) -> Started:
    """Move some of what the contractor earned to their account; a worker does it."""
    return _start(
        payment,
        TransactionKind.TRANSFER,
        rules,
        at,
        due_at=at,
        amount=amount,
        party=payment.contractor,
        target=_source(payment),
        destination=account.gateway_account,
        retry_of=retry_of,
    )


def _source(payment: Payment) -> str | None:
    """The charge that a transfer comes out of.

    None, and the platform's balance pays, where that gives less (`Payment.coverable`).
    """
    if payment.transferring + payment.transferred > payment.charged:
        return None
    return payment.gateway_charge or payment.gateway_payment


def reverse(
    payment: Payment, transfer: PaymentTransaction, amount: Money, rules: Rules, at: datetime
) -> Started:
    """Bring some of a transfer back; a worker does it."""
    return _start(
        payment,
        TransactionKind.TRANSFER_REVERSAL,
        rules,
        at,
        due_at=at,
        amount=amount,
        party=payment.contractor,
        target=transfer.gateway_id,
    )


def pay_out(
    withdrawal: Withdrawal,
    account: PayoutAccount,
    rules: Rules,
    at: datetime,
    retry_of: TransactionId | None = None,
) -> Started:
    """Send a withdrawal to the contractor's bank; a worker does it."""
    return PaymentTransaction(
        id=TransactionId(rules.new_id("ptx")),
        payment=None,
        withdrawal=withdrawal.id,
        kind=TransactionKind.PAYOUT,
        amount=withdrawal.amount,
        party=withdrawal.contractor,
        group=withdrawal.id,
        destination=account.gateway_account,
        retry_of=retry_of,
        due_at=at,
        created_at=at,
    ).begun(at)


def send_to(
    withdrawal: Withdrawal,
    amount: Money,
    account: PayoutAccount,
    rules: Rules,
    at: datetime,
    retry_of: TransactionId | None = None,
) -> Started:
    """Move what a withdrawal is short of to the contractor's account; a worker does it.

    Out of the platform's balance: there is no payment behind it.
    """
    return PaymentTransaction(
        id=TransactionId(rules.new_id("ptx")),
        payment=None,
        withdrawal=withdrawal.id,
        kind=TransactionKind.TRANSFER,
        amount=amount,
        party=withdrawal.contractor,
        group=withdrawal.id,
        destination=account.gateway_account,
        retry_of=retry_of,
        due_at=at,
        created_at=at,
    ).begun(at)


def _start(
    payment: Payment, kind: TransactionKind, rules: Rules, at: datetime, **fields: Any
) -> Started:
    what: dict[str, Any] = {
        "amount": payment.charged,
        "party": payment.customer,
        "target": payment.gateway_payment,
    } | fields
    is_sent_at_once = what["due_at"] > at
    transaction = PaymentTransaction(
        id=TransactionId(rules.new_id("ptx")),
        payment=payment.id,
        kind=kind,
        group=payment.job,
        sent_at=at if is_sent_at_once else None,
        created_at=at,
        **what,
    )
    return transaction.begun(at)
