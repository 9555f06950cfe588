"""The floor's SQL and its JSON: what a careful hand writes once for all deals."""

from datetime import datetime
from json import JSONEncoder
from typing import Any, Final

Row = tuple[Any, ...]
Json = dict[str, Any]
Move = tuple[str, str, str, str, int]  # debit, its owner, credit, its owner, minor units

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


OF_RECORD: Final[set[str]] = set()  # made by `of_record`


def of_record(table: str, columns: str = "") -> str:
    """What stands beside a journal's row: its last column is that row's number."""
    sql = insert(table, f"{columns}, journal" if columns else "journal")
    OF_RECORD.add(sql)
    return sql


RECORD = insert("journal", 'attempt, at, actor, role, "key", command, body, events, result, error')
TO_SEQUENCE = of_record("to_sequence")
SUBJECT = of_record("journal_subjects", "subject")
PERSONAL = of_record("journal_personal", "body")
ENTRY = of_record(
    "ledger_entries",
    "at, debit_kind, debit_owner, credit_kind, credit_owner, amount, currency, payment",
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
