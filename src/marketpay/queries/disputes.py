"""Disputes between customers and contractors, and what was shown in them."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.dispute import Dispute
from marketpay.domain.evidence import Evidence
from marketpay.domain.ids import DisputeId, JobId, PaymentId
from marketpay.domain.lifecycles import DisputeStatus
from marketpay.domain.validators import IdOf, OneOf, Party
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page, Question


@frozen
class GetDispute(Question[Dispute]):
    """The dispute, or `NotFound`."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def answer(self, records: Records) -> Dispute:
        """See `Question.answer`."""
        return records.get(Dispute, self.dispute)


@frozen(kw_only=True)
class ListDisputes(Listing[Dispute]):
    """Disputes by any of these; those `under_review` wait for an administrator."""

    status: DisputeStatus | None = field(default=None, validator=OneOf(DisputeStatus))
    job: JobId | None = field(default=None, validator=IdOf("Job", optional=True))
    payment: PaymentId | None = field(default=None, validator=IdOf("Payment", optional=True))
    customer: str | None = field(default=None, validator=Party())
    contractor: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[Dispute]:
        """See `Question.answer`."""
        return self.entities(
            records,
            Dispute,
            status=self.status,
            job=self.job,
            payment=self.payment,
            customer=self.customer,
            contractor=self.contractor,
        )


@frozen(kw_only=True)
class ListEvidence(Listing[Evidence]):
    """What was shown in a dispute."""

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def answer(self, records: Records) -> Page[Evidence]:
        """See `Question.answer`."""
        records.get(Dispute, self.dispute)
        return self.entities(records, Evidence, dispute=self.dispute)
