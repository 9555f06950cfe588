"""What customers have here, and can pay with."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.domain.actor import check_party
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.money import Money, unchecked
from marketpay.domain.validators import Party, is_currency
from marketpay.ports.store import Records
from marketpay.queries.base import Listing, Page, Question


@frozen(kw_only=True)
class CreditBalance:
    """What a customer can pay with, and what stands behind offers that are not accepted yet.

    As booked: what has expired is `available` until a worker takes it out, which it does when
    its time is over; no command spends it meanwhile.
    """

    customer: str
    currency: str
    available: Money
    reserved: Money

    @property
    def total(self) -> Money:
        """All that the platform owes."""
        return self.available + self.reserved


@frozen(kw_only=True)
class GetCredit(Question[CreditBalance]):
    """A customer's credit, or their points; nothing for who never had any."""

    customer: str = field(validator=check_party)
    currency: str = field(validator=is_currency)

    def answer(self, records: Records) -> CreditBalance:
        """See `Question.answer`."""
        available, reserved = (
            unchecked(records.balance(Account(kind, self.currency, self.customer)), self.currency)
            for kind in (AccountKind.CREDIT_AVAILABLE, AccountKind.CREDIT_RESERVED)
        )
        return CreditBalance(
            customer=self.customer,
            currency=self.currency,
            available=available,
            reserved=reserved,
        )


@frozen(kw_only=True)
class ListCreditGrants(Listing[CreditGrant]):
    """What customers were given, earned and redeemed; of one of them, or of all."""

    customer: str | None = field(default=None, validator=Party())
    currency: str | None = field(default=None, validator=Party())

    def answer(self, records: Records) -> Page[CreditGrant]:
        """See `Question.answer`."""
        return self.entities(records, CreditGrant, customer=self.customer, currency=self.currency)
