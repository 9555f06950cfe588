"""Adjustments of wallets."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.adjustment import Adjustment
from marketpay.domain.ids import AdjustmentId
from marketpay.domain.lifecycles import AdjustmentStatus
from marketpay.domain.validators import IdOf, OneOf, Party
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page, Question


@frozen
class GetAdjustment(Question[Adjustment]):
    """The adjustment, or `NotFound`."""

    adjustment: AdjustmentId = field(validator=IdOf("Adjustment"))

    def answer(self, records: Records) -> Adjustment:
        """See `Question.answer`."""
        return records.get(Adjustment, self.adjustment)


@frozen(kw_only=True)
class ListAdjustments(Listing[Adjustment]):
    """Adjustments by any of these; those `proposed` wait for a second administrator."""

    status: AdjustmentStatus | None = field(default=None, validator=OneOf(AdjustmentStatus))
    owner: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[Adjustment]:
        """See `Question.answer`."""
        return self.entities(records, Adjustment, status=self.status, owner=self.owner)
