"""Forgetting a person: what is unfinished, and which words are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from marketpay.domain.actor import Role
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.application import Application
from marketpay.domain.changing import changed
from marketpay.domain.dispute import GOING_ON, Dispute
from marketpay.domain.entity import Change, Entity
from marketpay.domain.events import PersonErased
from marketpay.domain.evidence import Evidence
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ADJUSTMENT,
    APPLICATION,
    CHARGEBACK,
    JOB,
    OFFER,
    PAYMENT,
    REFUND,
    WITHDRAWAL,
    ApplicationStatus,
    UpgradeStatus,
)
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet

ERASED = "erased"  # a job keeps a title
NOWHERE = "https://erased.invalid"  # ... and evidence an address
FINAL = {
    one.name: one.final
    for one in (JOB, APPLICATION, OFFER, PAYMENT, CHARGEBACK, WITHDRAWAL, ADJUSTMENT, REFUND)
}


@frozen(kw_only=True)
class Traces:
    """Everything that a person has had a part in."""

    person: str
    entities: Sequence[Entity]

    def unfinished(self) -> Iterator[Entity]:
        """What still goes on."""
        return (one for one in self.entities if _goes_on(one))

    def erased(self, at: datetime) -> Iterator[Change[Entity]]:
        """Each of them that has words of theirs, or of staff about them, without these."""
        for one in self.entities:
            left = self._words(one)
            said = {name: text for name, text in left.items() if getattr(one, name)}
            if any(getattr(one, name) != text for name, text in said.items()):
                event = PersonErased(at=at, person=self.person, subject=one.id)
                yield Change(changed(one, **said), event)

    def _words(self, one: Entity) -> dict[str, str]:
        """Its words, and what is left of each."""
        match one:
            case Job(customer=self.person):
                return {"title": ERASED, "description": ""}
            case Application(contractor=self.person):
                return {"message": ""}
            case Offer(customer=self.person):
                return {"message": "", "revising_message": ""}
            case Offer(contractor=self.person):
                return {"counter_message": ""}
            case Dispute():
                return self._disputed(one)
            case Evidence(by=self.person):
                return {"url": NOWHERE, "note": ""}
            case Refund():
                return {"reason": ""}
            case Adjustment():
                return {"reason": "", "note": ""}
            case _:
                return {}

    def _disputed(self, dispute: Dispute) -> dict[str, str]:
        role = Role.CUSTOMER if dispute.customer == self.person else Role.CONTRACTOR
        theirs = "reason" if dispute.opened_by is role else "response"
        return {theirs: "", "note": ""}


def _goes_on(one: Entity) -> bool:
    match one:
        case Payment():
            return _moves(one)
        case Wallet():
            return any(part.minor for part in (one.total, one.receivable))
        case Application():
            return one.status is ApplicationStatus.PENDING
        case Dispute():
            return one.status in GOING_ON
        case Upgrade():
            return one.status is UpgradeStatus.ACTIVE
        case _:
            living: Any = one
            kind = getattr(living, "lifecycle", None)
            return kind is not None and kind.name in FINAL and living.status not in kind.final


def _moves(payment: Payment) -> bool:
    """Whether some of it is held, waits, is on its way, or is disputed."""
    parts = (payment.disputed, payment.clearing, payment.transferring, payment.untransferred)
    is_owed = any(part.minor > 0 for part in parts)
    return payment.status not in PAYMENT.final or payment.contested is not None or is_owed
