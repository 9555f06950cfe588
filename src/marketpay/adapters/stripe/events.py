"""From what Stripe's webhooks carry to the events of the gateway's port.  Pure.

Only ids are taken from a payload: how things stand is asked of Stripe again.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.metadata import reference_of
from marketpay.adapters.stripe.reading import id_of, time_of
from marketpay.domain.errors import WebhookRejected
from marketpay.ports.gateway import GatewayEvent, Topic

NAME: Final = "stripe"

# By how a type starts; the first that fits.  A charge is told of as the payment it belongs to.
TOPICS: Final = (
    ("payment_intent.", Topic.PAYMENT),
    ("charge.dispute.", Topic.CHARGEBACK),
    ("charge.refund.", Topic.REFUND),
    ("charge.", Topic.PAYMENT),
    ("refund.", Topic.REFUND),
    ("transfer.", Topic.TRANSFER),
    ("payout.", Topic.PAYOUT),
    ("account.", Topic.ACCOUNT),
    ("capability.", Topic.ACCOUNT),
    ("checkout.session.", Topic.CHECKOUT),
    ("radar.early_fraud_warning.", Topic.WARNING),
    ("review.", Topic.WARNING),
    ("balance.available", Topic.BALANCE),
)
_V2_ACCOUNT: Final = re.compile(r"v2\.core\.account(?:[.\[]|_person\.)")
_PERSON: Final = re.compile(r"/v2/core/accounts/(acct_[A-Za-z0-9_]+)/persons/[A-Za-z0-9_]+")
_TYPE: Final = re.compile(r"[a-z0-9_.\[\]]{1,200}")
_ID: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
_ACCOUNT: Final = re.compile(r"acct_[A-Za-z0-9_]{1,250}")


def topic_of(type: str) -> Topic:
    """What events of this type are about."""
    fitting = (topic for start, topic in TOPICS if type.startswith(start))
    return next(fitting, Topic.UNKNOWN)


def event_from(body: Object) -> GatewayEvent:
    """The event, or `WebhookRejected` where it is none that Stripe would send to us."""
    match body.get("object"):
        case "event":
            return _snapshot(body)
        case "v2.core.event":
            return _thin(body)
        case _:
            raise WebhookRejected("it is no event")


def _snapshot(body: Object) -> GatewayEvent:
    """An event that carries the object as it was."""
    type = _text("type", body, _TYPE)
    data = body.get("data")
    object = data.get("object") if isinstance(data, dict) else None
    if not isinstance(object, dict):
        raise WebhookRejected("it carries no object")
    account = None if body.get("account") is None else _text("account", body, _ACCOUNT)
    topic = _reviewed(object) if type == "review.closed" else topic_of(type)
    return GatewayEvent(
        gateway=NAME,
        id=_text("id", body, _ID),
        type=type,
        topic=topic,
        subject=_subject(topic, object, account),
        account=account,
        reference=_reference(object),
        payment=_payment(object),
        at=_time(body.get("created"), int),
    )


def _thin(body: Object) -> GatewayEvent:
    """An event that only names what it is about: how Accounts v2 report."""
    type = _text("type", body, _TYPE)
    if not _V2_ACCOUNT.match(type):
        raise WebhookRejected(f"thin events of type {type} are not read; send snapshots of them")
    related = body.get("related_object")
    related = related if isinstance(related, dict) else {}
    account = related.get("id")
    if type.startswith("v2.core.account_person."):
        of = _PERSON.fullmatch(str(related.get("url")))
        account = of and of[1]
    if not (isinstance(account, str) and _ACCOUNT.fullmatch(account)):
        raise WebhookRejected("it names no account")
    return GatewayEvent(
        gateway=NAME,
        id=_text("id", body, _ID),
        type=type,
        topic=Topic.ACCOUNT,
        subject=account,
        account=account,
        at=_time(body.get("created"), str),
    )


def _subject(topic: Topic, object: Object, account: str | None) -> str | None:
    """What to look at."""
    match topic:
        case Topic.PAYMENT:
            return _payment(object) or _known(object.get("id"))
        case Topic.ACCOUNT if object.get("object") != "account":
            # A capability or a bank account names its account; an application does not.
            return _known(object.get("account")) or account
        case Topic.BALANCE:
            return account  # a balance has no id of its own
        case _:
            return _known(object.get("id"))


def _reviewed(review: Object) -> Topic:
    """Of a review that is over: only where somebody approved of the payment all is well."""
    return Topic.ALL_CLEAR if review.get("reason") == "approved" else Topic.UNKNOWN


def _payment(object: Object) -> str | None:
    found = object if object.get("object") == "payment_intent" else object.get("payment_intent")
    return _known(id_of(found))


def _reference(object: Object) -> str | None:
    metadata = object.get("metadata")
    reference = reference_of(object) if isinstance(metadata, dict) else None
    return reference if reference is not None and reference.isprintable() else None


def _known(value: Any) -> str | None:
    """`value`, if it can be an id."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _text(name: str, body: Object, form: re.Pattern[str]) -> str:
    value = body.get(name)
    if not (isinstance(value, str) and form.fullmatch(value)):
        raise WebhookRejected(f"its {name} is malformed")
    return value


def _time(created: Any, kind: type[int | str]) -> datetime:
    if type(created) is not kind:
        raise WebhookRejected("its time is malformed")
    return time_of(created)
