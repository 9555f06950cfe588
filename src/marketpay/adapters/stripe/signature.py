"""Whether a webhook is from Stripe: its signature, and when it was signed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final

from marketpay.domain.errors import WebhookRejected

HEADER: Final = "stripe-signature"
TOLERANCE: Final = 300  # seconds that a signature may be old, or ahead of our clock
_MOST: Final = 4096  # characters of a header, 32 signatures: Stripe sends one for each secret
_SIGNED_AT: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


def check_signature(
    payload: bytes, headers: Mapping[str, str], secrets: Iterable[str], now: float
) -> None:
    """Raise `WebhookRejected` unless somebody who knows one of `secrets` signed it just now."""
    signed_at, signatures = _parsed(_header(headers))
    signed = signed_at.encode() + b"." + payload
    wanted = [digest(secret.encode(), signed, sha256).hex() for secret in secrets]
    # All are compared with all, so that the time it takes tells nothing.
    good = [compare_digest(one, given) for one in wanted for given in signatures]
    if not any(good):
        raise WebhookRejected("no signature fits")
    if abs(now - int(signed_at)) > TOLERANCE:
        raise WebhookRejected("it was not signed just now")


def _header(headers: Mapping[str, str]) -> str:
    values = [value for name, value in _items(headers) if name.lower() == HEADER]
    if len(values) != 1:
        raise WebhookRejected(f"it has {len(values)} signature headers instead of one")
    value = values[0]
    if not isinstance(value, str) or len(value) > _MOST or not value.isascii():
        raise WebhookRejected("its signature header is malformed")
    return value


def _items(headers: object) -> Iterator[tuple[str, object]]:
    """What a framework hands on, which need not be what it promises."""
    if not isinstance(headers, Mapping):
        raise WebhookRejected("the headers must be a mapping of names to values")
    return ((name, value) for name, value in headers.items() if isinstance(name, str))


def _parsed(header: str) -> tuple[str, list[str]]:
    """When it was signed, and the signatures of the one scheme that is in use."""
    pairs = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not _SIGNED_AT.fullmatch(times[0]):
        raise WebhookRejected("its signature header is malformed")
    if not signatures or not all(map(_SIGNATURE.fullmatch, signatures)):
        raise WebhookRejected("its signature header is malformed")
    return times[0], signatures
