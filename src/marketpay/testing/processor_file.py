"""The SQLite file of a simulated processor: its tables, how it is opened, values as text."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime
from typing import Any, Final

from cattrs.preconf.json import make_converter

from marketpay.domain.errors import ConfigurationError
from marketpay.testing.processor_values import (
    Account,
    Charge,
    Checkout,
    Customer,
    Dispute,
    FraudWarning,
    Funds,
    Method,
    Payment,
    Payout,
    Refund,
    Refusal,
    Reversal,
    ServerFault,
    Settlement,
    Transfer,
)

PATIENCE: Final = 60  # seconds to wait for another process
VERSION: Final = 2
KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        Account, Charge, Checkout, Customer, Dispute, FraudWarning, Funds, Method, Payment, Payout,
        Refund, Refusal, Reversal, ServerFault, Settlement, Transfer,
    )
}  # fmt: skip
TABLES: Final = """
CREATE TABLE record (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, open INTEGER NOT NULL, due TEXT, body TEXT NOT NULL
);
CREATE INDEX record_kind ON record (kind, position);
CREATE INDEX open_record ON record (kind) WHERE open;
CREATE INDEX due_record ON record (due) WHERE due IS NOT NULL;
CREATE TABLE name (name TEXT, position INTEGER, PRIMARY KEY (name, position)) WITHOUT ROWID;
CREATE TABLE balance (
    account TEXT, currency TEXT, amount INTEGER NOT NULL, PRIMARY KEY (account, currency)
) WITHOUT ROWID;
CREATE TABLE movement (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL, created TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX movement_account ON movement (account, position);
CREATE TABLE event (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    created TEXT NOT NULL, account TEXT, kind TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE answer (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (operation TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
"""

_converter = make_converter()


def connect(path: str) -> sqlite3.Connection:
    """Open the file, or refuse it if it is something else (`ConfigurationError`)."""
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    deadline = time.monotonic() + PATIENCE
    while True:  # SQLite does not wait by itself for others that open the same file
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        except sqlite3.DatabaseError as error:
            raise _not_ours(path) from error
        else:
            break
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def set_up(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables, if they are not there yet; inside a transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    if version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise _not_ours(path)
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def written(value: object) -> str:
    """A record, a transaction or an answer as text."""
    return json.dumps(_converter.unstructure(value))


def read(body: str, kind: type[Any]) -> Any:
    """The value of that kind that was written as `body`."""
    return _converter.structure(json.loads(body), kind)


def sortable(time: datetime | None) -> str | None:
    """A time as text that sorts as times do."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def _not_ours(path: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not the file of a simulated processor of this version; "
        "name another, or delete it."
    )
