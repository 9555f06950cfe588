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
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.entity import Entity
from marketpay.domain.incident import Incident, IncidentKind
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    ChargebackStatus,
    IncidentStatus,
    JobStatus,
    OfferStatus,
    PaymentStatus,
    PayoutAccountStatus,
    RefundStatus,
    TransactionStatus,
    UpgradeStatus,
    WebhookStatus,
    WithdrawalStatus,
)
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin

VERSION: Final = 2  # of the schema; a database of another version is not touched
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
    Column("gateway_charge", Party, unique=True),
    Column("authorization_expires_at", UtcTime),
    Column("failure", String(255)),
    _minor("refunded"),
    _minor("disputed"),
    _minor("lost"),
    Column("released_at", UtcTime),
    _minor("withheld"),
    _minor("transferring"),
    _minor("transferred"),
    Column("transfer_blocked", String(255)),
    Column("flagged", String(255)),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", PaymentStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded >= 0", name="refunded"),
    CheckConstraint("disputed >= 0", name="disputed"),
    CheckConstraint("lost >= 0", name="lost"),
    CheckConstraint("refunded + disputed + lost <= amount", name="gone"),
    CheckConstraint("withheld BETWEEN 0 AND COALESCE(split_payout, 0)", name="withheld"),
    CheckConstraint("transferring >= 0", name="transferring"),
    CheckConstraint("transferred >= 0", name="transferred"),
    CheckConstraint(
        "transferring + transferred <= COALESCE(split_payout, 0) - withheld", name="transfers"
    ),
    CheckConstraint("released_at IS NULL OR split_payout IS NOT NULL", name="released"),
    CheckConstraint(
        "split_platform_fee IS NULL OR (split_platform_fee >= 0 AND split_service_fee >= 0"
        " AND split_payout >= 0"
        " AND split_platform_fee + split_service_fee + split_payout = amount)",
        name="split",
    ),
    CheckConstraint(
        "split_platform_fee IS NOT NULL OR status NOT IN"
        " ('captured', 'released', 'refunded', 'charged_back')",
        name="captured",
    ),
)

payment_transactions = _entity(
    "payment_transactions",
    Column("payment", Id, _to("payments")),
    Column("kind", String(32), nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("party", Party, nullable=False),
    Column("group", Id, nullable=False),
    Column("method", Party),
    Column("payer", Party),
    Column("target", Party),
    Column("destination", Party),
    Column("refund", Id, _to("refunds")),
    Column("withdrawal", Id, _to("withdrawals")),
    Column("listing", Party),
    Column("premium_type", Party),
    Column("days", Integer),
    Column("success_url", Text),
    Column("cancel_url", Text),
    Column("retry_of", Id, _to("payment_transactions")),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party),
    Column("failure", String(255)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("sent_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("open_purchase", key(520), unique=True),
    _one_of("status", TransactionStatus),
    _one_of("kind", TransactionKind),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(payment IS NULL) = (kind IN ('payout', 'charge'))", name="payment"),
    CheckConstraint("(listing IS NOT NULL) = (kind = 'charge')", name="listing"),
    CheckConstraint("open_purchase IS NULL OR kind = 'charge'", name="open_purchase"),
    CheckConstraint("(withdrawal IS NOT NULL) = (kind = 'payout')", name="withdrawal"),
)

refunds = _entity(
    "refunds",
    Column("payment", Id, _to("payments"), nullable=False),
    Column("customer", Party, nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("gateway_id", Party, unique=True),
    Column("failure", String(255)),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", RefundStatus),
    CheckConstraint("amount > 0", name="amount"),
)

payout_accounts = _entity(
    "payout_accounts",
    Column("contractor", Party, nullable=False, unique=True),
    Column("country", String(2)),
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
    _minor("receivable"),
    Column("created_at", UtcTime, nullable=False),
    Column("holder", key(320), nullable=False, unique=True),
    CheckConstraint("pending >= 0", name="pending"),
    CheckConstraint("available >= 0", name="available"),
    CheckConstraint("reserved >= 0", name="reserved"),
    CheckConstraint("receivable >= 0", name="receivable"),
)

withdrawals = _entity(
    "withdrawals",
    Column("contractor", Party, nullable=False),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("status", String(32), nullable=False),
    Column("gateway_payout", Party, unique=True),
    Column("failure", String(255)),
    Column("attempts", Integer, nullable=False),
    Column("origin", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("open_wallet", key(320), unique=True),
    _one_of("status", WithdrawalStatus),
    _one_of("origin", WithdrawalOrigin),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint(
        "(open_wallet IS NOT NULL) = (status IN ('requested', 'approved', 'processing'))",
        name="open",
    ),
)

chargebacks = _entity(
    "chargebacks",
    Column("payment", Id, _to("payments"), nullable=False),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    Column("gateway_id", Party, nullable=False, unique=True),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("reason", String(255), nullable=False),
    Column("status", String(32), nullable=False),
    Column("respond_by", UtcTime),
    _minor("withdrawn"),
    _minor("covered"),
    _minor("reserved"),
    _minor("lost"),
    _minor("fee"),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", ChargebackStatus),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("withdrawn >= 0", name="withdrawn"),
    CheckConstraint("covered >= 0", name="covered"),
    CheckConstraint("reserved >= 0", name="reserved"),
    CheckConstraint("lost >= 0", name="lost"),
    CheckConstraint("fee >= 0", name="fee"),
)

upgrades = _entity(
    "upgrades",
    Column("listing", Party, nullable=False),
    Column("premium_type", Party, nullable=False),
    Column("customer", Party, nullable=False),
    Column("status", String(32), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("active_listing", key(520), unique=True),
    _one_of("status", UpgradeStatus),
    CheckConstraint("(active_listing IS NOT NULL) = (status = 'active')", name="active"),
)

payer_accounts = _entity(
    "payer_accounts",
    Column("customer", Party, nullable=False, unique=True),
    Column("gateway_customer", Party, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)

processor_fees = _entity(
    "processor_fees",
    Column("gateway_id", Party, nullable=False, unique=True),
    Column("payment", Id, _to("payments")),
    _minor("amount"),
    Column("currency", Code, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

incidents = _entity(
    "incidents",
    Column("kind", String(32), nullable=False),
    Column("subject", Party, nullable=False),
    Column("detail", String(255), nullable=False),
    Column("status", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    _one_of("kind", IncidentKind),
    _one_of("status", IncidentStatus),
)

webhooks = _entity(
    "webhooks",
    Column("delivery", key(600), nullable=False, unique=True),
    Column("event_type", String(255), nullable=False),
    Column("event", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("sent_at", UtcTime),
    Column("failure", Text),
    Column("created_at", UtcTime, nullable=False),
    _one_of("status", WebhookStatus),
    CheckConstraint("attempts >= 0", name="attempts"),
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
    (payment_transactions, "withdrawal"),
    (payment_transactions, "gateway_id"),
    (refunds, "payment"),
    (wallets, "owner"),
    (withdrawals, "contractor"),
    (withdrawals, "status"),
    (chargebacks, "payment"),
    (chargebacks, "status"),
    (upgrades, "listing"),
    (upgrades, "customer"),
    (upgrades, "status"),
    (incidents, "status"),
    (incidents, "subject"),
    (webhooks, "status"),
):
    _table, _column = _listed
    Index(None, _table.c[_column], _table.c.id)

Index(None, payment_transactions.c.settled_at, payment_transactions.c.id)

for _due in (payment_transactions, payout_accounts, webhooks):
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
    Chargeback: chargebacks,
    Withdrawal: withdrawals,
    PaymentTransaction: payment_transactions,
    PayoutAccount: payout_accounts,
    PayerAccount: payer_accounts,
    Wallet: wallets,
    ProcessorFee: processor_fees,
    Upgrade: upgrades,
    Incident: incidents,
    Webhook: webhooks,
}
RANK: Final = {kind: rank for rank, kind in enumerate(TABLES)}
