"""The floor's file, its SQL and its JSON: what a careful hand writes once for all deals."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from json import JSONEncoder
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any

from sqlalchemy.dialects import sqlite

from marketpay.adapters.sql.creation import statements
from marketpay.adapters.sql.schema import VERSION
from marketpay.testing import SimulatedGateway

Row = tuple[Any, ...]
Json = dict[str, Any]
Move = tuple[str, str, str, str, int]  # debit, its owner, credit, its owner, minor units

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 30000")
EXPONENTS = {"USD": 2, "EUR": 2, "TRY": 2, "JPY": 0, "KWD": 3}
ASSETS = ("processor", "connected")
dumps = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def select(table: str, columns: str, where: str) -> str:
    return f"SELECT {columns} FROM marketpay_{table} WHERE {where}"


def insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * len(columns.split(",")))
    return f"INSERT INTO marketpay_{table} ({columns}) VALUES ({marks})"


def update(table: str, *columns: str) -> str:
    """By id and version, which goes up."""
    changes = ", ".join(("version = version + 1", *(f"{column} = ?" for column in columns)))
    return f"UPDATE marketpay_{table} SET {changes} WHERE id = ? AND version = ?"


RECORD = insert("journal", 'attempt, at, actor, role, "key", command, body, events, result, error')
TO_SEQUENCE = insert("to_sequence", "journal")
SUBJECT = insert("journal_subjects", "subject, journal")
PERSONAL = insert("journal_personal", "journal, body")
ENTRY = insert(
    "ledger_entries",
    "journal, at, debit_kind, debit_owner, credit_kind, credit_owner, amount, currency, payment",
)
DELTA = insert("account_deltas", "kind, owner, currency, amount")
TIMER = f"""{insert("timers", "kind, subject, due_at")}
ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at"""
STARTED = insert(
    "payment_transactions",
    'id, version, payment, kind, amount, currency, party, "group", method, payer, target, refund,'
    " status, attempts, due_at, sent_at, created_at",
)


class Refusal(Exception):
    """A rule forbids it, or somebody else was quicker."""


def text_of(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")


def money(minor: int, currency: str) -> Json:
    exponent = EXPONENTS[currency]
    if exponent:
        whole, part = divmod(minor, 10**exponent)
        return {"amount": f"{whole}.{part:0{exponent}}", "currency": currency}
    return {"amount": str(minor), "currency": currency}


def split(price: int) -> tuple[int, int, int]:
    """10 / 20 / 70, each fee rounded half to even."""
    platform, service = _share(price, 10), _share(price, 20)
    return platform, service, price - platform - service


def _share(price: int, percent: int) -> int:
    whole, rest = divmod(price * percent, 100)
    return whole + (rest > 50 or (rest == 50 and whole % 2))


def job_event(name: str, at: str, job: str, customer: str, contractor: str | None) -> Json:
    return {"name": name, "at": at, "job": job, "customer": customer, "contractor": contractor}


def offer_event(
    name: str, at: str, offer: str, job: str, customer: str, contractor: str, price: Json
) -> Json:
    return {
        "name": name, "at": at, "offer": offer, "job": job, "customer": customer,
        "contractor": contractor, "price": price,
    }  # fmt: skip


def payment_event(
    name: str, at: str, payment: str, offer: str, job: str, customer: str, contractor: str,
    amount: Json,
) -> Json:  # fmt: skip
    return {
        "name": name, "at": at, "payment": payment, "offer": offer, "job": job,
        "customer": customer, "contractor": contractor, "amount": amount,
    }  # fmt: skip


def transaction_event(name: str, at: str, id: str, payment: str, kind: str, amount: Json) -> Json:
    name = f"payment_transaction.{name}"
    return {"name": name, "at": at, "transaction": id, "payment": payment, "kind": kind,
            "amount": amount}  # fmt: skip


class Transaction:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._execute = cursor.execute

    def __enter__(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._execute("COMMIT" if kind is None else "ROLLBACK")


class Books:
    """One connection to one file, and the gateway."""

    def __init__(self, path: Path, gateway: SimulatedGateway) -> None:
        self.gateway = gateway
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._cursor = self._connection.cursor()
        self.execute, self.executemany = self._cursor.execute, self._cursor.executemany
        self.transaction = Transaction(self._cursor)
        for pragma in PRAGMAS:
            self.execute(f"PRAGMA {pragma}")
        with self.transaction:
            for statement in statements(sqlite.dialect()):
                self.execute(statement)
            self.execute(insert("schema", "version"), (VERSION,))

    def close(self) -> None:
        self._connection.close()

    def one(self, sql: str, *values: Any) -> Row:
        row = self.execute(sql, values).fetchone()
        if row is None:
            raise Refusal(f"no {values}")
        found: Row = row
        return found

    def all(self, sql: str, *values: Any) -> list[Row]:
        return self.execute(sql, values).fetchall()

    def change(self, sql: str, *values: Any) -> None:
        if self.execute(sql, values).rowcount != 1:
            raise Refusal(f"{values} changed meanwhile")

    def record(
        self, at: str, by: tuple[str, str], command: str, body: Json, events: list[Json],
        result: str, ids: Json, subjects: Iterable[str], operations: Sequence[str] = (),
        personal: tuple[str, Json] | None = None,
    ) -> int:  # fmt: skip
        """The journal's row and what stands beside it."""
        attempt = personal[0] if personal else token_hex(12)
        said = dumps({"kind": result, "ids": ids, "operations": operations, "awaited": []})
        texts = (dumps(body), dumps(events), said)
        row = (attempt, at, *by, None, command, *texts, None)
        number = self.execute(RECORD, row).lastrowid
        assert number is not None
        self.execute(TO_SEQUENCE, (number,))
        self.executemany(SUBJECT, [(subject, number) for subject in subjects])
        if personal:
            self.execute(PERSONAL, (number, dumps({"salt": attempt, "texts": personal[1]})))
        return number

    def settled(
        self, at: str, id: str, news: Json, events: list[Json], subjects: Iterable[str]
    ) -> int:
        """The record of what the gateway said."""
        by, body = ("marketpay", "system"), {"transaction": id, "news": news}
        command, result = "SettleTransaction", "PaymentTransaction"
        return self.record(at, by, command, body, events, result, {"": id}, subjects)

    def start(
        self, id: str, payment: str, kind: str, amount: int, currency: str, party: str,
        job: str, at: str, due_at: str, *, method: str | None = None, payer: str | None = None,
        target: str | None = None, refund: str | None = None,
    ) -> Json:  # fmt: skip
        """A gateway operation on record, sent at once if it has a lease; its event."""
        sent_at = at if due_at > at else None
        what = (id, 1, payment, kind, amount, currency, party, job, method, payer, target, refund)
        self.execute(STARTED, (*what, "pending", 0, due_at, sent_at, at))
        return transaction_event("started", at, id, payment, kind, money(amount, currency))

    def set_timer(self, kind: str, subject: str, due_at: str) -> None:
        self.execute(TIMER, (kind, subject, due_at))

    def book(self, number: int, at: str, currency: str, payment: str, moves: list[Move]) -> None:
        """Ledger entries, and what they do to the accounts that are no wallets."""
        moves = [move for move in moves if move[4]]
        self.executemany(ENTRY, [(number, at, *move, currency, payment) for move in moves])
        deltas: dict[tuple[str, str], int] = {}
        for debit, debit_owner, credit, credit_owner, amount in moves:
            grown = amount if debit in ASSETS else -amount
            deltas[debit, debit_owner] = deltas.get((debit, debit_owner), 0) + grown
            grown = -amount if credit in ASSETS else amount
            deltas[credit, credit_owner] = deltas.get((credit, credit_owner), 0) + grown
        self.executemany(
            DELTA,
            [
                (kind, owner, currency, amount)
                for (kind, owner), amount in deltas.items()
                if amount and not kind.startswith("wallet.")
            ],
        )
