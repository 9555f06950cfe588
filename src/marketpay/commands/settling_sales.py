"""Settling the refund of what was paid for an upgrade."""

from __future__ import annotations

from datetime import datetime

from marketpay.commands.holdings import purse_of
from marketpay.commands.settling_charges import unfit
from marketpay.domain import selling_back
from marketpay.domain.decision import Decision
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.selling_back import Kept
from marketpay.domain.settlement import Settled, accepted, failed, succeeded
from marketpay.ports.gateway import Declined, GatewayNews, Processing, Refunded
from marketpay.ports.store import Reader

FAILED = IncidentKind.REFUND_FAILED


def settle_sale_refund(
    transaction: PaymentTransaction, news: GatewayNews, read: Reader, rules: Rules, at: datetime
) -> Settled:
    """The customer has it, will have it, or has it here as credit; the upgrade stays as it is."""
    match news:
        case Processing() if transaction.gateway_id is not None:
            return Decision(transaction, waives=(transaction,))
        case Processing(gateway_id=id):
            waiting = accepted(transaction, id, at)
            return Decision(waiting.entity, changes=(waiting,))
        case Refunded(gateway_id=id, amount=amount) if amount == transaction.amount:
            settled = succeeded(transaction, id, at)
            entries = selling_back.left_processor(transaction)
            return Decision(settled.entity, changes=(settled,), entries=entries)
        case Declined(code=code):
            settled = failed(transaction, code, at)
            raised = incident(FAILED, transaction.id, code, rules, at)
            kept = _kept(transaction, code, read, rules, at)
            return Decision(
                settled.entity,
                changes=(settled, raised, *kept.changes),
                waives=kept.waives,
                entries=kept.entries,
            )
        case _:
            raise unfit(transaction, news)


def sale_refund_came_back(
    transaction: PaymentTransaction, code: str, read: Reader, rules: Rules, at: datetime
) -> Settled:
    """The customer's bank sent back what had left: as if it had never gone, once."""
    before = read.find(Incident, subject=transaction.id, kind=FAILED)
    if before:
        return Decision(transaction, waives=(transaction, *before))
    raised = incident(FAILED, transaction.id, code, rules, at)
    kept = _kept(transaction, code, read, rules, at)
    return Decision(
        transaction,
        changes=(raised, *kept.changes),
        relies_on=(transaction,),
        waives=kept.waives,
        entries=(*selling_back.came_back(transaction), *kept.entries),
    )


def _kept(
    transaction: PaymentTransaction, code: str, read: Reader, rules: Rules, at: datetime
) -> Kept:
    [sale] = read.find(Sale, charge=transaction.group)
    purse = purse_of(read, sale.customer, sale.currency, rules)
    return selling_back.kept(sale, transaction, code, purse, at)
