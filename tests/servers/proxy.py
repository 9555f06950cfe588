"""A line to a database server that fails when it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from enum import StrEnum
from typing import Self

from attrs import define, field, frozen

from tests.servers.ports import HOST, free_port

CHUNK = 1 << 20
# What drivers send to commit.  PyMySQL also says AUTOCOMMIT, when it connects.
COMMIT = {"postgresql": b"COMMIT", "mariadb": b"\x03COMMIT"}


class Lost(StrEnum):
    """What a cut takes with it."""

    REQUEST = "request"
    ANSWER = "answer"


@frozen
class Trap:
    """Waits for a client to send certain bytes, and cuts that client's connection, once."""

    token: bytes
    lost: Lost
    sprung: threading.Event = field(factory=threading.Event)


@define(eq=False)
class Proxy:
    """Passes bytes on between clients and the server at the port `target`.

    Clients connect to `port`.  `delay` in seconds is added each way, to whatever arrives at once.
    """

    target: int
    delay: float = 0.0
    _listener: socket.socket = field(init=False)
    _lines: set[Line] = field(factory=set, init=False)
    _trap: Trap | None = field(default=None, init=False)
    _flows: threading.Event = field(factory=threading.Event, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._flows.set()
        self._listener = socket.create_server((HOST, free_port()), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        with self._lock:
            return len(self._lines)

    def cut(self) -> None:
        """Cut all connections; whoever connects again is served."""
        with self._lock:
            lines = tuple(self._lines)
        for line in lines:
            line.cut()

    def cut_before(self, token: bytes) -> Trap:
        """Cut whoever next sends `token`; the server never gets it."""
        return self._arm(Trap(token, Lost.REQUEST))

    def cut_after(self, token: bytes) -> Trap:
        """Cut whoever next sends `token`, when the server has done all that it was sent.

        What has the token is taken to arrive in one piece, as drivers send a request.
        """
        return self._arm(Trap(token, Lost.ANSWER))

    def stall(self) -> None:
        """Pass nothing on, either way, until `flow`; connections stay open."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what was held up, and all that comes."""
        self._flows.set()

    def close(self) -> None:
        """Cut all connections and take no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.flow()
        self.cut()

    def _arm(self, trap: Trap) -> Trap:
        with self._lock:
            self._trap = trap
        return trap

    def trapped(self, before: bytes, data: bytes) -> Trap | None:
        """The trap that `data` springs, with what came just `before`; it springs once."""
        with self._lock:
            trap = self._trap
            if trap is None or trap.token not in before[1 - len(trap.token) :] + data:
                return None
            self._trap = None
            return trap

    def passes(self) -> None:
        """Return when something that has arrived may go on."""
        if self.delay:
            time.sleep(self.delay)
        self._flows.wait()

    def left(self, line: Line) -> None:
        """A line has ended."""
        with self._lock:
            self._lines.discard(line)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection((HOST, self.target))
                except OSError:
                    client.close()
                    continue
                line = Line(self, client, server)
                with self._lock:
                    self._lines.add(line)
                threading.Thread(target=line.run, daemon=True).start()


@define(eq=False)
class Line:
    """One client's connection, and the one to the server that it stands for."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    _springing: Trap | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    def run(self) -> None:
        """Pass bytes on, both ways, until either side ends."""
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asking = threading.Thread(target=self._ask, daemon=True)
        asking.start()
        self._answer()
        asking.join()
        self.client.close()
        self.server.close()
        self.proxy.left(self)

    def cut(self) -> None:
        """End it, for both sides."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> None:
        before = b""
        with contextlib.suppress(OSError):
            while data := self.client.recv(CHUNK):
                self.proxy.passes()
                trap = self.proxy.trapped(before, data)
                before = data
                if trap is None:
                    self.server.sendall(data)
                elif trap.lost is Lost.REQUEST:
                    trap.sprung.set()
                    break
                else:
                    with self._lock:  # an answer that is seen now is not yet the one to lose
                        self._springing = trap
                        self.server.sendall(data)
        if self._springing is None:  # else the server is still at work
            self.cut()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.server.recv(CHUNK):
                self.proxy.passes()
                with self._lock:
                    trap = self._springing
                if trap is not None:
                    self._lose_answer(trap)
                    break
                self.client.sendall(data)
        self.cut()

    def _lose_answer(self, trap: Trap) -> None:
        """Tell the server that nothing more comes: it does what it has, then hangs up."""
        self.server.shutdown(socket.SHUT_WR)
        while self.server.recv(CHUNK):
            pass
        trap.sprung.set()
