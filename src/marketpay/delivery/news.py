"""Following the gateway's news: an event says what to look at, and what is seen is settled.

The reply to a call, a webhook and the worker's later look all end in the same commands, so it
makes no difference which of them comes first, twice or never.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import evolve

from marketpay.commands.chargebacks import SettleChargeback
from marketpay.commands.holds import SettleHold
from marketpay.commands.incidents import ClearPayment, FlagPayment
from marketpay.commands.payouts_elsewhere import RecordPayout, RecordReversal
from marketpay.commands.refunds import RecordRefund
from marketpay.commands.upgrade_refunds import NoteUpgradeChargeback, RecordUpgradeRefund
from marketpay.commands.withdrawals import ContinueWithdrawal
from marketpay.delivery.commit import carry_out
from marketpay.delivery.flows import settle
from marketpay.delivery.requests import look_up
from marketpay.delivery.steps import Call, Flow, Read
from marketpay.delivery.subjects import (
    Known,
    by_gateway_payment,
    held_up,
    known_account,
    known_payment,
    may_be_bought,
    transaction,
)
from marketpay.domain.actor import Actor
from marketpay.domain.decision import Operation
from marketpay.domain.ids import PREFIXES
from marketpay.domain.incident import IncidentKind
from marketpay.domain.lifecycles import PaymentStatus, WebhookStatus
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.gateway import (
    ChargebackState,
    Inspect,
    NotThere,
    PayoutState,
    RefundState,
    TransferState,
)
from marketpay.ports.gateway_events import GatewayEvent, Topic

W = WebhookStatus
APPLIED, IGNORED, DEFERRED = W.APPLIED, W.IGNORED, W.DEFERRED
BEFORE_CAPTURE = (
    PaymentStatus.PENDING,
    PaymentStatus.AWAITING_CONFIRMATION,
    PaymentStatus.AUTHORIZED,
)
ELSEWHERE = IncidentKind.CAPTURED_ELSEWHERE.value
TRANSACTION, ACCOUNT = (f"{PREFIXES[kind]}_" for kind in ("PaymentTransaction", "PayoutAccount"))

Outcome = WebhookStatus


def follow(event: GatewayEvent, rules: Rules) -> Flow[Outcome]:
    """Look at what the event is about: applied, none of ours, or too early to tell."""
    look = LOOKS.get(event.topic)
    is_about_nothing = event.subject is None and event.topic is not Topic.BALANCE
    if look is None or is_about_nothing:
        return IGNORED
    return (yield from look(event, event.subject or "", rules))


def _payment(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    """Whatever of the payment is open is looked up; else, or if it was let go, the hold itself."""
    known: Known | None = yield Read(partial(known_payment, event))
    if known is None:
        named: PaymentTransaction | None = yield Read(partial(transaction, event.reference))
        if named is None:
            return _unknown(event)
        yield from _look_again(named, None, rules)  # what is paid on a page of the gateway's
        return APPLIED
    concerned = list(known.concerned(event))
    for operation in concerned:
        yield from _look_again(operation, subject, rules)
    payment = known.payment
    is_held = payment.status is PaymentStatus.AUTHORIZED and payment.gateway_payment == subject
    if not is_held or any(one.kind is not TransactionKind.VOID for one in concerned):
        return APPLIED
    for operation in known.operations:
        if operation.kind is TransactionKind.AUTHORIZE and operation.gateway_id == subject:
            seen = yield Call(look_up(operation), operation.id)
            stood = SettleHold(by=Actor.SYSTEM, payment=payment.id, news=seen)
            yield from carry_out(stood, None, rules)
    return APPLIED


def _refund(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    found: PaymentTransaction | None = yield Read(partial(transaction, event.reference))
    if found is None and not _is_ours(event):
        state: Any = yield Call(Inspect(topic=Topic.REFUND, gateway_id=subject), event.id)
        if not isinstance(state, RefundState):
            return IGNORED
        found = yield Read(partial(transaction, state.reference))
        payment: Payment | None = yield Read(partial(by_gateway_payment, state.payment))
        if payment and payment.status in BEFORE_CAPTURE and ELSEWHERE not in payment.flags:
            return DEFERRED  # the capture is not yet known here
        if found is None:
            if payment is None and (yield from _is_early(event, state)):
                return DEFERRED
            record = RecordRefund if payment else RecordUpgradeRefund
            recorded: Any = record(by=Actor.SYSTEM, state=state)
            return _applied((yield from carry_out(recorded, None, rules)).result)
    return (yield from _of_transaction(found, subject, rules))


def _transfer(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    found: PaymentTransaction | None = yield Read(partial(transaction, event.reference))
    if found is None:
        return _unknown(event)
    yield from _of_transaction(found, subject, rules)
    state: Any = yield Call(Inspect(topic=Topic.TRANSFER, gateway_id=subject), event.id)
    if not isinstance(state, TransferState):
        return APPLIED
    for reversal in state.reversals:
        ours: PaymentTransaction | None = yield Read(partial(transaction, reversal.reference))
        if ours is not None and not ours.is_settled:
            yield from _look_again(ours, reversal.gateway_id, rules)
        elif ours is None:
            record = RecordReversal(by=Actor.SYSTEM, transfer=found.id, state=reversal)
            yield from carry_out(record, None, rules)
    return APPLIED


def _payout(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    found: PaymentTransaction | None = yield Read(partial(transaction, event.reference))
    if found is None and not _is_ours(event):
        asked = Inspect(topic=Topic.PAYOUT, gateway_id=subject, account=event.account)
        state: Any = yield Call(asked, event.id)
        if not isinstance(state, PayoutState):
            return IGNORED
        found = yield Read(partial(transaction, state.reference))
        if found is None:
            recorded = RecordPayout(by=Actor.SYSTEM, state=state)
            return _applied((yield from carry_out(recorded, None, rules)).result)
    return (yield from _of_transaction(found, subject, rules))


def _checkout(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    found: PaymentTransaction | None = yield Read(partial(transaction, event.reference))
    if found is None:
        return _unknown(event)
    return (yield from _of_transaction(found, subject, rules))


def _account(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    account: PayoutAccount | None = yield Read(partial(known_account, subject, event.reference))
    if account is None:
        return _unknown(event)
    # One that was not known to be open is looked for by our reference, as the worker would.
    yield from _look_again(account, None, rules)
    return APPLIED


def _chargeback(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    state: Any = yield Call(Inspect(topic=Topic.CHARGEBACK, gateway_id=subject), event.id)
    if not isinstance(state, ChargebackState):
        return IGNORED
    payment: Payment | None = yield Read(partial(by_gateway_payment, state.payment))
    if payment and payment.status in BEFORE_CAPTURE:
        return DEFERRED  # the capture is not yet known here
    if payment is None and (yield from _is_early(event, state)):
        return DEFERRED
    record = SettleChargeback if payment else NoteUpgradeChargeback
    recorded: Any = record(by=Actor.SYSTEM, state=state)
    return _applied((yield from carry_out(recorded, None, rules)).result)


def _warning(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    payment: Payment | None = yield Read(partial(by_gateway_payment, event.payment or subject))
    if payment is None:
        return IGNORED
    flag = FlagPayment(by=Actor.SYSTEM, payment=payment.id, detail=subject)
    yield from carry_out(flag, None, rules)
    return APPLIED


def _all_clear(event: GatewayEvent, subject: str, rules: Rules) -> Flow[Outcome]:
    """The flag of that one warning is taken away, and no other's."""
    payment: Payment | None = yield Read(partial(by_gateway_payment, event.payment))
    if payment is None:
        return IGNORED
    clear = ClearPayment(by=Actor.SYSTEM, payment=payment.id, detail=subject)
    yield from carry_out(clear, None, rules)
    return APPLIED


def _balance(event: GatewayEvent, _subject: str, rules: Rules) -> Flow[Outcome]:
    """What could not be paid out for want of a balance is tried again."""
    waiting: list[Withdrawal] = yield Read(partial(held_up, event.account))
    for withdrawal in waiting:
        again = ContinueWithdrawal(by=Actor.SYSTEM, withdrawal=withdrawal.id)
        yield from carry_out(again, None, rules)
    return APPLIED if waiting else IGNORED


def _of_transaction(found: PaymentTransaction | None, subject: str, rules: Rules) -> Flow[Outcome]:
    """One of ours is looked up again, even if it is settled: a bank can change its mind."""
    if found is None:
        return DEFERRED
    yield from _look_again(found, subject, rules)
    return APPLIED


def _look_again(operation: Operation, gateway_id: str | None, rules: Rules) -> Flow[bool]:
    """Ask how it stands and settle it; False if the gateway knows nothing of it (yet)."""
    asked = look_up(operation)
    seen = yield Call(evolve(asked, gateway_id=asked.gateway_id or gateway_id), operation.id)
    if isinstance(seen, NotThere):
        return False
    yield from settle(operation, seen, rules)
    return True


def _is_early(event: GatewayEvent, state: RefundState | ChargebackState) -> Flow[bool]:
    """Whether it may be about a purchase that is not known here to be paid."""
    early: bool = yield Read(partial(may_be_bought, event, state))
    return early


def _applied(result: object) -> Outcome:
    return IGNORED if result is None else APPLIED


def _is_ours(event: GatewayEvent) -> bool:
    reference = event.reference or ""
    return reference.startswith((TRANSACTION, ACCOUNT))


def _unknown(event: GatewayEvent) -> Outcome:
    """What bears our reference is early; anything else is none of ours."""
    return DEFERRED if _is_ours(event) else IGNORED


LOOKS: dict[Topic, Callable[[GatewayEvent, str, Rules], Flow[Outcome]]] = {
    Topic.PAYMENT: _payment,
    Topic.REFUND: _refund,
    Topic.TRANSFER: _transfer,
    Topic.PAYOUT: _payout,
    Topic.ACCOUNT: _account,
    Topic.CHECKOUT: _checkout,
    Topic.CHARGEBACK: _chargeback,
    Topic.WARNING: _warning,
    Topic.ALL_CLEAR: _all_clear,
    Topic.BALANCE: _balance,
}
