"""Charging: what a customer pays for beyond the offer is held and captured in one go.

The deal has its contractor by then: nobody has to accept anything, and nothing is assigned.
"""

from __future__ import annotations

from datetime import datetime

from marketpay.domain import escrow, operations
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision, Operation
from marketpay.domain.dividing import Divided, Parties, divide_all
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.lifecycles import (
    JobStatus,
    MilestoneStatus,
    PaymentStatus,
    TransactionStatus,
)
from marketpay.domain.milestone import Milestone
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import (
    EXPIRED,
    Settled,
    failed,
    succeeded,
)
from marketpay.domain.timer import Timer, TimerKind

SYSTEM = Role.SYSTEM
OPEN = (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS, JobStatus.SUBMITTED)


def is_wanted(payment: Payment, deal: Deal) -> bool:
    """Whether it can still be paid: a tip for good, a milestone until something is its end.

    Anything else while the job goes on.
    """
    if payment.purpose is PaymentPurpose.TIP:
        return deal.job.status is not JobStatus.CANCELLED
    if payment.purpose is PaymentPurpose.MILESTONE:
        return _waiting(payment, deal) is not None
    return deal.job.status in OPEN


def _waiting(payment: Payment, deal: Deal) -> Milestone | None:
    """The milestone that waits for this payment; none is open once its job is over."""
    milestone = deal.milestone_of(payment)
    is_waiting = milestone is not None and milestone.status is MilestoneStatus.PENDING
    return milestone if is_waiting else None


def _what_for(payment: Payment, deal: Deal) -> tuple[Entity, ...]:
    """What says whether the payment is wanted."""
    milestone = deal.milestone_of(payment)
    return (deal.job,) if milestone is None else (deal.job, milestone)


def authorized(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    expires_at: datetime | None,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The hold stands, and is captured; if nobody wants it by now, it is let go."""
    settled = succeeded(transaction, gateway_id, at)
    payment = deal.payment(str(transaction.payment))
    held = payment.become(
        e.PaymentAuthorized,
        SYSTEM,
        at,
        gateway_payment=gateway_id,
        authorization_expires_at=expires_at,
        failure=None,
    )
    is_taken = is_wanted(payment, deal)
    take = operations.capture if is_taken else operations.void
    following = take(held.entity, rules, at)
    started: tuple[Operation, ...] = (following.entity,) if is_taken else ()
    return Decision(
        settled.entity,
        changes=(held, settled, following),
        relies_on=_what_for(payment, deal),
        waives=deal.rest(held.entity, *_what_for(payment, deal)),
        operations=started,
        timers=() if is_taken or expires_at is None else (_end_of(held.entity, expires_at),),
    )


def _end_of(held: Payment, expires_at: datetime) -> Timer:
    """A hold that cannot be let go falls off by itself."""
    return Timer(TimerKind.AUTHORIZATION_EXPIRY, held.id, expires_at)


def action_required(
    transaction: PaymentTransaction, deal: Deal, gateway_id: str, rules: Rules, at: datetime
) -> Settled:
    """The customer has to confirm, and in time, unless nobody wants it by now.

    Then it is let go; should the gateway refuse that, too, it does not wait for ever.
    """
    if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
        return Decision(transaction, waives=(transaction, *deal.rest()))
    event = e.PaymentTransactionActionRequired
    waiting = transaction.become(event, SYSTEM, at, gateway_id=gateway_id, due_at=at)
    payment = deal.payment(str(transaction.payment))
    awaiting = payment.become(e.PaymentActionRequired, SYSTEM, at, gateway_payment=gateway_id)
    changes: list[Change[Entity]] = [awaiting, waiting]
    if not is_wanted(payment, deal):
        changes.append(operations.void(awaiting.entity, rules, at))
    return Decision(
        waiting.entity,
        changes=changes,
        relies_on=_what_for(payment, deal),
        waives=deal.rest(awaiting.entity, *_what_for(payment, deal)),
        timers=(Timer(TimerKind.CONFIRMATION, payment.id, at + rules.confirm_within),),
    )


def refused(
    transaction: PaymentTransaction, deal: Deal, code: str, rules: Rules, at: datetime
) -> Settled:
    """Not held, or not captured: the deal goes on without it."""
    settled = failed(transaction, code, at)
    payment = deal.payment(str(transaction.payment))
    is_gone = code == EXPIRED and payment.status is PaymentStatus.AUTHORIZED
    event: type[Event] = e.PaymentExpired if is_gone else e.PaymentFailed
    after = payment.become(event, SYSTEM, at, failure=code)
    changes: list[Change[Entity]] = [after, settled]
    milestone = _waiting(payment, deal)
    if milestone is not None:
        changes.append(milestone.become(e.MilestoneFundingFailed, SYSTEM, at, payment=None))
    if payment.gateway_payment is not None and code != EXPIRED:
        changes.append(operations.void(after.entity, rules, at))
    waived = deal.rest(*(change.entity for change in changes))
    return Decision(settled.entity, changes=changes, waives=waived)


def captured(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    charge: str | None,
    parties: Parties,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The money is in escrow, and goes on at once if there is nothing to wait for.

    Where somebody captured it at the gateway before its hold was known here, they are named.
    """
    settled = succeeded(transaction, gateway_id, at)
    payment = deal.payment(str(transaction.payment))
    changes: list[Change[Entity]] = [settled]
    if payment.status is not PaymentStatus.AUTHORIZED:
        held = payment.become(e.PaymentAuthorized, SYSTEM, at, gateway_payment=gateway_id)
        why = IncidentKind.CAPTURED_ELSEWHERE
        changes += [held, incident(why, payment.id, gateway_id, rules, at)]
        payment = held.entity
    taken = payment.become(e.PaymentCaptured, SYSTEM, at, gateway_charge=charge)
    changes.append(taken)
    milestone = _waiting(payment, deal)
    if milestone is not None:
        changes.append(milestone.become(e.MilestoneFunded, SYSTEM, at))
    relied = [one for one in _what_for(payment, deal) if one is not milestone]
    shares = escrow.shares(taken.entity, deal)
    parts = [] if shares is None else [(taken.entity, shares)]
    [done] = divide_all(parts, parties, SYSTEM, rules, at) or [Divided.nothing(taken.entity)]
    used = [change.entity for change in done.changes]
    return Decision(
        settled.entity,
        changes=(*changes, *done.changes),
        relies_on=relied,
        waives=(*deal.rest(payment, *_what_for(payment, deal)), *parties.unused(*used)),
        entries=(*escrow.captured(taken.entity), *done.entries),
        operations=done.operations,
        timers=done.timers,
    )
