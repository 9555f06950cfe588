"""Sends calls to Stripe through its SDK.

`raw_request` is the one way into the SDK that is the same for every endpoint of both of its
namespaces and gives the JSON as it came, so that an object with a field or a word that this
version of the SDK does not know is no error.  The SDK encodes, authenticates, pins the version
of the API and repeats what is not answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import stripe

from marketpay.adapters.stripe.call import Answer, Call
from marketpay.adapters.stripe.settings import Settings
from marketpay.adapters.stripe.transport import AsyncHttpClient, HttpClient, answer_of

_HOSTS: Final = ("api", "connect", "files", "meter_events")

_Received = tuple[int | None, str | None, Mapping[str, str]]


class Sender:
    """Sends a call and waits.  Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._http = HttpClient(settings.timeout)
        self._client = _client(settings, self._http)

    def send(self, call: Call, key: str) -> Answer:
        """The answer; `GatewayUnavailable` where there is none."""
        options = _options(call, key)
        try:
            response = self._client.raw_request(call.method, call.path, **call.params, **options)
            answer: _Received = (response.code, response.body, response.headers)
        except stripe.StripeError as error:
            answer = (error.http_status, error.http_body, error.headers or {})
        return answer_of(*answer)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncSender:
    """The same, awaited, in one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._http = AsyncHttpClient(settings.timeout)
        self._client = _client(settings, self._http)

    async def send(self, call: Call, key: str) -> Answer:
        """The answer; `GatewayUnavailable` where there is none."""
        options = _options(call, key)
        try:
            response = await self._client.raw_request_async(
                call.method, call.path, **call.params, **options
            )
            answer: _Received = (response.code, response.body, response.headers)
        except stripe.StripeError as error:
            answer = (error.http_status, error.http_body, error.headers or {})
        return answer_of(*answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()


def _client(settings: Settings, http: stripe.HTTPClient) -> stripe.StripeClient:
    base = settings.base_url
    hosts: Any = {} if base is None else dict.fromkeys(_HOSTS, base)
    return stripe.StripeClient(  # which speaks the version of the API that it was made for
        settings.api_key,
        base_addresses=hosts,
        max_network_retries=settings.max_network_retries,
        http_client=http,
    )


def _options(call: Call, key: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if call.method == "post" and call.once:
        options["idempotency_key"] = key + call.step
    if call.account is not None:
        options["stripe_account"] = call.account
    return options
