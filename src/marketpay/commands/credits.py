"""Customers' credit: given, freed when an offer comes to nothing, and expired."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from marketpay.commands.base import PERSONAL, Command, not_own, only_staff, only_system
from marketpay.commands.confirmations import unconfirmed
from marketpay.commands.holdings import purse_of
from marketpay.domain import events as e
from marketpay.domain.actor import check_party
from marketpay.domain.credit_grant import CreditGrant, GrantSource
from marketpay.domain.decision import Decision
from marketpay.domain.errors import InvalidInput
from marketpay.domain.hiring import needs_credit
from marketpay.domain.ids import CreditGrantId, PaymentId
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
from marketpay.domain.timer import TimerKind
from marketpay.domain.validators import IdOf, Text, above_zero, is_aware
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class GrantCredit(Command[CreditGrant]):
    """The platform gives a customer credit, which can pay a part of an offer.

    It is an expense of the platform's, `promotion`.  What is not spent by `expires_at` is gone,
    but for what offers have reserved by then.  Staff only, and nobody to themselves.
    """

    customer: str = field(validator=check_party)
    amount: Money = field(validator=above_zero)
    reason: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)
    expires_at: datetime | None = field(default=None, validator=is_aware)

    def decide(self, read: Reader, rules: Rules) -> Decision[CreditGrant]:
        """The grant, and the credit with it."""
        at = rules.now()
        if self.expires_at is not None and self.expires_at <= at:
            raise InvalidInput("must lie in the future.", "expires_at")
        what = "give a customer credit"
        only_staff(self.by, what)
        not_own(self.by, self.customer, what)
        purse = purse_of(read, self.customer, self.amount.currency, rules)
        grant = new_grant(purse, self.amount, GrantSource.PROMOTION, rules, at)
        return granted(purse, evolve(grant, reason=self.reason, expires_at=self.expires_at), at)


def new_grant(
    purse: Purse, amount: Money, source: GrantSource, rules: Rules, at: datetime
) -> CreditGrant:
    """A grant that is not yet on record."""
    return CreditGrant(
        id=CreditGrantId(rules.new_id("grt")),
        credit=purse.credit.id,
        customer=purse.credit.customer,
        amount=amount,
        remaining=amount,
        source=source,
        created_at=at,
    )


def granted(purse: Purse, grant: CreditGrant, at: datetime) -> Decision[CreditGrant]:
    """It is the customer's, until its time is over."""
    after = purse.grant(grant, at)
    return Decision(
        grant,
        changes=after.changes,
        waives=after.unused(),
        entries=after.entries,
        timers=grant.timers(),
    )


@frozen(kw_only=True)
class ExpireCredit(Command[CreditGrant]):
    """A grant's time is over: what is left of it is the platform's again.

    What offers have reserved stays until they are accepted or come to nothing.
    """

    grant: CreditGrantId = field(validator=IdOf("CreditGrant"))

    def decide(self, read: Reader, rules: Rules) -> Decision[CreditGrant]:
        """The grant, as it is left; with it whatever of the credit has expired by now."""
        only_system(self.by, "expire credit")
        grant, at = read.get(CreditGrant, self.grant), rules.now()
        if not grant.remaining.minor or not grant.has_expired(at):
            return Decision(grant, waives=(grant,))
        purse = purse_of(read, grant.customer, grant.currency, rules)
        after = purse.expire(at)
        left = next((one for one in after.grants if one.id == grant.id), grant)
        return Decision(left, changes=after.changes, waives=after.unused(), entries=after.entries)


@frozen(kw_only=True)
class FreeCredit(Command[Payment]):
    """Credit stands behind a payment that no offer wants any more: it is the customer's again.

    Behind one whose card was refused, too, or whose customer does not confirm the hold in time;
    `PayOffer` reserves it anew for the next one.  What of it has expired meanwhile is gone at once.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment with nothing behind it; as it is, if it may yet be captured or was."""
        only_system(self.by, "free credit")
        deal, at = read.deal(payment=self.payment), rules.now()
        payment = deal.payment(self.payment)
        reserved = payment.credit_reserved
        if reserved.minor and needs_credit(deal.offer(payment.offer), payment):
            if payment.status is PaymentStatus.AUTHORIZED:  # nothing waits for one that stands
                return Decision(payment, waives=deal.rest())
            return unconfirmed(deal, payment, TimerKind.CREDIT, read, rules)
        if not reserved.minor:
            return Decision(payment, waives=deal.rest())
        purse = purse_of(read, payment.customer, payment.currency, rules)
        after = purse.free(reserved, payment.id, at)
        nothing = Money.zero(payment.currency)
        freed = payment.become(e.PaymentCreditFreed, self.by.role, at, credit_reserved=nothing)
        return Decision(
            freed.entity,
            changes=(freed, *after.changes),
            waives=(*deal.rest(payment), *after.unused()),
            entries=after.entries,
        )
