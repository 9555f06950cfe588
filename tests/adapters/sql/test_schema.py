"""The tables: a column for every field, and constraints that say what the domain says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy.dialects import postgresql, sqlite

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    CompleteJob,
    Marketplace,
    Money,
    PostJob,
    SendOffer,
    StartJob,
)
from marketpay.adapters.sql import creation
from marketpay.adapters.sql.mapping import columns_of
from marketpay.adapters.sql.schema import TABLES
from marketpay.domain.entity import Entity
from marketpay.testing import SimulatedGateway

CUSTOMER, CONTRACTOR = Actor.customer("cus_17"), Actor.contractor("ctr_42")


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_the_columns_of_a_table_are_the_fields_of_its_entity(kind: type[Entity]) -> None:
    fields = {column for f in attrs.fields(kind) for column in columns_of(kind, f.name)}

    assert {column.name for column in TABLES[kind].columns} - {"currency"} == fields - {"currency"}


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_a_unique_field_is_unique_in_the_table(kind: type[Entity]) -> None:
    table = TABLES[kind]
    unique = {column.name for column in table.columns if column.unique}

    assert set(kind.unique) <= unique


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_what_is_looked_up_by_has_an_index(kind: type[Entity]) -> None:
    table = TABLES[kind]
    led = {index.columns[0].name for index in table.indexes}
    led |= {column.name for column in table.columns if column.unique or column.primary_key}

    assert set(kind.indexed) - {"currency"} <= led


@pytest.mark.parametrize("dialect", [sqlite, postgresql], ids=lambda d: d.__name__)
def test_the_tables_can_be_said_in_every_dialect(dialect: Any) -> None:
    assert "CREATE TABLE marketpay_jobs" in "\n".join(creation.statements(dialect.dialect()))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with one completed deal and one open, opened behind the library's back."""
    url = f"sqlite:///{tmp_path / 'market.db'}"
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        for is_done in (True, False):
            job = market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
            market.execute(ApplyToJob(by=CONTRACTOR, job=job.id))
            sent = market.execute(
                SendOffer(
                    by=CUSTOMER,
                    job=job.id,
                    contractor="ctr_42",
                    price=Money("1000", "USD"),
                    payment_method="pm_card_visa",
                )
            )
            if is_done:
                market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
                market.execute(StartJob(by=CONTRACTOR, job=job.id))
                market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    opened = sqlite3.connect(tmp_path / "market.db")
    opened.execute("PRAGMA foreign_keys = ON")
    yield opened
    opened.close()


NOW = datetime(2026, 1, 1, tzinfo=UTC).isoformat(timespec="microseconds")
ILLEGAL = {
    "a job of an unknown status": "UPDATE marketpay_jobs SET status = 'done'",
    "an assigned job without a contractor": "UPDATE marketpay_jobs SET contractor = NULL",
    "a job that its customer does": "UPDATE marketpay_jobs SET contractor = customer",
    "an offer for nothing": "UPDATE marketpay_offers SET price = 0",
    "an offer to oneself": "UPDATE marketpay_offers SET contractor = customer",
    "an offer of an unknown status": "UPDATE marketpay_offers SET status = 'maybe'",
    "an accepted offer that claims no job": "UPDATE marketpay_offers SET claimed_job = NULL",
    "a pending offer that claims a job": (
        "UPDATE marketpay_offers SET claimed_job = job WHERE status = 'pending'"
    ),
    "a live offer that is not the only one": "UPDATE marketpay_offers SET live_pair = NULL",
    "two live offers for one contractor": "UPDATE marketpay_offers SET live_pair = 'the same'",
    "two accepted offers for one job": (
        "UPDATE marketpay_offers SET status = 'accepted', claimed_job = 'the same'"
    ),
    "an application of oneself": "UPDATE marketpay_applications SET contractor = customer",
    "two live applications": "UPDATE marketpay_applications SET live_pair = 'the same'",
    "an application to no job": "UPDATE marketpay_applications SET job = 'job_none'",
    "a payment of nothing": "UPDATE marketpay_payments SET amount = 0",
    "a split that does not sum": (
        "UPDATE marketpay_payments SET split_payout = split_payout - 1 WHERE status = 'released'"
    ),
    "a negative part": (
        "UPDATE marketpay_payments SET split_payout = -1, split_service_fee = 90001"
        " WHERE status = 'released'"
    ),
    "a captured payment without a split": (
        "UPDATE marketpay_payments SET split_platform_fee = NULL WHERE status = 'released'"
    ),
    "more refunded than paid": "UPDATE marketpay_payments SET refunded = amount + 1",
    "more transferred than earned": (
        "UPDATE marketpay_payments SET transferred = amount WHERE status = 'released'"
    ),
    "two payments for one hold": "UPDATE marketpay_payments SET gateway_payment = 'pi_same'",
    "a payment for no offer": "UPDATE marketpay_payments SET offer = 'off_none'",
    "an operation on nothing": "UPDATE marketpay_payment_transactions SET amount = 0",
    "an operation of an unknown kind": "UPDATE marketpay_payment_transactions SET kind = 'steal'",
    "an operation of an unknown status": (
        "UPDATE marketpay_payment_transactions SET status = 'perhaps'"
    ),
    "an operation of no payment": (
        "UPDATE marketpay_payment_transactions SET payment = 'pay_none'"
    ),
    "a negative wallet": "UPDATE marketpay_wallets SET available = -1",
    "a negative part of a wallet": "UPDATE marketpay_wallets SET pending = -1",
    "a reserve below zero": "UPDATE marketpay_wallets SET reserved = -1",
    "a version that was never saved": "UPDATE marketpay_jobs SET version = 0",
    "an entry that moves nothing": "UPDATE marketpay_ledger_entries SET amount = 0",
    "an entry that moves less than nothing": "UPDATE marketpay_ledger_entries SET amount = -5",
    "an entry within one account": (
        "UPDATE marketpay_ledger_entries SET debit_kind = credit_kind, debit_owner = credit_owner"
    ),
    "an entry for no payment": "UPDATE marketpay_ledger_entries SET payment = 'pay_none'",
    "an entry of no command": "UPDATE marketpay_ledger_entries SET journal = 999999",
    "one attempt twice": "UPDATE marketpay_journal SET attempt = 'the same'",
    "one key twice": (
        "UPDATE marketpay_journal SET actor = 'cus_17', role = 'customer', key = 'the same'"
    ),
    "a place in the feed for no command": "INSERT INTO marketpay_feed VALUES (1, 999999)",
    "a second wallet of one owner": (
        "INSERT INTO marketpay_wallets SELECT 'wal_2', version, owner, currency, pending,"
        " available, reserved, receivable, overdrawn, created_at, holder FROM marketpay_wallets"
    ),
    "a debt below zero": "UPDATE marketpay_wallets SET receivable = -1",
    "more refunded, disputed and lost than paid": (
        "UPDATE marketpay_payments SET refunded = amount - 2, disputed = 2, lost = 1"
    ),
    "a dispute below zero": "UPDATE marketpay_payments SET disputed = -1",
    "a loss below zero": "UPDATE marketpay_payments SET lost = -1",
    "more on its way than earned": (
        "UPDATE marketpay_payments SET transferring = split_payout + 1 WHERE status = 'released'"
    ),
    "more transferred than what was not withheld": (
        "UPDATE marketpay_payments SET transferred = split_payout, withheld = 1"
        " WHERE status = 'released'"
    ),
    "more withheld than earned": (
        "UPDATE marketpay_payments SET withheld = split_payout + 1 WHERE status = 'released'"
    ),
    "a release of what has no split": (
        "UPDATE marketpay_payments SET released_at = created_at WHERE status = 'authorized'"
    ),
    "two payments for one charge": "UPDATE marketpay_payments SET gateway_charge = 'ch_same'",
    "a payout of a payment": "UPDATE marketpay_payment_transactions SET kind = 'payout'",
    "an operation of no payment at all": (
        "UPDATE marketpay_payment_transactions SET payment = NULL"
    ),
    "an operation of no withdrawal": (
        "UPDATE marketpay_payment_transactions SET withdrawal = 'wdr_none'"
    ),
    "two open purchases of one upgrade": (
        "UPDATE marketpay_payment_transactions SET open_purchase = 'the same'"
    ),
}


@pytest.mark.parametrize("statement", ILLEGAL.values(), ids=ILLEGAL)
def test_the_database_itself_refuses(database: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)
