"""Funding a withdrawal: what it is short of on the contractor's account is transferred first.

The payments that wait for it go first, the oldest before the others; what no payment is behind
(`Wallet.unsent`) is sent out of the platform's balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.lifecycles import PayoutAccountStatus, WithdrawalStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, Settled, failed, succeeded
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import NOT_ACTIVE, moved, transfer
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal
from marketpay.domain.withdrawing import freed

SYSTEM = Role.SYSTEM
GOING_ON = (WithdrawalStatus.APPROVED, WithdrawalStatus.PROCESSING)


@frozen(kw_only=True)
class Means:
    """What a withdrawal can be paid from.

    `there` is what lies on the contractor's account, `waiting` are the payments whose transfer
    waits for a withdrawal, `tries` all operations so far that were for this one.
    """

    wallet: Wallet
    account: PayoutAccount
    there: Money
    waiting: Sequence[Payment]
    tries: Sequence[PaymentTransaction]

    def last(self, kind: TransactionKind) -> PaymentTransaction | None:
        """The newest try of a kind."""
        tries = [one for one in self.tries if one.kind is kind]
        return max(tries, key=lambda one: one.id) if tries else None


def go_on(withdrawal: Withdrawal, means: Means, rules: Rules, at: datetime) -> Decision[Withdrawal]:
    """Pay out what is there; what is not transferred yet is transferred first."""
    if means.there < withdrawal.amount:
        return _transfer_first(withdrawal, means, rules, at)
    started = withdrawal.become(e.WithdrawalStarted, SYSTEM, at, failure=None)
    last = means.last(TransactionKind.PAYOUT)
    retry_of = last.id if last else None
    sent = operations.pay_out(started.entity, means.account, rules, at, retry_of)
    return Decision(
        started.entity,
        changes=(started, sent),
        relies_on=(means.account, means.wallet),
        waives=(*means.waiting, *means.tries),
    )


def _transfer_first(
    withdrawal: Withdrawal, means: Means, rules: Rules, at: datetime
) -> Decision[Withdrawal]:
    """As much is transferred as the withdrawal is short of.

    What is on its way already is not missing.
    """
    missing = withdrawal.amount - means.there
    for payment in means.waiting:
        missing -= payment.transferring
    changes: list[Change[Entity]] = []
    for payment in means.waiting:
        if missing.minor <= 0:
            break
        if not payment.is_transferable:
            continue
        changes += transfer(payment, means.account, rules, at, most=missing)
        missing -= payment.untransferred
    changes += _send(withdrawal, means, missing, rules, at)
    used = {change.entity.id for change in changes}
    bound = (means.account, withdrawal) if changes else ()
    return Decision(
        withdrawal,
        changes=changes,
        relies_on=(*bound, *(() if means.wallet.id in used else (means.wallet,))),
        waives=(
            *(one for one in means.waiting if one.id not in used),
            *means.tries,
            *(() if changes else (means.account, withdrawal)),
        ),
        timers=(Timer(TimerKind.WITHDRAWAL, withdrawal.id, at + rules.lookup_every),),
    )


def _send(
    withdrawal: Withdrawal, means: Means, missing: Money, rules: Rules, at: datetime
) -> list[Change[Entity]]:
    """What payments do not give is sent as far as no payment is behind it."""
    limits, wallet = rules.limits(missing.currency), means.wallet
    amount = min(limits.movable(wallet.unsent), -limits.movable(-missing))
    if amount.minor <= 0:
        return []
    last = means.last(TransactionKind.TRANSFER)
    retry_of = last.id if last and last.failure else None
    return [
        operations.send_to(withdrawal, amount, means.account, rules, at, retry_of),
        wallet.send(amount, at),
    ]


def sent(
    transaction: PaymentTransaction, waiting: Sequence[Withdrawal], gateway_id: str, at: datetime
) -> Settled:
    """It lies on the contractor's account: the withdrawal that waits goes on."""
    settled = succeeded(transaction, gateway_id, at)
    return Decision(
        settled.entity,
        changes=(settled,),
        waives=waiting,
        entries=moved(transaction),
        timers=tuple(Timer(TimerKind.WITHDRAWAL, one.id, at) for one in waiting),
    )


def given_up(
    transaction: PaymentTransaction, withdrawal: Withdrawal, wallet: Wallet, at: datetime
) -> Settled:
    """Nobody sends it again by itself: the wallet has what was withdrawn, and is to be sent it.

    As after a payout that was given up.  A withdrawal that was called off meanwhile stays so.
    """
    settled, back = failed(transaction, ABANDONED, at), wallet.unsend(transaction.amount, at)
    if withdrawal.status not in GOING_ON:
        return Decision(settled.entity, changes=(back, settled), waives=(withdrawal,))
    gone = withdrawal.become(e.WithdrawalFailed, Role.ADMIN, at, failure=ABANDONED)
    entries = freed(withdrawal, wallet)
    freed_ = back.entity.post(entries, at)
    return Decision(settled.entity, changes=(back, freed_, gone, settled), entries=entries)


def not_sent(
    transaction: PaymentTransaction,
    wallet: Wallet,
    tries: Sequence[PaymentTransaction],
    accounts: Sequence[PayoutAccount],
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """It is still to be sent: the withdrawal tries again, ever more seldom.

    An account that the gateway says is not active is asked about until it is.
    """
    settled = failed(transaction, code, at)
    changes: list[Change[Entity]] = [wallet.unsend(transaction.amount, at), settled]
    waived: list[Entity] = [one for one in tries if one.id != transaction.id]
    later = rules.transfer_at(len(tries), at)
    for account in accounts:
        if code == NOT_ACTIVE and account.status is PayoutAccountStatus.ACTIVE:
            changes.append(account.become(e.PayoutAccountRestricted, SYSTEM, at, due_at=later))
        else:
            waived.append(account)
    again = Timer(TimerKind.WITHDRAWAL, str(transaction.withdrawal), later)
    return Decision(settled.entity, changes=changes, waives=waived, timers=(again,))
