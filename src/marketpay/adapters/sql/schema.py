"""The tables of the entities.  Constraints repeat what the domain promises.

A column for every field, by its name (`tests/adapters/sql/test_schema.py`); an amount is whole
minor units, all of a row in its `currency`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Index,
    Table,
)

from marketpay.adapters.sql.deal_tables import applications, jobs, offers
from marketpay.adapters.sql.payment_tables import (
    chargebacks,
    payer_accounts,
    payment_transactions,
    payments,
    refunds,
    upgrades,
)
from marketpay.adapters.sql.payout_tables import (
    payout_accounts,
    processor_fees,
    wallets,
    withdrawals,
)
from marketpay.adapters.sql.watch_tables import incidents, webhooks
from marketpay.domain.application import Application
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.entity import Entity
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal

VERSION: Final = 2  # of the schema; a database of another version is not touched

# Lists are read by one of these, from the newest id down.
for _listed in (
    (jobs, "customer"),
    (jobs, "contractor"),
    (jobs, "status"),
    (applications, "job"),
    (applications, "contractor"),
    (offers, "job"),
    (offers, "customer"),
    (offers, "contractor"),
    (payments, "job"),
    (payments, "customer"),
    (payments, "contractor"),
    (payment_transactions, "payment"),
    (payment_transactions, "status"),
    (payment_transactions, "withdrawal"),
    (payment_transactions, "gateway_id"),
    (refunds, "payment"),
    (wallets, "owner"),
    (withdrawals, "contractor"),
    (withdrawals, "status"),
    (chargebacks, "payment"),
    (chargebacks, "status"),
    (upgrades, "listing"),
    (upgrades, "customer"),
    (upgrades, "status"),
    (incidents, "status"),
    (incidents, "subject"),
    (webhooks, "status"),
):
    _table, _column = _listed
    Index(None, _table.c[_column], _table.c.id)

Index(None, payment_transactions.c.settled_at, payment_transactions.c.id)

for _due in (payment_transactions, payout_accounts, webhooks):
    _where = _due.c.due_at.is_not(None)
    Index(f"{_due.name}_due_at", _due.c.due_at, sqlite_where=_where, postgresql_where=_where)

# Rows are always written in this order, parents before children, and then by id: two
# transactions that meet wait for each other and never in a circle.
TABLES: Final[dict[type[Entity], Table]] = {
    Job: jobs,
    Application: applications,
    Offer: offers,
    Payment: payments,
    Refund: refunds,
    Chargeback: chargebacks,
    Withdrawal: withdrawals,
    PaymentTransaction: payment_transactions,
    PayoutAccount: payout_accounts,
    PayerAccount: payer_accounts,
    Wallet: wallets,
    ProcessorFee: processor_fees,
    Upgrade: upgrades,
    Incident: incidents,
    Webhook: webhooks,
}
RANK: Final = {kind: rank for rank, kind in enumerate(TABLES)}
