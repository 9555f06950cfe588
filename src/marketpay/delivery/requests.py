"""From a recorded operation to the request that carries it out."""

from __future__ import annotations

from typing import assert_never

from marketpay.domain.decision import Operation
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    LookUp,
    OpenAccount,
    RefundPayment,
    Transfer,
    Void,
)


def request_for(operation: Operation) -> ActingRequest:
    """The same for the same operation, however often it is sent."""
    if isinstance(operation, PayoutAccount):
        return OpenAccount(reference=operation.id, owner=operation.contractor)
    return _of_transaction(operation)


def look_up(operation: Operation) -> LookUp:
    """The question what became of it."""
    if isinstance(operation, PayoutAccount):
        return LookUp(request=request_for(operation), gateway_id=operation.gateway_account)
    return LookUp(request=request_for(operation), gateway_id=operation.gateway_id)


def _of_transaction(transaction: PaymentTransaction) -> ActingRequest:
    kind, target = transaction.kind, str(transaction.target)
    match kind:
        case TransactionKind.AUTHORIZE:
            return Authorize(
                reference=transaction.id,
                subject=transaction.payment,
                amount=transaction.amount,
                payer=transaction.party,
                payment_method=transaction.method,
                group=transaction.group,
            )
        case TransactionKind.CAPTURE:
            return Capture(gateway_id=target, amount=transaction.amount)
        case TransactionKind.VOID:
            return Void(gateway_id=target)
        case TransactionKind.REFUND:
            return RefundPayment(
                reference=transaction.id, gateway_id=target, amount=transaction.amount
            )
        case TransactionKind.TRANSFER:
            return Transfer(
                reference=transaction.id,
                account=str(transaction.destination),
                amount=transaction.amount,
                source=target,
                group=transaction.group,
            )
        case _:
            assert_never(kind)
