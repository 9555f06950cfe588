"""What comes into escrow, and what is there although nothing is left to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve

from marketpay.domain.changing import changed
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import JobStatus, MilestoneStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.shares import Shares
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer, TimerKind


def captured(payment: Payment) -> Iterator[LedgerEntry]:
    """What was charged is in escrow, but for the platform fee."""
    assert payment.split is not None  # frozen when the offer was claimed
    currency = payment.currency
    escrow = Account(AccountKind.ESCROW, currency)
    processor = Account(AccountKind.PROCESSOR, currency)
    fee = Account(AccountKind.PLATFORM_FEE, currency)
    yield from move(processor, escrow, payment.charged, payment.id)
    yield from move(escrow, fee, payment.split.platform_fee, payment.id)


def paid_with(
    purse: Purse, payment: Payment, done: Decision[PaymentTransaction], at: datetime
) -> Decision[PaymentTransaction]:
    """The credit that stood behind a payment is in escrow with what was charged.

    What grants with a date paid of it is known, for when it is given back.
    """
    escrow = Account(AccountKind.ESCROW, payment.currency)
    amount, kind = payment.credit_reserved, AccountKind.CREDIT_RESERVED
    spent = purse.spend(amount, kind, escrow, payment.id, at)
    dated, until = spent.expiring_since(purse)
    changes = [
        evolve(one, entity=changed(one.entity, credit_expiring=dated, credit_expires_at=until))
        if isinstance(one.entity, Payment)
        else one
        for one in done.changes
    ]
    return evolve(
        done,
        changes=(*changes, *spent.changes),
        waives=(*done.waives, *spent.unused()),
        entries=(*spent.entries, *done.entries),
    )


def shares(payment: Payment, deal: Deal) -> Shares | None:
    """Who gets what of it, as its job or milestone ended.  None where it waits for that.

    A tip waits for no end.
    While anybody disputes it, nobody gets it; while it is under review, no contractor.
    """
    is_disputed = payment.contested is not None or payment.disputed.minor > 0
    is_held = payment.status is PaymentStatus.CAPTURED and payment.refundable.minor > 0
    if is_disputed or not is_held:
        return None
    is_earned = _is_earned(payment, deal)
    if is_earned is None:
        return None
    if not is_earned:
        return Shares.whole(payment.refundable)
    if payment.flagged is not None:
        return None
    return Shares.between(Money.zero(payment.currency), payment.refundable)


def _is_earned(payment: Payment, deal: Deal) -> bool | None:
    """Whether the contractor gets it; None: that is still open."""
    milestone = deal.milestone_of(payment)
    if milestone is not None:
        return None if milestone.is_open else milestone.status is MilestoneStatus.RELEASED
    if payment.purpose is PaymentPurpose.MILESTONE:  # which another payment has funded
        return False
    if deal.job.status is JobStatus.CANCELLED:
        return False
    is_tip = payment.purpose is PaymentPurpose.TIP
    return True if is_tip or deal.job.status is JobStatus.COMPLETED else None


def timers(payment: Payment, at: datetime) -> tuple[Timer, ...]:
    """For whoever takes away what it waited for: it is looked at, at once."""
    is_held = payment.status is PaymentStatus.CAPTURED and payment.refundable.minor > 0
    return (Timer(TimerKind.ESCROW, payment.id, at),) if is_held else ()
