"""Idempotency keys: what was answered is answered again, for as long as Stripe remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from attrs import frozen

from marketpay.testing.stripe_server.errors import Problem, Refused
from marketpay.testing.stripe_server.messages import Request, Response

_LONGEST: Final = 255
_REMEMBERED: Final = timedelta(hours=24)
_REMEMBERED_V2: Final = timedelta(days=30)
_ERROR: Final = "idempotency_error"

Fingerprint = tuple[str, str, object]


@frozen(kw_only=True)
class _Entry:
    fingerprint: Fingerprint
    forgotten_at: datetime
    response: Response | None = None  # None: still being worked on


class Keys:
    """The keys in use and the answers that came with them; any number of threads may ask."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Forget keys by the clock `now`."""
        self._now = now
        self._entries: dict[tuple[str | None, str], _Entry] = {}
        self._lock = Lock()

    def take(self, request: Request, params: object) -> Response | None:
        """The stored answer; None if the key is new, and now in use.  Raises `Refused`."""
        place, now = _place(request), self._now()
        fingerprint = (request.method, request.path, params)
        with self._lock:
            entry = self._entries.get(place)
            if entry is None or entry.forgotten_at <= now:
                lasts = _REMEMBERED_V2 if request.is_v2 else _REMEMBERED
                entry = _Entry(fingerprint=fingerprint, forgotten_at=now + lasts)
                self._entries[place] = entry
                return None
        if entry.fingerprint != fingerprint:
            raise Refused(_mismatch(entry.fingerprint, request))
        if entry.response is None:
            raise Refused(_in_use(place[1]))
        return entry.response

    def keep(self, request: Request, response: Response) -> None:
        """Answer `response` whenever the key comes again."""
        place = _place(request)
        with self._lock:
            entry = self._entries[place]
            self._entries[place] = _Entry(
                fingerprint=entry.fingerprint, forgotten_at=entry.forgotten_at, response=response
            )

    def release(self, request: Request) -> None:
        """Forget the key: nothing was begun with it."""
        with self._lock:
            self._entries.pop(_place(request), None)


def _place(request: Request) -> tuple[str | None, str]:
    key = request.key or ""
    if len(key) > _LONGEST:
        message = f"Idempotency keys must be at most {_LONGEST} characters long."
        raise Refused(Problem(message=message, type=_ERROR))
    return request.account, key


def _mismatch(first: Fingerprint, request: Request) -> Problem:
    if first[:2] == (request.method, request.path):
        what = "the same parameters they were first used with"
    else:
        what = f"the same endpoint they were first used with ('{first[1]}' vs. '{request.path}')"
    hint = f"Try using a key other than '{request.key}' if you meant to execute a different request"
    message = f"Keys for idempotent requests can only be used with {what}. {hint}."
    return Problem(message=message, type=_ERROR)


def _in_use(key: str) -> Problem:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. If you keep seeing this error after some time, please contact support."
    )
    return Problem(message=message, type=_ERROR, status=409, code="idempotency_key_in_use")
