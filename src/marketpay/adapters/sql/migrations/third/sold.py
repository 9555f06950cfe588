"""The sales of what was paid before there were any: the journal says what they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select

from marketpay.adapters.sql.migrations.terms import MARIADB, Place

BATCH: Final = 1000  # charges at once
LASTING: Final = ("upgrade.activated", "upgrade.extended")  # which say until when it was bought


def fill_sales(connection: Connection, place: Place) -> None:
    """One for each charge that was paid; those that there are were made by an earlier try.

    The id is the charge's own, so that it is the same however often this is run.
    """
    last = ""
    while rows := connection.execute(_paid(place, last)).all():
        sales = list(_sales(rows, _known(connection, place, rows)))
        if sales:
            connection.execute(insert(place["sales"]), sales)
        if connection.dialect.name in MARIADB:
            connection.exec_driver_sql("COMMIT")
        last = rows[-1].id


def _paid(place: Place, after: str) -> Select[*tuple[Any, ...]]:
    """Charges, each with the record of when it was known to be paid."""
    charge, journal = place["payment_transactions"], place["journal"]
    subject = place["journal_subjects"]
    of = select(
        charge.c.id,
        charge.c.party,
        charge.c.listing,
        charge.c.amount,
        charge.c.currency,
        charge.c.days,
        journal.c.at,
        journal.c.body,
        journal.c.events,
    )
    found = of.join(subject, subject.c.subject == charge.c.id).join(
        journal, journal.c.id == subject.c.journal
    )
    is_paid = journal.c.body.contains('"CheckoutPaid"', autoescape=True)
    return (
        found.where(charge.c.kind == "charge", charge.c.status == "success", charge.c.id > after)
        .where(journal.c.command == "SettleTransaction", is_paid)
        .order_by(charge.c.id)
        .limit(BATCH)
    )


def _known(connection: Connection, place: Place, rows: Sequence[Row[Any]]) -> set[str]:
    sales = place["sales"]
    found = select(sales.c.charge).where(sales.c.charge.in_([row.id for row in rows]))
    return set(connection.execute(found).scalars())


def _sales(rows: Sequence[Row[Any]], known: set[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        lasting = [one for one in json.loads(row.events) if one["name"] in LASTING]
        if row.id in known or not lasting:
            continue
        until = datetime.fromisoformat(lasting[-1]["expires_at"])
        yield {
            "id": f"sal_{row.id.partition('_')[2]}",
            "version": 1,
            "upgrade": lasting[-1]["upgrade"],
            "listing": row.listing,
            "charge": row.id,
            "customer": row.party,
            "amount": row.amount,
            "currency": row.currency,
            "days": row.days,
            "starts_at": until - timedelta(days=row.days),
            "ends_at": until,
            "gateway_payment": json.loads(row.body)["news"]["payment"],
            **dict.fromkeys(("refunded", "credited", "excess", "lost"), 0),
            "created_at": row.at,
        }
