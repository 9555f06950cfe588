"""Forgetting a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Reader

OF_BOTH = (Job, Offer, Milestone, Payment, Dispute)
OF_CUSTOMERS = (Credit, CreditGrant, Upgrade, Sale, PayerAccount)
OF_CONTRACTORS = (Application, Withdrawal, PayoutAccount)
OF_OWNERS = (Wallet, Adjustment)
TOGETHER = 500  # ids that are looked for in one statement


@frozen(kw_only=True)
class ErasePerson(Command[int]):
    """A customer or contractor wants to be forgotten: all that they wrote, and what staff wrote
    about anything that they had a part in, is taken away wherever it is.

    Nobody pays with their saved cards any more, nor tips them for a job of before.  Ids, amounts,
    the ledger and the journal stay.  Not while anything of theirs goes on.  Staff only.
    """

    person: str = field(validator=check_party)

    def decide(self, read: Reader, rules: Rules) -> Decision[int]:
        """So many things are without what was theirs."""
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
            forgets=Forgetting(self.person, tuple(sorted(entities))),
        )

    def _traces(self, read: Reader) -> Iterator[Entity]:
        """All that they had a part in, and what hangs on it."""
        parts = {one.id: one for one in self._parts(read)}
        yield from parts.values()
        payments = [one.id for one in parts.values() if isinstance(one, Payment)]
        disputes = [one.id for one in parts.values() if isinstance(one, Dispute)]
        refunds = [*_of(read, Refund, "payment", payments)]
        yield from refunds
        yield from _of(read, Chargeback, "payment", payments)
        yield from _of(read, Evidence, "dispute", disputes)
        subjects = (*parts, *(one.id for one in refunds))
        yield from _of(read, Incident, "subject", subjects)

    def _parts(self, read: Reader) -> Iterator[Entity]:
        for kind in (*OF_BOTH, *OF_CUSTOMERS):
            yield from read.find(kind, customer=self.person)
        for other in (*OF_BOTH, *OF_CONTRACTORS):
            yield from read.find(other, contractor=self.person)
        for owned in OF_OWNERS:
            yield from read.find(owned, owner=self.person)
        yield from read.find(PaymentTransaction, party=self.person)

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


def _of(read: Reader, kind: type[Entity], name: str, ids: Sequence[str]) -> Iterator[Entity]:
    """Those of a kind that hang on any of these."""
    for start in range(0, len(ids), TOGETHER):
        yield from read.find(kind, **{name: tuple(ids[start : start + TOGETHER])})
