"""Buying an upgrade on the gateway's page: what its news change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change
from marketpay.domain.ids import SaleId, UpgradeId
from marketpay.domain.ledger import Account, AccountKind, move
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.settlement import Settled, accepted, succeeded
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.upgrade import Upgrade

SYSTEM = Role.SYSTEM


def page_opened(transaction: PaymentTransaction, gateway_id: str, at: datetime) -> Settled:
    """The page waits for the payer, or for their bank."""
    if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
        return Decision(transaction, waives=(transaction,))
    waiting = accepted(transaction, gateway_id, at)
    return Decision(waiting.entity, changes=(waiting,))


def paid(
    transaction: PaymentTransaction,
    active: Sequence[Upgrade],
    gateway_id: str,
    gateway_payment: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The listing is premium from now on, or for longer than it was."""
    settled = succeeded(transaction, gateway_id, at)
    upgrade = _upgraded(transaction, active, rules, at)
    until = upgrade.entity.expires_at
    sale = Sale(
        id=SaleId(rules.new_id("sal")),
        upgrade=upgrade.entity.id,
        listing=upgrade.entity.listing,
        charge=transaction.id,
        customer=transaction.party,
        amount=transaction.amount,
        days=transaction.days or 0,
        starts_at=until - timedelta(days=transaction.days or 0),
        ends_at=until,
        gateway_payment=gateway_payment,
        created_at=at,
    )
    currency = transaction.currency
    processor, income = (
        Account(kind, currency) for kind in (AccountKind.PROCESSOR, AccountKind.UPGRADE)
    )
    end = Timer(TimerKind.UPGRADE_END, upgrade.entity.id, until)
    return Decision(
        settled.entity,
        changes=(upgrade, settled, sale.begun(at)),
        entries=tuple(move(processor, income, transaction.amount, None)),
        timers=(end,),
    )


def page_closed(transaction: PaymentTransaction, at: datetime) -> Settled:
    """Nobody paid, and nobody can any more."""
    event = e.PaymentTransactionCanceled
    gone = transaction.become(event, SYSTEM, at, due_at=None, settled_at=at)
    return Decision(gone.entity, changes=(gone,))


def _upgraded(
    transaction: PaymentTransaction, active: Sequence[Upgrade], rules: Rules, at: datetime
) -> Change[Upgrade]:
    lasts = timedelta(days=transaction.days or 0)
    for upgrade in active:
        until = max(at, upgrade.expires_at) + lasts
        return upgrade.become(e.UpgradeExtended, SYSTEM, at, expires_at=until)
    return Upgrade(
        id=UpgradeId(rules.new_id("upg")),
        listing=str(transaction.listing),
        premium_type=str(transaction.premium_type),
        customer=transaction.party,
        expires_at=at + lasts,
        created_at=at,
    ).begun(at)
