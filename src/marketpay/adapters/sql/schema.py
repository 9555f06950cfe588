"""All the tables.  Constraints repeat what the domain promises.

A column for every field, by its name (`tests/adapters/sql/test_schema.py`); an amount is whole
minor units, all of a row in its `currency`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from sqlalchemy import MetaData, Table

from marketpay.adapters.sql import books
from marketpay.adapters.sql import credit_tables as credit
from marketpay.adapters.sql import deal_tables as deal
from marketpay.adapters.sql import dispute_tables as dispute
from marketpay.adapters.sql import milestone_tables as milestone
from marketpay.adapters.sql import payment_tables as money
from marketpay.adapters.sql import payout_tables as payout
from marketpay.adapters.sql import watch_tables as watch
from marketpay.adapters.sql.columns import PREFIX, Maker
from marketpay.adapters.sql.guards import guard
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.application import Application
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.dispute import Dispute
from marketpay.domain.entity import Entity
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.evidence import Evidence
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal

HEAD: Final = "0003"  # the newest revision; a database of another one is not touched

# Rows are always written in this order, parents before children, and then by id: two
# transactions that meet wait for each other and never in a circle.
ENTITIES: Final[dict[type[Entity], Callable[[Maker], Table]]] = {
    Job: deal.jobs,
    Application: deal.applications,
    Offer: deal.offers,
    Payment: money.payments,
    Milestone: milestone.milestones,
    Refund: money.refunds,
    Chargeback: money.chargebacks,
    Dispute: dispute.disputes,
    Evidence: dispute.evidence,
    Withdrawal: payout.withdrawals,
    PaymentTransaction: money.payment_transactions,
    PayoutAccount: payout.payout_accounts,
    PayerAccount: money.payer_accounts,
    Wallet: payout.wallets,
    Credit: credit.credits,
    CreditGrant: credit.credit_grants,
    Adjustment: payout.adjustments,
    ProcessorFee: payout.processor_fees,
    Upgrade: money.upgrades,
    Sale: money.sales,
    Incident: watch.incidents,
    Webhook: watch.webhooks,
}
RANK: Final = {kind: rank for rank, kind in enumerate(ENTITIES)}

# Lists are read by one of these, from the newest id down.
LISTED: Final[dict[type[Entity], tuple[str, ...]]] = {
    Job: ("customer", "contractor", "status"),
    Application: ("job", "contractor"),
    Offer: ("job", "customer", "contractor"),
    Payment: ("offer", "job", "customer", "contractor"),
    Milestone: ("job", "customer", "contractor", "status"),
    PaymentTransaction: ("payment", "status", "withdrawal", "gateway_id", "settled_at", "party"),
    Refund: ("payment",),
    Wallet: ("owner",),
    Credit: ("customer",),
    CreditGrant: ("customer", "open_credit"),
    Withdrawal: ("contractor", "status"),
    Adjustment: ("owner", "status"),
    Chargeback: ("payment", "status"),
    Dispute: ("payment", "job", "customer", "contractor", "status"),
    Evidence: ("dispute",),
    Upgrade: ("listing", "customer", "status"),
    Sale: ("upgrade", "customer", "listing"),
    Incident: ("status", "subject"),
    Webhook: ("status",),
}
DUE: Final = (PaymentTransaction, PayoutAccount, Webhook)  # a worker asks for what is due


class Tables:
    """marketpay's tables in a MetaData: their own, or the host's.

    In a MetaData of the host's, its own migrations make and change them.
    """

    def __init__(
        self, metadata: MetaData | None = None, *, prefix: str = PREFIX, schema: str | None = None
    ) -> None:
        if not (prefix.isidentifier() and prefix == prefix.lower() and len(prefix) <= 20):
            raise ConfigurationError(
                f"{prefix!r} is no prefix of tables: use up to 20 lower-case letters, digits and _."
            )
        if schema is not None and not (schema.isidentifier() and schema == schema.lower()):
            raise ConfigurationError(
                f"{schema!r} is no schema for tables: use lower-case letters, digits and _."
            )
        self.metadata = MetaData() if metadata is None else metadata
        self.prefix = prefix
        self.schema = schema
        make = Maker(self.metadata, prefix, schema)
        self.of: dict[type[Entity], Table] = {kind: made(make) for kind, made in ENTITIES.items()}
        for kind, names in LISTED.items():
            for name in names:
                make.index(name, self.of[kind].c[name], self.of[kind].c.id)
        for kind in DUE:
            due = self.of[kind].c.due_at
            make.index("due_at", due, where=due.is_not(None))
        self.journal = books.journal(make)
        self.journal_personal = books.journal_personal(make)
        self.journal_subjects = books.journal_subjects(make)
        self.to_sequence = books.to_sequence(make)
        self.feed = books.feed(make)
        self.cursors = books.cursors(make)
        self.timers = books.timers(make)
        self.ledger_entries = books.ledger_entries(make)
        self.account_deltas = books.account_deltas(make)
        self.account_balances = books.account_balances(make)
        self.version = books.version(make)
        for append_only in (self.journal, self.feed, self.ledger_entries):
            guard(append_only)

    def all(self) -> tuple[Table, ...]:
        """Every table, in the order in which they are made."""
        ours = {*self.of.values(), *(v for v in vars(self).values() if isinstance(v, Table))}
        return tuple(table for table in self.metadata.sorted_tables if table in ours)


@cache
def usual_tables(prefix: str = PREFIX, schema: str | None = None) -> Tables:
    """In a MetaData of their own; the same for all who ask."""
    return Tables(prefix=prefix, schema=schema)
