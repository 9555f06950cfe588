"""Webhooks: stored once, answered, then applied, and applied again until they are."""

from __future__ import annotations

import json
import re
import traceback
from functools import partial
from typing import Any

from attrs import frozen

from marketpay.commands.webhooks import BuryWebhook
from marketpay.delivery import codec
from marketpay.delivery.commit import carry_out, patiently
from marketpay.delivery.news import follow
from marketpay.delivery.steps import Flow, Read, Transact
from marketpay.domain import events as e
from marketpay.domain.actor import Actor, Role
from marketpay.domain.errors import CommitUnknown, Conflict
from marketpay.domain.event import Event
from marketpay.domain.ids import WebhookId
from marketpay.domain.lifecycles import WebhookStatus
from marketpay.domain.rules import Rules
from marketpay.domain.webhook import Webhook
from marketpay.ports.gateway_events import GatewayEvent
from marketpay.ports.store import Records, Work

EVENTS: dict[WebhookStatus, type[Event]] = {
    WebhookStatus.APPLIED: e.WebhookApplied,
    WebhookStatus.IGNORED: e.WebhookIgnored,
    WebhookStatus.DEFERRED: e.WebhookDeferred,
}
SECRET = re.compile(r"(?i)secrets?$")  # the end of a name, in any of the usual spellings


@frozen(kw_only=True)
class Received:
    """What `receive` did with a webhook: answer the sender 200, whatever the status is.

    `received`: stored, and applied by `work()`; `applied`; `ignored`: none of ours, kept;
    `deferred`: came early or failed, and comes up again; `dead`: an administrator has to look.
    """

    id: WebhookId
    status: WebhookStatus
    is_duplicate: bool = False


def receive(event: GatewayEvent, payload: bytes, rules: Rules, *, at_once: bool) -> Flow[Received]:
    """Store a verified event, unless it is here already; then apply it, if `at_once`."""
    delivery = f"{event.gateway}:{event.account or ''}:{event.id}"
    stored: Webhook | None = yield Read(partial(_stored, delivery))
    if stored is not None:
        return Received(id=stored.id, status=stored.status, is_duplicate=True)
    webhook = _webhook(event, delivery, payload, rules, at_once=at_once)
    kept: Webhook = yield from _keep(webhook, rules)
    if kept.id != webhook.id:
        return Received(id=kept.id, status=kept.status, is_duplicate=True)
    if at_once:
        kept = yield from apply(kept, rules)
    return Received(id=kept.id, status=kept.status)


def _webhook(
    event: GatewayEvent, delivery: str, payload: bytes, rules: Rules, *, at_once: bool
) -> Webhook:
    at = rules.now()
    return Webhook(
        id=WebhookId(rules.new_id("whk")),
        delivery=delivery,
        event_type=event.type,
        event=codec.encode_gateway_event(event),
        body=without_secrets(payload),
        due_at=at + rules.lease if at_once else at,
        sent_at=at if at_once else None,
        created_at=at,
    )


def _keep(webhook: Webhook, rules: Rules) -> Flow[Webhook]:
    """The webhook as it is stored: this one, or the one that another delivery was faster with."""
    for tried in range(1, rules.attempts + 1):
        try:
            kept: Webhook = yield Transact(lambda work: work.put(webhook))
        except (Conflict, CommitUnknown):
            stored: Webhook | None = yield Read(partial(_stored, webhook.delivery))
            if stored is not None:
                return stored
            if tried == rules.attempts:
                raise
        else:
            return kept
    raise AssertionError("there is at least one attempt")


def apply(webhook: Webhook, rules: Rules) -> Flow[Webhook]:
    """Apply a stored webhook and keep what came of it; no failure gets out of here."""
    failure: str | None = None
    try:
        event = codec.decode_gateway_event(webhook.event)
        outcome = yield from follow(event, rules)
    except Exception:  # noqa: BLE001  # on record, and it comes up again
        outcome, failure = WebhookStatus.DEFERRED, traceback.format_exc(limit=20)
    at = rules.now()
    first = webhook.sent_at or webhook.created_at  # a replay begins anew
    is_too_late = first + rules.webhook_window <= at
    if outcome is WebhookStatus.DEFERRED and is_too_late:
        bury = BuryWebhook(by=Actor.SYSTEM, webhook=webhook.id, failure=failure or "")
        return (yield from carry_out(bury, None, rules)).result
    attempts = webhook.attempts + 1
    again = rules.retry_at(attempts + 1, at, webhook.id)
    due_at = again if outcome is WebhookStatus.DEFERRED else None
    fields: dict[str, Any] = {"attempts": attempts, "due_at": due_at, "failure": failure}
    change = webhook.become(EVENTS[outcome], Role.SYSTEM, at, **fields)
    done: Webhook = yield from patiently(partial(_finish, webhook, change.entity), rules)
    return done


def _finish(before: Webhook, after: Webhook, work: Work) -> Webhook:
    """Keep what came of it, unless another worker has it meanwhile."""
    now = work.get(Webhook, before.id)
    return work.put(after) if now.version == before.version else now


def without_secrets(payload: bytes) -> str:
    """The body as it may be kept: a client secret is for the payer's client alone."""
    text = payload.decode("utf-8", errors="replace").replace("\x00", "")
    if "secret" not in text.lower() and "\\u" not in text:
        return text
    try:
        return codec.dumps(_blanked(json.loads(text)))
    except (ValueError, RecursionError):
        return ""  # it may have one, and cannot be read


def _blanked(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: None if SECRET.search(name.replace("-", "_")) else _blanked(one)
                for name, one in value.items()
            }
        case list():
            return [_blanked(one) for one in value]
        case str() if "secret" in value.lower() and value.lstrip()[:1] in ("{", "["):
            return without_secrets(value.encode())
        case _:
            return value


def _stored(delivery: str, records: Records) -> Webhook | None:
    return next(iter(records.find(Webhook, delivery=delivery)), None)
