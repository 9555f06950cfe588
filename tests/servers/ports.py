"""Free ports on the loopback."""

from __future__ import annotations

import secrets
import socket

HOST = "127.0.0.1"
# Below what systems hand out to outgoing connections: a port from there may be taken by any client
# while a killed server is down, and a client that knocks at it may even reach itself.
LOWEST, HIGHEST = 15_000, 32_000


def free_port() -> int:
    """A port that nobody listens at; drawn at random, so that two who ask at once differ."""
    while True:
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
