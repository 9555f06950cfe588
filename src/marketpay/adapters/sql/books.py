"""The append-only tables: journal, feed and ledger; and the timers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Identity,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from marketpay.adapters.sql.columns import Code, Id, Maker, Party, is_currency, one_of
from marketpay.adapters.sql.types import LongText, Minor, Number, UtcTime, key
from marketpay.domain.actor import Role
from marketpay.domain.ledger import OWNED, WALLET, AccountKind
from marketpay.domain.timer import TimerKind

KEPT: Final = frozenset(AccountKind) - WALLET.keys()  # a wallet's balance is in its own row


def _number() -> Column[int]:
    """Counted by the database, unless it is given."""
    return Column("id", Number, Identity(always=False), primary_key=True)


def _of_journal(make: Maker, *, is_key: bool = False) -> Column[int]:
    return Column(
        "journal",
        Number,
        make.to("journal"),
        nullable=False,
        primary_key=is_key,
        autoincrement=False,
    )


def journal(make: Maker) -> Table:
    """A row for each command."""
    return make.table(
        "journal",
        _number(),
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
        one_of("role", Role),
        CheckConstraint("actor <> ''", name="actor"),
    )


def journal_personal(make: Maker) -> Table:
    """What an erasure takes away."""
    return make.table(
        "journal_personal",
        _of_journal(make, is_key=True),
        Column("body", LongText, nullable=False),
    )


def journal_subjects(make: Maker) -> Table:
    """Which entities a row is about."""
    return make.table(
        "journal_subjects",
        Column("subject", Id, nullable=False),
        _of_journal(make),
        PrimaryKeyConstraint("subject", "journal"),
        sqlite_with_rowid=False,
    )


def to_sequence(make: Maker) -> Table:
    """The rows that have no place in the feed yet."""
    return make.table("to_sequence", _of_journal(make, is_key=True))


def feed(make: Maker) -> Table:
    """The rows in their order for good, each with the link that chains it to those before."""
    return make.table(
        "feed",
        Column("position", Number, primary_key=True, autoincrement=False),
        _of_journal(make),
        Column("link", key(64), nullable=False),
        UniqueConstraint("journal"),
        CheckConstraint("position > 0", name="position"),
        CheckConstraint("LENGTH(link) = 64", name="link"),
    )


def cursors(make: Maker) -> Table:
    """How far each reader of the feed is."""
    return make.table(
        "cursors",
        Column("name", key(64), primary_key=True),
        Column("position", Minor, nullable=False),
        Column("taken_until", UtcTime),
        CheckConstraint("position >= 0", name="position"),
    )


def timers(make: Maker) -> Table:
    """What has to happen and when."""
    made = make.table(
        "timers",
        Column("kind", String(32), nullable=False),
        Column("subject", Party, nullable=False),
        Column("due_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("kind", "subject"),
        one_of("kind", TimerKind),
    )
    make.index("due_at", made.c.due_at)
    return made


def ledger_entries(make: Maker) -> Table:
    """Each movement of money, once."""
    made = make.table(
        "ledger_entries",
        _number(),
        _of_journal(make),
        Column("at", UtcTime, nullable=False),
        Column("debit_kind", String(32), nullable=False),
        Column("debit_owner", Party, nullable=False),
        Column("credit_kind", String(32), nullable=False),
        Column("credit_owner", Party, nullable=False),
        Column("amount", Minor, nullable=False),
        Column("currency", Code, nullable=False),
        Column("payment", Id, make.to("payments")),
        CheckConstraint("amount > 0", name="amount"),
        is_currency(),
        *_accounts(AccountKind, "debit_"),
        *_accounts(AccountKind, "credit_"),
        CheckConstraint(
            "debit_kind <> credit_kind OR debit_owner <> credit_owner", name="two_accounts"
        ),
    )
    make.index("journal", made.c.journal)
    make.index("payment", made.c.payment)
    for side in ("debit", "credit"):
        owner = made.c[f"{side}_owner"]
        make.index(side, owner, made.c.currency, made.c.id, where=owner != "")
    return made


def account_deltas(make: Maker) -> Table:
    """What was added to an account since its balance was folded."""
    made = make.table(
        "account_deltas",
        _number(),
        *_account(),
        Column("amount", Minor, nullable=False),
        is_currency(),
        *_accounts(KEPT),
        CheckConstraint("amount <> 0", name="amount"),
    )
    make.index("account", made.c.kind, made.c.owner, made.c.currency, made.c.amount)
    return made


def account_balances(make: Maker) -> Table:
    """The folded balances."""
    return make.table(
        "account_balances",
        *_account(),
        Column("balance", Minor, nullable=False),
        PrimaryKeyConstraint("kind", "owner", "currency"),
        is_currency(),
        *_accounts(KEPT),
    )


def _account() -> tuple[Column[str], ...]:
    return (
        Column("kind", String(32), nullable=False),
        Column("owner", Party, nullable=False),
        Column("currency", Code, nullable=False),
    )


def _accounts(kinds: Iterable[AccountKind], prefix: str = "") -> Iterator[CheckConstraint]:
    """The account is one of these kinds, and has an owner exactly where its kind has one."""
    kind, owner = f"{prefix}kind", f"{prefix}owner"
    known, owned = one_of(kind, sorted(kinds)), one_of(kind, sorted(OWNED & {*kinds}))
    yield known
    yield CheckConstraint(f"({owner} <> '') = ({owned.sqltext})", name=owner)


def version(make: Maker) -> Table:
    """The revision of these tables, as Alembic keeps it."""
    return make.table("version", Column("version_num", String(32), primary_key=True))
