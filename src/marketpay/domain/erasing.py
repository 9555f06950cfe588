"""Forgetting a person: what is unfinished, and which words are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from marketpay.domain.actor import STAFF, Role
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.application import Application
from marketpay.domain.changing import changed
from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.dispute import GOING_ON, Dispute
from marketpay.domain.entity import Change, Entity
from marketpay.domain.events import PersonErased
from marketpay.domain.evidence import Evidence
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ADJUSTMENT,
    APPLICATION,
    CHARGEBACK,
    JOB,
    OFFER,
    PAYMENT,
    PAYMENT_TRANSACTION,
    REFUND,
    WITHDRAWAL,
    ApplicationStatus,
    UpgradeStatus,
)
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.plan import Plan
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet

ERASED = "erased"  # a job keeps a title, a resolved incident a note
NOWHERE = "https://erased.invalid"  # ... evidence and a charge an address
FINAL = {
    one.name: one.final
    for one in (
        JOB,
        APPLICATION,
        OFFER,
        PAYMENT,
        PAYMENT_TRANSACTION,
        CHARGEBACK,
        WITHDRAWAL,
        ADJUSTMENT,
        REFUND,
    )
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
            words = self._words(one)
            left = {name: text for name, text in words.items() if getattr(one, name)}
            if self._has_done(one):
                left["contractor_erased_at"] = at
            if any(getattr(one, name) != value for name, value in left.items()):
                event = PersonErased(at=at, person=self.person, subject=one.id)
                yield Change(changed(one, **left), event)

    def _has_done(self, one: Entity) -> bool:
        """Whether it is a job of theirs, which nobody can thank them for from now on."""
        if not isinstance(one, Job) or one.contractor != self.person:
            return False
        return one.contractor_erased_at is None

    def _words(self, one: Entity) -> dict[str, Any]:
        """Its words, and what is left of each."""
        match one:
            case Job(customer=self.person):
                return {"title": ERASED, "description": ""}
            case Application(contractor=self.person):
                return {"message": ""}
            case Milestone(customer=self.person):
                return {"title": ERASED}
            case Offer(customer=self.person):
                words = {"message": "", "revising_message": ""}
                return {**words, **_plans(one, "plan", "revising_plan")}
            case Offer(contractor=self.person):
                return {"counter_message": "", **_plans(one, "counter_plan")}
            case _:
                return self._words_about(one)

    def _words_about(self, one: Entity) -> dict[str, Any]:
        """Those of staff, too."""
        match one:
            case Dispute():
                return self._disputed(one)
            case Evidence():
                is_theirs = one.by == self.person or one.role in STAFF
                return {"url": NOWHERE, "note": ""} if is_theirs else {}
            case Incident():
                return {"note": ERASED}
            case Refund():
                return {} if self._is_of_theirs(one.reason) else {"reason": ""}
            case CreditGrant():
                return {"reason": ""}
            case Adjustment():
                return {"reason": "", "note": ""}
            case PayerAccount():
                return {"gateway_customer": one.nobodys}
            case PaymentTransaction():
                return {"success_url": NOWHERE, "cancel_url": NOWHERE}
            case _:
                return {}

    def _is_of_theirs(self, reason: str) -> bool:
        """Whether it is the id of something here: of what was called off, or disputed."""
        return any(one.id == reason for one in self.entities)

    def _disputed(self, dispute: Dispute) -> dict[str, str]:
        role = Role.CUSTOMER if dispute.customer == self.person else Role.CONTRACTOR
        theirs = "reason" if dispute.opened_by is role else "response"
        return {theirs: "", "note": ""}


def _plans(offer: Offer, *names: str) -> dict[str, Plan]:
    """What the parts of these plans were called is gone."""
    plans: dict[str, Plan | None] = {name: getattr(offer, name) for name in names}
    return {name: plan.erased(ERASED) for name, plan in plans.items() if plan is not None}


def _goes_on(one: Entity) -> bool:
    match one:
        case Payment():
            return _moves(one)
        case Wallet():
            return any(part.minor for part in (one.total, one.receivable))
        case Credit():
            return one.total.minor > 0
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
    """Whether some of it is held, waits, is on its way, or is disputed.

    What is still to be transferred is in its contractor's wallet, and keeps them; where that is
    empty they have been paid out of what another payment left on their account.
    """
    parts = (payment.disputed, payment.clearing, payment.transferring)
    is_moved = any(part.minor > 0 for part in parts)
    return payment.status not in PAYMENT.final or payment.contested is not None or is_moved
