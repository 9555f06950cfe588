"""Webhooks of Stripe: who sent one, and what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from marketpay.adapters.stripe.events import event_from
from marketpay.adapters.stripe.signature import check_signature
from marketpay.domain.errors import ConfigurationError, InvalidInput, WebhookRejected
from marketpay.ports.gateway import GatewayEvent

LARGEST: Final = 2**20  # bytes of a payload
_SECRET: Final = re.compile(r"[!-~]+")


def _secrets(given: str | Iterable[str]) -> tuple[str, ...]:
    secrets: tuple[Any, ...] = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(one, str) and _SECRET.fullmatch(one) for one in secrets):
        raise ConfigurationError("A webhook secret is the text that Stripe shows (whsec_...).")
    return secrets


@frozen(kw_only=True)
class Webhooks:
    """Reads webhooks signed with one of `secrets`.  Safe to share between threads."""

    secrets: tuple[str, ...] = field(converter=_secrets, repr=False)
    is_live: bool | None  # whether they must be of live mode; None: that is not known
    now: Callable[[], datetime] = field(repr=False)

    def read(self, payload: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """The event.  `WebhookRejected` is all that it raises, whatever it is given."""
        if not isinstance(payload, bytes):
            raise WebhookRejected("the payload must be the bytes that were received")
        if len(payload) > LARGEST:
            raise WebhookRejected("its payload is too large")
        if not self.secrets:
            raise WebhookRejected("this gateway was given no webhook secret")
        check_signature(payload, headers, self.secrets, self.now().timestamp())
        body = _parsed(payload)
        if self.is_live is not None and body.get("livemode") is not self.is_live:
            mode = "live" if self.is_live else "test"
            raise WebhookRejected(f"it is not of {mode} mode, as the API key is")
        try:
            return event_from(body)
        except (InvalidInput, ValueError, OverflowError, OSError):  # a year that is none
            raise WebhookRejected("its time is malformed") from None


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        body = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        raise WebhookRejected("its payload is no JSON") from None
    if not isinstance(body, dict):
        raise WebhookRejected("its payload is no object")
    return body
