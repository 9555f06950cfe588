"""Settling what a customer pays beyond the offer: authorized and captured in one go."""

from __future__ import annotations

from datetime import datetime

from marketpay.commands.holdings import parties_of
from marketpay.domain import charging
from marketpay.domain.deal import Deal
from marketpay.domain.errors import GatewayError
from marketpay.domain.incident import Incident, IncidentKind
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import EXPIRED, OTHERWISE, Settled, captured_otherwise
from marketpay.ports.gateway import (
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    GatewayNews,
    HoldGone,
)
from marketpay.ports.store import Reader


def settle_charge(
    transaction: PaymentTransaction,
    news: GatewayNews,
    deal: Deal,
    read: Reader,
    rules: Rules,
    at: datetime,
) -> Settled:
    """What the gateway says of the hold or of its capture."""
    is_hold = transaction.kind is TransactionKind.AUTHORIZE
    match news:
        case Authorized(gateway_id=id, expires_at=until) if is_hold:
            return charging.authorized(transaction, deal, id, until, rules, at)
        case ActionRequired(gateway_id=id) if is_hold:
            return charging.action_required(transaction, deal, id, rules, at)
        case Captured(gateway_id=id, amount=amount) if amount == transaction.amount:
            parties = parties_of(read, deal.payment(str(transaction.payment)), rules)
            return charging.captured(transaction, deal, id, news.charge, parties, rules, at)
        case Captured(gateway_id=id):
            known = captures(read, transaction, id)
            undone = charging.refused(transaction, deal, OTHERWISE, rules, at)
            return captured_otherwise(undone, id, known, rules, at)
        case Declined(code=code):
            return charging.refused(transaction, deal, code, rules, at)
        case HoldGone():
            return charging.refused(transaction, deal, EXPIRED, rules, at)
        case _:
            raise unfit(transaction, news)


def captures(read: Reader, transaction: PaymentTransaction, gateway_id: str) -> list[Incident]:
    """The incident of this capture, if somebody was told of it already."""
    kind = IncidentKind.CAPTURED_ELSEWHERE
    return read.find(Incident, subject=str(transaction.payment), kind=kind, detail=gateway_id)


def unfit(transaction: PaymentTransaction, news: GatewayNews) -> GatewayError:
    """What the gateway said is no answer to this operation."""
    said = type(news).__name__
    return GatewayError(f"{said} is no answer to {transaction.kind} {transaction.id}")
