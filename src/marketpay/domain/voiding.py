"""Settling what lets go of a hold: what the gateway's news of it change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.hiring import HELD
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled, failed, succeeded

SYSTEM = Role.SYSTEM
CAPTURED: Final = "captured"  # the failure of a void that came too late
TAKEN: Final = (IncidentKind.CAPTURED_ELSEWHERE, IncidentKind.VOID_FAILED)


def voided(
    transaction: PaymentTransaction,
    payment: Payment,
    others: Sequence[PaymentTransaction],
    gateway_id: str,
    at: datetime,
) -> Settled:
    """The hold is let go; an authorization that nobody confirmed is no longer wanted."""
    settled = succeeded(transaction, gateway_id, at)
    changes: list[Change[Entity]] = [settled]
    waived: list[Entity] = []
    if payment.status in HELD and payment.gateway_payment == transaction.target:
        changes.append(payment.become(e.PaymentCanceled, SYSTEM, at))
    else:
        waived.append(payment)
    for other in others:
        is_waiting = other.status is TransactionStatus.AWAITING_CONFIRMATION
        if is_waiting and other.gateway_id == transaction.target:
            event = e.PaymentTransactionCanceled
            changes.append(other.become(event, SYSTEM, at, due_at=None, settled_at=at))
        else:
            waived.append(other)
    return Decision(settled.entity, changes=changes, waives=waived)


def void_failed(
    transaction: PaymentTransaction,
    payment: Payment,
    code: str,
    before: Sequence[Incident],
    rules: Rules,
    at: datetime,
) -> Settled:
    """The hold could not be let go.  It falls off by itself, and its timer says so.

    Unless somebody took the money at the gateway: that needs a look.
    """
    settled, why = failed(transaction, code, at), IncidentKind.VOID_FAILED
    is_known = code == ABANDONED or any(one.kind in TAKEN for one in before)
    raised = () if is_known else (incident(why, payment.id, code, rules, at),)
    return Decision(settled.entity, changes=(settled, *raised), waives=(payment, *before))


def captured_elsewhere(
    transaction: PaymentTransaction,
    payment: Payment,
    gateway_id: str,
    before: Sequence[Incident],
    rules: Rules,
    at: datetime,
) -> Settled:
    """The hold cannot be let go: somebody took the money at the gateway.  It needs a look."""
    settled, why = failed(transaction, CAPTURED, at), IncidentKind.CAPTURED_ELSEWHERE
    raised = () if before else (incident(why, payment.id, gateway_id, rules, at),)
    changes = (settled, *raised)
    return Decision(settled.entity, changes=changes, relies_on=(payment,), waives=before)
