"""The tables of incidents and webhooks."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Text,
)

from marketpay.adapters.sql.columns import Party, entity, one_of
from marketpay.adapters.sql.types import UtcTime, key
from marketpay.domain.incident import IncidentKind
from marketpay.domain.lifecycles import (
    IncidentStatus,
    WebhookStatus,
)

incidents = entity(
    "incidents",
    Column("kind", String(32), nullable=False),
    Column("subject", Party, nullable=False),
    Column("detail", String(255), nullable=False),
    Column("status", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    one_of("kind", IncidentKind),
    one_of("status", IncidentStatus),
)

webhooks = entity(
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
    one_of("status", WebhookStatus),
    CheckConstraint("attempts >= 0", name="attempts"),
)
