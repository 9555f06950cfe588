"""The tables of jobs, applications and offers."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    String,
    Text,
)

from marketpay.adapters.sql.columns import Code, Id, Party, entity, minor, one_of, to
from marketpay.adapters.sql.types import UtcTime, key
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    JobStatus,
    OfferStatus,
)

jobs = entity(
    "jobs",
    Column("customer", Party, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("currency", Code, nullable=False),
    Column("status", String(32), nullable=False),
    Column("contractor", Party),
    Column("created_at", UtcTime, nullable=False),
    one_of("status", JobStatus),
    CheckConstraint("contractor IS NULL OR contractor <> customer", name="parties"),
    CheckConstraint("contractor IS NOT NULL OR status IN ('open', 'cancelled')", name="assigned"),
)

applications = entity(
    "applications",
    Column("job", Id, to("jobs"), nullable=False),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    Column("message", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("live_pair", key(346), unique=True),
    one_of("status", ApplicationStatus),
    CheckConstraint("contractor <> customer", name="parties"),
    CheckConstraint("(live_pair IS NOT NULL) = (status IN ('pending', 'accepted'))", name="live"),
)

offers = entity(
    "offers",
    Column("job", Id, to("jobs"), nullable=False),
    Column("application", Id, to("applications")),
    Column("customer", Party, nullable=False),
    Column("contractor", Party, nullable=False),
    minor("price"),
    Column("currency", Code, nullable=False),
    Column("message", Text, nullable=False),
    Column("payment", Id, nullable=False, unique=True),
    Column("status", String(32), nullable=False),
    Column("expires_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("claimed_job", Id, unique=True),
    Column("live_pair", key(346), unique=True),
    one_of("status", OfferStatus),
    CheckConstraint("price > 0", name="price"),
    CheckConstraint("contractor <> customer", name="parties"),
    CheckConstraint(
        "(claimed_job IS NOT NULL) = (status IN ('accepting', 'accepted'))", name="claimed"
    ),
    CheckConstraint(
        "(live_pair IS NOT NULL) = (status IN ('pending', 'accepting', 'accepted'))", name="live"
    ),
)
