"""HTTP to Stripe as its SDK calls it: over httpx, and nothing said that need not be said.

The SDK writes bodies to its log.  So what only a payer may see is taken out of a body before
the SDK has it, travels beside it as a header, and is put back where the answer is read.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import stripe

from marketpay.adapters.stripe.call import Answer
from marketpay.domain.errors import GatewayUnavailable

# About this machine and earlier requests.  The SDK itself leaves them out for all clients or none.
_UNSAID: Final = frozenset({"x-stripe-client-telemetry", "x-stripe-client-user-agent"})
_HIDDEN: Final = re.compile(r'("(?:client_secret|url)"\s*:\s*)("(?:[^"\\]|\\.)*")')
_FIELDS: Final = ("client_secret", "url")
_BESIDE: Final = "marketpay-hidden"

_Response = tuple[bytes, int, dict[str, str]]


class HttpClient(stripe.HTTPClient):
    """What the SDK sends with."""

    name = "httpx"

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._client = httpx.Client(timeout=timeout)

    def request(  # type: ignore[override]  # the SDK's own clients answer with bytes, too
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> _Response:
        """Send once; the SDK repeats it."""
        try:
            response = self._client.request(method, url, headers=_said(headers), content=post_data)
        except httpx.HTTPError as error:
            raise _unanswered(error) from None
        return _hiding(response)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class AsyncHttpClient(stripe.HTTPClient):
    """The same, awaited."""

    name = "httpx"

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._client = httpx.AsyncClient(timeout=timeout)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> _Response:
        """Send once; the SDK repeats it."""
        said = _said(headers)
        try:
            response = await self._client.request(method, url, headers=said, content=post_data)
        except httpx.HTTPError as error:
            raise _unanswered(error) from None
        return _hiding(response)

    async def sleep_async(self, secs: float) -> None:
        """Wait between two tries."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def answer_of(status: int | None, text: str | None, headers: Mapping[str, str]) -> Answer:
    """The answer, with what was taken out put back; `GatewayUnavailable` for none of Stripe's."""
    if status is None:
        raise GatewayUnavailable("Stripe did not answer")
    hidden = json.loads(headers.get(_BESIDE, "[]"))

    def shown(object: dict[str, Any]) -> dict[str, Any]:
        for field in _FIELDS:
            if isinstance(object.get(field), str):
                object[field] = json.loads(hidden[int(object[field])])
        return object

    try:
        body = json.loads(text or "", object_hook=shown)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise GatewayUnavailable(f"who answered with a status {status} is not Stripe")
    return Answer(status, body)


def _hiding(response: httpx.Response) -> _Response:
    hidden: list[str] = []

    def hide(found: re.Match[str]) -> str:
        hidden.append(found[2])
        return f'{found[1]}"{len(hidden) - 1}"'

    # The SDK cannot bear what is no UTF-8, as an answer of somebody on the way may be.
    text = response.content.decode("utf-8", "replace")
    body = _HIDDEN.sub(hide, text).encode()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return body, response.status_code, headers | {_BESIDE: json.dumps(hidden)}


def _said(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name: text for name, text in (headers or {}).items() if name.lower() not in _UNSAID}


def _unanswered(error: httpx.HTTPError) -> stripe.APIConnectionError:
    """Repeating is safe: every call that acts has its key."""
    made: Callable[..., stripe.APIConnectionError] = stripe.APIConnectionError
    return made(type(error).__name__, should_retry=True)
