"""Charging: what a customer pays for beyond the offer is held and captured in one go.

The deal has its contractor by then: nobody has to accept anything, and nothing is assigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.domain import events as e
from marketpay.domain import operations, refunding
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision, Operation
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import JobStatus, PaymentStatus, TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refunding import Held
from marketpay.domain.releasing import Released, release
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import (
    EXPIRED,
    Settled,
    capture_entries,
    failed,
    succeeded,
)
from marketpay.domain.wallet import Wallet

SYSTEM = Role.SYSTEM
OPEN = (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS, JobStatus.SUBMITTED)


def is_wanted(payment: Payment, deal: Deal) -> bool:
    """Whether it can still be paid: a tip for good, anything else while the job goes on."""
    if payment.purpose is PaymentPurpose.TIP:
        return deal.job.status is not JobStatus.CANCELLED
    return deal.job.status in OPEN


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
        relies_on=(deal.job,),
        waives=deal.rest(held.entity, deal.job),
        operations=started,
    )


def action_required(
    transaction: PaymentTransaction, deal: Deal, gateway_id: str, rules: Rules, at: datetime
) -> Settled:
    """The customer has to confirm, unless nobody wants it by now."""
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
        relies_on=(deal.job,),
        waives=deal.rest(awaiting.entity, deal.job),
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
    if payment.gateway_payment is not None and code != EXPIRED:
        changes.append(operations.void(after.entity, rules, at))
    return Decision(settled.entity, changes=changes, waives=deal.rest(after.entity))


def captured_otherwise(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    before: Sequence[Incident],
    rules: Rules,
    at: datetime,
) -> Settled:
    """Somebody took another amount at the gateway: it is no payment for this deal."""
    why = IncidentKind.CAPTURED_ELSEWHERE
    undone = refused(transaction, deal, why.value, rules, at)
    raised = () if before else (incident(why, str(transaction.payment), gateway_id, rules, at),)
    changes, waived = (*undone.changes, *raised), (*undone.waives, *before)
    return evolve(undone, changes=changes, waives=waived)


@frozen(kw_only=True)
class Payee:
    """What is read of the contractor for what is released as soon as it is captured."""

    wallet: Wallet
    accounts: Sequence[PayoutAccount]


def captured(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    charge: str | None,
    payee: Payee,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The money is in escrow.  A tip is released; so is what comes when the job is completed.

    What comes when the job is cancelled goes back.
    """
    settled = succeeded(transaction, gateway_id, at)
    payment = deal.payment(str(transaction.payment))
    changes: list[Change[Entity]] = [settled]
    if payment.status is not PaymentStatus.AUTHORIZED:  # somebody captured it at the gateway
        held = payment.become(e.PaymentAuthorized, SYSTEM, at, gateway_payment=gateway_id)
        changes.append(held)
        payment = held.entity
    taken = payment.become(e.PaymentCaptured, SYSTEM, at, gateway_charge=charge)
    going = _going_on(taken.entity, deal, payee, rules, at)
    return Decision(
        settled.entity,
        changes=(*changes, taken, *going.changes),
        relies_on=(deal.job,),
        waives=(*deal.rest(payment, deal.job), *going.unused(payee.wallet), *payee.accounts),
        entries=(*capture_entries(taken.entity), *going.entries),
        timers=going.timers,
    )


def _going_on(taken: Payment, deal: Deal, payee: Payee, rules: Rules, at: datetime) -> Released:
    """What becomes of it at once."""
    if deal.job.status is JobStatus.CANCELLED:
        nothing = Held(wallet=None, moves=(), there=Money.zero(taken.currency))
        begun = refunding.begin(taken, taken.amount, nothing, SYSTEM, rules, at)
        return Released(
            payment=begun.payment,
            changes=(*begun.changes, refunding.sent(begun, rules, at)),
            entries=begun.entries,
            timers=begun.timers,
        )
    if taken.purpose is PaymentPurpose.TIP or deal.job.status is JobStatus.COMPLETED:
        return release(taken, payee.wallet, payee.accounts, SYSTEM, rules, at)
    return Released(payment=taken, changes=(), entries=(), timers=())
