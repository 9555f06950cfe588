"""Facts about a customer's money, and what the gateway did with it."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class PaymentEvent(Event):
    """Something happened to a payment."""

    payment: str
    offer: str
    job: str
    customer: str
    contractor: str
    amount: Money


class PaymentCreated(PaymentEvent):
    """The customer's money is to be held for an offer."""


class PaymentActionRequired(PaymentEvent):
    """The customer has to confirm (3-D Secure, or choose a card)."""


class PaymentAuthorized(PaymentEvent):
    """The gateway holds the money."""


class PaymentFailed(PaymentEvent):
    """The gateway refused, or nobody confirmed in time; the customer can try another method."""


class PaymentRetried(PaymentEvent):
    """The customer tries another method."""


class PaymentExpiring(PaymentEvent):
    """The hold runs out soon; the offer should be accepted, or paid anew."""


class PaymentSplitFrozen(PaymentEvent):
    """The offer was claimed: what platform and contractor get is fixed from now on."""


class PaymentCaptured(PaymentEvent):
    """The money is the platform's to keep in escrow."""


class PaymentReleased(PaymentEvent):
    """The money left escrow: fees to the platform, the rest to the contractor's wallet."""


class PaymentClearanceEnded(PaymentEvent):
    """What of it waited in the contractor's wallet can be withdrawn."""


class PaymentFeeKept(PaymentEvent):
    """The platform keeps some of a cancelled deal's money; the payment's `kept` says how much."""


class PaymentTransferStarted(PaymentEvent):
    """What the contractor earned is on its way to their account at the gateway."""


class PaymentTransferred(PaymentEvent):
    """What the contractor earned lies on their account at the gateway."""


class PaymentTransferBlocked(PaymentEvent):
    """The transfer cannot be made yet; the payment's `transfer_blocked` says why."""


class PaymentRefundRequested(PaymentEvent):
    """The money is on its way back to the customer."""


class PaymentPartlyRefunded(PaymentEvent):
    """Some of the money is the customer's again."""


class PaymentRefunded(PaymentEvent):
    """All the money is the customer's again: on the card, or as credit where that failed."""


class PaymentTransferReversed(PaymentEvent):
    """Some of what was transferred is back on the platform's balance."""


class PaymentChargedBack(PaymentEvent):
    """The card network took the money back, until it has decided."""


class PaymentChargebackChanged(PaymentEvent):
    """The card network took more of it back, or decided on a part of it."""


class PaymentHeldAgain(PaymentEvent):
    """The network's decision left something in escrow: the deal goes on."""


class PaymentReleasedAgain(PaymentEvent):
    """The network's decision left something of what was released before."""


class PaymentFlagged(PaymentEvent):
    """Something is suspicious: it is not released until somebody has looked."""


class PaymentStillFlagged(PaymentEvent):
    """Of several warnings one came to nothing."""


class PaymentCleared(PaymentEvent):
    """Somebody has looked, and all is well."""


class PaymentContested(PaymentEvent):
    """Its customer or its contractor disputes it: it stays as it is until that has ended."""


class PaymentFreed(PaymentEvent):
    """The dispute about it has ended."""


class PaymentCreditFreed(PaymentEvent):
    """It will not be paid: the credit that stood behind it is its customer's again."""


class PaymentCanceled(PaymentEvent):
    """The hold was let go; nothing was taken."""


class PaymentExpired(PaymentEvent):
    """The hold ran out; nothing was taken."""


@frozen(kw_only=True)
class PaymentTransactionEvent(Event):
    """Something happened to one gateway operation."""

    transaction: str
    payment: str | None
    kind: str
    amount: Money


class PaymentTransactionStarted(PaymentTransactionEvent):
    """The operation is on record and will be sent."""


class PaymentTransactionActionRequired(PaymentTransactionEvent):
    """The gateway waits for the customer."""


class PaymentTransactionAccepted(PaymentTransactionEvent):
    """The gateway has taken it on, and finishes it in its own time."""


class PaymentTransactionSucceeded(PaymentTransactionEvent):
    """The gateway did it."""


class PaymentTransactionFailed(PaymentTransactionEvent):
    """The gateway definitely refused."""


class PaymentTransactionUnanswered(PaymentTransactionEvent):
    """No answer: whether the gateway did it is unknown; it will be asked again."""


class PaymentTransactionStuck(PaymentTransactionEvent):
    """No answer for so long that an administrator has to look."""


class PaymentTransactionAbandoned(PaymentTransactionEvent):
    """An administrator gave it up, after no answer for long."""


class PaymentTransactionCanceled(PaymentTransactionEvent):
    """It is no longer wanted, and the gateway will not do it."""


@frozen(kw_only=True)
class RefundEvent(Event):
    """Something happened to a refund."""

    refund: str
    payment: str
    customer: str
    amount: Money


class RefundRequested(RefundEvent):
    """Money is to go back to the customer."""


class RefundPending(RefundEvent):
    """The gateway has the request and has not finished."""


class RefundSucceeded(RefundEvent):
    """The money left the platform's balance."""


class RefundHeldBack(RefundEvent):
    """The gateway does not pay it back while the customer's bank may; it waits for the bank."""


class RefundRetried(RefundEvent):
    """The bank has decided and does not pay: the gateway is asked once more."""


class RefundFailed(RefundEvent):
    """The gateway could not pay it back; the customer has it as credit.  Needs a look."""


class RefundOffset(RefundEvent):
    """Two refunds of the same money, one here and one at the gateway, were set off."""


@frozen(kw_only=True)
class ChargebackEvent(Event):
    """Something happened to a chargeback."""

    chargeback: str
    payment: str
    customer: str
    contractor: str
    amount: Money


class ChargebackOpened(ChargebackEvent):
    """The customer asked their bank about the payment."""


class ChargebackEscalated(ChargebackEvent):
    """The bank wants the money back, and evidence by a date."""


class ChargebackChanged(ChargebackEvent):
    """The network moved money, or its date for evidence."""


class ChargebackUnderReview(ChargebackEvent):
    """The bank weighs the evidence."""


class ChargebackWon(ChargebackEvent):
    """The bank sided with the platform."""


class ChargebackLost(ChargebackEvent):
    """The bank sided with the customer: the money is gone."""


class ChargebackClosed(ChargebackEvent):
    """It came to nothing."""
