"""The append-only tables: journal, feed and ledger; and the timers."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from marketpay.adapters.sql.columns import PREFIX, Code, Id, Party, metadata
from marketpay.adapters.sql.types import Minor, Number, UtcTime, key

journal = Table(
    f"{PREFIX}journal",
    metadata,
    Column("id", Number, primary_key=True),
    Column("attempt", key(64), nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Party, nullable=False),
    Column("role", String(32), nullable=False),
    Column("key", Party),
    Column("command", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("result", Text),
    Column("error", String(64)),
    UniqueConstraint("actor", "role", "key"),
)


def _of_journal(*, is_key: bool = False) -> Column[int]:
    return Column(
        "journal", Number, ForeignKey(f"{PREFIX}journal.id"), nullable=False, primary_key=is_key
    )


journal_personal = Table(
    f"{PREFIX}journal_personal",
    metadata,
    _of_journal(is_key=True),
    Column("body", Text, nullable=False),
)

journal_subjects = Table(
    f"{PREFIX}journal_subjects",
    metadata,
    Column("subject", Id, nullable=False),
    _of_journal(),
    PrimaryKeyConstraint("subject", "journal"),
    sqlite_with_rowid=False,
)

to_sequence = Table(f"{PREFIX}to_sequence", metadata, _of_journal(is_key=True))

feed = Table(
    f"{PREFIX}feed",
    metadata,
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("journal", Number, ForeignKey(f"{PREFIX}journal.id"), nullable=False, unique=True),
)

cursors = Table(
    f"{PREFIX}cursors",
    metadata,
    Column("name", key(64), primary_key=True),
    Column("position", Minor, nullable=False),
    Column("taken_until", UtcTime),
)

timers = Table(
    f"{PREFIX}timers",
    metadata,
    Column("kind", String(32), nullable=False),
    Column("subject", Party, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    PrimaryKeyConstraint("kind", "subject"),
)

ledger_entries = Table(
    f"{PREFIX}ledger_entries",
    metadata,
    Column("id", Number, primary_key=True),
    _of_journal(),
    Column("at", UtcTime, nullable=False),
    Column("debit_kind", String(32), nullable=False),
    Column("debit_owner", Party, nullable=False),
    Column("credit_kind", String(32), nullable=False),
    Column("credit_owner", Party, nullable=False),
    Column("amount", Minor, nullable=False),
    Column("currency", Code, nullable=False),
    Column("payment", Id, ForeignKey(f"{PREFIX}payments.id"), index=True),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint(
        "debit_kind <> credit_kind OR debit_owner <> credit_owner", name="two_accounts"
    ),
)

for _side in ("debit", "credit"):
    _owner = ledger_entries.c[f"{_side}_owner"]
    Index(
        f"{PREFIX}ledger_entries_{_side}",
        _owner,
        ledger_entries.c.currency,
        ledger_entries.c.id,
        sqlite_where=_owner != "",
        postgresql_where=_owner != "",
    )

account_deltas = Table(
    f"{PREFIX}account_deltas",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("owner", Party, nullable=False),
    Column("currency", Code, nullable=False),
    Column("amount", Minor, nullable=False),
)

account_balances = Table(
    f"{PREFIX}account_balances",
    metadata,
    Column("kind", String(32), nullable=False),
    Column("owner", Party, nullable=False),
    Column("currency", Code, nullable=False),
    Column("balance", Minor, nullable=False),
    PrimaryKeyConstraint("kind", "owner", "currency"),
)

schema_version = Table(
    f"{PREFIX}schema", metadata, Column("version", Number, primary_key=True, autoincrement=False)
)
