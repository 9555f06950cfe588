"""Disputes as far as a test wants them."""

from typing import Any

from attrs import evolve

from marketpay import (
    Acceptance,
    Actor,
    Attachment,
    Dispute,
    DisputeOutcome,
    GetDispute,
    GetJob,
    GetPayment,
    Marketplace,
    Money,
    OpenDispute,
    Payment,
    ResolveDispute,
    RespondToDispute,
)
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, in_progress, usd

PHOTO = Attachment("https://files.example/fence.jpg", "image/jpeg", "0a" * 32)
PARTIES = (CUSTOMER, CONTRACTOR)


def disputed(
    market: Marketplace, by: Actor = CUSTOMER, deal: Acceptance | None = None, **changes: Any
) -> Dispute:
    """A dispute about a deal in progress, open."""
    deal = deal or in_progress(market, **changes)
    return market.execute(OpenDispute(by=by, payment=deal.payment.id, reason="Half is missing"))


def other(by: Actor) -> Actor:
    """The other side."""
    return CONTRACTOR if by == CUSTOMER else CUSTOMER


def under_review(market: Marketplace, by: Actor = CUSTOMER, **changes: Any) -> Dispute:
    """The same, responded to."""
    dispute = disputed(market, by, **changes)
    return market.execute(
        RespondToDispute(by=other(by), dispute=dispute.id, message="All is there")
    )


def resolved(
    market: Marketplace, dispute: Dispute, to_customer: str, to_contractor: str
) -> DisputeOutcome:
    """The dispute, decided by an administrator."""
    return market.execute(resolving(dispute, to_customer, to_contractor))


def resolving(dispute: Dispute, to_customer: str, to_contractor: str) -> ResolveDispute:
    """The command that does it."""
    return ResolveDispute(
        by=ADMIN,
        dispute=dispute.id,
        to_customer=usd(to_customer),
        to_contractor=usd(to_contractor),
    )


def as_it_is(market: Marketplace, outcome: DisputeOutcome) -> DisputeOutcome:
    """The same things as they stand now."""
    return evolve(
        outcome,
        dispute=market.query(GetDispute(outcome.dispute.id)),
        job=market.query(GetJob(outcome.job.id)),
        payment=market.query(GetPayment(outcome.payment.id)),
    )


def released(payment: Payment) -> Money:
    """What of the price was released, before any fees."""
    return payment.amount - payment.gone if payment.is_released else Money.zero(payment.currency)
