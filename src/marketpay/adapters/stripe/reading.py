"""Small readings of Stripe's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marketpay.domain.errors import GatewayError


def id_of(value: Any) -> str | None:
    """The id of what may be an id, the object itself, or nothing."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def time_of(value: int | str) -> datetime:
    """The time, from the seconds of v1 or the text of v2."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(value, UTC)


def unknown_word(kind: str, word: Any) -> GatewayError:
    """A status that Stripe may have added since."""
    return GatewayError(f"Stripe says that a {kind} is {word!r}, which is not known here")
