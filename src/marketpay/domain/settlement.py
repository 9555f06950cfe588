"""Settling: what the gateway's news of one operation change.

The reply and a later look-up both end here.  Nothing here is done twice: a transaction
that is settled already ignores whatever else is said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from marketpay.domain import escrow, operations, revising
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.hiring import assign, expiry_timers, freed_credit
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse

Settled = Decision[PaymentTransaction]
SYSTEM = Role.SYSTEM
EXPIRED = "authorization_expired"
OTHERWISE = IncidentKind.CAPTURED_ELSEWHERE.value  # the failure of what was taken in another amount
DISPUTED = "charge_disputed"  # the gateway's code: the customer's bank may pay them
NO_ANSWER = "no_answer"  # the failure of what is stuck
ABANDONED = "abandoned"  # ... and has been given up


def succeeded(
    transaction: PaymentTransaction, gateway_id: str, at: datetime
) -> Change[PaymentTransaction]:
    """The gateway did it."""
    event = e.PaymentTransactionSucceeded
    return transaction.become(
        event, SYSTEM, at, gateway_id=gateway_id, failure=None, due_at=None, settled_at=at
    )


def failed(transaction: PaymentTransaction, code: str, at: datetime) -> Change[PaymentTransaction]:
    """The gateway definitely refused, or an administrator gave it up."""
    if code == ABANDONED:
        event: type[Event] = e.PaymentTransactionAbandoned
        return transaction.become(event, Role.ADMIN, at, failure=code, due_at=None, settled_at=at)
    event = e.PaymentTransactionFailed
    return transaction.become(event, SYSTEM, at, failure=code, due_at=None, settled_at=at)


def accepted(
    transaction: PaymentTransaction, gateway_id: str, at: datetime
) -> Change[PaymentTransaction]:
    """The gateway has taken it on; a worker asks now and then whether it is finished."""
    event = e.PaymentTransactionAccepted
    return transaction.become(event, SYSTEM, at, gateway_id=gateway_id, due_at=at)


def unanswered(transaction: PaymentTransaction, rules: Rules, at: datetime) -> Settled:
    """Nobody knows: a worker sends it again later, under the same key."""
    if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
        return Decision(transaction, waives=(transaction,))
    attempts = transaction.attempts + 1
    due_at = rules.retry_at(attempts, at, transaction.id)
    event = e.PaymentTransactionUnanswered
    change = transaction.become(event, SYSTEM, at, attempts=attempts, due_at=due_at)
    return Decision(change.entity, changes=(change,))


def stuck(transaction: PaymentTransaction, rules: Rules, at: datetime) -> Settled:
    """Too long without an answer to be sent again.  It is looked up for good, and seldom;
    an administrator can give it up (`AbandonTransaction`).
    """
    if transaction.failure == NO_ANSWER:
        return Decision(transaction, waives=(transaction,))
    event, due_at = e.PaymentTransactionStuck, at + rules.retry_cap
    change = transaction.become(event, SYSTEM, at, failure=NO_ANSWER, due_at=due_at)
    kind = IncidentKind.OPERATION_STUCK
    raised = incident(kind, transaction.id, transaction.kind.value, rules, at)
    return Decision(change.entity, changes=(change, raised))


def authorized(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    expires_at: datetime | None,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The hold stands, and new terms with it.  If nobody wants it by now, it is let go at once."""
    payment = deal.payment(str(transaction.payment))
    offer = deal.offer(payment.offer)
    settled = succeeded(transaction, gateway_id, at)
    held = payment.become(
        e.PaymentAuthorized,
        SYSTEM,
        at,
        gateway_payment=gateway_id,
        authorization_expires_at=expires_at,
        failure=None,
    )
    changes = [held, settled, *revising.after_hold(deal, offer, held.entity, rules, at)]
    offer = next((one.entity for one in changes if isinstance(one.entity, Offer)), offer)
    return Decision(
        settled.entity,
        changes=changes,
        waives=deal.rest(*(change.entity for change in changes)),
        timers=(*expiry_timers(offer, held.entity, rules), *freed_credit(deal, changes, at)),
    )


def action_required(
    transaction: PaymentTransaction, deal: Deal, gateway_id: str, rules: Rules, at: datetime
) -> Settled:
    """The customer has to confirm.  If nobody wants the hold by now, they need not."""
    if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
        return Decision(transaction, waives=(transaction, *deal.rest()))
    payment = deal.payment(str(transaction.payment))
    offer = deal.offer(payment.offer)
    waiting = transaction.become(
        e.PaymentTransactionActionRequired,
        SYSTEM,
        at,
        gateway_id=gateway_id,
        due_at=at,
    )
    awaiting = payment.become(e.PaymentActionRequired, SYSTEM, at, gateway_payment=gateway_id)
    changes: list[Change[Entity]] = [awaiting, waiting]
    relied = [offer] if offer.is_open and payment in deal.holds(offer) else []
    if not relied:
        changes.append(operations.void(awaiting.entity, rules, at))
    waived = deal.rest(*relied, *(change.entity for change in changes))
    return Decision(waiting.entity, changes=changes, relies_on=relied, waives=waived)


def authorization_failed(
    transaction: PaymentTransaction, deal: Deal, code: str, rules: Rules, at: datetime
) -> Settled:
    """No hold: the offer stays open and can be paid with another method.

    Of one that was to be revised, the old terms stand.  What the customer could still confirm
    is called off, so that it never holds anything.
    """
    settled = failed(transaction, code, at)
    payment = deal.payment(str(transaction.payment)).become(
        e.PaymentFailed, SYSTEM, at, failure=code
    )
    offer = deal.offer(payment.entity.offer)
    changes: list[Change[Entity]] = [*revising.failed(offer, payment.entity, at), payment, settled]
    if transaction.status is TransactionStatus.AWAITING_CONFIRMATION:
        changes.append(operations.void(payment.entity, rules, at))
    waived = deal.rest(*(change.entity for change in changes))
    freed = freed_credit(deal, changes, at)
    return Decision(settled.entity, changes=changes, waives=waived, timers=freed)


def captured(
    transaction: PaymentTransaction,
    deal: Deal,
    gateway_id: str,
    charge: str | None,
    purse: Purse | None,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The money is in escrow, the platform fee is earned, the job is assigned.

    The `purse` is that of a customer whose credit stands behind it.
    """
    payment = deal.payment(str(transaction.payment))
    settled = succeeded(transaction, gateway_id, at)
    event, behind = e.PaymentCaptured, {"credit_reserved": Money.zero(payment.currency)}
    taken = payment.become(event, SYSTEM, at, gateway_charge=charge, **behind)
    offer = deal.offer(payment.offer)
    changes = [*assign(deal, offer, rules, at), taken, settled]
    done = Decision(
        settled.entity,
        changes=changes,
        waives=deal.rest(*(change.entity for change in changes)),
        entries=tuple(escrow.captured(taken.entity)),
        timers=freed_credit(deal, changes, at),
    )
    return done if purse is None else escrow.paid_with(purse, payment, done, at)


def capture_failed(
    transaction: PaymentTransaction, deal: Deal, code: str, rules: Rules, at: datetime
) -> Settled:
    """The claim is undone, the old hold let go; the customer can pay with another method."""
    payment = deal.payment(str(transaction.payment))
    offer = deal.offer(payment.offer)
    settled = failed(transaction, code, at)
    refused = payment.become(e.PaymentFailed, SYSTEM, at, failure=code, split=None)
    lasts_as_hold = offer.expires_at == payment.authorization_expires_at
    until = None if lasts_as_hold else offer.expires_at
    plan = None if offer.plan is None else offer.plan.thawed
    reopened = offer.become(e.OfferAcceptanceFailed, SYSTEM, at, expires_at=until, plan=plan)
    release = operations.void(payment, rules, at)
    changes = (reopened, refused, settled, release)
    waived = deal.rest(refused.entity, reopened.entity)
    expiry = expiry_timers(reopened.entity, refused.entity, rules)
    timers = (*expiry, *freed_credit(deal, changes, at))
    return Decision(settled.entity, changes=changes, waives=waived, timers=timers)


def hold_gone(transaction: PaymentTransaction, deal: Deal, at: datetime) -> Settled:
    """The hold ran out before it could be captured: payment and offer have expired."""
    payment = deal.payment(str(transaction.payment))
    offer = deal.offer(payment.offer)
    settled = failed(transaction, EXPIRED, at)
    gone = payment.become(e.PaymentExpired, SYSTEM, at, failure=EXPIRED, split=None)
    over = offer.become(e.OfferExpired, SYSTEM, at)
    changes = (over, gone, settled)
    waived, freed = deal.rest(gone.entity, over.entity), freed_credit(deal, changes, at)
    return Decision(settled.entity, changes=changes, waives=waived, timers=freed)


def captured_unseen(
    transaction: PaymentTransaction, deal: Deal, gateway_id: str, rules: Rules, at: datetime
) -> Settled:
    """The hold stood, and somebody took it at the gateway before it was known here."""
    held = authorized(transaction, deal, gateway_id, None, rules, at)
    [payment] = [one.entity for one in held.changes if isinstance(one.entity, Payment)]
    why = IncidentKind.CAPTURED_ELSEWHERE
    flags = " ".join((*payment.flags, why.value))
    flagged = payment.become(e.PaymentFlagged, SYSTEM, at, flagged=flags)
    raised = incident(why, payment.id, gateway_id, rules, at)
    return evolve(held, changes=(*held.changes, flagged, raised))


def captured_otherwise(
    undone: Settled, gateway_id: str, before: Sequence[Incident], rules: Rules, at: datetime
) -> Settled:
    """Somebody took another amount at the gateway: it is `undone` as a payment for this deal."""
    why, payment = IncidentKind.CAPTURED_ELSEWHERE, str(undone.result.payment)
    raised = () if before else (incident(why, payment, gateway_id, rules, at),)
    changes, waived = (*undone.changes, *raised), (*undone.waives, *before)
    return evolve(undone, changes=changes, waives=waived)
