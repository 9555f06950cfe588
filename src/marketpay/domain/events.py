"""Facts, in the past tense: they drive the lifecycles and are all that the outside hears."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class JobEvent(Event):
    """Something happened to a job."""

    job: str
    customer: str
    contractor: str | None


class JobPosted(JobEvent):
    """A customer wants something done."""


class JobUpdated(JobEvent):
    """The customer changed the words of an open job."""


class JobAssigned(JobEvent):
    """An offer was accepted and its money captured: the job has its contractor."""


class JobStarted(JobEvent):
    """Work began."""


class JobCompleted(JobEvent):
    """The customer is content with the work."""


class JobCancelled(JobEvent):
    """The job will not be done; holds are voided, captured money goes back."""


@frozen(kw_only=True)
class ApplicationEvent(Event):
    """Something happened to an application."""

    application: str
    job: str
    customer: str
    contractor: str


class ApplicationSubmitted(ApplicationEvent):
    """A contractor wants the job."""


class ApplicationAccepted(ApplicationEvent):
    """The customer likes it, or an offer that came of it was accepted."""


class ApplicationRejected(ApplicationEvent):
    """The customer said no, the job went to somebody else, or it was cancelled."""


class ApplicationWithdrawn(ApplicationEvent):
    """The contractor no longer wants the job."""


@frozen(kw_only=True)
class OfferEvent(Event):
    """Something happened to an offer."""

    offer: str
    job: str
    customer: str
    contractor: str
    price: Money


class OfferCreated(OfferEvent):
    """A customer offered the job to a contractor; its payment is being authorized."""


class OfferFunded(OfferEvent):
    """The hold on the customer's money stands: accepting will capture it."""


class OfferClaimed(OfferEvent):
    """The contractor said yes; the capture is under way."""


class OfferAccepted(OfferEvent):
    """The money is captured: the job is the contractor's."""


class OfferAcceptanceFailed(OfferEvent):
    """The capture was refused: the offer is pending again, without a hold."""


class OfferRejected(OfferEvent):
    """The contractor said no."""


class OfferWithdrawn(OfferEvent):
    """The customer took it back, or cancelled the job."""


class OfferExpired(OfferEvent):
    """Its time or its hold ran out."""


class OfferSuperseded(OfferEvent):
    """Another offer for the job was accepted."""


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
    """The gateway refused; the customer can try another method."""


class PaymentRetried(PaymentEvent):
    """The customer tries another method."""


class PaymentSplitFrozen(PaymentEvent):
    """The offer was claimed: what platform and contractor get is fixed from now on."""


class PaymentCaptured(PaymentEvent):
    """The money is the platform's to keep in escrow."""


class PaymentReleased(PaymentEvent):
    """The money left escrow: fees to the platform, the rest to the contractor's wallet."""


class PaymentTransferStarted(PaymentEvent):
    """What the contractor earned is on its way to their account at the gateway."""


class PaymentTransferred(PaymentEvent):
    """What the contractor earned lies on their account at the gateway."""


class PaymentTransferBlocked(PaymentEvent):
    """The transfer cannot be made yet; the payment's `transfer_blocked` says why."""


class PaymentRefundRequested(PaymentEvent):
    """The money is on its way back to the customer."""


class PaymentRefunded(PaymentEvent):
    """The money is the customer's again: on the card, or as credit where that failed."""


class PaymentCanceled(PaymentEvent):
    """The hold was let go; nothing was taken."""


class PaymentExpired(PaymentEvent):
    """The hold ran out; nothing was taken."""


@frozen(kw_only=True)
class PaymentTransactionEvent(Event):
    """Something happened to one gateway operation."""

    transaction: str
    payment: str
    kind: str
    amount: Money


class PaymentTransactionStarted(PaymentTransactionEvent):
    """The operation is on record and will be sent."""


class PaymentTransactionActionRequired(PaymentTransactionEvent):
    """The gateway waits for the customer."""


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


class RefundFailed(RefundEvent):
    """The gateway could not pay it back; the customer has it as credit.  Needs a look."""


@frozen(kw_only=True)
class PayoutAccountEvent(Event):
    """Something happened to a contractor's account at the gateway."""

    account: str
    contractor: str


class PayoutAccountOpened(PayoutAccountEvent):
    """The contractor asked for one."""


class PayoutAccountConnected(PayoutAccountEvent):
    """The gateway opened it; the contractor has to give their details there."""


class PayoutAccountActivated(PayoutAccountEvent):
    """It can be paid."""


class PayoutAccountRestricted(PayoutAccountEvent):
    """It cannot be paid until the contractor gives the gateway what it asks for."""


class PayoutAccountRejected(PayoutAccountEvent):
    """The gateway will not pay this contractor."""


@frozen(kw_only=True)
class WalletEvent(Event):
    """Something happened to a wallet.  `amount` is what it holds more or less, above zero."""

    wallet: str
    owner: str
    amount: Money


class WalletCredited(WalletEvent):
    """The owner has more."""


class WalletDebited(WalletEvent):
    """The owner has less."""
