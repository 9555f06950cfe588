"""Webhooks of the simulated gateway: its events, signed, and read again."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final

from attrs import frozen

from marketpay.domain.errors import InvalidInput, WebhookRejected
from marketpay.ports.gateway import GatewayEvent, Topic
from marketpay.testing import processor_values as sim

GATEWAY: Final = "simulated"
HEADER: Final = "Simulated-Signature"
SECRET: Final = "whsec_simulated"  # noqa: S105  # it guards nothing
TOLERANCE: Final = 300  # seconds, both ways
TOPICS: Final = (  # by what the type begins with; the first that fits
    ("payment_intent.", Topic.PAYMENT),
    ("charge.dispute.", Topic.CHARGEBACK),
    ("charge.", Topic.PAYMENT),
    ("refund.", Topic.REFUND),
    ("transfer.", Topic.TRANSFER),
    ("payout.", Topic.PAYOUT),
    ("account.", Topic.ACCOUNT),
    ("capability.", Topic.ACCOUNT),
    ("checkout.session.", Topic.CHECKOUT),
    ("radar.", Topic.WARNING),
    ("review.", Topic.WARNING),
    ("balance.available", Topic.BALANCE),
)


@frozen(kw_only=True)
class Webhook:
    """What the gateway sends: give both to `read_webhook`."""

    payload: bytes
    headers: dict[str, str]


def signed(event: sim.Event, *, secret: str, now: datetime) -> Webhook:
    """The webhook that tells of `event`, sent `now`."""
    payload = json.dumps(_body(event)).encode()
    return sealed(payload, secret=secret, now=now)


def sealed(payload: bytes, *, secret: str, now: datetime) -> Webhook:
    """Any payload, with the signature that makes it the gateway's."""
    time = str(int(now.timestamp()))
    return Webhook(payload=payload, headers={HEADER: f"t={time},v1={_mac(payload, time, secret)}"})


def read(payload: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> GatewayEvent:
    """The event that a webhook tells of, or `WebhookRejected` whatever else it is."""
    header = next((value for name, value in headers.items() if _is_ours(name)), None)
    if header is None:
        raise WebhookRejected(f"it has no header {HEADER}")
    time, macs = _parsed(header)
    ours = _mac(payload, time, secret).encode()
    if not any(hmac.compare_digest(ours, mac.encode(errors="replace")) for mac in macs):
        raise WebhookRejected("its signature is wrong")
    if abs(int(now.timestamp()) - int(time)) > TOLERANCE:
        raise WebhookRejected("its time is too far from ours")
    try:
        return _event(json.loads(payload))
    except (ValueError, TypeError, KeyError, RecursionError, InvalidInput) as error:
        raise WebhookRejected("its payload is no event") from error


def unordered(
    webhooks: Sequence[Webhook], random: Random, *, doubled: float = 0.2
) -> list[Webhook]:
    """The same webhooks as a network may bring them: shuffled, and some of them twice."""
    again = [webhook for webhook in webhooks if random.random() < doubled]
    mixed = [*webhooks, *again]
    random.shuffle(mixed)
    return mixed


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and name.lower() == HEADER.lower()


def _parsed(header: str) -> tuple[str, list[str]]:
    """The time, a whole number, and the signatures."""
    pairs = [part.partition("=") for part in str(header).split(",")]
    times = [value.strip() for name, _, value in pairs if name.strip() == "t"]
    macs = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise WebhookRejected(f"its header {HEADER} has no time")
    return times[0], macs


def _mac(payload: bytes, time: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{time}.".encode() + payload, "sha256").hexdigest()


def _body(event: sim.Event) -> dict[str, Any]:
    record, topic = event.record, topic_of(event.type)
    payment = getattr(record, "payment", None)
    if isinstance(record, sim.Payment):
        payment = record.id
    return {
        "id": event.id,
        "type": event.type,
        "created": event.created.isoformat(),
        "account": event.account,
        "subject": _subject(record, topic),
        "reference": record.reference if isinstance(record, sim.Made) else None,
        "payment": payment,
    }


def topic_of(type: str) -> Topic:
    """What an event of this type is about."""
    return next((topic for start, topic in TOPICS if type.startswith(start)), Topic.UNKNOWN)


def _subject(record: sim.Happened, topic: Topic) -> str | None:
    if topic is Topic.BALANCE:
        return None
    return record.payment if isinstance(record, sim.Charge) else record.id


def _event(body: dict[str, Any]) -> GatewayEvent:
    texts = {name: body[name] for name in ("id", "type", "created")}
    parts = {name: body[name] for name in ("subject", "account", "reference", "payment")}
    if not all(isinstance(value, str) for value in texts.values()):
        raise TypeError("a text is missing")
    if not all(isinstance(value, str | None) for value in parts.values()):
        raise TypeError("a part is no text")
    at = datetime.fromisoformat(texts.pop("created"))
    topic = topic_of(texts["type"])
    return GatewayEvent(gateway=GATEWAY, topic=topic, at=at, **texts, **parts)
