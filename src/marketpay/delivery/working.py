"""What `work()` does: everything that is due, and whatever a crash left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from attrs import frozen

from marketpay.delivery import codec
from marketpay.delivery.claiming import LARGEST_CLAIM, Claim, claim, give_back
from marketpay.delivery.commit import patiently
from marketpay.delivery.firing import fire
from marketpay.delivery.flows import is_past_window, is_waiting, resume
from marketpay.delivery.steps import Flow, Publish, Read
from marketpay.delivery.webhooks import apply
from marketpay.domain.decision import Operation
from marketpay.domain.errors import Conflict, DatabaseBusy
from marketpay.domain.lifecycles import WebhookStatus
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.webhook import Webhook
from marketpay.ports.gateway import NoAnswer
from marketpay.ports.journal import FeedItem
from marketpay.ports.publisher import PublishedEvent
from marketpay.ports.store import Work

BATCH = 500  # journal rows at once
MANY = 20  # batches in one call
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
    failures: dict[str, Exception] = {}
    webhooks = timers = operations = published = 0
    while timers < limit and operations < limit and webhooks < limit:
        heard = yield from _apply_webhooks(rules, limit - webhooks, failures)
        fired = yield from fire(rules, limit - timers, failures)
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
        failures=tuple(Failure(subject=one, error=why) for one, why in failures.items()),
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


def _resume_all(rules: Rules, limit: int, failures: dict[str, Exception]) -> Flow[int]:
    transactions = yield from _resume_each(PaymentTransaction, rules, limit, failures)
    accounts = yield from _resume_each(PayoutAccount, rules, limit, failures)
    return transactions + accounts


def _resume_each(
    kind: type[Any], rules: Rules, limit: int, failures: dict[str, Exception]
) -> Flow[int]:
    """More and more are taken up together while the gateway answers, else one at a time.

    Each is called well within its lease; what a slow gateway leaves of a claim is given back.
    """
    done = taken = silent = 0
    number = 1
    seen: set[str] = set()  # what may be due again at once, and is left for the next call
    until = partial(_until, rules)
    while taken < limit and silent < SILENT:  # else it is down: what is left is due again soon
        skip, most = seen | failures.keys(), min(number, limit - taken)
        mine: Claim[Any] = yield from claim(kind, until, rules, limit=most, skip=skip)
        if not mine.claimed:
            break
        for place, one in enumerate(mine.claimed):
            if place and (silent == SILENT or mine.is_old(rules)):  # the first goes ahead always
                yield from give_back(mine.claimed[place:], rules)
                break
            taken += 1
            try:
                performed = yield from resume(one.entity, rules)
                done += bool(performed.saved)
                silent = silent + 1 if isinstance(performed.news, NoAnswer) else 0
                if performed.operation.due_at is not None:
                    seen.add(one.entity.id)
            except Exception as error:  # noqa: BLE001  # on record, and it comes up again
                failures[one.entity.id] = error
        is_slow = silent or mine.is_old(rules)
        number = 1 if is_slow else min(2 * number, LARGEST_CLAIM)
    return done


def _until(rules: Rules, operation: Operation, now: datetime) -> datetime:
    """How long a worker has an operation."""
    if is_waiting(operation):
        return rules.lookup_at(operation.created_at, now)
    return now + (rules.retry_cap if is_past_window(operation, rules) else rules.lease)


def _apply_webhooks(rules: Rules, limit: int, failures: dict[str, Exception]) -> Flow[int]:
    """So many came to an end.  More and more are taken up together while all goes well."""
    done = taken = 0
    number = 1
    seen: set[str] = set()
    while taken < limit:
        skip, most = seen | failures.keys(), min(number, limit - taken)
        mine: Claim[Webhook] = yield from claim(
            Webhook, lambda _, now: now + rules.lease, rules, limit=most, skip=skip
        )
        if not mine.claimed:
            break
        is_well = True
        for place, one in enumerate(mine.claimed):
            if place and mine.is_old(rules):  # the first goes ahead always
                yield from give_back(mine.claimed[place:], rules)
                break
            taken += 1
            try:
                applied = yield from apply(one.entity, rules)
            except Exception as error:  # noqa: BLE001  # on record, and it comes up again
                failures[one.entity.id] = error
                is_well = False
                continue
            if applied.status is WebhookStatus.DEFERRED:
                is_well = False
            else:
                done += 1
            if applied.due_at is not None:
                seen.add(applied.id)
        number = min(2 * number, LARGEST_CLAIM) if is_well and not mine.is_old(rules) else 1
    return done


def _publish(rules: Rules, failures: dict[str, Exception]) -> Flow[int | None]:
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
        failures[PUBLISHER] = error
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
