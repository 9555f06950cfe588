"""The flows: executing a command, and everything that `work()` catches up with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from marketpay.commands.base import (
    ClientAction,
    Command,
    NextAction,
    Pending,
    Redirect,
    Result,
)
from marketpay.commands.payout_accounts import SettleAccount
from marketpay.commands.settling import SettleTransaction
from marketpay.delivery.callers import Caller
from marketpay.delivery.commit import STORE_ERRORS, Committed, carry_out
from marketpay.delivery.requests import look_up, request_for
from marketpay.delivery.results import refresh, reload
from marketpay.delivery.steps import Call, Flow, Read
from marketpay.domain.actor import Actor
from marketpay.domain.changing import changed
from marketpay.domain.decision import Operation
from marketpay.domain.entity import Entity
from marketpay.domain.errors import (
    GatewayError,
    GatewayUnavailable,
    IllegalTransition,
    PaymentDeclined,
    Reason,
    Refused,
)
from marketpay.domain.ids import PaymentId, PayoutAccountId
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import EXPIRED
from marketpay.domain.validators import check_web_address
from marketpay.ports.gateway import (
    ActionRequired,
    CheckoutOpen,
    GatewayNews,
    GatewayRequest,
    Link,
    NoAnswer,
    NotThere,
    OnboardingLink,
)
from marketpay.ports.store import Records

R = TypeVar("R")


def execute(command: Command[R], key: str | None, rules: Rules) -> Flow[R]:
    """Decide, write, call the gateway where the result depends on it, settle, and answer.

    With the key of an earlier command, what of it is due is run, and its result is given as
    it stands now; an error it had after its commit is raised again.
    """
    committed: Committed[R] = yield from carry_out(command, key, rules)
    result: Any = committed.result
    next_action: NextAction | None = None
    for operation in (yield from _as_they_stand(committed)):
        is_old = is_waiting(operation) or is_past_window(operation, rules)
        take = _catch_up if committed.is_replay or is_old else _perform
        try:
            done = yield from take(operation, rules)
        except STORE_ERRORS:  # the command stands; a worker settles this later
            done = Performed(operation, NoAnswer())
        result = refresh(result, done.saved) if done.saved else (yield from _reload(result))
        next_action = _outcome(done, result) or next_action
    if next_action is not None and isinstance(result, Result):
        result = changed(result, next_action=next_action)
    answer: R = result
    return answer


def join(command: Command[R], key: str | None, rules: Rules) -> Flow[R]:
    """Decide and write where somebody else commits: what is asked of the gateway waits for it.

    With the key of an earlier command, its result is given as it stands now; nobody is called.
    """
    once = evolve(rules, attempts=1)  # whether another can help, the store knows
    committed = yield from carry_out(command, key, once, caller=Caller.WORKER)
    result: Any = committed.result
    next_action: NextAction | None = None
    for operation in (yield from _as_they_stand(committed)):
        next_action = _outcome(Performed(operation, NoAnswer()), result) or next_action
    if next_action is not None and isinstance(result, Result):
        result = changed(result, next_action=next_action)
    answer: R = result
    return answer


def _as_they_stand(committed: Committed[Any]) -> Flow[Sequence[Operation]]:
    """The operations of a command; of a repeated one, what has followed from them since."""
    if not committed.is_replay:
        return committed.operations
    found: Sequence[Operation] = yield Read(
        lambda records: [_latest(one, records) for one in committed.operations]
    )
    return found


def _latest(operation: Operation, records: Records) -> Operation:
    """The capture that followed a hold at once, where nobody had to accept anything."""
    if not isinstance(operation, PaymentTransaction) or not operation.is_settled:
        return operation
    if operation.kind is not TransactionKind.AUTHORIZE:
        return operation
    payment = records.get(Payment, str(operation.payment))
    if payment.purpose is PaymentPurpose.OFFER:
        return operation
    kind = TransactionKind.CAPTURE
    sent = records.find(PaymentTransaction, payment=payment.id, kind=kind)
    return max(sent, key=lambda one: one.id, default=operation)


@frozen
class Performed:
    """One operation after a call: as it stands, what the gateway said, all that changed."""

    operation: Operation
    news: GatewayNews
    saved: dict[str, Entity] = field(factory=dict)


def _perform(operation: Operation, rules: Rules) -> Flow[Performed]:
    return (yield from _ask(operation, request_for(operation), rules))


def _ask(operation: Operation, request: GatewayRequest, rules: Rules) -> Flow[Performed]:
    """Call, then settle.  No answer is settled too, before a fault of the gateway is raised."""
    news, fault = yield from _call(request, operation.id)
    done = yield from settle(operation, news, rules)
    if fault is not None:
        raise fault
    return done


def _call(request: GatewayRequest, key: str) -> Flow[tuple[GatewayNews, Exception | None]]:
    """What the gateway says; whatever it raises means that it did not say."""
    try:
        news: GatewayNews = yield Call(request, key)
    except GatewayUnavailable:
        return NoAnswer(), None
    except Exception as fault:  # noqa: BLE001  # a gateway of the host's may raise anything
        return NoAnswer(), fault
    return news, None


def settle(operation: Operation, news: GatewayNews, rules: Rules) -> Flow[Performed]:
    """An answer that does not fit is as good as none, and then raised.

    What follows from it is performed as well, and what is given back is how that ended.
    """
    try:
        committed = yield from carry_out(_settling(operation, news), None, rules)
    except GatewayError:
        unfit = NotThere() if is_past_window(operation, rules) else NoAnswer()
        yield from carry_out(_settling(operation, unfit), None, rules)
        raise
    settled: Any = committed.saved.get(operation.id, committed.result)
    done = Performed(settled, news, committed.saved)
    for following in committed.operations:
        further = yield from _perform(following, rules)
        done = evolve(further, saved={**done.saved, **further.saved})
    return done


def _settling(operation: Operation, news: GatewayNews) -> Command[Any]:
    if isinstance(operation, PayoutAccount):
        return SettleAccount(by=Actor.SYSTEM, account=operation.id, news=news)
    return SettleTransaction(by=Actor.SYSTEM, transaction=operation.id, news=news)


def is_waiting(operation: Operation) -> bool:
    """Whether the gateway has done its part and somebody else has to act: it is looked up."""
    if isinstance(operation, PayoutAccount):
        return operation.gateway_account is not None
    return operation.status is TransactionStatus.AWAITING_CONFIRMATION


def is_past_window(operation: Operation, rules: Rules) -> bool:
    """Whether the gateway may have forgotten the key, so that it is not sent again."""
    sent = operation.sent_at
    return sent is not None and sent + rules.retry_window <= rules.now()


def _catch_up(operation: Operation, rules: Rules) -> Flow[Performed]:
    """Find out about an operation that somebody asks for again, if nobody else is at it."""
    is_due = operation.due_at is not None and operation.due_at <= rules.now()
    if is_due or (operation.due_at is not None and is_waiting(operation)):
        return (yield from resume(operation, rules))
    return Performed(operation, NoAnswer())


def resume(operation: Operation, rules: Rules) -> Flow[Performed]:
    """Take up an operation whose lease is over.

    One that was never answered is looked up first: a gateway may keep an error with the key.
    Sent again it is only while the gateway still knows the key; after that an administrator
    has to see.
    """
    if is_waiting(operation):
        return (yield from _ask(operation, look_up(operation), rules))
    was_asked = (
        isinstance(operation, PayoutAccount) or operation.status is TransactionStatus.UNKNOWN
    )
    is_too_late = isinstance(operation, PaymentTransaction) and is_past_window(operation, rules)
    if was_asked or is_too_late:
        news, fault = yield from _call(look_up(operation), operation.id)
        if fault is not None or not isinstance(news, NotThere) or is_too_late:
            done = yield from settle(operation, news, rules)
            if fault is not None:
                raise fault
            return done
    return (yield from _perform(operation, rules))


def _reload(result: R) -> Flow[R]:
    """As it stands now; as it stood at the commit, where the database cannot say."""
    try:
        loaded: R = yield Read(lambda records: reload(result, records))
    except STORE_ERRORS:  # the command stands: nobody may hear that nothing was changed
        return result
    return loaded


def _outcome(done: Performed, result: Any) -> NextAction | None:
    """What an operation leaves to be done, or the error that it came to."""
    operation = done.operation
    if not isinstance(operation, PaymentTransaction):
        return None
    is_waiting_for_payer = operation.status is TransactionStatus.AWAITING_CONFIRMATION
    if is_waiting_for_payer and operation.kind is TransactionKind.AUTHORIZE:
        return _client_action(operation, done.news)
    if isinstance(done.news, CheckoutOpen) and not operation.is_settled:
        page = done.news
        return Redirect(transaction=operation.id, url=page.url, expires_at=page.expires_at)
    if operation.status is TransactionStatus.FAILED:
        if operation.kind is TransactionKind.CAPTURE and operation.failure == EXPIRED:
            raise Refused(Reason.AUTHORIZATION_EXPIRED)
        if operation.kind in (TransactionKind.AUTHORIZE, TransactionKind.CAPTURE):
            raise PaymentDeclined(result.offer, result.payment, str(operation.failure))
    return None if operation.is_settled else Pending(transaction=operation.id)


def _client_action(operation: PaymentTransaction, news: GatewayNews) -> ClientAction:
    secret = news.client_secret if isinstance(news, ActionRequired) else None
    return ClientAction(
        payment=PaymentId(str(operation.payment)),
        gateway_payment=str(operation.gateway_id),
        client_secret=secret,
    )


def client_action(payment: PaymentId, rules: Rules) -> Flow[ClientAction | None]:
    """What the customer's client has to do for a payment, asked of the gateway afresh."""
    tried: list[PaymentTransaction] = yield Read(partial(_authorizations, payment))
    for operation in tried:
        if operation.status is TransactionStatus.AWAITING_CONFIRMATION:
            done = yield from _ask(operation, look_up(operation), rules)
            if isinstance(done.news, NoAnswer) and done.operation.id == operation.id:
                raise GatewayUnavailable("it did not answer")
            if isinstance(done.news, ActionRequired):
                return _client_action(operation, done.news)
    return None


def onboarding_link(account: PayoutAccountId, return_url: str, refresh_url: str) -> Flow[Link]:
    """A page of the gateway's for the owner of an account, asked for afresh."""
    for name, value in (("return_url", return_url), ("refresh_url", refresh_url)):
        check_web_address(name, value)
    known: PayoutAccount = yield Read(lambda records: records.get(PayoutAccount, account))
    if known.gateway_account is None:
        status = known.status.value
        raise IllegalTransition("payout_account", known.id, status, "onboarding link")
    request = OnboardingLink(
        account=known.gateway_account, return_url=return_url, refresh_url=refresh_url
    )
    link = yield Call(request, known.id)
    if not isinstance(link, Link):
        raise GatewayError(f"{type(link).__name__} is no link")
    return link


def _authorizations(payment: PaymentId, records: Records) -> list[PaymentTransaction]:
    records.get(Payment, payment)
    kind = TransactionKind.AUTHORIZE
    return records.find(PaymentTransaction, payment=payment, kind=kind)
