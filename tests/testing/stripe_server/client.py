"""A plain HTTP client; whatever it is answered must be as Stripe describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote_plus, urlsplit

from attrs import field, frozen

from tests.testing.stripe_server import spec

Json = dict[str, Any]


@frozen
class Answer:
    """A response, with its body read."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> Json:
        """What an error says."""
        assert self.status >= 400, self.body
        return dict(self.body["error"])


@frozen
class Client:
    """Speaks to the server over one connection that it keeps."""

    connection: HTTPConnection
    headers: Mapping[str, str]
    seen: set[tuple[str, str]] = field(factory=set)  # the endpoints that were called

    @classmethod
    def at(cls, url: str, key: str) -> Client:
        """A client with a secret key."""
        place = urlsplit(url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
        return cls(connection, {"Authorization": f"Bearer {key}"})

    def get(self, path: str, params: Any = None, **headers: str) -> Json:
        """What is there."""
        return self.good("GET", path, params, **headers)

    def post(self, path: str, params: Any = None, **headers: str) -> Json:
        """What came of it."""
        return self.good("POST", path, params, **headers)

    def good(self, method: str, path: str, params: Any = None, **headers: str) -> Json:
        """The body of an answer that is no error."""
        answer = self.ask(method, path, params, **headers)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def ask(self, method: str, path: str, params: Any = None, **headers: str) -> Answer:
        """Whatever the answer is; it is checked against the description."""
        answer = self.send(method, path, params, **headers)
        if answer.status >= 400:
            check = spec.validator(spec.ERROR)
        else:
            pattern = spec.pattern_of(path)
            self.seen.add((method, pattern))
            check = spec.answer_validator(method, pattern)
        faults = spec.faults_of(check, answer.body)
        assert not faults, (method, path, faults[:5])
        return answer

    def click(self, url: str, choice: str, **fields: str) -> Answer:
        """Post the form of a button on a page."""
        path = "/_pages/" + url.partition("/_pages/")[2]
        return self.send("POST", path, {"choice": choice, **fields})

    def send(self, method: str, path: str, params: Any = None, **headers: str) -> Answer:
        """Whatever the answer is."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        body = None
        if method == "GET":
            path += f"?{form(params)}" if params else ""
        elif path.startswith("/v2/"):
            body = json.dumps(params or {}).encode()
        else:
            body = form(params or {}).encode()
        self.connection.request(method, path, body, {**self.headers, **given})
        response = self.connection.getresponse()
        read = response.read()
        is_json = response.headers["Content-Type"] == "application/json"
        return Answer(response.status, json.loads(read) if is_json else read.decode(),
                      dict(response.headers))  # fmt: skip


def form(params: Any, within: str = "") -> str:
    """Nested parameters in Stripe's own notation: `a[b][]=c`."""
    if isinstance(params, str):
        return params
    pairs = params.items() if isinstance(params, dict) else (("", each) for each in params)
    parts = []
    for name, value in pairs:
        full = f"{within}[{name}]" if within else name
        if isinstance(value, dict | list):
            parts.append(form(value, full))
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f"{quote_plus(full)}={quote_plus(text)}")
    return "&".join(parts)
