"""Webhooks: events that are told of their own accord, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from http.client import HTTPException
from random import Random
from threading import Condition, Thread
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from attrs import frozen

from marketpay.domain.errors import InvalidInput
from marketpay.testing.stripe_server.messages import Json

log: Final = logging.getLogger("marketpay.testing.stripe_server")

_PATIENCE: Final = 10.0  # seconds of real time that a receiver has for its answer
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0


@frozen
class Webhook:
    """What is posted: the raw body and the headers that prove where it comes from."""

    payload: bytes
    headers: Mapping[str, str]


class Channel(StrEnum):
    """What a webhook is about; each has endpoints and a secret of its own."""

    PLATFORM = "platform"
    CONNECTED = "connected"
    """What happened on a connected account, whose id comes with it."""
    THIN = "thin"
    """What the second API tells, without any object."""


@frozen(kw_only=True)
class Endpoint:
    """Where the webhooks of a channel go."""

    url: str
    secret: str
    channel: Channel
    random: Random | None  # some come twice and not in their order, if there is one


def channel_of(event: Json) -> Channel:
    """The channel that an event belongs to."""
    if event["object"] == "v2.core.event":
        return Channel.THIN
    return Channel.CONNECTED if "account" in event else Channel.PLATFORM


def signed(event: Json, key: str, at: datetime) -> Webhook:
    """The event as a webhook, signed with `key`."""
    payload = json.dumps(event, indent=2).encode()
    time = int(at.timestamp())
    digest = hmac.new(key.encode(), f"{time}.".encode() + payload, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={time},v1={digest}",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    return Webhook(payload, headers)


def disturbed(events: Iterable[Json], random: Random) -> list[Json]:
    """The same events, a third of them twice, in any order."""
    doubled = [event for event in events for _ in range(2 if random.random() < 1 / 3 else 1)]
    random.shuffle(doubled)
    return doubled


class Delivery:
    """Posts webhooks from a thread of its own, again and again until they are taken."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Sign by the clock `now`."""
        self._now = now
        self._endpoints: list[Endpoint] = []
        self._queue: deque[tuple[Endpoint, Json]] = deque()
        self._busy = False
        self._closed = False
        self._changed = Condition()
        self._thread: Thread | None = None
        self._open = build_opener(ProxyHandler({})).open

    def add(self, endpoint: Endpoint) -> int:
        """Post to `endpoint` what happens from now on.  How many endpoints there are."""
        if urlsplit(endpoint.url).scheme not in ("http", "https"):
            raise InvalidInput("must be an address of HTTP.", "url")
        with self._changed:
            self._endpoints.append(endpoint)
            if self._thread is None:
                self._thread = Thread(target=self._work, daemon=True)
                self._thread.start()
            return len(self._endpoints)

    def send(self, events: list[Json]) -> None:
        """Queue the events for whom they concern."""
        with self._changed:
            for endpoint in self._endpoints:
                mine = [event for event in events if channel_of(event) is endpoint.channel]
                if endpoint.random is not None:
                    mine = disturbed(mine, endpoint.random)
                self._queue.extend((endpoint, event) for event in mine)
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Until everything is delivered, at most `timeout` seconds; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout)

    def close(self) -> None:
        """Deliver nothing more."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                self._busy = True
                endpoint, event = self._queue.popleft()
            self._deliver(endpoint, event)

    def _deliver(self, endpoint: Endpoint, event: Json) -> None:
        pause = _FIRST_PAUSE
        while not self._post(endpoint, event):
            with self._changed:
                if self._changed.wait_for(lambda: self._closed, pause):
                    return
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _post(self, endpoint: Endpoint, event: Json) -> bool:
        webhook = signed(event, endpoint.secret, self._now())
        request = Request(  # noqa: S310 - `webhooks_to` has seen to it that it is HTTP
            endpoint.url, data=webhook.payload, headers=dict(webhook.headers), method="POST"
        )
        try:
            with self._open(request, timeout=_PATIENCE) as answer:
                return 200 <= int(answer.status) < 300
        except HTTPError as refused:
            log.info("%s did not take %s: %s", endpoint.url, event["type"], refused)
            refused.close()  # it is an answer, too
        except (OSError, HTTPException) as error:
            log.info("%s cannot be reached: %s", endpoint.url, error)
        return False
