"""HTTP/1.1 with kept-alive connections: what is read becomes a `Request`, and is answered."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import Any, Final, cast

from marketpay.testing.stripe_server.messages import HangUp, Request, Response

Answer = Callable[[Request], Response | HangUp]

_LONGEST_LINE: Final = 65_536
_MOST_HEADERS: Final = 100
_LARGEST_BODY: Final = 10_000_000
_PATIENCE: Final = 1.0  # seconds between two packets of what nobody wants


class _Unreadable(Exception):
    """What came is no request that this server reads."""


class Connection(StreamRequestHandler):
    """One connection: requests and their answers, one after the other."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client has enough, or is hung up on."""
        try:
            while (request := self._read()) is not None:
                answer = cast("HttpServer", self.server).answer(request)
                if isinstance(answer, HangUp):
                    return
                self._write(answer)
                if request.headers.get("connection", "").lower() == "close":
                    return
        except _Unreadable as error:
            self._write(Response(status=400, body=str(error).encode(), content_type="text/plain"))
            self._let_finish()
        except ConnectionError:
            return  # the client has gone

    def _let_finish(self) -> None:
        """Take what else comes: who is cut off while sending may never read the answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_PATIENCE)
        with suppress(OSError):
            while self.connection.recv(_LONGEST_LINE):
                pass

    def _read(self) -> Request | None:
        first = self._line()
        if not first:
            return None
        words = first.split(" ")
        if len(words) != 3 or not words[1].startswith("/"):
            raise _Unreadable("The request line cannot be read.")
        path, _, query = words[1].partition("?")
        headers = self._headers()
        if "transfer-encoding" in headers:
            raise _Unreadable("The body must come with its Content-Length.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            raise _Unreadable("The Content-Length cannot be read.")
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return None
        return Request(method=words[0], path=path, query=query, headers=headers, body=body)

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self._line():
            name, colon, value = line.partition(":")
            if not colon or len(headers) >= _MOST_HEADERS:
                raise _Unreadable("The headers cannot be read.")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _line(self) -> str:
        line = self.rfile.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            raise _Unreadable("A line is too long.")
        return line.decode("latin-1").rstrip("\r\n")

    def _write(self, response: Response) -> None:
        headers = {
            "Content-Type": response.content_type,
            "Content-Length": str(len(response.body)),
            **response.headers,
        }
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode("latin-1", "replace")
        self.wfile.write(head + b"\r\n\r\n" + response.body)  # one packet, where it fits


class HttpServer(ThreadingTCPServer):
    """Listens on this machine alone, with a thread for each connection."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer) -> None:
        """Listen on `port`, a free one if it is 0; `start` begins to answer."""
        super().__init__(("127.0.0.1", port), Connection)
        self.answer = answer
        self._connections: dict[socket.socket, Thread] = {}
        self._lock = Lock()
        self._thread = Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody; when this returns, no thread and no socket is left."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was closed meanwhile
        for thread in connections.values():
            thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a new connection its thread."""
        connection = cast("socket.socket", request)
        thread = Thread(target=self._serve, args=(connection, client_address), daemon=True)
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(connection, client_address)
        finally:
            with self._lock:
                self._connections.pop(connection, None)
