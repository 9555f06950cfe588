"""eventsourcing: `python -m ... sqlite FILE [alone]`, `... postgres URL [alone | statements]`.

One aggregate for each account, three events saved at once.  Aggregates are cached, so none is
ever built from all its events and no snapshot is needed.  At each use a cached one is brought up
to date from the database; with `alone` it is not, which is right for a process that nobody else
posts beside.  On PostgreSQL events are inserted by the library's own function in the database,
which saves it round trips; with `statements` as it does unless told otherwise.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-return, untyped-decorator"
# What it imports is in an environment of its own.

import sqlite3
import sys
from contextlib import closing
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.peers.speaking import EARNED, FEE, PAID, speak

CACHED = {"AGGREGATE_CACHE_MAXSIZE": "1000"}
VARIANTS = {
    "alone": {"AGGREGATE_CACHE_FASTFORWARD": "n"},
    "statements": {"POSTGRES_ENABLE_DB_FUNCTIONS": "n"},
}
FULL = 2  # SQLite's word for a sync at each commit


class Account(Aggregate):
    """What is in it, in minor units."""

    @event("Opened")
    def __init__(self, name: str) -> None:
        self.name = name
        self.balance = 0

    @event("Posted")
    def post(self, amount: int) -> None:
        self.balance += amount


class Accounts(Application[UUID]):
    """Three of them."""

    def open(self, name: str) -> UUID:
        account = Account(name=name)
        self.save(account)
        return account.id

    def post(self, amounts: dict[UUID, int]) -> None:
        changed = []
        for id, amount in amounts.items():
            account: Account = self.repository.get(id)
            account.post(amount)
            changed.append(account)
        self.save(*changed)

    def balance(self, id: UUID) -> int:
        account: Account = self.repository.get(id, deepcopy_from_cache=False)
        return account.balance


class Sourced:
    """The application that was opened, and its three accounts."""

    def __init__(self, env: dict[str, str], variant: dict[str, str]) -> None:
        self._env = env
        self._accounts = Accounts(env=env | CACHED | variant)
        self._paid, self._fees, self._owed = map(self._accounts.open, ("paid", "fees", "owed"))
        self._legs = {self._paid: -PAID, self._fees: FEE, self._owed: EARNED}

    def post(self, number: int) -> int:
        self._accounts.post(self._legs)
        return self._accounts.balance(self._owed)

    def balances(self) -> tuple[int, int, int]:
        fresh = Accounts(env=self._env)  # without a cache: from the events in the database
        paid, fees, owed = map(fresh.balance, self._legs)
        fresh.close()
        return -paid, fees, owed


def on_sqlite(path: str) -> dict[str, str]:
    """It turns the write-ahead log on by itself, and leaves it to SQLite when to sync."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(path)) as connection:
        [(synchronous,)] = connection.execute("PRAGMA synchronous")
    if synchronous != FULL:
        raise SystemExit("This SQLite does not sync each commit unless it is told to.")
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}


def on_postgres(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "none",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    }


if __name__ == "__main__":
    engine, place, *variants = sys.argv[1:]
    env = on_sqlite(place) if engine == "sqlite" else on_postgres(place)
    speak(Sourced(env, VARIANTS[variants[0]] if variants else {}))
