"""What `work()` does: everything that is due, and whatever a crash left behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, assert_never

from attrs import frozen

from marketpay.commands.base import Command
from marketpay.commands.holds import WarnOfExpiry
from marketpay.commands.payout_accounts import RetryTransfer, SweepTransfers
from marketpay.commands.timers import ExpireAuthorization, ExpireOffer, PostponeTimer
from marketpay.commands.upgrades import ExpireUpgrade
from marketpay.commands.withdrawals import ContinueWithdrawal, MakeScheduledWithdrawal
from marketpay.delivery import codec
from marketpay.delivery.commit import STORE_ERRORS, carry_out, patiently
from marketpay.delivery.flows import is_past_window, is_waiting, resume
from marketpay.delivery.steps import Flow, Publish, Read, Transact
from marketpay.delivery.webhooks import apply, lease
from marketpay.domain.actor import Actor
from marketpay.domain.changing import changed
from marketpay.domain.decision import Operation
from marketpay.domain.errors import Conflict, DatabaseBusy
from marketpay.domain.ids import OfferId, PaymentId, UpgradeId, WalletId, WithdrawalId
from marketpay.domain.lifecycles import WebhookStatus
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.webhook import Webhook
from marketpay.ports.gateway import NoAnswer
from marketpay.ports.journal import FeedItem
from marketpay.ports.publisher import PublishedEvent
from marketpay.ports.store import Work

BATCH = 500  # journal rows at once
MANY = 20  # batches in one call
LARGEST_CLAIM = 16  # operations taken up together
SILENT = 5  # operations without an answer, one after the other
PUBLISHER = "publisher"  # the cursor of whoever calls the publisher


@frozen(kw_only=True)
class Failure:
    """Something that `work()` could not finish; it comes up again."""

    subject: str
    error: Exception


@frozen(kw_only=True)
class WorkReport:
    """What one call of `work()` did.  True if it did anything."""

    webhooks: int = 0
    operations: int = 0
    timers: int = 0
    sequenced: int = 0
    published: int = 0
    folded: int = 0
    failures: tuple[Failure, ...] = ()

    def __bool__(self) -> bool:
        done = (
            self.webhooks,
            self.operations,
            self.timers,
            self.sequenced,
            self.published,
            self.folded,
        )
        return any(done)


def work(rules: Rules, limit: int, *, has_publisher: bool) -> Flow[WorkReport]:
    """Everything that is due, and what becomes due by that; one failure stops nothing else."""
    failures: dict[str, Failure] = {}
    webhooks = timers = operations = published = 0
    while timers < limit and operations < limit and webhooks < limit:
        heard = yield from _apply_webhooks(rules, limit - webhooks, failures)
        fired = yield from _fire(rules, limit - timers, failures)
        resumed = yield from _resume_all(rules, limit - operations, failures)
        timers, operations, webhooks = timers + fired, operations + resumed, webhooks + heard
        if not fired and not resumed and not heard:
            break
    sequenced = yield from _in_batches(lambda work: work.sequence(BATCH), rules)
    while has_publisher and PUBLISHER not in failures:
        told = yield from _publish(rules, failures)
        if told is None:
            break
        published += told
    folded = yield from _in_batches(lambda work: work.fold(BATCH), rules)
    return WorkReport(
        webhooks=webhooks,
        operations=operations,
        timers=timers,
        sequenced=sequenced,
        published=published,
        folded=folded,
        failures=tuple(failures.values()),
    )


def _in_batches(use: Callable[[Work], int], rules: Rules) -> Flow[int]:
    """So many were done: all there were, or enough for now, or as many as others left us."""
    done = 0
    for _ in range(MANY):
        try:
            batch: int = yield from patiently(use, rules)
        except DatabaseBusy:
            raise
        except Conflict:  # other workers are at it
            break
        done += batch
        if batch < BATCH:
            break
    return done


def _resume_all(rules: Rules, limit: int, failures: dict[str, Failure]) -> Flow[int]:
    transactions = yield from _resume_each(PaymentTransaction, rules, limit, failures)
    accounts = yield from _resume_each(PayoutAccount, rules, limit, failures)
    return transactions + accounts


def _resume_each(
    kind: type[Operation], rules: Rules, limit: int, failures: dict[str, Failure]
) -> Flow[int]:
    """More and more are taken up together while the gateway answers, else one at a time.

    Each is called well within its lease; what a slow gateway leaves of a claim is given back.
    """
    done = taken = silent = 0
    claim = 1
    seen: set[str] = set()  # what may be due again at once, and is left for the next call
    while taken < limit and silent < SILENT:  # else it is down: what is left is due again soon
        claimed_at, number = rules.now(), min(claim, limit - taken)
        lease = partial(_lease, kind, rules, number, seen | failures.keys())
        leased: list[Operation] = yield from patiently(lease, rules)
        if not leased:
            break
        for operation in leased:
            if silent == SILENT or rules.now() - claimed_at > rules.lease / 2:
                with suppress(*STORE_ERRORS):  # then it comes up when its lease is over
                    yield Transact(partial(_give_back, operation, claimed_at))
                continue
            taken += 1
            try:
                performed = yield from resume(operation, rules)
                done += bool(performed.saved)
                silent = silent + 1 if isinstance(performed.news, NoAnswer) else 0
                if performed.operation.due_at is not None:
                    seen.add(operation.id)
            except Exception as error:  # noqa: BLE001  # on record, and it comes up again
                failures[operation.id] = Failure(subject=operation.id, error=error)
        claim = 1 if silent else min(2 * claim, LARGEST_CLAIM)
    return done


def _apply_webhooks(rules: Rules, limit: int, failures: dict[str, Failure]) -> Flow[int]:
    """Each is leased just before it is applied; so many came to an end."""
    seen: set[str] = set()
    done = 0
    for _ in range(limit):
        taken: list[Webhook] = yield from patiently(
            partial(lease, rules, seen | failures.keys()), rules
        )
        if not taken:
            break
        try:
            applied = yield from apply(taken[0], rules)
        except Exception as error:  # noqa: BLE001  # on record, and it comes up again
            failures[taken[0].id] = Failure(subject=taken[0].id, error=error)
            continue
        done += applied.status is not WebhookStatus.DEFERRED
        if applied.due_at is not None:
            seen.add(applied.id)
    return done


def _lease(
    kind: type[Operation], rules: Rules, number: int, skip: Collection[str], work: Work
) -> list[Operation]:
    now = rules.now()

    def until(operation: Operation) -> datetime:
        if is_waiting(operation):
            return rules.lookup_at(operation.created_at, now)
        return now + (rules.retry_cap if is_past_window(operation, rules) else rules.lease)

    leased: list[Any] = work.lease(kind, until, now=now, limit=number, skip=skip)
    return leased


def _give_back(operation: Operation, claimed_at: datetime, work: Work) -> None:
    """As it was before it was taken up: it was never sent in this claim."""
    sent_at = None if operation.sent_at == claimed_at else operation.sent_at
    work.put(changed(operation, due_at=claimed_at, sent_at=sent_at))


def _fire(rules: Rules, limit: int, failures: dict[str, Failure]) -> Flow[int]:
    """So many were fired; those that fail are postponed, and stand in nobody's way."""
    while True:
        due: list[Timer] = yield Read(lambda records: records.due(rules.now(), limit=limit))
        due = [timer for timer in due if timer.subject not in failures]
        done = 0
        for timer in due:
            done += yield from _fire_one(timer, rules, failures)
        if done or not due:
            return done


def _fire_one(timer: Timer, rules: Rules, failures: dict[str, Failure]) -> Flow[bool]:
    try:
        yield from carry_out(_command_of(timer), None, rules, timer)
    except Exception as error:  # noqa: BLE001  # on record, and it comes up again
        failures[timer.subject] = Failure(subject=timer.subject, error=error)
        later = PostponeTimer(by=Actor.SYSTEM, kind=timer.kind, subject=timer.subject)
        with suppress(Exception):  # then it comes up with the next call
            yield from carry_out(later, None, rules, timer)
        return False
    return True


def _command_of(timer: Timer) -> Command[Any]:
    match timer.kind:
        case TimerKind.OFFER_EXPIRY:
            return ExpireOffer(by=Actor.SYSTEM, offer=OfferId(timer.subject))
        case TimerKind.AUTHORIZATION_EXPIRY:
            return ExpireAuthorization(by=Actor.SYSTEM, payment=PaymentId(timer.subject))
        case TimerKind.TRANSFER_SWEEP:
            return SweepTransfers(by=Actor.SYSTEM, contractor=timer.subject)
        case TimerKind.TRANSFER_RETRY:
            return RetryTransfer(by=Actor.SYSTEM, payment=PaymentId(timer.subject))
        case TimerKind.AUTHORIZATION_WARNING:
            return WarnOfExpiry(by=Actor.SYSTEM, payment=PaymentId(timer.subject))
        case TimerKind.WITHDRAWAL:
            return ContinueWithdrawal(by=Actor.SYSTEM, withdrawal=WithdrawalId(timer.subject))
        case TimerKind.UPGRADE_END:
            return ExpireUpgrade(by=Actor.SYSTEM, upgrade=UpgradeId(timer.subject))
        case TimerKind.PAYOUT_SCHEDULE:
            return MakeScheduledWithdrawal(by=Actor.SYSTEM, wallet=WalletId(timer.subject))
        case never:
            assert_never(never)


def _publish(rules: Rules, failures: dict[str, Failure]) -> Flow[int | None]:
    """So many events were published; None: there is nothing more to publish here and now."""
    now = rules.now()
    until = now + rules.lease
    start: int | None = yield from patiently(partial(_take, now, until), rules)
    if start is None:
        return None  # another worker is at it, and two would mix the order
    items: list[FeedItem] = yield Read(lambda records: records.feed(start, limit=BATCH))
    reached, events = start, 0
    try:
        published = list(_published(items))
        if published:
            yield Publish(published)
        reached, events = items[-1].position if items else start, len(published)
    except Exception as error:  # noqa: BLE001  # the publisher is the host's: anything
        failures[PUBLISHER] = Failure(subject=PUBLISHER, error=error)
    yield from patiently(lambda work: work.move_cursor(PUBLISHER, reached, until), rules)
    return events if items else None


def _take(now: datetime, until: datetime, work: Work) -> int | None:
    return work.take_cursor(PUBLISHER, now=now, until=until)


def _published(items: list[FeedItem]) -> Iterator[PublishedEvent]:
    for item in items:
        for number, event in enumerate(codec.decode_events(item.record.events)):
            yield PublishedEvent(
                position=item.position,
                number=number,
                actor=item.record.actor,
                role=item.record.role,
                event=event,
            )
