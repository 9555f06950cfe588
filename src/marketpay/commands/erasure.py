"""Forgetting a person."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from marketpay.commands.base import Command, only_staff
from marketpay.domain.actor import check_party
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.application import Application
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.decision import Decision, Forgetting
from marketpay.domain.dispute import Dispute
from marketpay.domain.entity import Entity
from marketpay.domain.erasing import Traces
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.evidence import Evidence
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Reader

OF_BOTH = (Job, Offer, Milestone, Payment, Dispute)
OF_CONTRACTORS = (Application, Withdrawal)
OF_OWNERS = (Wallet, Adjustment)


@frozen(kw_only=True)
class ErasePerson(Command[int]):
    """A customer or contractor wants to be forgotten: what they wrote, and what staff wrote
    about them, is taken away wherever it is.

    Ids, amounts, the ledger and the journal stay.  Not while anything of theirs goes on.
    Staff only.
    """

    person: str = field(validator=check_party)

    def decide(self, read: Reader, rules: Rules) -> Decision[int]:
        """From so many things their words are gone."""
        only_staff(self.by, "erase a person")
        entities = {one.id: one for one in self._traces(read)}
        traces = Traces(person=self.person, entities=tuple(entities.values()))
        if any(self._matters(one, rules) for one in traces.unfinished()):
            raise Refused(Reason.PERSON_ACTIVE)
        if self._has_credit(traces, read, rules):
            raise Refused(Reason.PERSON_ACTIVE)
        changes = tuple(traces.erased(rules.now()))
        erased = {change.entity.id for change in changes}
        purses = [one for one in traces.entities if isinstance(one, Wallet | Credit)]
        bound = {one.id for one in purses} | erased
        return Decision(
            len(changes),
            changes=changes,
            relies_on=purses,
            waives=[one for one in traces.entities if one.id not in bound],
            forgets=Forgetting(self.person, tuple(sorted(entities))) if entities else None,
        )

    def _traces(self, read: Reader) -> Iterator[Entity]:
        payments: list[Payment] = []
        disputes: list[Dispute] = []
        for kind in OF_BOTH:
            for found in (read.find(kind, customer=self.person), self._done(read, kind)):
                payments += [one for one in found if isinstance(one, Payment)]
                disputes += [one for one in found if isinstance(one, Dispute)]
                yield from found
        for other in OF_CONTRACTORS:
            yield from self._done(read, other)
        for owned in OF_OWNERS:
            yield from read.find(owned, owner=self.person)
        yield from read.find(Credit, customer=self.person)
        yield from read.find(CreditGrant, customer=self.person)
        for bought in (Upgrade, Sale):
            yield from read.find(bought, customer=self.person)
        yield from read.find(PaymentTransaction, party=self.person)
        for payment in payments:
            yield from read.find(Chargeback, payment=payment.id)
            if payment.customer == self.person:
                yield from read.find(Refund, payment=payment.id)
        for dispute in disputes:
            yield from read.find(Evidence, dispute=dispute.id)

    def _done(self, read: Reader, kind: type[Entity]) -> list[Entity]:
        return read.find(kind, contractor=self.person)

    def _matters(self, one: Entity, rules: Rules) -> bool:
        """Points keep nobody here: they are worth nothing to who is gone."""
        return not (isinstance(one, Credit) and one.currency == _points(rules))

    def _has_credit(self, traces: Traces, read: Reader, rules: Rules) -> bool:
        """Whether a customer has money here that could not be paid back.

        What came before there were rows for it is in the books alone: in a currency that they
        have paid in.
        """
        paid = (one for one in traces.entities if isinstance(one, Payment | Sale | Credit))
        currencies = {one.currency for one in paid if one.customer == self.person}
        accounts = (
            Account(AccountKind.CREDIT_AVAILABLE, one, self.person)
            for one in sorted(currencies - {_points(rules)})
        )
        return any(read.balance(account) for account in accounts)


def _points(rules: Rules) -> str | None:
    return None if rules.loyalty is None else rules.loyalty.currency
