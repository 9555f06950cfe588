"""The floor of receiving webhooks: verify, parse, one INSERT with a commit of its own."""

import hmac
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import Any, Final

from benchmarks.floor_driver import PRAGMAS
from benchmarks.floor_rows import dumps, insert, text_of
from marketpay import Marketplace
from marketpay.domain.ids import new_id
from marketpay.testing import SimulatedGateway

TOLERANCE: Final = 300  # seconds
SECRET: Final = re.compile(r"(?i)secrets?$")  # the end of a name
TOPICS: Final = {
    "payment_intent": "payment",
    "charge": "payment",
    "transfer": "transfer",
    "account": "account",
    "capability": "account",
    "balance": "balance",
}
KEEP: Final = (
    insert(
        "webhooks",
        "id, version, delivery, event_type, event, body, status, attempts, due_at, created_at",
    )
    + " ON CONFLICT (delivery) DO NOTHING"
)


class Rejected(Exception):
    """Somebody else signed it, or long ago."""


class Inbox:
    """One connection to one file, and the secrets of two endpoints."""

    def __init__(self, connection: sqlite3.Connection, secrets: tuple[str, ...]) -> None:
        self._execute = connection.cursor().execute
        self._secrets = [secret.encode() for secret in secrets]

    def receive(self, payload: bytes, headers: Mapping[str, str]) -> bool:
        """Whether it was new."""
        self._verify(payload, headers["Stripe-Signature"])
        event, now = loads(payload), text_of(datetime.now(UTC))
        if event["livemode"]:
            raise Rejected("live mode")
        delivery = f"stripe:{event.get('account') or ''}:{event['id']}"
        text = payload.decode()
        body = dumps(withheld(event)) if "secret" in text.lower() else text
        row = (delivery, event["type"], dumps(said(event)), body, "received", 0, now, now)
        return bool(self._execute(KEEP, (new_id("whk"), 1, *row)).rowcount)

    def _verify(self, payload: bytes, header: str) -> None:
        pairs = [pair.split("=", 1) for pair in header.split(",")]
        [time] = [value for name, value in pairs if name == "t"]
        signed = time.encode() + b"." + payload
        ours = [hmac.digest(secret, signed, "sha256").hex() for secret in self._secrets]
        theirs = [value for name, value in pairs if name == "v1"]
        good = [hmac.compare_digest(one, other) for one in ours for other in theirs]
        if not any(good):
            raise Rejected("no signature fits")
        if abs(datetime.now(UTC).timestamp() - int(time)) > TOLERANCE:
            raise Rejected("signed long ago")


def withheld(value: Any) -> Any:
    """The same without the texts that are secrets."""
    if isinstance(value, dict):
        return {name: _kept(name, part) for name, part in value.items()}
    return [withheld(part) for part in value] if isinstance(value, list) else value


def _kept(name: str, part: Any) -> Any:
    return None if isinstance(part, str) and SECRET.search(name) else withheld(part)


def said(event: Any) -> dict[str, Any]:
    """What there is to look at."""
    thing, account = event["data"]["object"], event.get("account")
    topic = TOPICS[event["type"].partition(".")[0]]
    is_payment = thing["object"] == "payment_intent"
    payment = thing["id"] if is_payment else thing.get("payment_intent")
    subject = payment if topic == "payment" else thing.get("id")
    if thing["object"] == "capability":
        subject = thing["account"]
    if topic == "balance":
        subject = account
    return {
        "gateway": "stripe", "id": event["id"], "type": event["type"], "topic": topic,
        "subject": subject, "account": account,
        "reference": (thing.get("metadata") or {}).get("marketpay_reference"),
        "payment": payment, "at": datetime.fromtimestamp(event["created"], UTC).isoformat(),
    }  # fmt: skip


@contextmanager
def inbox(path: Path, secrets: tuple[str, ...]) -> Iterator[Inbox]:
    """On a fresh file at `path`, with marketpay's tables and settings."""
    Marketplace.connect(f"sqlite:///{path}", gateway=SimulatedGateway()).close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    yield Inbox(connection, secrets)
    connection.close()
