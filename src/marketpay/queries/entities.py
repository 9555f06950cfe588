"""One entity by its id."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.application import Application
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.ids import (
    ApplicationId,
    ChargebackId,
    IncidentId,
    JobId,
    MilestoneId,
    OfferId,
    PaymentId,
    PayoutAccountId,
    RefundId,
    TransactionId,
    UpgradeId,
    WebhookId,
    WithdrawalId,
)
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Records
from marketpay.queries.base import Question


@frozen
class GetJob(Question[Job]):
    """The job, or `NotFound`."""

    job: JobId = field(validator=IdOf("Job"))

    def answer(self, records: Records) -> Job:
        """See `Question.answer`."""
        return records.get(Job, self.job)


@frozen
class GetApplication(Question[Application]):
    """The application, or `NotFound`."""

    application: ApplicationId = field(validator=IdOf("Application"))

    def answer(self, records: Records) -> Application:
        """See `Question.answer`."""
        return records.get(Application, self.application)


@frozen
class GetOffer(Question[Offer]):
    """The offer, or `NotFound`."""

    offer: OfferId = field(validator=IdOf("Offer"))

    def answer(self, records: Records) -> Offer:
        """See `Question.answer`."""
        return records.get(Offer, self.offer)


@frozen
class GetMilestone(Question[Milestone]):
    """The milestone, or `NotFound`."""

    milestone: MilestoneId = field(validator=IdOf("Milestone"))

    def answer(self, records: Records) -> Milestone:
        """See `Question.answer`."""
        return records.get(Milestone, self.milestone)


@frozen
class GetPayment(Question[Payment]):
    """The payment, or `NotFound`."""

    payment: PaymentId = field(validator=IdOf("Payment"))

    def answer(self, records: Records) -> Payment:
        """See `Question.answer`."""
        return records.get(Payment, self.payment)


@frozen
class GetPaymentTransaction(Question[PaymentTransaction]):
    """The gateway operation, or `NotFound`."""

    transaction: TransactionId = field(validator=IdOf("PaymentTransaction"))

    def answer(self, records: Records) -> PaymentTransaction:
        """See `Question.answer`."""
        return records.get(PaymentTransaction, self.transaction)


@frozen
class GetRefund(Question[Refund]):
    """The refund, or `NotFound`."""

    refund: RefundId = field(validator=IdOf("Refund"))

    def answer(self, records: Records) -> Refund:
        """See `Question.answer`."""
        return records.get(Refund, self.refund)


@frozen
class GetPayoutAccount(Question[PayoutAccount]):
    """The payout account, or `NotFound`."""

    account: PayoutAccountId = field(validator=IdOf("PayoutAccount"))

    def answer(self, records: Records) -> PayoutAccount:
        """See `Question.answer`."""
        return records.get(PayoutAccount, self.account)


@frozen
class GetWithdrawal(Question[Withdrawal]):
    """The withdrawal, or `NotFound`."""

    withdrawal: WithdrawalId = field(validator=IdOf("Withdrawal"))

    def answer(self, records: Records) -> Withdrawal:
        """See `Question.answer`."""
        return records.get(Withdrawal, self.withdrawal)


@frozen
class GetChargeback(Question[Chargeback]):
    """The chargeback, or `NotFound`."""

    chargeback: ChargebackId = field(validator=IdOf("Chargeback"))

    def answer(self, records: Records) -> Chargeback:
        """See `Question.answer`."""
        return records.get(Chargeback, self.chargeback)


@frozen
class GetIncident(Question[Incident]):
    """The incident, or `NotFound`."""

    incident: IncidentId = field(validator=IdOf("Incident"))

    def answer(self, records: Records) -> Incident:
        """See `Question.answer`."""
        return records.get(Incident, self.incident)


@frozen
class GetWebhook(Question[Webhook]):
    """The webhook, or `NotFound`."""

    webhook: WebhookId = field(validator=IdOf("Webhook"))

    def answer(self, records: Records) -> Webhook:
        """See `Question.answer`."""
        return records.get(Webhook, self.webhook)


@frozen
class GetUpgrade(Question[Upgrade]):
    """The upgrade, or `NotFound`."""

    upgrade: UpgradeId = field(validator=IdOf("Upgrade"))

    def answer(self, records: Records) -> Upgrade:
        """See `Question.answer`."""
        return records.get(Upgrade, self.upgrade)
