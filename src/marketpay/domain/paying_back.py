"""Settling a refund: the customer is paid back, will be, or has the money as credit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.domain import events as e
from marketpay.domain import operations, recovering
from marketpay.domain.actor import Role
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import REFUND, ChargebackStatus, PaymentStatus, RefundStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import DISPUTED, Settled, accepted, failed, succeeded
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer, TimerKind

SYSTEM = Role.SYSTEM


def refunded(
    transaction: PaymentTransaction,
    payment: Payment,
    refunds: Sequence[Refund],
    gateway_id: str,
    at: datetime,
) -> Settled:
    """The money left the platform's balance on its way to the customer."""
    settled = succeeded(transaction, gateway_id, at)
    refund, others = _among(refunds, transaction)
    arrived = refund.become(e.RefundSucceeded, SYSTEM, at, gateway_id=gateway_id)
    returned = give_back(payment, others, at)
    entries = tuple(left_processor(refund))
    return Decision(
        settled.entity, changes=(returned, arrived, settled), waives=others, entries=entries
    )


def refund_pending(
    transaction: PaymentTransaction, refund: Refund, gateway_id: str, at: datetime
) -> Settled:
    """The gateway has it and has not finished; a worker asks again later."""
    if transaction.gateway_id is not None:
        return Decision(transaction, waives=(transaction, refund))
    waiting = accepted(transaction, gateway_id, at)
    pending = refund.become(e.RefundPending, SYSTEM, at, gateway_id=gateway_id)
    return Decision(waiting.entity, changes=(pending, waiting))


def waits_for_bank(
    refund: Refund, code: str, taken_back: Sequence[Chargeback], rules: Rules, at: datetime
) -> bool:
    """Whether the customer's bank may yet pay them what the gateway does not pay back.

    As long as it has not decided; and as long as news of a dispute may be on its way, which the
    gateway speaks of.
    """
    if any(not one.is_decided for one in taken_back):
        return True
    is_known = any(one.status is ChargebackStatus.LOST for one in taken_back)
    is_news = at < refund.created_at + rules.webhook_window
    return code == DISPUTED and not is_known and is_news


def held_back(
    transaction: PaymentTransaction, refund: Refund, code: str, rules: Rules, at: datetime
) -> Settled:
    """It is asked for again when the bank has decided; until then nobody has the money."""
    settled = failed(transaction, code, at)
    waiting = refund.become(e.RefundHeldBack, SYSTEM, at, failure=code)
    timers = (look_again(refund, rules, at),)
    return Decision(settled.entity, changes=(waiting, settled), timers=timers)


def look_again(refund: Refund, rules: Rules, at: datetime) -> Timer:
    """At a refund that is held back."""
    return Timer(TimerKind.REFUND, refund.id, rules.later(refund.created_at, at))


def asked_again(
    refund: Refund, payment: Payment, rules: Rules, at: datetime
) -> tuple[Change[Refund], operations.Started]:
    """The bank does not pay: the gateway is asked to once more."""
    again = refund.become(e.RefundRetried, SYSTEM, at, failure=None)
    return again, operations.refund(payment, again.entity, rules, at)


@frozen(kw_only=True)
class NotPaidBack:
    """What follows when the gateway does not pay a refund."""

    refund: Refund
    changes: tuple[Change[Entity], ...]
    entries: tuple[LedgerEntry, ...]
    waives: tuple[Entity, ...]


def not_paid_back(
    refund: Refund,
    payment: Payment,
    others: Sequence[Refund],
    taken_back: Sequence[Chargeback],
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> NotPaidBack:
    """The customer has the money as credit instead, but for what their bank has paid them.

    The deal is not undone; somebody should look at it.
    """
    offset, excess = _offset(refund, others, at)
    after = instead(evolve(refund, excess=excess), taken_back, purse, code, rules, at)
    used = {change.entity.id for change in offset}
    return evolve(
        after,
        changes=(give_back(payment, others, at), *offset, *after.changes),
        waives=(*(one for one in others if one.id not in used), *after.waives),
    )


def refund_failed(
    transaction: PaymentTransaction,
    payment: Payment,
    refunds: Sequence[Refund],
    taken_back: Sequence[Chargeback],
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The customer cannot be paid back that way."""
    settled = failed(transaction, code, at)
    refund, others = _among(refunds, transaction)
    after = not_paid_back(refund, payment, others, taken_back, purse, code, rules, at)
    return Decision(
        settled.entity,
        changes=(*after.changes, settled),
        waives=after.waives,
        entries=after.entries,
    )


def refund_came_back(
    transaction: PaymentTransaction,
    refund: Refund,
    payment: Payment,
    taken_back: Sequence[Chargeback],
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> Settled:
    """The customer's bank sent back what had left; the customer has it as credit instead."""
    if refund.status is not RefundStatus.SUCCEEDED:
        waived = (transaction, refund, payment, *taken_back, *purse.unused())
        return Decision(transaction, waives=waived)
    after = instead(refund, taken_back, purse, code, rules, at)
    return Decision(
        transaction,
        changes=after.changes,
        relies_on=(payment,),
        waives=(transaction, *after.waives),
        entries=(*came_back(refund), *after.entries),
    )


def instead(
    refund: Refund,
    taken_back: Sequence[Chargeback],
    purse: Purse,
    code: str,
    rules: Rules,
    at: datetime,
) -> NotPaidBack:
    """The customer has it as credit, but for what their bank has paid them of it."""
    by_bank = recovering.paid_by_bank(refund, taken_back, at)
    taken = refund.excess + by_bank.amount
    lost = refund.become(e.RefundFailed, SYSTEM, at, failure=code, excess=taken)
    raised = incident(IncidentKind.REFUND_FAILED, refund.id, code, rules, at)
    kept, entries = kept_as_credit(lost.entity, purse, at)
    used = {change.entity.id for change in by_bank.changes}
    return NotPaidBack(
        refund=lost.entity,
        changes=(lost, raised, *by_bank.changes, *kept.changes),
        entries=(*entries, *written_off(refund, refund.excess), *by_bank.entries),
        waives=(*(one for one in taken_back if one.id not in used), *kept.unused()),
    )


def _offset(
    refund: Refund, others: Sequence[Refund], at: datetime
) -> tuple[list[Change[Refund]], Money]:
    """What the customer got at the gateway instead, and was written off, is set off."""
    changes: list[Change[Refund]] = []
    excess = refund.excess
    for other in others:
        part = min(refund.charged - excess, other.excess)
        if part.minor > 0 and other.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED):
            changes.append(other.become(e.RefundOffset, SYSTEM, at, excess=other.excess - part))
            excess += part
    return changes, excess


def give_back(payment: Payment, others: Sequence[Refund], at: datetime) -> Change[Payment]:
    """The payment once one refund is through; `others` are the rest of its refunds."""
    is_last = all(one.status in REFUND.final for one in others)
    is_open = payment.status is not PaymentStatus.CHARGED_BACK
    is_all = payment.refunded + payment.lost == payment.amount and is_last and is_open
    event: type[Event] = e.PaymentRefunded if is_all else e.PaymentPartlyRefunded
    return payment.become(event, SYSTEM, at)


def left_processor(refund: Refund) -> tuple[LedgerEntry, ...]:
    """A refund's money leaves the platform's balance."""
    transit, processor = _transit(refund)
    return tuple(move(transit, processor, refund.charged, refund.payment))


def came_back(refund: Refund) -> tuple[LedgerEntry, ...]:
    """... and is there again."""
    transit, processor = _transit(refund)
    return tuple(move(processor, transit, refund.charged, refund.payment))


def kept_as_credit(
    refund: Refund, purse: Purse, at: datetime
) -> tuple[Purse, tuple[LedgerEntry, ...]]:
    """The customer has it here, since they cannot have it there; no more than the payment gave."""
    transit, _ = _transit(refund)
    kept = purse.give_back(refund.covered, transit, refund.payment, at)
    return kept, kept.entries


def written_off(refund: Refund, excess: Money) -> tuple[LedgerEntry, ...]:
    """What the platform had borne, or would have, is no loss: it did not leave."""
    transit, _ = _transit(refund)
    loss = Account(AccountKind.BAD_DEBT, refund.currency)
    return tuple(move(transit, loss, excess, refund.payment))


def _transit(refund: Refund) -> tuple[Account, Account]:
    currency = refund.currency
    transit = Account(AccountKind.REFUNDS_IN_TRANSIT, currency)
    return transit, Account(AccountKind.PROCESSOR, currency)


def _among(
    refunds: Sequence[Refund], transaction: PaymentTransaction
) -> tuple[Refund, list[Refund]]:
    [mine] = [one for one in refunds if one.id == transaction.refund]
    return mine, [one for one in refunds if one.id != mine.id]
