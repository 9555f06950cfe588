"""The tables of incidents and webhooks."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
)

from marketpay.adapters.sql.columns import Maker, Party, one_of
from marketpay.adapters.sql.types import LongText, UtcTime, key
from marketpay.domain.incident import IncidentKind
from marketpay.domain.lifecycles import (
    IncidentStatus,
    WebhookStatus,
)


def incidents(make: Maker) -> Table:
    """Of incidents."""
    return make.entity(
        "incidents",
        Column("kind", String(32), nullable=False),
        Column("subject", Party, nullable=False),
        Column("detail", String(255), nullable=False),
        Column("status", String(32), nullable=False),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        one_of("kind", IncidentKind),
        one_of("status", IncidentStatus),
        CheckConstraint("note <> '' OR status <> 'resolved'", name="note"),
    )


def webhooks(make: Maker) -> Table:
    """Of webhooks."""
    return make.entity(
        "webhooks",
        Column("delivery", key(600), nullable=False, unique=True),
        Column("event_type", String(255), nullable=False),
        Column("event", LongText, nullable=False),
        Column("body", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", UtcTime),
        Column("sent_at", UtcTime),
        Column("failure", LongText),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", WebhookStatus),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint(
            "CASE status WHEN 'received' THEN 1 = 1 WHEN 'deferred' THEN due_at IS NOT NULL"
            " ELSE due_at IS NULL END",
            name="due",
        ),
    )
