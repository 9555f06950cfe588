"""What a look at the card network finds of a chargeback, and what of that is news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import frozen

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.lifecycles import ChargebackStatus
from marketpay.domain.money import Money
from marketpay.domain.rules import Rules

C = ChargebackStatus
RANK: Final = {
    C.INQUIRY: 0,
    C.NEEDS_RESPONSE: 1,
    C.UNDER_REVIEW: 2,
    C.WON: 3,
    C.LOST: 3,
    C.CLOSED: 3,
}

EVENTS: Final[dict[ChargebackStatus, type[Event]]] = {
    C.NEEDS_RESPONSE: e.ChargebackEscalated,
    C.UNDER_REVIEW: e.ChargebackUnderReview,
    C.WON: e.ChargebackWon,
    C.LOST: e.ChargebackLost,
    C.CLOSED: e.ChargebackClosed,
}


@frozen(kw_only=True)
class Finding:
    """How the network sees it now: what it has of the platform's balance, and what fee."""

    status: ChargebackStatus
    withdrawn: Money
    fee: Money
    respond_by: datetime | None

    def after(self, known: Chargeback) -> Finding:
        """The same without what is older than what is known.

        Nothing says which of two looks was the later: so money comes back only with a decision
        for the platform and is not taken again after it, no status is left for an earlier one,
        and a decision is final, unless what was lost is won after all.
        """
        is_overturned = known.status is C.LOST and self.status is C.WON
        if known.is_decided and self.status is not known.status and not is_overturned:
            return Finding(
                status=known.status,
                withdrawn=known.withdrawn,
                fee=known.fee,
                respond_by=known.respond_by,
            )
        may_return = self.status in (C.WON, C.CLOSED)
        keep = (min if known.is_decided else _latest) if may_return else max
        is_older = RANK[self.status] < RANK[known.status]
        return Finding(
            status=known.status if is_older else self.status,
            withdrawn=keep(self.withdrawn, known.withdrawn),
            fee=keep(self.fee, known.fee),
            respond_by=known.respond_by if is_older else self.respond_by,
        )


def _latest(told: Money, _known: Money) -> Money:
    return told


def noted(
    known: Chargeback, after: Chargeback, status: ChargebackStatus, rules: Rules, at: datetime
) -> Iterator[Change[Entity]]:
    """The chargeback as it is `after` the news; when it is new, somebody should look."""
    if not known.version:
        yield known.begun(at)
        yield incident(IncidentKind.CHARGEBACK, known.payment, known.gateway_id, rules, at)
    names = ("respond_by", "withdrawn", "covered", "reserved", "lost", "borne", "recovered", "fee")
    fields = {name: getattr(after, name) for name in names}
    if status is known.status:
        if after != known:
            yield known.become(e.ChargebackChanged, Role.SYSTEM, at, **fields)
        return
    if known.status is C.INQUIRY and status not in (C.NEEDS_RESPONSE, C.CLOSED):
        escalated = known.become(e.ChargebackEscalated, Role.SYSTEM, at)
        yield escalated
        known = escalated.entity
    yield known.become(EVENTS[status], Role.SYSTEM, at, **fields)
