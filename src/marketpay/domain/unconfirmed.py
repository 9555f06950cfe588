"""A hold that its payer never confirmed, and that nobody wants any more."""

from __future__ import annotations

from datetime import datetime

from marketpay.domain import charging
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.payment import PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.settlement import Settled


def is_unwanted(transaction: PaymentTransaction, deal: Deal) -> bool:
    """Whether it waits for its payer in vain: its offer, or its job, is over for good."""
    payment = deal.payment(str(transaction.payment))
    if payment.status is not PaymentStatus.AWAITING_CONFIRMATION:
        return False
    if payment.purpose is not PaymentPurpose.OFFER:
        return not charging.is_wanted(payment, deal)
    offer = deal.offer(payment.offer)
    return not (offer.is_open and payment in deal.holds(offer))


def called_off(transaction: PaymentTransaction, deal: Deal, at: datetime) -> Settled:
    """It was let go, whichever is heard of first: that, or that it is gone."""
    event, payment = e.PaymentTransactionCanceled, deal.payment(str(transaction.payment))
    settled = transaction.become(event, Role.SYSTEM, at, due_at=None, settled_at=at)
    canceled = payment.become(e.PaymentCanceled, Role.SYSTEM, at)
    changes = (canceled, settled)
    return Decision(settled.entity, changes=changes, waives=deal.rest(canceled.entity))
