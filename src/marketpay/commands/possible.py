"""Which command an actor can give to an entity now: what an interface draws buttons for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import frozen

from marketpay.commands.acceptance import AcceptOffer
from marketpay.commands.adjustments import ApproveAdjustment, RejectAdjustment
from marketpay.commands.agreed_cancellation import (
    AcceptCancellation,
    DeclineCancellation,
    ProposeCancellation,
)
from marketpay.commands.applications import (
    AcceptApplication,
    RejectApplication,
    WithdrawApplication,
)
from marketpay.commands.base import Command
from marketpay.commands.cancellation import CancelJob
from marketpay.commands.completion import CompleteJob
from marketpay.commands.dead_letters import AbandonTransaction
from marketpay.commands.dispute_outcomes import (
    AcceptSettlement,
    ProposeSettlement,
    ResolveDispute,
)
from marketpay.commands.disputes import (
    EscalateDispute,
    OpenDispute,
    RespondToDispute,
    WithdrawDispute,
)
from marketpay.commands.evidence import AddEvidence
from marketpay.commands.incidents import ClearPayment, ResolveIncident
from marketpay.commands.jobs import StartJob, UpdateJob
from marketpay.commands.milestone_work import (
    RequestMilestoneChanges,
    StartMilestone,
    SubmitMilestone,
)
from marketpay.commands.milestones import (
    CancelMilestone,
    FundMilestone,
    RefundMilestone,
    ReleaseMilestone,
)
from marketpay.commands.negotiation import CounterOffer, ReviseOffer
from marketpay.commands.offers import RejectOffer, WithdrawOffer
from marketpay.commands.payments import PayOffer
from marketpay.commands.payout_accounts import RetryTransfer
from marketpay.commands.refunds import IssueRefund
from marketpay.commands.upgrades import RevokeUpgrade
from marketpay.commands.webhooks import ReplayWebhook
from marketpay.commands.withdrawals import ApproveWithdrawal, CancelWithdrawal
from marketpay.commands.work import RequestChanges, SubmitWork
from marketpay.domain import events as e
from marketpay.domain.actor import STAFF, Actor, Role
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.dispute import Dispute
from marketpay.domain.disputing import is_disputable
from marketpay.domain.entity import Living
from marketpay.domain.event import Event
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JobStatus
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.settlement import NO_ANSWER

PEOPLE: Final = frozenset(Role) - {Role.SYSTEM}


def _always(_entity: Any, _role: Role) -> bool:
    return True


def _anybodys(_entity: Any, _actor: str) -> bool:
    return True


def _is_maker(adjustment: Adjustment, actor: str) -> bool:
    return adjustment.proposed_by == actor


def _is_checker(adjustment: Adjustment, actor: str) -> bool:
    return actor not in (adjustment.proposed_by, adjustment.owner)


def _is_proposed(job: Job, _role: Role) -> bool:
    return job.cancellation_by is not None


def _is_proposed_by_other(job: Job, role: Role) -> bool:
    return job.cancellation_by not in (None, role.value)


def _may_cancel(job: Job, role: Role) -> bool:
    """Once work began, a customer can only if nobody does it."""
    is_begun = job.status is JobStatus.IN_PROGRESS
    return role is not Role.CUSTOMER or not is_begun or job.is_forsaken


def _is_disputable(payment: Payment, _role: Role) -> bool:
    return payment.contested is None and is_disputable(payment)


def _is_opener(dispute: Dispute, role: Role) -> bool:
    return dispute.opened_by is role


def _is_other_side(dispute: Dispute, role: Role) -> bool:
    return dispute.opened_by is not role


def _is_proposed_to(dispute: Dispute, role: Role) -> bool:
    return dispute.proposed_to(role) is not None


def _is_of_offer(payment: Payment, _role: Role) -> bool:
    return payment.purpose is PaymentPurpose.OFFER


def _is_refundable(payment: Payment, _role: Role) -> bool:
    return payment.refundable.minor > 0


def _is_flagged(payment: Payment, _role: Role) -> bool:
    return payment.flagged is not None


def _is_off(payment: Payment, _role: Role) -> bool:
    """Whether more, or less, of it is due to the contractor than lies on their account."""
    return payment.untransferred.minor != 0


def _is_stuck(transaction: PaymentTransaction, _role: Role) -> bool:
    return transaction.failure == NO_ANSWER


@frozen
class Button:
    """What causes an event: a command that one of `who` gives, where it fits the entity."""

    command: type[Command[Any]]
    who: frozenset[Role] = PEOPLE
    fits: Callable[[Any, Role], bool] = _always
    whose: Callable[[Any, str], bool] = _anybodys  # asked of the entity and the actor's id


# Whoever can cause the event by its lifecycle can give the command, as far as it is for them.
BUTTONS: Final[dict[type[Event], tuple[Button, ...]]] = {
    e.JobUpdated: (Button(UpdateJob),),
    e.JobStarted: (Button(StartJob),),
    e.JobCompleted: (Button(CompleteJob),),
    e.JobSubmitted: (Button(SubmitWork),),
    e.JobChangesRequested: (Button(RequestChanges),),
    e.JobCancelled: (Button(CancelJob, fits=_may_cancel),),
    e.JobCancellationProposed: (
        Button(ProposeCancellation),
        Button(AcceptCancellation, fits=_is_proposed_by_other),
    ),
    e.JobCancellationDeclined: (Button(DeclineCancellation, fits=_is_proposed),),
    e.ApplicationAccepted: (Button(AcceptApplication),),
    e.ApplicationRejected: (Button(RejectApplication),),
    e.ApplicationWithdrawn: (Button(WithdrawApplication),),
    e.OfferClaimed: (Button(AcceptOffer),),
    e.OfferRejected: (Button(RejectOffer),),
    e.OfferCountered: (Button(CounterOffer),),
    e.OfferRevisionStarted: (Button(ReviseOffer),),
    e.OfferWithdrawn: (Button(WithdrawOffer),),
    e.MilestoneFundingStarted: (Button(FundMilestone),),
    e.MilestoneStarted: (Button(StartMilestone),),
    e.MilestoneSubmitted: (Button(SubmitMilestone),),
    e.MilestoneChangesRequested: (Button(RequestMilestoneChanges),),
    e.MilestoneReleased: (Button(ReleaseMilestone),),
    e.MilestoneRefunded: (Button(RefundMilestone),),
    e.MilestoneCancelled: (Button(CancelMilestone),),
    e.PaymentRetried: (Button(PayOffer, fits=_is_of_offer),),
    e.PaymentRefundRequested: (Button(IssueRefund, frozenset(STAFF), _is_refundable),),
    e.PaymentContested: (Button(OpenDispute, fits=_is_disputable),),
    e.DisputeEvidenceAdded: (Button(AddEvidence),),
    e.DisputeResponded: (Button(RespondToDispute, fits=_is_other_side),),
    e.DisputeEscalated: (Button(EscalateDispute),),
    e.DisputeSettlementProposed: (Button(ProposeSettlement),),
    e.DisputeSettled: (Button(AcceptSettlement, fits=_is_proposed_to),),
    e.DisputeResolved: (Button(ResolveDispute),),
    e.DisputeWithdrawn: (Button(WithdrawDispute, fits=_is_opener),),
    e.PaymentCleared: (Button(ClearPayment, fits=_is_flagged),),
    e.PaymentTransferStarted: (Button(RetryTransfer, fits=_is_off),),
    e.PaymentTransactionAbandoned: (Button(AbandonTransaction, fits=_is_stuck),),
    e.AdjustmentApproved: (Button(ApproveAdjustment, whose=_is_checker),),
    e.AdjustmentRejected: (Button(RejectAdjustment),),
    e.AdjustmentWithdrawn: (Button(RejectAdjustment, whose=_is_maker),),
    e.WithdrawalApproved: (Button(ApproveWithdrawal),),
    e.WithdrawalCanceled: (Button(CancelWithdrawal),),
    e.UpgradeRevoked: (Button(RevokeUpgrade),),
    e.IncidentResolved: (Button(ResolveIncident),),
    e.WebhookReplayed: (Button(ReplayWebhook),),
}

# What people cause by a command for something else: accepting an offer freezes a split.
CONSEQUENCES: Final[frozenset[type[Event]]] = frozenset(
    {
        e.PaymentSplitFrozen,
        e.PaymentReleased,
        e.PaymentStillFlagged,
        e.WithdrawalFailed,
        e.UpgradeShortened,
    }
)


def possible(entity: Living, actor: Actor) -> frozenset[str]:
    """The names of the commands that can move this entity on now, if this actor gives them.

    Nothing for a customer or a contractor whose entity it is not.  Each of them can still be
    refused for a reason that the entity itself does not show.
    """
    if not isinstance(entity, Living):
        raise TypeError(f"an entity with a status moves on, not {type(entity).__name__}")
    if not isinstance(actor, Actor):
        raise TypeError(f"actor must be an Actor, not {type(actor).__name__}")
    if not _is_for(entity, actor):
        return frozenset()
    return frozenset(_names(entity, actor))


def _is_for(entity: Living, actor: Actor) -> bool:
    """Whether it is theirs: a party's own, and anything for who runs the marketplace."""
    if actor.role in (Role.CUSTOMER, Role.CONTRACTOR):
        return bool(getattr(entity, actor.role.value, None) == actor.id)
    return True


def _names(entity: Living, actor: Actor) -> Iterator[str]:
    role = actor.role
    for event in entity.lifecycle.possible(entity.status, role):
        for button in BUTTONS.get(event, ()):
            is_theirs = role in button.who and button.whose(entity, actor.id)
            if is_theirs and button.fits(entity, role):
                yield button.command.__name__
