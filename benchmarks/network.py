"""A network between us and a server: what is sent arrives later, however much is on its way."""

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from select import select
from time import perf_counter
from typing import Any, Final

from attrs import define, field

HOST: Final = "127.0.0.1"
AT_ONCE: Final = 1 << 16  # bytes


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A port that leads to `port`, each way in so many seconds; in a process of its own."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(port, seconds, there), daemon=True)
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        here.close()
        process.join()


def _serve(port: int, seconds: float, parent: Connection) -> None:
    """Until the parent closes its end."""
    with socket.create_server((HOST, 0)) as listener:
        parent.send(listener.getsockname()[1])
        Network(listener, port, seconds, parent).run()


@define
class Network:
    """One thread for all connections, so that none waits for another's turn."""

    listener: socket.socket
    port: int
    seconds: float
    parent: Connection
    ends: dict[socket.socket, socket.socket] = field(factory=dict)
    # When, to where, what; as all take as long, the oldest is due first.
    under_way: deque[tuple[float, socket.socket, bytes]] = field(factory=deque)

    def run(self) -> None:
        while True:
            listening: list[Any] = [self.parent, self.listener, *self.ends]
            ready, _, _ = select(listening, [], [], self._pause())
            if self.parent in ready:
                return
            self._deliver()
            for one in ready:
                if one is self.listener:
                    self._accept()
                elif one in self.ends:
                    self._take(one)

    def _pause(self) -> float | None:
        return max(0.0, self.under_way[0][0] - perf_counter()) if self.under_way else None

    def _deliver(self) -> None:
        while self.under_way and self.under_way[0][0] <= perf_counter():
            _, end, sent = self.under_way.popleft()
            with suppress(OSError):
                end.sendall(sent)

    def _accept(self) -> None:
        client, _ = self.listener.accept()
        server = socket.create_connection((HOST, self.port))
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.ends[one] = other

    def _take(self, end: socket.socket) -> None:
        sent = b""
        with suppress(OSError):
            sent = end.recv(AT_ONCE)
        if sent:
            self.under_way.append((perf_counter() + self.seconds, self.ends[end], sent))
            return
        other = self.ends.pop(end)
        self.ends.pop(other, None)
        end.close()
        other.close()
