"""What is on record here for a change of the processor's balance."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.chargeback import Chargeback
from marketpay.domain.ids import PaymentId
from marketpay.domain.lifecycles import RefundStatus, TransactionStatus
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.sale import Sale
from marketpay.ports.gateway import (
    BalanceChange,
    BalanceKind,
)
from marketpay.ports.store import Records

K = BalanceKind


@frozen
class Match:
    """What a change of the balance corresponds to here."""

    subject: str
    amount: Money  # of the change, below zero where money left
    payment: PaymentId | None
    gateway_id: str | None  # by which it is told in `_settled`


@frozen
class Seen:
    """A change with its match, and the fee that is in the books for it."""

    change: BalanceChange
    match: Match | None
    fee: ProcessorFee | None


def matched(changes: tuple[BalanceChange, ...], records: Records) -> list[Seen]:
    """Each change with what it corresponds to here, and the fee that is booked for it."""
    seen = []
    for change in changes:
        fee = records.find(ProcessorFee, gateway_id=change.gateway_id)
        seen.append(Seen(change, _match(change, records), fee[0] if fee else None))
    return seen


def _match(change: BalanceChange, records: Records) -> Match | None:
    """What is on record here for a change of the balance there, if anything is."""
    if change.source is None:
        return None
    match change.kind:
        case K.CHARGE:
            return _capture(change, records)
        case K.REFUND | K.REFUND_FAILURE:
            return _refund(change, records)
        case K.TRANSFER | K.TRANSFER_REVERSAL:
            return _move(change, records)
        case K.CHARGEBACK | K.CHARGEBACK_REVERSAL:
            return _chargeback(change, records)
        case _:
            return None


def _capture(change: BalanceChange, records: Records) -> Match | None:
    charge, done = TransactionKind.CHARGE, TransactionStatus.SUCCESS
    for one in records.find(
        PaymentTransaction, id=change.reference or "", kind=charge, status=done
    ):
        return Match(one.id, one.amount, None, one.gateway_id)
    name = "gateway_charge" if change.payment is None else "gateway_payment"
    for payment in records.find(Payment, **{name: change.payment or change.source}):
        kind = TransactionKind.CAPTURE
        for one in records.find(PaymentTransaction, payment=payment.id, kind=kind, status=done):
            return Match(one.id, one.amount, payment.id, one.gateway_id)
    return None


def _refund(change: BalanceChange, records: Records) -> Match | None:
    came_back = change.kind is K.REFUND_FAILURE
    for refund in records.find(Refund, gateway_id=change.source):
        left = refund.status in (RefundStatus.SUCCEEDED, RefundStatus.FAILED)
        is_known = refund.status is RefundStatus.FAILED if came_back else left
        if not is_known:
            continue
        sent = records.find(PaymentTransaction, payment=refund.payment, gateway_id=change.source)
        subject = sent[0].id if sent else refund.id
        amount = refund.charged if came_back else -refund.charged
        return Match(subject, amount, refund.payment, refund.gateway_id)
    kind = TransactionKind.REFUND
    for one in records.find(PaymentTransaction, gateway_id=change.source, kind=kind):
        is_of_upgrade = one.refund is None and one.status is TransactionStatus.SUCCESS
        # Of a refund that was held back each try has left, and come back.
        is_first_try = one.refund is not None and one.status is TransactionStatus.FAILED
        if is_of_upgrade or is_first_try:
            amount = one.amount if came_back else -one.amount
            return Match(one.id, amount, one.payment, one.gateway_id)
    return None


def _move(change: BalanceChange, records: Records) -> Match | None:
    is_back = change.kind is K.TRANSFER_REVERSAL
    kind = TransactionKind.TRANSFER_REVERSAL if is_back else TransactionKind.TRANSFER
    for one in records.find(PaymentTransaction, gateway_id=change.source, kind=kind):
        if one.status is TransactionStatus.SUCCESS:
            amount = one.amount if is_back else -one.amount
            return Match(one.id, amount, one.payment, one.gateway_id)
    return None


def _chargeback(change: BalanceChange, records: Records) -> Match | None:
    """What the network took in several parts is known as their sum: any part of it will do."""
    for known in records.find(Chargeback, gateway_id=change.source):
        most = max(known.amount, known.withdrawn, known.lost)
        return Match(known.id, _part(change, most), known.payment, known.gateway_id)
    return _sale_chargeback(change, records)


def _sale_chargeback(change: BalanceChange, records: Records) -> Match | None:
    """... of what was paid for an upgrade."""
    id = change.source or ""
    for sale in records.find(Sale, gateway_payment=change.payment or ""):
        taken = sale.taken_for(id)
        if taken is not None:
            most = max(sale.amount, taken.withdrawn)
            return Match(sale.id, _part(change, most), None, id)
    return None


def _part(change: BalanceChange, most: Money) -> Money:
    """The change itself, where it can be a part of what is known; else what is known."""
    is_part = change.currency == most.currency and abs(change.amount) <= most.minor
    return unchecked(change.amount, change.currency) if is_part else -most
