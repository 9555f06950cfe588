"""Every status there is, and every way from one to the next.

Whatever decides which status follows which lives in this file.  A row names an event and who
may cause it; what else must be true is for the command that causes it to check.  The diagrams
in `docs/reference/lifecycles.md` are drawn from these tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.state_machine import Begin, Lifecycle, Row


class JobStatus(StrEnum):
    """Where a job stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class OfferStatus(StrEnum):
    """Where an offer stands.

    `countered`: the contractor asks for another price.  `accepting`: claimed, and the capture's
    outcome not yet known.
    """

    PENDING = "pending"
    COUNTERED = "countered"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class PaymentStatus(StrEnum):
    """Where a customer's money stands."""

    PENDING = "pending"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    CHARGED_BACK = "charged_back"


class TransactionStatus(StrEnum):
    """Where one gateway operation stands.  `unknown`: sent, and no answer yet.

    `awaiting_confirmation`: the gateway has done its part; a customer, a bank or time has not.
    """

    PENDING = "pending"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class AdjustmentStatus(StrEnum):
    """Where an adjustment of a wallet stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class PayoutAccountStatus(StrEnum):
    """Where a contractor's account at the gateway stands."""

    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    REJECTED = "rejected"


class WithdrawalStatus(StrEnum):
    """Where a withdrawal stands.  `processing`: the gateway is, or is being, asked to pay out."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


class ChargebackStatus(StrEnum):
    """Where a chargeback stands with the card network."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class DisputeStatus(StrEnum):
    """Where a dispute between customer and contractor stands."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class MilestoneStatus(StrEnum):
    """Where a part of an offer stands.  `pending`: nothing of it is paid yet."""

    PENDING = "pending"
    FUNDED = "funded"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    RELEASED = "released"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class UpgradeStatus(StrEnum):
    """Whether an upgrade of a listing still holds."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class IncidentStatus(StrEnum):
    """Whether somebody has looked."""

    OPEN = "open"
    RESOLVED = "resolved"


class WebhookStatus(StrEnum):
    """What became of a stored webhook."""

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    DEFERRED = "deferred"
    DEAD = "dead"


def _who(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


CUSTOMER: Final = _who(Role.CUSTOMER)
CONTRACTOR: Final = _who(Role.CONTRACTOR)
PARTIES: Final = CUSTOMER | CONTRACTOR
SYSTEM: Final = _who(Role.SYSTEM)
ADMIN: Final = _who(Role.ADMIN)
SERVICE: Final = _who(Role.SERVICE)

# fmt: off
J = JobStatus
JOB: Final = Lifecycle("job",
    Begin(e.JobPosted, J.OPEN, CUSTOMER),
    #   while           once             becomes         caused by
    Row(J.OPEN,         e.JobUpdated,    J.OPEN,         CUSTOMER | ADMIN),
    Row(J.OPEN,         e.JobAssigned,   J.ASSIGNED,     SYSTEM),
    Row(J.OPEN,         e.JobCancelled,  J.CANCELLED,    CUSTOMER | ADMIN | SYSTEM),
    Row(J.ASSIGNED,     e.JobStarted,    J.IN_PROGRESS,  CUSTOMER | CONTRACTOR),
    Row(J.ASSIGNED,     e.JobOverdue,    J.ASSIGNED,     SYSTEM),
    Row(J.ASSIGNED,     e.JobCompleted,  J.COMPLETED,    SYSTEM),
    Row(J.ASSIGNED,     e.JobCancelled,  J.CANCELLED,    CUSTOMER | CONTRACTOR | ADMIN | SYSTEM),
    Row(J.IN_PROGRESS,  e.JobSubmitted,  J.SUBMITTED,    CONTRACTOR),
    Row(J.IN_PROGRESS,  e.JobOverdue,    J.IN_PROGRESS,  SYSTEM),
    Row(J.IN_PROGRESS,  e.JobCompleted,  J.COMPLETED,    CUSTOMER | ADMIN | SYSTEM),
    Row(J.IN_PROGRESS,  e.JobCancelled,  J.CANCELLED,    CUSTOMER | ADMIN | SYSTEM),  # see Job.cancel
    Row(J.IN_PROGRESS,  e.JobCancellationProposed, J.IN_PROGRESS, CUSTOMER | CONTRACTOR),
    Row(J.IN_PROGRESS,  e.JobCancellationDeclined, J.IN_PROGRESS, CUSTOMER | CONTRACTOR),
    Row(J.SUBMITTED,    e.JobCancellationProposed, J.SUBMITTED, CUSTOMER | CONTRACTOR),
    Row(J.SUBMITTED,    e.JobCancellationDeclined, J.SUBMITTED, CUSTOMER | CONTRACTOR),
    Row(J.SUBMITTED,    e.JobChangesRequested, J.IN_PROGRESS, CUSTOMER),
    Row(J.SUBMITTED,    e.JobCompleted,  J.COMPLETED,    CUSTOMER | ADMIN | SYSTEM),
    Row(J.SUBMITTED,    e.JobCancelled,  J.CANCELLED,    ADMIN | SYSTEM),
    final={J.COMPLETED, J.CANCELLED},
)

A = ApplicationStatus
APPLICATION: Final = Lifecycle("application",
    Begin(e.ApplicationSubmitted, A.PENDING, CONTRACTOR),
    Row(A.PENDING,   e.ApplicationAccepted,   A.ACCEPTED,   CUSTOMER | SYSTEM),
    Row(A.PENDING,   e.ApplicationRejected,   A.REJECTED,   CUSTOMER | SYSTEM),
    Row(A.PENDING,   e.ApplicationWithdrawn,  A.WITHDRAWN,  CONTRACTOR),
    Row(A.ACCEPTED,  e.ApplicationRejected,   A.REJECTED,   CUSTOMER | SYSTEM),
    Row(A.ACCEPTED,  e.ApplicationWithdrawn,  A.WITHDRAWN,  CONTRACTOR),
    final={A.ACCEPTED, A.REJECTED, A.WITHDRAWN},
)

O = OfferStatus
OFFER: Final = Lifecycle("offer",
    Begin(e.OfferCreated, O.PENDING, CUSTOMER),
    Row(O.PENDING,    e.OfferFunded,            O.PENDING,     SYSTEM),
    Row(O.PENDING,    e.OfferClaimed,           O.ACCEPTING,   CONTRACTOR),
    Row(O.PENDING,    e.OfferRejected,          O.REJECTED,    CONTRACTOR),
    Row(O.PENDING,    e.OfferWithdrawn,         O.WITHDRAWN,   CUSTOMER | ADMIN | SYSTEM),
    Row(O.PENDING,    e.OfferExpired,           O.EXPIRED,     SYSTEM),
    Row(O.PENDING,    e.OfferSuperseded,        O.SUPERSEDED,  SYSTEM),
    Row(O.PENDING,    e.OfferCountered,         O.COUNTERED,   CONTRACTOR),
    Row(O.PENDING,    e.OfferRevisionStarted,   O.PENDING,     CUSTOMER),
    Row(O.PENDING,    e.OfferRevised,           O.PENDING,     SYSTEM),
    Row(O.PENDING,    e.OfferRevisionFailed,    O.PENDING,     SYSTEM),
    Row(O.COUNTERED,  e.OfferFunded,            O.COUNTERED,   SYSTEM),
    Row(O.COUNTERED,  e.OfferClaimed,           O.ACCEPTING,   CONTRACTOR),
    Row(O.COUNTERED,  e.OfferRejected,          O.REJECTED,    CONTRACTOR),
    Row(O.COUNTERED,  e.OfferWithdrawn,         O.WITHDRAWN,   CUSTOMER | ADMIN | SYSTEM),
    Row(O.COUNTERED,  e.OfferExpired,           O.EXPIRED,     SYSTEM),
    Row(O.COUNTERED,  e.OfferSuperseded,        O.SUPERSEDED,  SYSTEM),
    Row(O.COUNTERED,  e.OfferCountered,         O.COUNTERED,   CONTRACTOR),
    Row(O.COUNTERED,  e.OfferRevisionStarted,   O.COUNTERED,   CUSTOMER),
    Row(O.COUNTERED,  e.OfferRevised,           O.PENDING,     SYSTEM),
    Row(O.COUNTERED,  e.OfferRevisionFailed,    O.COUNTERED,   SYSTEM),
    Row(O.ACCEPTING,  e.OfferAccepted,          O.ACCEPTED,    SYSTEM),
    Row(O.ACCEPTING,  e.OfferAcceptanceFailed,  O.PENDING,     SYSTEM),
    Row(O.ACCEPTING,  e.OfferExpired,           O.EXPIRED,     SYSTEM),
    final={O.ACCEPTED, O.REJECTED, O.WITHDRAWN, O.EXPIRED, O.SUPERSEDED},
)

P = PaymentStatus
PAYMENT: Final = Lifecycle("payment",
    Begin(e.PaymentCreated, P.PENDING, CUSTOMER),
    Row(P.PENDING,                e.PaymentAuthorized,       P.AUTHORIZED,             SYSTEM),
    Row(P.PENDING,                e.PaymentActionRequired,   P.AWAITING_CONFIRMATION,  SYSTEM),
    Row(P.PENDING,                e.PaymentFailed,           P.FAILED,                 SYSTEM),
    Row(P.AWAITING_CONFIRMATION,  e.PaymentAuthorized,       P.AUTHORIZED,             SYSTEM),
    Row(P.AWAITING_CONFIRMATION,  e.PaymentFailed,           P.FAILED,                 SYSTEM),
    Row(P.AWAITING_CONFIRMATION,  e.PaymentCanceled,         P.CANCELED,               SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentExpiring,         P.AUTHORIZED,             SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentFlagged,          P.AUTHORIZED,             SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentStillFlagged,     P.AUTHORIZED,             ADMIN | SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentCleared,          P.AUTHORIZED,             ADMIN | SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentSplitFrozen,      P.AUTHORIZED,             CONTRACTOR),
    Row(P.AUTHORIZED,             e.PaymentCaptured,         P.CAPTURED,               SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentFailed,           P.FAILED,                 SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentCanceled,         P.CANCELED,               SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentExpired,          P.EXPIRED,                SYSTEM),
    Row(P.FAILED,                 e.PaymentRetried,          P.PENDING,                CUSTOMER),
    Row(P.PENDING,                e.PaymentCreditFreed,      P.PENDING,                SYSTEM),
    Row(P.AWAITING_CONFIRMATION,  e.PaymentCreditFreed,      P.AWAITING_CONFIRMATION,  SYSTEM),
    Row(P.AUTHORIZED,             e.PaymentCreditFreed,      P.AUTHORIZED,             SYSTEM),
    Row(P.FAILED,                 e.PaymentCreditFreed,      P.FAILED,                 SYSTEM),
    Row(P.CANCELED,               e.PaymentCreditFreed,      P.CANCELED,               SYSTEM),
    Row(P.EXPIRED,                e.PaymentCreditFreed,      P.EXPIRED,                SYSTEM),
    Row(P.CAPTURED,               e.PaymentFlagged,          P.CAPTURED,               SYSTEM),
    Row(P.CAPTURED,               e.PaymentStillFlagged,     P.CAPTURED,               ADMIN | SYSTEM),
    Row(P.CAPTURED,               e.PaymentCleared,          P.CAPTURED,               ADMIN | SYSTEM),
    Row(P.CAPTURED,               e.PaymentContested,        P.CAPTURED,               CUSTOMER | CONTRACTOR),
    Row(P.CAPTURED,               e.PaymentFreed,            P.CAPTURED,               SYSTEM),
    Row(P.CAPTURED,               e.PaymentFeeKept,          P.CAPTURED,               SYSTEM),
    Row(P.CAPTURED,               e.PaymentReleased,         P.RELEASED,               CUSTOMER | ADMIN | SYSTEM),
    Row(P.CAPTURED,               e.PaymentRefundRequested,  P.CAPTURED,               frozenset(Role)),
    Row(P.CAPTURED,               e.PaymentPartlyRefunded,   P.CAPTURED,               SYSTEM),
    Row(P.CAPTURED,               e.PaymentRefunded,         P.REFUNDED,               SYSTEM),
    Row(P.CAPTURED,               e.PaymentChargedBack,      P.CHARGED_BACK,           SYSTEM),
    Row(P.RELEASED,               e.PaymentContested,        P.RELEASED,               CUSTOMER | CONTRACTOR),
    Row(P.RELEASED,               e.PaymentFreed,            P.RELEASED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentRefundRequested,  P.RELEASED,               ADMIN | SERVICE | SYSTEM),
    Row(P.RELEASED,               e.PaymentPartlyRefunded,   P.RELEASED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentRefunded,         P.REFUNDED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentChargedBack,      P.CHARGED_BACK,           SYSTEM),
    Row(P.RELEASED,               e.PaymentTransferStarted,  P.RELEASED,               SYSTEM | ADMIN),
    Row(P.RELEASED,               e.PaymentTransferred,      P.RELEASED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentTransferBlocked,  P.RELEASED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentTransferReversed, P.RELEASED,               SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentChargebackChanged, P.CHARGED_BACK,          SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentStillFlagged,     P.CHARGED_BACK,           ADMIN | SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentCleared,          P.CHARGED_BACK,           ADMIN | SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentRefundRequested, P.CHARGED_BACK,           SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentPartlyRefunded,   P.CHARGED_BACK,           SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentFreed,            P.CHARGED_BACK,           SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentHeldAgain,        P.CAPTURED,               SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentReleasedAgain,    P.RELEASED,               SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentTransferStarted,  P.CHARGED_BACK,           SYSTEM | ADMIN),
    Row(P.CHARGED_BACK,           e.PaymentTransferred,      P.CHARGED_BACK,           SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentTransferBlocked,  P.CHARGED_BACK,           SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentTransferReversed, P.CHARGED_BACK,           SYSTEM),
    Row(P.REFUNDED,               e.PaymentFreed,            P.REFUNDED,               SYSTEM),
    Row(P.REFUNDED,               e.PaymentHeldAgain,        P.CAPTURED,               SYSTEM),
    Row(P.REFUNDED,               e.PaymentReleasedAgain,    P.RELEASED,               SYSTEM),
    Row(P.REFUNDED,               e.PaymentTransferStarted,  P.REFUNDED,               SYSTEM | ADMIN),
    Row(P.REFUNDED,               e.PaymentTransferred,      P.REFUNDED,               SYSTEM),
    Row(P.REFUNDED,               e.PaymentTransferBlocked,  P.REFUNDED,               SYSTEM),
    Row(P.REFUNDED,               e.PaymentTransferReversed, P.REFUNDED,               SYSTEM),
    Row(P.RELEASED,               e.PaymentClearanceEnded,   P.RELEASED,               SYSTEM),
    Row(P.CHARGED_BACK,           e.PaymentClearanceEnded,   P.CHARGED_BACK,           SYSTEM),
    Row(P.REFUNDED,               e.PaymentClearanceEnded,   P.REFUNDED,               SYSTEM),
    final={P.RELEASED, P.REFUNDED, P.FAILED, P.CANCELED, P.EXPIRED, P.CHARGED_BACK},
)

T = TransactionStatus
PAYMENT_TRANSACTION: Final = Lifecycle("payment_transaction",
    Begin(e.PaymentTransactionStarted, T.PENDING, frozenset(Role)),
    Row(T.PENDING,                e.PaymentTransactionActionRequired,  T.AWAITING_CONFIRMATION,  SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionAccepted,        T.AWAITING_CONFIRMATION,  SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionSucceeded,       T.SUCCESS,                SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionFailed,          T.FAILED,                 SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionCanceled,        T.CANCELED,               SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionUnanswered,      T.UNKNOWN,                SYSTEM),
    Row(T.PENDING,                e.PaymentTransactionStuck,           T.UNKNOWN,                SYSTEM),
    Row(T.AWAITING_CONFIRMATION,  e.PaymentTransactionSucceeded,       T.SUCCESS,                SYSTEM),
    Row(T.AWAITING_CONFIRMATION,  e.PaymentTransactionFailed,          T.FAILED,                 SYSTEM),
    Row(T.AWAITING_CONFIRMATION,  e.PaymentTransactionCanceled,        T.CANCELED,               SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionCanceled,        T.CANCELED,               SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionActionRequired,  T.AWAITING_CONFIRMATION,  SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionAccepted,        T.AWAITING_CONFIRMATION,  SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionSucceeded,       T.SUCCESS,                SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionFailed,          T.FAILED,                 SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionUnanswered,      T.UNKNOWN,                SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionStuck,           T.UNKNOWN,                SYSTEM),
    Row(T.UNKNOWN,                e.PaymentTransactionAbandoned,       T.FAILED,                 ADMIN),
    final={T.SUCCESS, T.FAILED, T.CANCELED},
)

R = RefundStatus
REFUND: Final = Lifecycle("refund",
    Begin(e.RefundRequested, R.REQUESTED, frozenset(Role)),
    Row(R.REQUESTED,  e.RefundPending,    R.PENDING,    SYSTEM),
    Row(R.REQUESTED,  e.RefundSucceeded,  R.SUCCEEDED,  SYSTEM),
    Row(R.REQUESTED,  e.RefundHeldBack,   R.REQUESTED,  SYSTEM),
    Row(R.REQUESTED,  e.RefundRetried,    R.REQUESTED,  SYSTEM),
    Row(R.REQUESTED,  e.RefundFailed,     R.FAILED,     SYSTEM),
    Row(R.PENDING,    e.RefundSucceeded,  R.SUCCEEDED,  SYSTEM),
    Row(R.PENDING,    e.RefundFailed,     R.FAILED,     SYSTEM),
    Row(R.PENDING,    e.RefundHeldBack,   R.REQUESTED,  SYSTEM),
    Row(R.SUCCEEDED,  e.RefundFailed,     R.FAILED,     SYSTEM),
    Row(R.PENDING,    e.RefundOffset,     R.PENDING,    SYSTEM),
    Row(R.SUCCEEDED,  e.RefundOffset,     R.SUCCEEDED,  SYSTEM),
    Row(R.FAILED,     e.RefundOffset,     R.FAILED,     SYSTEM),
    final={R.SUCCEEDED, R.FAILED},
)

PA = PayoutAccountStatus
PAYOUT_ACCOUNT: Final = Lifecycle("payout_account",
    Begin(e.PayoutAccountOpened, PA.PENDING, CONTRACTOR),
    Row(PA.PENDING,     e.PayoutAccountConnected,   PA.PENDING,     SYSTEM),
    Row(PA.PENDING,     e.PayoutAccountActivated,   PA.ACTIVE,      SYSTEM),
    Row(PA.PENDING,     e.PayoutAccountRestricted,  PA.RESTRICTED,  SYSTEM),
    Row(PA.PENDING,     e.PayoutAccountRejected,    PA.REJECTED,    SYSTEM),
    Row(PA.ACTIVE,      e.PayoutAccountRestricted,  PA.RESTRICTED,  SYSTEM),
    Row(PA.ACTIVE,      e.PayoutAccountRejected,    PA.REJECTED,    SYSTEM),
    Row(PA.RESTRICTED,  e.PayoutAccountActivated,   PA.ACTIVE,      SYSTEM),
    Row(PA.RESTRICTED,  e.PayoutAccountRejected,    PA.REJECTED,    SYSTEM),
    final=(),
    endless=True,
)

W = WithdrawalStatus
WITHDRAWAL: Final = Lifecycle("withdrawal",
    Begin(e.WithdrawalRequested, W.REQUESTED, CONTRACTOR | SYSTEM),
    Row(W.REQUESTED,   e.WithdrawalApproved,  W.APPROVED,    ADMIN | SYSTEM),
    Row(W.REQUESTED,   e.WithdrawalFailed,    W.FAILED,      SYSTEM),
    Row(W.REQUESTED,   e.WithdrawalCanceled,  W.CANCELED,    CONTRACTOR | ADMIN),
    Row(W.APPROVED,    e.WithdrawalCanceled,  W.CANCELED,    CONTRACTOR | ADMIN),
    Row(W.APPROVED,    e.WithdrawalFailed,    W.FAILED,      SYSTEM | ADMIN),
    Row(W.APPROVED,    e.WithdrawalStarted,   W.PROCESSING,  SYSTEM),
    Row(W.PROCESSING,  e.WithdrawalStarted,   W.PROCESSING,  SYSTEM),
    Row(W.PROCESSING,  e.WithdrawalPaid,      W.PAID,        SYSTEM),
    Row(W.PROCESSING,  e.WithdrawalFailed,    W.FAILED,      SYSTEM | ADMIN),
    Row(W.PAID,        e.WithdrawalReturned,  W.FAILED,      SYSTEM),
    final={W.PAID, W.FAILED, W.CANCELED},
)

AD = AdjustmentStatus
ADJUSTMENT: Final = Lifecycle("adjustment",
    Begin(e.AdjustmentProposed, AD.PROPOSED, ADMIN),
    Row(AD.PROPOSED,  e.AdjustmentApproved,   AD.APPROVED,   ADMIN),
    Row(AD.PROPOSED,  e.AdjustmentRejected,   AD.REJECTED,   ADMIN),
    Row(AD.PROPOSED,  e.AdjustmentWithdrawn,  AD.WITHDRAWN,  ADMIN),
    Row(AD.PROPOSED,  e.AdjustmentExpired,    AD.EXPIRED,    SYSTEM),
    final={AD.APPROVED, AD.REJECTED, AD.WITHDRAWN, AD.EXPIRED},
)

C = ChargebackStatus
CHARGEBACK: Final = Lifecycle("chargeback",
    Begin(e.ChargebackOpened, C.INQUIRY, SYSTEM),
    Row(C.INQUIRY,         e.ChargebackEscalated,    C.NEEDS_RESPONSE,  SYSTEM),
    Row(C.INQUIRY,         e.ChargebackClosed,       C.CLOSED,          SYSTEM),
    Row(C.INQUIRY,         e.ChargebackChanged,      C.INQUIRY,         SYSTEM),
    Row(C.NEEDS_RESPONSE,  e.ChargebackChanged,      C.NEEDS_RESPONSE,  SYSTEM),
    Row(C.NEEDS_RESPONSE,  e.ChargebackUnderReview,  C.UNDER_REVIEW,    SYSTEM),
    Row(C.NEEDS_RESPONSE,  e.ChargebackWon,          C.WON,             SYSTEM),
    Row(C.NEEDS_RESPONSE,  e.ChargebackLost,         C.LOST,            SYSTEM),
    Row(C.NEEDS_RESPONSE,  e.ChargebackClosed,       C.CLOSED,          SYSTEM),
    Row(C.UNDER_REVIEW,    e.ChargebackChanged,      C.UNDER_REVIEW,    SYSTEM),
    Row(C.UNDER_REVIEW,    e.ChargebackWon,          C.WON,             SYSTEM),
    Row(C.UNDER_REVIEW,    e.ChargebackLost,         C.LOST,            SYSTEM),
    Row(C.UNDER_REVIEW,    e.ChargebackClosed,       C.CLOSED,          SYSTEM),
    Row(C.WON,             e.ChargebackChanged,      C.WON,             SYSTEM),
    Row(C.LOST,            e.ChargebackChanged,      C.LOST,            SYSTEM),
    Row(C.LOST,            e.ChargebackWon,          C.WON,             SYSTEM),
    Row(C.CLOSED,          e.ChargebackChanged,      C.CLOSED,          SYSTEM),
    final={C.WON, C.LOST, C.CLOSED},
)

D = DisputeStatus
DISPUTE: Final = Lifecycle("dispute",
    Begin(e.DisputeOpened, D.OPEN, PARTIES),
    Row(D.OPEN,          e.DisputeEvidenceAdded,       D.OPEN,          PARTIES | ADMIN),
    Row(D.OPEN,          e.DisputeSettlementProposed,  D.OPEN,          PARTIES),
    Row(D.OPEN,          e.DisputeResponded,           D.UNDER_REVIEW,  PARTIES),
    Row(D.OPEN,          e.DisputeEscalated,           D.UNDER_REVIEW,  PARTIES | ADMIN | SYSTEM),
    Row(D.OPEN,          e.DisputeSettled,             D.RESOLVED,      PARTIES),
    Row(D.OPEN,          e.DisputeResolved,            D.RESOLVED,      ADMIN),
    Row(D.OPEN,          e.DisputeWithdrawn,           D.WITHDRAWN,     PARTIES),
    Row(D.OPEN,          e.DisputeExpired,             D.EXPIRED,       SYSTEM),
    Row(D.UNDER_REVIEW,  e.DisputeEvidenceAdded,       D.UNDER_REVIEW,  PARTIES | ADMIN),
    Row(D.UNDER_REVIEW,  e.DisputeSettlementProposed,  D.UNDER_REVIEW,  PARTIES),
    Row(D.UNDER_REVIEW,  e.DisputeResponded,           D.UNDER_REVIEW,  PARTIES),
    Row(D.UNDER_REVIEW,  e.DisputeSettled,             D.RESOLVED,      PARTIES),
    Row(D.UNDER_REVIEW,  e.DisputeResolved,            D.RESOLVED,      ADMIN),
    Row(D.UNDER_REVIEW,  e.DisputeWithdrawn,           D.WITHDRAWN,     PARTIES),
    Row(D.UNDER_REVIEW,  e.DisputeExpired,             D.EXPIRED,       SYSTEM),
    final={D.RESOLVED, D.WITHDRAWN, D.EXPIRED},
)

M = MilestoneStatus
MILESTONE: Final = Lifecycle("milestone",
    Begin(e.MilestoneCreated, M.PENDING, SYSTEM),
    Row(M.PENDING,      e.MilestoneFundingStarted,    M.PENDING,      CUSTOMER),
    Row(M.PENDING,      e.MilestoneFundingFailed,     M.PENDING,      SYSTEM),
    Row(M.PENDING,      e.MilestoneFunded,            M.FUNDED,       SYSTEM),
    Row(M.PENDING,      e.MilestoneCancelled,         M.CANCELLED,    PARTIES | ADMIN | SYSTEM),
    Row(M.FUNDED,       e.MilestoneStarted,           M.IN_PROGRESS,  CONTRACTOR),
    Row(M.FUNDED,       e.MilestoneReleased,          M.RELEASED,     CUSTOMER | ADMIN | SYSTEM),
    Row(M.FUNDED,       e.MilestoneRefunded,          M.REFUNDED,     CONTRACTOR | ADMIN | SYSTEM),
    Row(M.IN_PROGRESS,  e.MilestoneSubmitted,         M.SUBMITTED,    CONTRACTOR),
    Row(M.IN_PROGRESS,  e.MilestoneReleased,          M.RELEASED,     CUSTOMER | ADMIN | SYSTEM),
    Row(M.IN_PROGRESS,  e.MilestoneRefunded,          M.REFUNDED,     CONTRACTOR | ADMIN | SYSTEM),
    Row(M.SUBMITTED,    e.MilestoneChangesRequested,  M.IN_PROGRESS,  CUSTOMER),
    Row(M.SUBMITTED,    e.MilestoneReleased,          M.RELEASED,     CUSTOMER | ADMIN | SYSTEM),
    Row(M.SUBMITTED,    e.MilestoneRefunded,          M.REFUNDED,     CONTRACTOR | ADMIN | SYSTEM),
    final={M.RELEASED, M.REFUNDED, M.CANCELLED},
)

U = UpgradeStatus
UPGRADE: Final = Lifecycle("upgrade",
    Begin(e.UpgradeActivated, U.ACTIVE, SYSTEM),
    Row(U.ACTIVE,  e.UpgradeExtended,  U.ACTIVE,   SYSTEM),
    Row(U.ACTIVE,  e.UpgradeExpired,   U.EXPIRED,  SYSTEM),
    Row(U.ACTIVE,  e.UpgradeShortened, U.ACTIVE,   ADMIN | SERVICE | SYSTEM),
    Row(U.ACTIVE,  e.UpgradeRevoked,   U.REVOKED,  ADMIN | SERVICE | SYSTEM),
    final={U.EXPIRED, U.REVOKED},
)

I = IncidentStatus
INCIDENT: Final = Lifecycle("incident",
    Begin(e.IncidentRaised, I.OPEN, frozenset(Role)),
    Row(I.OPEN,  e.IncidentResolved,  I.RESOLVED,  ADMIN),
    final={I.RESOLVED},
)

H = WebhookStatus
WEBHOOK: Final = Lifecycle("webhook",
    Begin(e.WebhookReceived, H.RECEIVED, SYSTEM),
    Row(H.RECEIVED,  e.WebhookApplied,   H.APPLIED,   SYSTEM),
    Row(H.RECEIVED,  e.WebhookIgnored,   H.IGNORED,   SYSTEM),
    Row(H.RECEIVED,  e.WebhookDeferred,  H.DEFERRED,  SYSTEM),
    Row(H.RECEIVED,  e.WebhookDied,      H.DEAD,      SYSTEM),
    Row(H.DEFERRED,  e.WebhookApplied,   H.APPLIED,   SYSTEM),
    Row(H.DEFERRED,  e.WebhookIgnored,   H.IGNORED,   SYSTEM),
    Row(H.DEFERRED,  e.WebhookDeferred,  H.DEFERRED,  SYSTEM),
    Row(H.DEFERRED,  e.WebhookDied,      H.DEAD,      SYSTEM),
    Row(H.DEAD,      e.WebhookReplayed,  H.RECEIVED,  ADMIN),
    Row(H.IGNORED,   e.WebhookReplayed,  H.RECEIVED,  ADMIN),
    Row(H.APPLIED,   e.WebhookReplayed,  H.RECEIVED,  ADMIN),
    final={H.APPLIED, H.IGNORED, H.DEAD},
)
# fmt: on

ALL: Final = (
    JOB, APPLICATION, OFFER, PAYMENT, PAYMENT_TRANSACTION, REFUND, PAYOUT_ACCOUNT, WITHDRAWAL,
    CHARGEBACK, UPGRADE, INCIDENT, WEBHOOK, DISPUTE, MILESTONE, ADJUSTMENT,
)  # fmt: skip
