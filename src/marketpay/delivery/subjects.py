"""What a gateway's event is about, as it is on record here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from attrs import frozen

from marketpay.domain.lifecycles import PAYMENT_TRANSACTION, TransactionStatus, WithdrawalStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.sale import Sale
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.gateway import ChargebackState, RefundState
from marketpay.ports.gateway_events import GatewayEvent
from marketpay.ports.store import Records

OF_PAYMENT: Final = (TransactionKind.AUTHORIZE, TransactionKind.CAPTURE, TransactionKind.VOID)
OPEN: Final = tuple(one for one in TransactionStatus if one not in PAYMENT_TRANSACTION.final)
SKEW: Final = timedelta(minutes=5)  # between the gateway's clock and ours


@frozen
class Known:
    """A payment of ours with all its operations."""

    payment: Payment
    operations: list[PaymentTransaction]

    def concerned(self, event: GatewayEvent) -> Iterator[PaymentTransaction]:
        """Those that the event can be news of."""
        for one in self.operations:
            is_named = event.subject in (one.gateway_id, one.target) or one.id == event.reference
            if one.kind in OF_PAYMENT and is_named and not one.is_settled:
                yield one


def transaction(reference: str | None, records: Records) -> PaymentTransaction | None:
    """The operation that bears this reference, if it is one of ours."""
    if reference is None:
        return None
    return next(iter(records.find(PaymentTransaction, id=reference)), None)


def known_payment(event: GatewayEvent, records: Records) -> Known | None:
    """The payment that the event names by its own id or by our reference, if there is one."""
    payment = by_gateway_payment(event.subject, records)
    if payment is None:
        named = transaction(event.reference, records)
        if named is None or named.payment is None:
            return None
        payment = records.get(Payment, named.payment)
    return Known(payment, records.find(PaymentTransaction, payment=payment.id))


def by_gateway_payment(gateway_id: str | None, records: Records) -> Payment | None:
    """The payment of this id at the gateway, if it is one of ours."""
    if gateway_id is None:
        return None
    return next(iter(records.find(Payment, gateway_payment=gateway_id)), None)


def known_account(gateway_id: str, reference: str | None, records: Records) -> PayoutAccount | None:
    """The payout account of this id at the gateway, or that bears this reference."""
    found = records.find(PayoutAccount, gateway_account=gateway_id)
    if not found and reference is not None:
        found = records.find(PayoutAccount, id=reference)
    return next(iter(found), None)


def held_up(account: str | None, records: Records) -> list[Withdrawal]:
    """The withdrawals that could not be paid out from this account so far."""
    if account is None:
        return []
    found: list[Withdrawal] = []
    for owner in records.find(PayoutAccount, gateway_account=account):
        mine = records.find(
            Withdrawal, contractor=owner.contractor, status=WithdrawalStatus.PROCESSING
        )
        found += [one for one in mine if one.failure is not None]
    return found


def may_be_bought(
    event: GatewayEvent, state: RefundState | ChargebackState, records: Records
) -> bool:
    """Whether it may be about a purchase that was begun before and is still open here.

    Only once it is settled is it known which payment at the gateway it was.
    """
    if records.find(Sale, gateway_payment=state.payment):
        return False
    charges = records.find(PaymentTransaction, kind=TransactionKind.CHARGE, status=OPEN)
    return any(
        one.currency == state.amount.currency
        and one.amount >= state.amount
        and one.created_at <= event.at + SKEW
        for one in charges
    )
