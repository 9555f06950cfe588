"""Where a contractor's money lies: transfers to their account at the gateway, and back.

What of a payment should lie there (`Payment.due`) follows from what was released, refunded and
lost; what is there too little is transferred, what is there too much is asked back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.entity import Change, Entity
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind

# Why a transfer is not made yet: `Payment.transfer_blocked`.
ONBOARDING = "onboarding"  # the contractor has no active account
WITHDRAWAL = "withdrawal"  # it is made when they withdraw
CLEARANCE = "clearance"  # it is made when the clearance is over
REVERSED = "reversed"  # somebody brought it back, at the gateway
NOT_ACTIVE = "account_not_active"  # the gateway said so
BALANCE = "platform_balance"  # the charge gives no more: the rest is out of the balance
REFUSED = "refused"  # for another reason: the last transaction has the gateway's code


def transfer(
    payment: Payment,
    account: PayoutAccount,
    rules: Rules,
    at: datetime,
    tried: PaymentTransaction | None = None,
    most: Money | None = None,
) -> list[Change[Entity]]:
    """What is due and not there yet is on its way, as far as the gateway can move it.

    `most` of it, where a withdrawal waits for no more; it goes on waiting for what is on its way.

    What the charge covers goes first, and alone; the rest is out of the platform's balance, as is
    what somebody brought back: the charge has given it.
    """
    limits = rules.limits(payment.currency)
    left = limits.movable(payment.untransferred)
    asked = left if most is None else min(left, -limits.movable(-most))
    event, by = e.PaymentTransferStarted, Role.SYSTEM
    if asked.minor <= 0:
        return [payment.become(event, by, at, transfer_blocked=None)]
    is_given = payment.transfer_blocked in (REVERSED, REFUSED) or (
        payment.transfer_blocked != BALANCE and tried is not None and tried.target is None
    )
    amount = asked if is_given else covered(payment, asked, rules)
    on_its_way = payment.transferring + amount
    blocked = BALANCE if amount < asked else None
    blocked = blocked if most is None else payment.transfer_blocked
    started = payment.become(event, by, at, transfer_blocked=blocked, transferring=on_its_way)
    sent = operations.transfer(
        started.entity, amount, account, rules, at, tried.id if tried else None
    )
    # Where a charge has given all it can, as after a reversal, the platform's balance pays.
    if is_given:
        sent = evolve(sent, entity=evolve(sent.entity, target=None))
    return [started, sent]


def covered(payment: Payment, amount: Money, rules: Rules) -> Money:
    """What of an amount that is owed goes first: what the charge covers of it, if any."""
    most = rules.limits(payment.currency).movable(payment.coverable)
    return min(amount, most) if most.minor else amount


def reversals(
    payment: Payment,
    moves: Sequence[PaymentTransaction],
    there: Money,
    rules: Rules,
    at: datetime,
) -> Iterator[Change[PaymentTransaction]]:
    """Ask back what of a payment is on the contractor's account too much.

    As far as `there` is anything.  `moves` are the payment's transfers and reversals; the newest
    transfer is reversed first.
    """
    zero = Money.zero(payment.currency)
    excess = min(max(-payment.untransferred, zero), payment.transferred, max(there, zero))
    excess = rules.limits(payment.currency).movable(excess)
    for made in sorted(moves, key=lambda one: one.id, reverse=True):
        is_there = made.status is TransactionStatus.SUCCESS
        if made.kind is not TransactionKind.TRANSFER or not is_there or not excess.minor:
            continue
        amount = min(excess, made.amount - reversed_of(made, moves))
        if amount.minor > 0:
            yield operations.reverse(payment, made, amount, rules, at)
            excess -= amount


def reversed_of(transfer: PaymentTransaction, moves: Sequence[PaymentTransaction]) -> Money:
    """How much of a transfer is or is being asked back."""
    back = Money.zero(transfer.currency)
    for one in moves:
        is_of_it = one.target == transfer.gateway_id and one.status is not TransactionStatus.FAILED
        if one.kind is TransactionKind.TRANSFER_REVERSAL and is_of_it:
            back += one.amount
    return back


def asked_back(payment: Payment, back: Sequence[Change[PaymentTransaction]]) -> Payment:
    """The payment without what its reversals ask back."""
    left = payment.transferred
    for change in back:
        left -= change.entity.amount
    return evolve(payment, transferred=left)


def moved(transaction: PaymentTransaction) -> tuple[LedgerEntry, ...]:
    """Where a transfer moved the money, or a reversal back."""
    connected = Account(AccountKind.CONNECTED, transaction.currency, transaction.party)
    processor = Account(AccountKind.PROCESSOR, transaction.currency)
    ends = (connected, processor)
    if transaction.kind is TransactionKind.TRANSFER_REVERSAL:
        ends = (processor, connected)
    return tuple(move(*ends, transaction.amount, transaction.payment))


def ask_again(payment: Payment, rules: Rules, at: datetime) -> Iterator[Timer]:
    """What lies on the contractor's account too much is asked back later, ever more seldom."""
    if payment.untransferred.minor < 0:
        age = at - (payment.released_at or at)
        later = at + max(rules.lookup_every, age / 24)
        yield Timer(TimerKind.TRANSFER_RETRY, payment.id, later)


def follow_up(payment: Payment, at: datetime) -> Iterator[Timer]:
    """What the charge covered has arrived: the rest is sent, too."""
    if payment.transfer_blocked == BALANCE:
        yield Timer(TimerKind.TRANSFER_RETRY, payment.id, at)


def why_unpaid(transaction: PaymentTransaction, payment: Payment) -> str:
    """Why what the platform's balance was to pay does not lie there."""
    if payment.credit.minor and payment.transferring + payment.transferred > payment.charged:
        return BALANCE  # the charge gives no more, and the balance not yet
    # Where somebody brought it back: out of the balance again, for the next withdrawal.
    return REFUSED if transaction.retry_of else REVERSED
