"""Revising an offer: other terms, which stand once the hold for them does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Change, Entity
from marketpay.domain.hiring import let_go
from marketpay.domain.offer import SETTLED, Offer
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules

NONE_UNDER_WAY = {name: None for name in SETTLED if name.startswith("revising")}


def after_hold(
    deal: Deal, offer: Offer, held: Payment, rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """A hold stands: what follows for its offer.  One that nobody wants is let go at once."""
    if offer.is_open and offer.payment == held.id:
        until = offer.expires_at or held.authorization_expires_at
        yield offer.become(e.OfferFunded, Role.SYSTEM, at, expires_at=until)
    elif offer.revising == held.id and not _is_too_late(offer, at):
        yield _revised(offer, held, at)
        yield from let_go(deal.payment(offer.payment), rules, at)  # never before
    else:
        yield from failed(offer, held, at)
        yield operations.void(held, rules, at)


def failed(offer: Offer, payment: Payment, at: datetime) -> Iterator[Change[Entity]]:
    """There is no hold for the other terms; nothing, if `payment` was not for such."""
    if offer.revising == payment.id:
        yield offer.become(e.OfferRevisionFailed, Role.SYSTEM, at, **NONE_UNDER_WAY)


def _is_too_late(offer: Offer, at: datetime) -> bool:
    """Whether the time of the offer is over, or that of the terms that were to be its own."""
    until = offer.revising_until
    return offer.has_expired(at) or (until is not None and until <= at)


def _revised(offer: Offer, held: Payment, at: datetime) -> Change[Offer]:
    words, plan = offer.revising_message, offer.revising_plan
    return offer.become(
        e.OfferRevised,
        Role.SYSTEM,
        at,
        price=held.amount if plan is None else plan.total,
        plan=plan,
        payment=held.id,
        message=offer.message if words is None else words,
        expires_at=offer.revising_until or held.authorization_expires_at,
        revision=offer.revision + 1,
        **SETTLED,
    )
