"""Lists of entities, by what they have in common."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.actor import check_party
from marketpay.domain.application import Application
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.ids import JobId, PaymentId
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    ChargebackStatus,
    IncidentStatus,
    JobStatus,
    MilestoneStatus,
    OfferStatus,
    PaymentStatus,
    RefundStatus,
    TransactionStatus,
    UpgradeStatus,
    WebhookStatus,
    WithdrawalStatus,
)
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf, OneOf, Party
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page, Question


@frozen(kw_only=True)
class ListJobs(Listing[Job]):
    """Jobs by any of these; None means any."""

    status: JobStatus | None = field(default=None, validator=OneOf(JobStatus))
    customer: str | None = field(default=None, validator=Party())
    contractor: str | None = field(default=None, validator=Party())
    currency: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[Job]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Job,
            status=self.status,
            customer=self.customer,
            contractor=self.contractor,
            currency=self.currency,
        )


@frozen(kw_only=True)
class ListApplications(Listing[Application]):
    """Applications by any of these: of a job for its customer, of a contractor for them."""

    job: JobId | None = field(default=None, validator=IdOf("Job", optional=True))
    contractor: str | None = field(default=None, validator=Party())
    status: ApplicationStatus | None = field(default=None, validator=OneOf(ApplicationStatus))

    def answer(self, records: Records) -> Page[Application]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Application,
            job=self.job,
            contractor=self.contractor,
            status=self.status,
        )


@frozen(kw_only=True)
class ListOffers(Listing[Offer]):
    """Offers by any of these, those that ended too."""

    job: JobId | None = field(default=None, validator=IdOf("Job", optional=True))
    customer: str | None = field(default=None, validator=Party())
    contractor: str | None = field(default=None, validator=Party())
    status: OfferStatus | None = field(default=None, validator=OneOf(OfferStatus))

    def answer(self, records: Records) -> Page[Offer]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Offer,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            status=self.status,
        )


@frozen(kw_only=True)
class ListMilestones(Listing[Milestone]):
    """Milestones by any of these; of one job the last part comes first."""

    job: JobId | None = field(default=None, validator=IdOf("Job", optional=True))
    customer: str | None = field(default=None, validator=Party())
    contractor: str | None = field(default=None, validator=Party())
    status: MilestoneStatus | None = field(default=None, validator=OneOf(MilestoneStatus))

    def answer(self, records: Records) -> Page[Milestone]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Milestone,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            status=self.status,
        )


@frozen(kw_only=True)
class ListPayments(Listing[Payment]):
    """Payments by any of these."""

    job: JobId | None = field(default=None, validator=IdOf("Job", optional=True))
    customer: str | None = field(default=None, validator=Party())
    contractor: str | None = field(default=None, validator=Party())
    status: PaymentStatus | None = field(default=None, validator=OneOf(PaymentStatus))

    def answer(self, records: Records) -> Page[Payment]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Payment,
            job=self.job,
            customer=self.customer,
            contractor=self.contractor,
            status=self.status,
        )


@frozen(kw_only=True)
class ListPaymentTransactions(Listing[PaymentTransaction]):
    """Gateway operations of a payment or of a status; `unknown` ones await an answer."""

    payment: PaymentId | None = field(default=None, validator=IdOf("Payment", optional=True))
    status: TransactionStatus | None = field(default=None, validator=OneOf(TransactionStatus))

    def answer(self, records: Records) -> Page[PaymentTransaction]:
        """See `Question.answer`."""
        return self.entities(records, PaymentTransaction, payment=self.payment, status=self.status)


@frozen(kw_only=True)
class FindPayoutAccount(Question[PayoutAccount | None]):
    """The payout account of a contractor, if they have one."""

    contractor: str = field(validator=check_party)

    def answer(self, records: Records) -> PayoutAccount | None:
        """See `Question.answer`."""
        return next(iter(records.find(PayoutAccount, contractor=self.contractor)), None)


@frozen(kw_only=True)
class ListRefunds(Listing[Refund]):
    """Refunds of a payment or of a status; `failed` ones are credit now."""

    payment: PaymentId | None = field(default=None, validator=IdOf("Payment", optional=True))
    status: RefundStatus | None = field(default=None, validator=OneOf(RefundStatus))

    def answer(self, records: Records) -> Page[Refund]:
        """See `Question.answer`."""
        return self.entities(records, Refund, payment=self.payment, status=self.status)


@frozen(kw_only=True)
class ListWithdrawals(Listing[Withdrawal]):
    """Withdrawals of a contractor or of a status; `requested` ones wait for approval."""

    contractor: str | None = field(default=None, validator=Party())
    status: WithdrawalStatus | None = field(default=None, validator=OneOf(WithdrawalStatus))

    def answer(self, records: Records) -> Page[Withdrawal]:
        """See `Question.answer`."""
        return self.entities(records, Withdrawal, contractor=self.contractor, status=self.status)


@frozen(kw_only=True)
class ListChargebacks(Listing[Chargeback]):
    """Chargebacks of a payment or of a status; `needs_response` ones have a date."""

    payment: PaymentId | None = field(default=None, validator=IdOf("Payment", optional=True))
    status: ChargebackStatus | None = field(default=None, validator=OneOf(ChargebackStatus))

    def answer(self, records: Records) -> Page[Chargeback]:
        """See `Question.answer`."""
        return self.entities(records, Chargeback, payment=self.payment, status=self.status)


@frozen(kw_only=True)
class ListUpgrades(Listing[Upgrade]):
    """Upgrades by any of these."""

    listing: str | None = field(default=None, validator=Party())
    customer: str | None = field(default=None, validator=Party())
    status: UpgradeStatus | None = field(default=None, validator=OneOf(UpgradeStatus))

    def answer(self, records: Records) -> Page[Upgrade]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Upgrade,
            listing=self.listing,
            customer=self.customer,
            status=self.status,
        )


@frozen(kw_only=True)
class ListIncidents(Listing[Incident]):
    """Incidents of a status or about one thing; the open ones are an administrator's list."""

    status: IncidentStatus | None = field(default=None, validator=OneOf(IncidentStatus))
    subject: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[Incident]:
        """See `Question.answer`."""
        return self.entities(records, Incident, status=self.status, subject=self.subject)


@frozen(kw_only=True)
class ListWebhooks(Listing[Webhook]):
    """Stored webhooks of a status; `dead` ones can be replayed."""

    status: WebhookStatus | None = field(default=None, validator=OneOf(WebhookStatus))

    def answer(self, records: Records) -> Page[Webhook]:
        """See `Question.answer`."""
        return self.entities(records, Webhook, status=self.status)
