"""What was ever done to something."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.actor import check_party
from marketpay.domain.ids import OfferId
from marketpay.domain.offer import Offer
from marketpay.domain.validators import IdOf
from marketpay.ports.journal import JournalEntry
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page


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
