"""Disputes and their evidence, as they were when there were any."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import CheckConstraint, Column, String

from marketpay.adapters.sql.migrations.terms import (
    CURRENCY,
    Code,
    Id,
    LongText,
    Party,
    Place,
    UtcTime,
    check,
    minor,
    one_of,
)

Word = Callable[[CheckConstraint], CheckConstraint]


def define(place: Place, word: Word) -> None:
    """Define them; `word` says a condition as the engine is told it."""
    _disputes(place, word)
    place.entity(
        "evidence",
        Column("dispute", Id, place.to("disputes"), nullable=False),
        Column("by", Party, nullable=False),
        Column("role", String(32), nullable=False),
        Column("url", LongText, nullable=False),
        Column("media_type", String(255), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        word(one_of("role", "customer", "contractor", "admin")),
        check("sha256", "LENGTH(sha256) = 64"),
    )


def _disputes(place: Place, word: Word) -> None:
    place.entity(
        "disputes",
        Column("payment", Id, place.to("payments"), nullable=False),
        Column("job", Id, place.to("jobs"), nullable=False),
        Column("customer", Party, nullable=False),
        Column("contractor", Party, nullable=False),
        Column("opened_by", String(32), nullable=False),
        Column("reason", LongText, nullable=False),
        minor("at_stake"),
        Column("currency", Code, nullable=False),
        Column("status", String(32), nullable=False),
        Column("respond_by", UtcTime, nullable=False),
        Column("responded_at", UtcTime),
        Column("response", LongText, nullable=False),
        minor("customer_proposal", nullable=True),
        minor("contractor_proposal", nullable=True),
        minor("to_customer", nullable=True),
        minor("to_contractor", nullable=True),
        Column("refund", Id, place.to("refunds")),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("closed_at", UtcTime),
        Column("open_payment", Id, unique=True),
        *(word(one) for one in (*_parts(), *_states())),
    )


def _parts() -> tuple[CheckConstraint, ...]:
    return (
        check("currency", CURRENCY),
        check("parties", "customer <> '' AND contractor <> '' AND contractor <> customer"),
        one_of("opened_by", "customer", "contractor"),
        check("at_stake", "at_stake >= 0"),
        check("customer_proposal", "customer_proposal >= 0"),
        check("contractor_proposal", "contractor_proposal >= 0"),
        check("to_customer", "to_customer >= 0"),
        check("to_contractor", "to_contractor >= 0"),
        check("divided", "to_customer + to_contractor = at_stake"),
        check("response", "responded_at IS NOT NULL OR response = ''"),
    )


def _states() -> tuple[CheckConstraint, ...]:
    return (
        one_of("status", "open", "under_review", "resolved", "withdrawn", "expired"),
        check("open_payment", "open_payment = payment"),
        check("open", "(open_payment IS NOT NULL) = (status IN ('open', 'under_review'))"),
        check("closed", "(closed_at IS NULL) = (status IN ('open', 'under_review'))"),
        check(
            "outcome",
            "CASE WHEN status IN ('resolved', 'expired')"
            " THEN to_customer IS NOT NULL AND to_contractor IS NOT NULL"
            " ELSE to_customer IS NULL AND to_contractor IS NULL END",
        ),
        check("refund", "refund IS NULL OR (to_customer IS NOT NULL AND to_customer > 0)"),
    )
