"""What was paid for upgrades."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.ids import SaleId, UpgradeId
from marketpay.domain.sale import Sale
from marketpay.domain.validators import IdOf, Party
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page, Question


@frozen
class GetSale(Question[Sale]):
    """The sale, or `NotFound`."""

    sale: SaleId = field(validator=IdOf("Sale"))

    def answer(self, records: Records) -> Sale:
        """See `Question.answer`."""
        return records.get(Sale, self.sale)


@frozen(kw_only=True)
class ListSales(Listing[Sale]):
    """Sales by any of these: of an upgrade, those that can be refunded one by one."""

    upgrade: UpgradeId | None = field(default=None, validator=IdOf("Upgrade", optional=True))
    customer: str | None = field(default=None, validator=Party())
    listing: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[Sale]:
        """See `Question.answer`."""
        return self.entities(
            records, Sale, upgrade=self.upgrade, customer=self.customer, listing=self.listing
        )
