"""The tables of the entities.  Constraints repeat what the domain promises.

A column for every field, by its name (`tests/adapters/sql/test_schema.py`); an amount is whole
minor units, all of a row in its `currency`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from marketpay.adapters.sql.types import Minor, UtcTime, key
from marketpay.domain.application import Application
from marketpay.domain.entity import Entity
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    JobStatus,
    OfferStatus,
    PaymentStatus,
    PayoutAccountStatus,
    RefundStatus,
    TransactionStatus,
)
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.wallet import Wallet

VERSION: Final = 1  # of the schema; a database of another version is not touched
PREFIX: Final = "marketpay_"

NAMING: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(naming_convention=NAMING)

Id = key(90)
Party = key(255)
Code = key(64)


def _to(table: str) -> ForeignKey:
    return ForeignKey(f"{PREFIX}{table}.id")


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def _minor(name: str, **options: Any) -> Column[int]:
    return Column(name, Minor, nullable=options.pop("nullable", False), **options)


def _entity(name: str, *parts: Any) -> Table:
    return Table(
        f"{PREFIX}{name}",
        metadata,
        Column("id", Id, primary_key=True),
        Column("version", Integer, nullable=False),
        *parts,
        CheckConstraint("version > 0", name="version"),
    )


jobs = _entity(
    "jobs",
    Column("customer", Party, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("currency", Code, nullable=False),
    Column("status", String(32), nullable=False),
    Column("contractor", Party),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", JobStatus),
    CheckConstraint("contractor IS NULL OR contractor <> customer", name="parties"),
    CheckConstraint("contractor IS NOT NULL OR status IN ('open', 'cancelled')", name="assigned"),
)

applications = _entity(
    "applications",
    Column("job", Id, _to("jobs"), nullable=False),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    Column("message", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("live_pair", key(346), unique=True),
    _one_of("status", ApplicationStatus),
    CheckConstraint("contractor <> customer", name="parties"),
    CheckConstraint("(live_pair IS NOT NULL) = (status IN ('pending', 'accepted'))", name="live"),
)

offers = _entity(
    "offers",
    Column("job", Id, _to("jobs"), nullable=False),
    Column("application", Id, _to("applications")),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    _minor("price"),
    Column("currency", Code, nullable=False),
    Column("message", Text, nullable=False),
    Column("payment", Id, nullable=False, unique=True),
    Column("status", String(32), nullable=False),
    Column("expires_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("claimed_job", Id, unique=True),
    Column("live_pair", key(346), unique=True),
    _one_of("status", OfferStatus),
    CheckConstraint("price > 0", name="price"),
    CheckConstraint("contractor <> customer", name="parties"),
    CheckConstraint(
        "(claimed_job IS NOT NULL) = (status IN ('accepting', 'accepted'))", name="claimed"
    ),
    CheckConstraint(
        "(live_pair IS NOT NULL) = (status IN ('pending', 'accepting', 'accepted'))", name="live"
    ),
)

payments = _entity(
    "payments",
    Column("offer", Id, _to("offers"), nullable=False, unique=True),
    Column("job", Id, _to("jobs"), nullable=False),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("status", String(32), nullable=False),
    _minor("split_platform_fee", nullable=True),
    _minor("split_service_fee", nullable=True),
    _minor("split_payout", nullable=True),
    Column("gateway_payment", Party, unique=True),
    Column("authorization_expires_at", UtcTime),
    Column("failure", String(255)),
    _minor("refunded"),
    _minor("transferred"),
    Column("transfer_blocked", String(255)),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", PaymentStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
    CheckConstraint("transferred BETWEEN 0 AND COALESCE(split_payout, 0)", name="transferred"),
    CheckConstraint(
        "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= 0"
        " AND split_payout >= 0"
        " AND split_platform_fee + split_service_fee + split_payout = amount)",
        name="split",
    ),
    CheckConstraint(
        "split_platform_fee IS NOT NULL OR status NOT IN ('captured', 'released', 'refunded')",
        name="captured",
    ),
)

payment_transactions = _entity(
    "payment_transactions",
    Column("payment", Id, _to("payments"), nullable=False),
    Column("kind", String(32), nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("party", Party, nullable=False),
    Column("group", Id, nullable=False),
    Column("method", Party),
    Column("target", Party),
    Column("destination", Party),
    Column("refund", Id, _to("refunds")),
    Column("retry_of", Id, _to("payment_transactions")),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party),
    Column("failure", String(255)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("sent_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", TransactionStatus),
    _one_of("kind", TransactionKind),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("attempts >= 0", name="attempts"),
)

refunds = _entity(
    "refunds",
    Column("payment", Id, _to("payments"), nullable=False),
    Column("customer", Party, nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party),
    Column("failure", String(255)),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", RefundStatus),
    CheckConstraint("amount > 0", name="amount"),
)

payout_accounts = _entity(
    "payout_accounts",
    Column("contractor", Party, nullable=False, unique=True),
    Column("status", String(32), nullable=False),
    Column("gateway_account", Party, unique=True),
    Column("due_at", UtcTime),
    Column("sent_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", PayoutAccountStatus),
)

wallets = _entity(
    "wallets",
    Column("owner", Party, nullable=False),
    Column("currency", Code, nullable=False),
    _minor("pending"),
    _minor("available"),
    _minor("reserved"),
    Column("created_at", UtcTime, nullable=False),
    Column("holder", key(320), nullable=False, unique=True),
    CheckConstraint("pending >= 0", name="pending"),
    CheckConstraint("available >= 0", name="available"),
    CheckConstraint("reserved >= 0", name="reserved"),
)

# Lists are read by one of these, from the newest id down.
for _listed in (
    (jobs, "customer"),
    (jobs, "contractor"),
    (jobs, "status"),
    (applications, "job"),
    (applications, "contractor"),
    (offers, "job"),
    (offers, "customer"),
    (offers, "contractor"),
    (payments, "job"),
    (payments, "customer"),
    (payments, "contractor"),
    (payment_transactions, "payment"),
    (payment_transactions, "status"),
    (refunds, "payment"),
    (wallets, "owner"),
):
    _table, _column = _listed
    Index(None, _table.c[_column], _table.c.id)

for _due in (payment_transactions, payout_accounts):
    _where = _due.c.due_at.is_not(None)
    Index(f"{_due.name}_due_at", _due.c.due_at, sqlite_where=_where, postgresql_where=_where)

# Rows are always written in this order, parents before children, and then by id: two
# transactions that meet wait for each other and never in a circle.
TABLES: Final[dict[type[Entity], Table]] = {
    Job: jobs,
    Application: applications,
    Offer: offers,
    Payment: payments,
    Refund: refunds,
    PaymentTransaction: payment_transactions,
    PayoutAccount: payout_accounts,
    Wallet: wallets,
}
RANK: Final = {kind: rank for rank, kind in enumerate(TABLES)}
