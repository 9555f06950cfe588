"""A server that says what it is told to say, in order, and keeps what it was asked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from attrs import field, frozen

HANG_UP, HANG = 0, -1  # statuses that are no HTTP: the connection ends, or nothing comes


@frozen
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]  # by names in lower case
    body: bytes


@frozen
class Said:
    """An answer to give."""

    status: int
    body: Any = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)


class Wire:
    """Answers one request after the other; the last answer is given again."""

    def __init__(self, *answers: Said) -> None:
        self.answers = deque(answers)
        self.asked: list[Asked] = []
        self.over = Event()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                told = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                wire.asked.append(Asked(self.command, self.path, told, body))
                answers = wire.answers
                self._say(answers.popleft() if len(answers) > 1 else answers[0])

            do_GET = do_POST  # noqa: N815 - so it is called

            def _say(self, said: Said) -> None:
                if said.status == HANG:
                    wire.over.wait(10)
                if said.status in (HANG, HANG_UP):
                    self.close_connection = True
                    return
                body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
