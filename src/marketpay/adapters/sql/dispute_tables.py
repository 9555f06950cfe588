"""The tables of disputes between customers and contractors."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, String, Table

from marketpay.adapters.sql.columns import (
    Code,
    Id,
    Maker,
    Party,
    is_currency,
    minor,
    one_of,
    parties,
)
from marketpay.adapters.sql.types import LongText, UtcTime
from marketpay.domain.actor import Role
from marketpay.domain.lifecycles import DisputeStatus


def disputes(make: Maker) -> Table:
    """Of disputes."""
    return make.entity(
        "disputes",
        Column("payment", Id, make.to("payments"), nullable=False),
        Column("job", Id, make.to("jobs"), nullable=False),
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
        Column("refund", Id, make.to("refunds")),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("closed_at", UtcTime),
        Column("open_payment", Id, unique=True),
        *_dispute_parts(),
        *_dispute_states(),
    )


def _dispute_parts() -> tuple[CheckConstraint, ...]:
    return (
        is_currency(),
        parties(),
        one_of("opened_by", (Role.CUSTOMER, Role.CONTRACTOR)),
        CheckConstraint("at_stake >= 0", name="at_stake"),
        CheckConstraint("customer_proposal >= 0", name="customer_proposal"),
        CheckConstraint("contractor_proposal >= 0", name="contractor_proposal"),
        CheckConstraint("to_customer >= 0", name="to_customer"),
        CheckConstraint("to_contractor >= 0", name="to_contractor"),
        CheckConstraint("to_customer + to_contractor = at_stake", name="divided"),
        CheckConstraint("responded_at IS NOT NULL OR response = ''", name="response"),
    )


def _dispute_states() -> tuple[CheckConstraint, ...]:
    return (
        one_of("status", DisputeStatus),
        CheckConstraint("open_payment = payment", name="open_payment"),
        CheckConstraint(
            "(open_payment IS NOT NULL) = (status IN ('open', 'under_review'))", name="open"
        ),
        CheckConstraint(
            "(closed_at IS NULL) = (status IN ('open', 'under_review'))", name="closed"
        ),
        CheckConstraint(
            "CASE WHEN status IN ('resolved', 'expired')"
            " THEN to_customer IS NOT NULL AND to_contractor IS NOT NULL"
            " ELSE to_customer IS NULL AND to_contractor IS NULL END",
            name="outcome",
        ),
        CheckConstraint(
            "refund IS NULL OR (to_customer IS NOT NULL AND to_customer > 0)", name="refund"
        ),
    )


def evidence(make: Maker) -> Table:
    """Of evidence."""
    return make.entity(
        "evidence",
        Column("dispute", Id, make.to("disputes"), nullable=False),
        Column("by", Party, nullable=False),
        Column("role", String(32), nullable=False),
        Column("url", LongText, nullable=False),
        Column("media_type", String(255), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("note", LongText, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        one_of("role", (Role.CUSTOMER, Role.CONTRACTOR, Role.ADMIN)),
        CheckConstraint("LENGTH(sha256) = 64", name="sha256"),
    )
