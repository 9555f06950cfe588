"""Settling a transaction: the gateway's reply, and what is heard of it later, as a command."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import MOVES, behind, wallet_of
from marketpay.commands.settling_charges import captures, settle_charge, unfit
from marketpay.commands.settling_funding import settle_funding
from marketpay.commands.settling_refunds import refund_came_back, settle_refund
from marketpay.domain import outgoing, purchasing, settlement, unconfirmed, voiding, withdrawing
from marketpay.domain.decision import Decision
from marketpay.domain.ids import TransactionId
from marketpay.domain.incident import Incident
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, EXPIRED, NO_ANSWER, OTHERWISE, Settled
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.gateway import (
    ActionRequired,
    Authorized,
    Captured,
    CheckoutExpired,
    CheckoutOpen,
    CheckoutPaid,
    Declined,
    GatewayNews,
    HoldGone,
    NoAnswer,
    NotThere,
    PaidOut,
    Processing,
    Reversed,
    Transferred,
    Voided,
)
from marketpay.ports.store import Reader

HIRING = (Authorized, Captured, ActionRequired)  # what these say is about a whole deal
SLOW = (
    TransactionKind.REFUND,
    TransactionKind.PAYOUT,
    TransactionKind.CHARGE,
)  # finished in the bank's own time
OURS = (EXPIRED, NO_ANSWER, ABANDONED)  # codes that mean something here


class Abandoned(Declined):
    """A refusal that is an administrator's, and not the gateway's."""


def as_recorded(news: GatewayNews) -> GatewayNews:
    """The news as they may be written down: without secrets, and no gateway speaks for us."""
    if isinstance(news, ActionRequired):
        return evolve(news, client_secret=None)
    if isinstance(news, CheckoutOpen):
        return evolve(news, url="")
    if type(news) is Declined and news.code in OURS:
        return evolve(news, code=f"gateway_{news.code}")
    return news


@frozen(kw_only=True)
class SettleTransaction(Command[PaymentTransaction]):
    """What the gateway says of an operation.  Told twice or too late, it changes nothing."""

    transaction: TransactionId = field(validator=IdOf("PaymentTransaction"))
    news: GatewayNews = field(converter=as_recorded)

    def decide(self, read: Reader, rules: Rules) -> Settled:
        """The transaction as it stands now, and all that follows for offer, job and money."""
        only_system(self.by, "settle a transaction")
        if isinstance(self.news, HIRING):
            read.expect_deal(transaction=self.transaction)
        transaction, at = read.get(PaymentTransaction, self.transaction), rules.now()
        if transaction.is_settled:
            return self._late(transaction, read, rules, at)
        match self.news:
            case NoAnswer():
                return settlement.unanswered(transaction, rules, at)
            case NotThere() if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
                return Decision(transaction, waives=(transaction,))
            case NotThere():
                return settlement.stuck(transaction, rules, at)
            case Processing() if transaction.kind not in SLOW:
                return settlement.unanswered(transaction, rules, at)
        return self._answer(transaction, read, rules, at)

    def _answer(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        match transaction.kind:
            case TransactionKind.AUTHORIZE:
                return self._authorize(transaction, read, rules, at)
            case TransactionKind.CAPTURE:
                return self._capture(transaction, read, rules, at)
            case TransactionKind.VOID:
                return self._void(transaction, read, rules, at)
            case TransactionKind.REFUND:
                return settle_refund(transaction, self.news, read, rules, at)
            case TransactionKind.TRANSFER:
                return self._transfer(transaction, read, rules, at)
            case TransactionKind.TRANSFER_REVERSAL:
                return self._reversal(transaction, read, rules, at)
            case TransactionKind.PAYOUT:
                return self._payout(transaction, read, rules, at)
            case TransactionKind.CHARGE:
                return self._charge(transaction, read, rules, at)
            case never:
                assert_never(never)

    def _authorize(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        deal = read.deal(transaction=transaction.id)
        if isinstance(self.news, HoldGone) and unconfirmed.is_unwanted(transaction, deal):
            return unconfirmed.called_off(transaction, deal, at)
        if deal.payment(str(transaction.payment)).purpose is not PaymentPurpose.OFFER:
            return settle_charge(transaction, self.news, deal, read, rules, at)
        match self.news:
            case Authorized(gateway_id=id, expires_at=until):
                return settlement.authorized(transaction, deal, id, until, rules, at)
            case Captured(gateway_id=id):
                return settlement.captured_unseen(transaction, deal, id, rules, at)
            case ActionRequired(gateway_id=id):
                return settlement.action_required(transaction, deal, id, rules, at)
            case Declined(code=code):
                return settlement.authorization_failed(transaction, deal, code, rules, at)
            case HoldGone():
                return settlement.authorization_failed(transaction, deal, EXPIRED, rules, at)
            case _:
                raise unfit(transaction, self.news)

    def _capture(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        deal = read.deal(transaction=transaction.id)
        if deal.payment(str(transaction.payment)).purpose is not PaymentPurpose.OFFER:
            return settle_charge(transaction, self.news, deal, read, rules, at)
        match self.news:
            case Captured(gateway_id=id, amount=amount) if amount == transaction.amount:
                purse = behind(read, deal.payment(str(transaction.payment)), rules)
                charge = self.news.charge
                return settlement.captured(transaction, deal, id, charge, purse, rules, at)
            case Captured(gateway_id=id):
                known = captures(read, transaction, id)
                undone = settlement.capture_failed(transaction, deal, OTHERWISE, rules, at)
                return settlement.captured_otherwise(undone, id, known, rules, at)
            case Declined(code=code):
                return settlement.capture_failed(transaction, deal, code, rules, at)
            case HoldGone():
                return settlement.hold_gone(transaction, deal, at)
            case _:
                raise unfit(transaction, self.news)

    def _void(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        payment = read.get(Payment, str(transaction.payment))
        match self.news:
            case Voided(gateway_id=id) | HoldGone(gateway_id=id):
                others = read.find(
                    PaymentTransaction, payment=payment.id, kind=TransactionKind.AUTHORIZE
                )
                return voiding.voided(transaction, payment, others, id, at)
            case Declined(code=code):
                before = read.find(Incident, subject=payment.id)
                return voiding.void_failed(transaction, payment, code, before, rules, at)
            case Captured(gateway_id=id):
                known = captures(read, transaction, id)
                return voiding.captured_elsewhere(transaction, payment, id, known, rules, at)
            case _:
                raise unfit(transaction, self.news)

    def _transfer(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        if transaction.payment is None:
            return settle_funding(transaction, self.news, read, rules, at)
        payment = read.get(Payment, transaction.payment)
        match self.news:
            case Transferred(gateway_id=id, amount=amount) if amount == transaction.amount:
                moves = read.find(PaymentTransaction, payment=payment.id, kind=MOVES)
                holder = f"{payment.currency}:{payment.contractor}"
                waiting = read.find(Withdrawal, open_wallet=holder)
                return outgoing.transferred(transaction, payment, moves, waiting, id, rules, at)
            case Declined(code=code):
                accounts = read.find(PayoutAccount, contractor=payment.contractor)
                tries = read.find(
                    PaymentTransaction, payment=payment.id, kind=TransactionKind.TRANSFER
                )
                return outgoing.transfer_failed(
                    transaction, payment, tries, accounts, code, rules, at
                )
            case _:
                raise unfit(transaction, self.news)

    def _reversal(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        payment = read.get(Payment, str(transaction.payment))
        match self.news:
            case Reversed(gateway_id=id, amount=amount) if amount == transaction.amount:
                return outgoing.reversed_(transaction, payment, id, at)
            case Declined(code=code):
                kind = TransactionKind.TRANSFER_REVERSAL
                tries = read.find(PaymentTransaction, payment=payment.id, kind=kind)
                return outgoing.reversal_failed(transaction, payment, tries, code, rules, at)
            case _:
                raise unfit(transaction, self.news)

    def _payout(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        withdrawal = read.get(Withdrawal, str(transaction.withdrawal))
        match self.news:
            case Processing(gateway_id=id):
                return withdrawing.payout_created(transaction, withdrawal, id, at)
            case PaidOut(gateway_id=id, amount=amount) if amount == transaction.amount:
                wallet = wallet_of(read, withdrawal.contractor, withdrawal.currency, rules)
                return withdrawing.paid_out(transaction, withdrawal, wallet, id, at)
            case Declined(code=code):
                wallet = wallet_of(read, withdrawal.contractor, withdrawal.currency, rules)
                return withdrawing.payout_failed(transaction, withdrawal, wallet, code, rules, at)
            case _:
                raise unfit(transaction, self.news)

    def _charge(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        match self.news:
            case CheckoutOpen(gateway_id=id) | Processing(gateway_id=id):
                return purchasing.page_opened(transaction, id, at)
            case CheckoutPaid(gateway_id=id, amount=amount) if amount == transaction.amount:
                key = f"{transaction.listing}:{transaction.premium_type}"
                active = read.find(Upgrade, active_listing=key)
                payment = self.news.payment
                return purchasing.paid(transaction, active, id, payment, rules, at)
            case CheckoutExpired():
                return purchasing.page_closed(transaction, at)
            case Declined(code=code):
                refused = settlement.failed(transaction, code, at)
                return Decision(refused.entity, changes=(refused,))
            case _:
                raise unfit(transaction, self.news)

    def _late(
        self, transaction: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Settled:
        """A bank can send back what had arrived; anything else is stale."""
        came = isinstance(self.news, Declined) and transaction.status is TransactionStatus.SUCCESS
        code = self.news.code if isinstance(self.news, Declined) else ""
        if came and transaction.kind is TransactionKind.REFUND:
            return refund_came_back(transaction, code, read, rules, at)
        if came and transaction.kind is TransactionKind.PAYOUT:
            withdrawal = read.get(Withdrawal, str(transaction.withdrawal))
            wallet = wallet_of(read, withdrawal.contractor, withdrawal.currency, rules)
            back = withdrawing.payout_returned(withdrawal, wallet, code, rules, at)
            return Decision(
                transaction,
                changes=back.changes,
                waives=(transaction, *back.waives),
                entries=back.entries,
                timers=back.timers,
            )
        return Decision(transaction, waives=(transaction,))
