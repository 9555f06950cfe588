"""What goes in and out of the server, before and after HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

Json = dict[str, Any]


@frozen(kw_only=True)
class Request:
    """An HTTP request, read whole.  Header names are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""

    @property
    def is_v2(self) -> bool:
        """Whether it speaks JSON and follows the rules of the second API."""
        return self.path.startswith("/v2/")

    @property
    def key(self) -> str | None:
        """The idempotency key of a request that changes something."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def account(self) -> str | None:
        """The connected account that the request is made for."""
        return self.headers.get("stripe-account") or self.headers.get("stripe-context")


@frozen(kw_only=True)
class Response:
    """An HTTP response."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class HangUp:
    """No response: the connection ends."""


def as_json(value: Json, status: int = 200, **headers: str) -> Response:
    """`value` as a response; `Request_Id="x"` is the header `Request-Id: x`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status=status, body=body, headers=named)
