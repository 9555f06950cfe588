"""Settling a refund: of what was paid for a deal, or for an upgrade."""

from __future__ import annotations

from datetime import datetime

from marketpay.commands.holdings import purse_of
from marketpay.commands.settling_charges import unfit
from marketpay.commands.settling_sales import sale_refund_came_back, settle_sale_refund
from marketpay.domain import paying_back
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.decision import Decision
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import Settled
from marketpay.ports.gateway import Declined, GatewayNews, Processing, Refunded
from marketpay.ports.store import Reader


def settle_refund(
    transaction: PaymentTransaction, news: GatewayNews, read: Reader, rules: Rules, at: datetime
) -> Settled:
    """What the gateway says of it."""
    if transaction.refund is None:
        return settle_sale_refund(transaction, news, read, rules, at)
    if isinstance(news, Processing):
        refund = read.get(Refund, transaction.refund)
        return paying_back.refund_pending(transaction, refund, news.gateway_id, at)
    payment = read.get(Payment, str(transaction.payment))
    refunds = read.find(Refund, payment=payment.id)
    match news:
        case Refunded(gateway_id=id, amount=amount) if amount == transaction.amount:
            return paying_back.refunded(transaction, payment, refunds, id, at)
        case Declined(code=code):
            return _declined(transaction, payment, refunds, code, read, rules, at)
        case _:
            raise unfit(transaction, news)


def _declined(
    transaction: PaymentTransaction,
    payment: Payment,
    refunds: list[Refund],
    code: str,
    read: Reader,
    rules: Rules,
    at: datetime,
) -> Settled:
    taken_back = read.find(Chargeback, payment=payment.id)
    [refund] = [one for one in refunds if one.id == transaction.refund]
    if paying_back.waits_for_bank(refund, code, taken_back, rules, at):
        held = paying_back.held_back(transaction, refund, code, rules, at)
        others = (one for one in refunds if one.id != refund.id)
        return Decision(
            held.result,
            changes=held.changes,
            waives=(payment, *others, *taken_back),
            timers=held.timers,
        )
    purse = purse_of(read, payment.customer, payment.currency, rules)
    return paying_back.refund_failed(
        transaction, payment, refunds, taken_back, purse, code, rules, at
    )


def refund_came_back(
    transaction: PaymentTransaction, code: str, read: Reader, rules: Rules, at: datetime
) -> Settled:
    """The customer's bank sent back what had arrived."""
    if transaction.refund is None:
        return sale_refund_came_back(transaction, code, read, rules, at)
    refund = read.get(Refund, transaction.refund)
    payment = read.get(Payment, refund.payment)
    taken_back = read.find(Chargeback, payment=payment.id)
    purse = purse_of(read, refund.customer, refund.currency, rules)
    return paying_back.refund_came_back(
        transaction, refund, payment, taken_back, purse, code, rules, at
    )
