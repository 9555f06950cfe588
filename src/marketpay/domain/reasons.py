"""Why a rule of the marketplace says no."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a `Refused` was refused; it is the error's `code`."""

    ACCEPTANCE_IN_PROGRESS = "acceptance_in_progress"
    ADJUSTMENT_EXPIRED = "adjustment_expired"
    ALREADY_RESPONDED = "already_responded"
    APPLICATION_CLOSED = "application_closed"
    APPLICATION_EXISTS = "application_exists"
    APPLICATION_OF_ANOTHER_JOB = "application_of_another_job"
    APPLICATION_REQUIRED = "application_required"
    AUTHORIZATION_EXPIRED = "authorization_expired"
    BALANCE_TOO_LOW = "balance_too_low"
    CHARGEBACK_OPEN = "chargeback_open"
    CREDIT_TOO_LOW = "credit_too_low"
    DISPUTE_OPEN = "dispute_open"
    DISPUTE_OVERDUE = "dispute_overdue"
    EXTRAS_OPEN = "extras_open"
    FUNDING_IN_PROGRESS = "funding_in_progress"
    JOB_ALREADY_ASSIGNED = "job_already_assigned"
    JOB_NOT_OPEN = "job_not_open"
    MILESTONES_OPEN = "milestones_open"
    NOT_DISPUTABLE = "not_disputable"
    NOT_REFUNDABLE = "not_refundable"
    OFFER_EXISTS = "offer_exists"
    OFFER_EXPIRED = "offer_expired"
    OWN_JOB = "own_job"
    PAYMENT_IN_PROGRESS = "payment_in_progress"
    PAYMENT_NOT_AUTHORIZED = "payment_not_authorized"
    PAYMENT_UNDER_REVIEW = "payment_under_review"
    PAYOUTS_NOT_ACTIVE = "payouts_not_active"
    PROPOSAL_CHANGED = "proposal_changed"
    PERSON_ACTIVE = "person_active"
    PERSON_ERASED = "person_erased"
    PURCHASE_IN_PROGRESS = "purchase_in_progress"
    WALLET_FROZEN = "wallet_frozen"
    WITHDRAWAL_BELOW_MINIMUM = "withdrawal_below_minimum"
    WITHDRAWAL_IN_PROGRESS = "withdrawal_in_progress"
    WORK_SUBMITTED = "work_submitted"


SENTENCES: dict[Reason, str] = {
    Reason.ACCEPTANCE_IN_PROGRESS: "An offer for this job is being accepted; try again soon.",
    Reason.ADJUSTMENT_EXPIRED: "This adjustment waited too long; propose it again.",
    Reason.ALREADY_RESPONDED: "You have responded to this dispute already; add evidence instead.",
    Reason.APPLICATION_CLOSED: "This application was rejected or withdrawn.",
    Reason.APPLICATION_EXISTS: "This contractor has already applied to this job.",
    Reason.APPLICATION_OF_ANOTHER_JOB: "This application belongs to another job.",
    Reason.APPLICATION_REQUIRED: "Offers go only to contractors who have applied to the job.",
    Reason.AUTHORIZATION_EXPIRED: "The hold on the money is gone, so the offer has expired.",
    Reason.BALANCE_TOO_LOW: "The wallet does not have that much available.",
    Reason.CHARGEBACK_OPEN: "The customer's bank disputes this payment; wait until it has decided.",
    Reason.CREDIT_TOO_LOW: "The customer does not have that much credit available.",
    Reason.DISPUTE_OPEN: "This payment is in dispute; nothing of it moves until that has ended.",
    Reason.DISPUTE_OVERDUE: "The time to respond to this dispute is over.",
    Reason.EXTRAS_OPEN: "With this part the job would end; decide on its extras first.",
    Reason.FUNDING_IN_PROGRESS: "A payment for this milestone is under way; try again soon.",
    Reason.JOB_ALREADY_ASSIGNED: "Another offer for this job has already been accepted.",
    Reason.JOB_NOT_OPEN: "This job is no longer open.",
    Reason.MILESTONES_OPEN: "This job is done in parts; submit its milestones one by one.",
    Reason.NOT_DISPUTABLE: "Nothing of this payment is held any more, so it cannot be disputed.",
    Reason.NOT_REFUNDABLE: "That much of this payment cannot be refunded.",
    Reason.OFFER_EXISTS: "This contractor already has an offer for this job.",
    Reason.OFFER_EXPIRED: "This offer has expired.",
    Reason.OWN_JOB: "The customer of a job cannot be its contractor.",
    Reason.PAYMENT_IN_PROGRESS: "A payment for this offer is already under way.",
    Reason.PAYMENT_NOT_AUTHORIZED: "The customer's payment for this offer is not authorized yet.",
    Reason.PAYMENT_UNDER_REVIEW: "This payment is under review and is not released yet.",
    Reason.PAYOUTS_NOT_ACTIVE: "The contractor's payout account is not active yet.",
    Reason.PROPOSAL_CHANGED: "This is not, or no longer, what the other side proposes.",
    Reason.PERSON_ACTIVE: "This person still has jobs, offers, money or debts here.",
    Reason.PERSON_ERASED: "The contractor of this job was forgotten; nobody is there to be paid.",
    Reason.PURCHASE_IN_PROGRESS: "Somebody else is buying this upgrade of the listing.",
    Reason.WALLET_FROZEN: "This wallet is frozen; nothing is paid out of it for now.",
    Reason.WITHDRAWAL_BELOW_MINIMUM: "A withdrawal of so little is not possible.",
    Reason.WITHDRAWAL_IN_PROGRESS: "Another withdrawal from this wallet is under way.",
    Reason.WORK_SUBMITTED: "Some of this work was submitted; both sides have to agree.",
}  # fmt: skip
