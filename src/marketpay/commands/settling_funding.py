"""Settling the transfer that funds a withdrawal, which no payment is behind."""

from __future__ import annotations

from datetime import datetime

from marketpay.commands.holdings import wallet_of
from marketpay.commands.settling_charges import unfit
from marketpay.domain import funding
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.gateway import Declined, GatewayNews, Transferred
from marketpay.ports.store import Reader


def settle_funding(
    transaction: PaymentTransaction, news: GatewayNews, read: Reader, rules: Rules, at: datetime
) -> Settled:
    """What a withdrawal was short of is on the contractor's account, or is still to be sent."""
    match news:
        case Transferred(gateway_id=id, amount=amount) if amount == transaction.amount:
            holder = f"{transaction.currency}:{transaction.party}"
            waiting = read.find(Withdrawal, open_wallet=holder)
            return funding.sent(transaction, waiting, id, at)
        case Declined(code=code) if code == ABANDONED:
            withdrawal = read.get(Withdrawal, str(transaction.withdrawal))
            wallet = wallet_of(read, transaction.party, transaction.currency, rules)
            return funding.given_up(transaction, withdrawal, wallet, at)
        case Declined(code=code):
            wallet = wallet_of(read, transaction.party, transaction.currency, rules)
            accounts = read.find(PayoutAccount, contractor=transaction.party)
            tries = read.find(
                PaymentTransaction,
                withdrawal=transaction.withdrawal,
                kind=TransactionKind.TRANSFER,
            )
            return funding.not_sent(transaction, wallet, tries, accounts, code, rules, at)
        case _:
            raise unfit(transaction, news)
