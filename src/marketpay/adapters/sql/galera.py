"""What is different where MariaDB is a Galera cluster: a lock holds on one node only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

TURN: Final = "marketpay_turn"
PATIENCE: Final = 60.0  # seconds
POLL: Final = 0.1
EXISTS: Final = 1050


def is_node(connection: Connection) -> bool:
    """Whether this server is a node of a cluster."""
    rows = connection.execute(text("SHOW VARIABLES LIKE 'wsrep_on'"))
    return [value for _, value in rows] == ["ON"]


@contextmanager
def turn(connection: Connection) -> Iterator[None]:
    """Have the whole cluster's database to oneself for making tables.

    All nodes make and drop tables in one order: of those who make a table of one name at once,
    one succeeds.  Who finds it still there after a minute takes the turn of somebody who died.
    """
    deadline = time.monotonic() + PATIENCE
    while not _is_taken_by_us(connection) and time.monotonic() < deadline:
        time.sleep(POLL)
    try:
        yield
    finally:
        connection.execute(text(f"DROP TABLE IF EXISTS {TURN}"))


def _is_taken_by_us(connection: Connection) -> bool:
    if connection.execute(text(f"SHOW TABLES LIKE '{TURN}'")).first():
        return False  # to try in vain would cost the whole cluster something
    try:
        connection.execute(text(f"CREATE TABLE {TURN} (id int PRIMARY KEY)"))
    except DBAPIError as error:
        if error.orig is not None and error.orig.args[:1] == (EXISTS,):
            return False
        raise
    return True
