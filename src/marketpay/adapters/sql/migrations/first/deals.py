"""Jobs, applications and offers, as they were first."""

from __future__ import annotations

from sqlalchemy import Column, String

from marketpay.adapters.sql.migrations.terms import (
    Code,
    Id,
    LongText,
    Party,
    Place,
    UtcTime,
    check,
    key,
    minor,
    one_of,
)


def define(place: Place) -> None:
    """Define them."""
    _jobs(place)
    _applications(place)
    _offers(place)


def _jobs(place: Place) -> None:
    place.entity(
        "jobs",
        Column("customer", Party, nullable=False),
        Column("title", LongText, nullable=False),
        Column("description", LongText, nullable=False),
        Column("currency", Code, nullable=False),
        Column("status", String(32), nullable=False),
        Column("contractor", Party),
        Column("created_at", UtcTime, nullable=False),
        one_of("status", "open", "assigned", "in_progress", "completed", "cancelled"),
        check("parties", "contractor IS NULL OR contractor <> customer"),
        check("assigned", "contractor IS NOT NULL OR status IN ('open', 'cancelled')"),
    )


def _applications(place: Place) -> None:
    place.entity(
        "applications",
        Column("job", Id, place.to("jobs"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        Column("message", LongText, nullable=False),
        Column("status", String(32), nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("live_pair", key(346), unique=True),
        one_of("status", "pending", "accepted", "rejected", "withdrawn"),
        check("parties", "contractor <> customer"),
        check("live", "(live_pair IS NOT NULL) = (status IN ('pending', 'accepted'))"),
    )


def _offers(place: Place) -> None:
    place.entity(
        "offers",
        Column("job", Id, place.to("jobs"), nullable=False),
        Column("application", Id, place.to("applications")),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        minor("price"),
        Column("currency", Code, nullable=False),
        Column("message", LongText, nullable=False),
        Column("payment", Id, nullable=False, unique=True),
        Column("status", String(32), nullable=False),
        Column("expires_at", UtcTime),
        Column("created_at", UtcTime, nullable=False),
        Column("claimed_job", Id, unique=True),
        Column("live_pair", key(346), unique=True),
        one_of(
            "status",
            "pending",
            "accepting",
            "accepted",
            "rejected",
            "withdrawn",
            "expired",
            "superseded",
        ),
        check("price", "price > 0"),
        check("parties", "contractor <> customer"),
        check("claimed", "(claimed_job IS NOT NULL) = (status IN ('accepting', 'accepted'))"),
        check("live", "(live_pair IS NOT NULL) = (status IN ('pending', 'accepting', 'accepted'))"),
    )
