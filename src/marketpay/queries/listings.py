"""Lists of entities, by what they have in common."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.actor import check_party
from marketpay.domain.application import Application
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import (
    ApplicationStatus,
    JobStatus,
    OfferStatus,
    PaymentStatus,
    TransactionStatus,
)
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.validators import IdOf, OneOf, Party
from marketpay.ports.journal import JournalEntry
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
class JournalOf(Listing[JournalEntry]):
    """All that was ever done to one entity, the newest first: by its id, of whatever kind."""

    subject: str = field(validator=check_party)

    def answer(self, records: Records) -> Page[JournalEntry]:
        """See `Question.answer`."""
        found = records.journal(self.subject, before=self.number(), limit=self.limit + 1)
        last = str(found[self.limit - 1].number) if len(found) > self.limit else None
        return self.paged(found, last)


@frozen(kw_only=True)
class OfferHistory(Listing[JournalEntry]):
    """The commands that made an offer what it is, the newest first."""

    offer: OfferId = field(validator=IdOf("Offer"))

    def answer(self, records: Records) -> Page[JournalEntry]:
        """See `Question.answer`; `NotFound` for an offer that is not."""
        records.get(Offer, self.offer)
        found = records.journal(self.offer, before=self.number(), limit=self.limit + 1)
        last = str(found[self.limit - 1].number) if len(found) > self.limit else None
        return self.paged(found, last)
