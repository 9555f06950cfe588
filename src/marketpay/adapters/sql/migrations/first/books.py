"""Journal, feed, ledger and timers, as they were first."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, UniqueConstraint

from marketpay.adapters.sql.migrations.terms import (
    Code,
    Id,
    LongText,
    Minor,
    Number,
    Party,
    Place,
    UtcTime,
    check,
    counted,
    index,
    key,
)


def define(place: Place) -> None:
    """Define them."""
    _journal(place)
    _feed(place)
    _ledger(place)
    _accounts(place)
    timers = place.table(
        "timers",
        Column("kind", String(32), nullable=False),
        Column("subject", Party, nullable=False),
        Column("due_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("kind", "subject"),
    )
    index("due_at", timers.c.due_at)
    place.table("schema", Column("version", Number, primary_key=True, autoincrement=False))


def _of_journal(place: Place, *, is_key: bool = False) -> Column[int]:
    return Column(
        "journal",
        Number,
        place.to("journal"),
        nullable=False,
        primary_key=is_key,
        autoincrement=False,
    )


def _journal(place: Place) -> None:
    place.table(
        "journal",
        counted(),
        Column("attempt", key(64), nullable=False, unique=True),
        Column("at", UtcTime, nullable=False),
        Column("actor", Party, nullable=False),
        Column("role", String(32), nullable=False),
        Column("key", Party),
        Column("command", String(64), nullable=False),
        Column("body", LongText, nullable=False),
        Column("events", LongText, nullable=False),
        Column("result", LongText),
        Column("error", String(64)),
        UniqueConstraint("actor", "role", "key"),
    )
    place.table(
        "journal_personal",
        _of_journal(place, is_key=True),
        Column("body", LongText, nullable=False),
    )
    place.table(
        "journal_subjects",
        Column("subject", Id, nullable=False),
        _of_journal(place),
        PrimaryKeyConstraint("subject", "journal"),
        sqlite_with_rowid=False,
    )


def _feed(place: Place) -> None:
    place.table("to_sequence", _of_journal(place, is_key=True))
    place.table(
        "feed",
        Column("position", Number, primary_key=True, autoincrement=False),
        Column("journal", Number, place.to("journal"), nullable=False, unique=True),
    )
    place.table(
        "cursors",
        Column("name", key(64), primary_key=True),
        Column("position", Minor, nullable=False),
        Column("taken_until", UtcTime),
    )


def _ledger(place: Place) -> None:
    made = place.table(
        "ledger_entries",
        counted(),
        _of_journal(place),
        Column("at", UtcTime, nullable=False),
        Column("debit_kind", String(32), nullable=False),
        Column("debit_owner", Party, nullable=False),
        Column("credit_kind", String(32), nullable=False),
        Column("credit_owner", Party, nullable=False),
        Column("amount", Minor, nullable=False),
        Column("currency", Code, nullable=False),
        Column("payment", Id, place.to("payments")),
        check("amount", "amount > 0"),
        check("two_accounts", "debit_kind <> credit_kind OR debit_owner <> credit_owner"),
    )
    index("payment", made.c.payment)
    for side in ("debit", "credit"):
        owner = made.c[f"{side}_owner"]
        index(side, owner, made.c.currency, made.c.id, where=owner != "")


def _accounts(place: Place) -> None:
    place.table("account_deltas", counted(), *_account(), Column("amount", Minor, nullable=False))
    place.table(
        "account_balances",
        *_account(),
        Column("balance", Minor, nullable=False),
        PrimaryKeyConstraint("kind", "owner", "currency"),
    )


def _account() -> tuple[Column[str], ...]:
    return (
        Column("kind", String(32), nullable=False),
        Column("owner", Party, nullable=False),
        Column("currency", Code, nullable=False),
    )
