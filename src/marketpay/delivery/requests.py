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
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)


def request_for(operation: Operation) -> ActingRequest:
    """The same for the same operation, however often it is sent."""
    if isinstance(operation, PayoutAccount):
        return OpenAccount(
            reference=operation.id, owner=operation.contractor, country=operation.country
        )
    return _of_transaction(operation)


def look_up(operation: Operation) -> LookUp:
    """The question what became of it."""
    if isinstance(operation, PayoutAccount):
        return LookUp(
            request=request_for(operation),
            gateway_id=operation.gateway_account,
            since=operation.sent_at or operation.created_at,
        )
    return LookUp(
        request=request_for(operation),
        gateway_id=operation.gateway_id,
        since=operation.sent_at or operation.created_at,
    )


def _of_transaction(transaction: PaymentTransaction) -> ActingRequest:
    target = str(transaction.target)
    match transaction.kind:
        case TransactionKind.AUTHORIZE:
            return _authorize(transaction)
        case TransactionKind.CAPTURE:
            return Capture(gateway_id=target, amount=transaction.amount)
        case TransactionKind.VOID:
            return Void(gateway_id=target)
        case TransactionKind.REFUND:
            return RefundPayment(
                reference=transaction.id, gateway_id=target, amount=transaction.amount
            )
        case TransactionKind.TRANSFER:
            return _transfer(transaction)
        case TransactionKind.TRANSFER_REVERSAL:
            return ReverseTransfer(
                reference=transaction.id, gateway_id=target, amount=transaction.amount
            )
        case TransactionKind.PAYOUT:
            account = str(transaction.destination)
            return PayOut(reference=transaction.id, account=account, amount=transaction.amount)
        case TransactionKind.CHARGE:
            return _checkout(transaction)
        case _:
            assert_never(transaction.kind)


def _authorize(transaction: PaymentTransaction) -> Authorize:
    return Authorize(
        reference=transaction.id,
        subject=str(transaction.payment),
        amount=transaction.amount,
        payer=transaction.party,
        payer_account=transaction.payer,
        payment_method=transaction.method,
        group=transaction.group,
    )


def _transfer(transaction: PaymentTransaction) -> Transfer:
    return Transfer(
        reference=transaction.id,
        account=str(transaction.destination),
        amount=transaction.amount,
        source=transaction.target,
        group=transaction.group,
    )


def _checkout(transaction: PaymentTransaction) -> StartCheckout:
    return StartCheckout(
        reference=transaction.id,
        subject=str(transaction.listing),
        amount=transaction.amount,
        payer=transaction.party,
        description=f"{transaction.premium_type}: {transaction.listing}",
        success_url=str(transaction.success_url),
        cancel_url=str(transaction.cancel_url),
    )
