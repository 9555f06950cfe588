"""The tables of jobs, applications and offers."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
)

from marketpay.adapters.sql.columns import (
    Code,
    Id,
    Maker,
    Party,
    is_currency,
    joined,
    minor,
    one_of,
    parties,
)
from marketpay.adapters.sql.types import LongText, UtcTime, key
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    JobStatus,
    OfferStatus,
)


def jobs(make: Maker) -> Table:
    """Of jobs."""
    return make.entity(
        "jobs",
        Column("customer", Party, nullable=False),
        Column("title", LongText, nullable=False),
        Column("description", LongText, nullable=False),
        Column("currency", Code, nullable=False),
        Column("status", String(32), nullable=False),
        Column("contractor", Party),
        Column("deadline", UtcTime),
        Column("overdue_at", UtcTime),
        Column("submitted_at", UtcTime),
        Column("assigned_at", UtcTime),
        Column("cancellation_by", String(32)),
        minor("cancellation_to_customer", nullable=True),
        minor("cancellation_of", nullable=True),
        minor("cancellation_kept", nullable=True),
        Column("contractor_erased_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        *_job_checks(),
    )


def _job_checks() -> tuple[CheckConstraint, ...]:
    """What is true of every job."""
    return (
        is_currency(),
        one_of("status", JobStatus),
        CheckConstraint("overdue_at IS NULL OR deadline IS NOT NULL", name="overdue"),
        CheckConstraint(
            "CASE status WHEN 'submitted' THEN submitted_at IS NOT NULL"
            " WHEN 'open' THEN submitted_at IS NULL AND overdue_at IS NULL"
            " WHEN 'assigned' THEN submitted_at IS NULL ELSE 1 = 1 END",
            name="submitted",
        ),
        CheckConstraint(
            "customer <> ''"
            " AND (contractor IS NULL OR (contractor <> '' AND contractor <> customer))",
            name="parties",
        ),
        CheckConstraint(
            "contractor IS NOT NULL OR status IN ('open', 'cancelled')", name="assigned"
        ),
        CheckConstraint("assigned_at IS NULL OR contractor IS NOT NULL", name="assigned_at"),
        CheckConstraint(
            "contractor_erased_at IS NULL"
            " OR (contractor IS NOT NULL AND status IN ('completed', 'cancelled'))",
            name="contractor_erased_at",
        ),
        *_cancellation_checks(),
    )


def _cancellation_checks() -> tuple[CheckConstraint, ...]:
    """Of a proposal to call it off."""
    return (
        CheckConstraint(
            "cancellation_by IS NULL OR (cancellation_by IN ('customer', 'contractor')"
            " AND status NOT IN ('open', 'assigned', 'completed'))",
            name="cancellation_by",
        ),
        CheckConstraint(
            "(cancellation_to_customer IS NULL) = (cancellation_by IS NULL)"
            " AND (cancellation_of IS NULL) = (cancellation_by IS NULL)"
            " AND (cancellation_kept IS NULL) = (cancellation_by IS NULL)"
            " AND (cancellation_by IS NULL"
            " OR (cancellation_to_customer >= 0 AND cancellation_kept >= 0"
            " AND cancellation_to_customer + cancellation_kept <= cancellation_of))",
            name="cancellation",
        ),
    )


def applications(make: Maker) -> Table:
    """Of applications."""
    return make.entity(
        "applications",
        Column("job", Id, make.to("jobs"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        Column("message", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("live_pair", key(346), unique=True),
        one_of("status", ApplicationStatus),
        parties(),
        joined("live_pair", "job", "contractor"),
        CheckConstraint(
            "(live_pair IS NOT NULL) = (status IN ('pending', 'accepted'))", name="live"
        ),
    )


def offers(make: Maker) -> Table:
    """Of offers."""
    return make.entity(
        "offers",
        Column("job", Id, make.to("jobs"), nullable=False),
        Column("application", Id, make.to("applications")),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        minor("price"),
        Column("currency", Code, nullable=False),
        Column("plan", LongText),
        Column("message", LongText, nullable=False),
        Column("payment", Id, nullable=False, unique=True),
        Column("status", String(32), nullable=False),
        Column("expires_at", UtcTime),
        minor("counter", nullable=True),
        Column("counter_plan", LongText),
        Column("counter_message", LongText),
        Column("revision", Integer, nullable=False),
        Column("revising", Id),
        Column("revising_plan", LongText),
        Column("revising_message", LongText),
        Column("revising_until", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("claimed_job", Id, unique=True),
        Column("live_pair", key(346), unique=True),
        *_offer_checks(),
        *_negotiation(),
    )


def _offer_checks() -> tuple[CheckConstraint, ...]:
    """What is true of every offer."""
    return (
        is_currency(),
        one_of("status", OfferStatus),
        CheckConstraint("price > 0", name="price"),
        parties(),
        CheckConstraint("claimed_job = job", name="claimed_job"),
        joined("live_pair", "job", "contractor"),
        CheckConstraint(
            "(claimed_job IS NOT NULL) = (status IN ('accepting', 'accepted'))", name="claimed"
        ),
        CheckConstraint(
            "(live_pair IS NOT NULL)"
            " = (status IN ('pending', 'countered', 'accepting', 'accepted'))",
            name="live",
        ),
    )


def _negotiation() -> tuple[CheckConstraint, ...]:
    """Of what an offer is countered with, and of a revision under way."""
    return (
        CheckConstraint(
            "counter > 0 AND (counter <> price OR counter_plan IS NOT NULL OR plan IS NOT NULL)",
            name="counter",
        ),
        CheckConstraint("counter IS NOT NULL OR counter_plan IS NULL", name="counter_plan"),
        CheckConstraint("(counter IS NOT NULL) = (status = 'countered')", name="countered"),
        CheckConstraint("(counter IS NULL) = (counter_message IS NULL)", name="counter_message"),
        CheckConstraint("revision >= 0", name="revision"),
        CheckConstraint("revising <> payment", name="revising"),
        CheckConstraint("revising IS NULL OR status IN ('pending', 'countered')", name="revisable"),
        CheckConstraint(
            "revising IS NOT NULL OR (revising_message IS NULL AND revising_until IS NULL"
            " AND revising_plan IS NULL)",
            name="revised_terms",
        ),
    )
