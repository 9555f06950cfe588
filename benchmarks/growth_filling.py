"""Deals that were done long ago, written straight into PostgreSQL's tables.

Each as marketpay would have left it: job, offer, payment, capture, wallet, four ledger entries
under two records of the journal, all with a place in the feed.  A tenth of them are one busy
contractor's.
"""

from typing import Final

import psycopg

ENTRIES_OF_A_DEAL: Final = 4
BUSY: Final = "ctr_busy"
PRICE, FEE, SERVICE, PAYOUT = 100_000, 10_000, 20_000, 70_000

AT: Final = "timestamptz '2025-01-01 00:00:00Z' + n * interval '20 seconds'"
CUSTOMER: Final = "'cust_' || n % 9973"
# One in 25 deals brings a new contractor, who is busy as the others are.
CONTRACTOR: Final = f"CASE n % 10 WHEN 0 THEN '{BUSY}' ELSE 'ctr_' || n % ({{deals}} / 25 + 1) END"


def _id(prefix: str, number: str = "n") -> str:
    """Like the library's own: sortable, and older than any that it makes today."""
    return f"'{prefix}_01h' || lpad(({number})::text, 23, '0')"


JOB, OFFER, PAYMENT, SENT = (_id(prefix) for prefix in ("job", "off", "pay", "ptx"))
GATEWAY: Final = "'pi_sim_' || lpad(n::text, 24, '0')"


def _events(*names: str) -> str:
    told = (f"json_build_object('name', '{name}', {FACTS})" for name in names)
    return f"json_build_array({', '.join(told)})::text"


FACTS: Final = """
'at', at, 'payment', payment, 'offer', offer, 'job', job, 'customer', customer,
'contractor', contractor, 'amount', json_build_object('amount', '1000.00', 'currency', 'USD')"""


def _result(kind: str, name: str, id: str) -> str:
    ids = f"json_build_object('{name}', {id})"
    return f"json_build_object('kind', '{kind}', 'ids', {ids})::text"


DEALS: Final = f"""
CREATE TEMPORARY TABLE deals AS
SELECT n, {AT} AS at, {CUSTOMER} AS customer, {CONTRACTOR} AS contractor, {JOB} AS job,
       {OFFER} AS offer, {PAYMENT} AS payment, {SENT} AS sent, {GATEWAY} AS gateway
FROM generate_series(1, {{deals}}) AS n"""

ROWS: Final = (
    """INSERT INTO marketpay_jobs
    (id, version, customer, title, description, currency, status, contractor, assigned_at,
     created_at)
    SELECT job, 6, customer, 'A booking website, number ' || n, '', 'USD', 'completed',
           contractor, at, at FROM deals""",
    """INSERT INTO marketpay_offers
    (id, version, job, customer, contractor, price, currency, message, payment, status, revision,
     expires_at, created_at, claimed_job, live_pair)
    SELECT offer, 4, job, customer, contractor, {price}, 'USD', '', payment, 'accepted', 0,
           at + interval '7 days', at, job, job || ':' || contractor FROM deals""",
    """INSERT INTO marketpay_payments
    (id, version, offer, job, customer, contractor, amount, currency, purpose, status,
     split_platform_fee, split_service_fee, split_payout, gateway_payment, gateway_charge,
     credit, credit_reserved, credit_expiring, refunded, credited, disputed, lost, kept, clearing,
     released_at, withheld, transferring, transferred, transfer_blocked, created_at)
    SELECT payment, 5, offer, job, customer, contractor, {price}, 'USD', 'offer', 'released',
           {fee}, {service}, {payout}, gateway, 'ch_' || gateway,
           0, 0, 0, 0, 0, 0, 0, 0, 0, at, 0, 0, 0, 'onboarding', at FROM deals""",
    """INSERT INTO marketpay_payment_transactions
    (id, version, payment, kind, amount, currency, party, "group", target, status, gateway_id,
     attempts, sent_at, settled_at, created_at)
    SELECT sent, 2, payment, 'capture', {price}, 'USD', customer, job, gateway, 'success',
           gateway, 0, at, at, at FROM deals""",
    """INSERT INTO marketpay_wallets
    (id, version, owner, currency, pending, available, reserved, receivable, overdrawn,
     unsent, created_at, holder)
    SELECT 'wal_01h' || lpad(min(n)::text, 23, '0'), count(*), contractor, 'USD', 0,
           count(*) * {payout}, 0, 0, 0, 0, min(at), 'USD:' || contractor
    FROM deals GROUP BY contractor""",
    f"""INSERT INTO marketpay_journal
    (id, attempt, at, actor, role, command, body, events, result)
    SELECT 2 * n - 1, 'a' || n, at, 'marketpay', 'system', 'SettleTransaction',
           json_build_object('transaction', sent, 'news', gateway)::text,
           {_events("offer.accepted", "payment.captured")},
           {_result("PaymentTransaction", "", "sent")} FROM deals
    UNION ALL
    SELECT 2 * n, 'b' || n, at, customer, 'customer', 'CompleteJob',
           json_build_object('job', job)::text, {_events("payment.released")},
           {_result("Completion", "job", "job")} FROM deals""",
    """INSERT INTO marketpay_journal_subjects (subject, journal)
    SELECT payment, 2 * n - 1 FROM deals UNION ALL SELECT payment, 2 * n FROM deals
    UNION ALL SELECT job, 2 * n FROM deals""",
    """INSERT INTO marketpay_feed (position, journal, link)
    SELECT n, n, encode(sha256(n::text::bytea), 'hex')
    FROM generate_series(1, 2 * {deals}) AS n""",
    """INSERT INTO marketpay_ledger_entries
    (id, journal, at, debit_kind, debit_owner, credit_kind, credit_owner, amount, currency,
     payment)
    SELECT 4 * n + place - 4, 2 * n - (place <= 2)::int, at, debit, '', credit,
           CASE place WHEN 4 THEN contractor ELSE '' END, amount, 'USD', payment
    FROM deals CROSS JOIN (VALUES
        (1, 'processor', 'escrow', {price}), (2, 'escrow', 'platform_fee', {fee}),
        (3, 'escrow', 'service_fee', {service}), (4, 'escrow', 'wallet.available', {payout})
    ) AS legs (place, debit, credit, amount) ORDER BY n, place""",
    """INSERT INTO marketpay_account_balances (kind, owner, currency, balance)
    SELECT kind, '', 'USD', amount * {deals}::bigint FROM (VALUES
        ('processor', {price}), ('escrow', 0), ('platform_fee', {fee}), ('service_fee', {service})
    ) AS folded (kind, amount)""",
    "SELECT setval('marketpay_journal_id_seq', 2 * {deals})",
    "SELECT setval('marketpay_ledger_entries_id_seq', 4 * {deals})",
)
# Nothing refers to what is not there: it need not be looked up for each row.
QUICKLY: Final = (
    "SET session_replication_role = replica",
    "SET synchronous_commit = off",
    "SET work_mem = '256MB'",
)


def fill(url: str, entries: int) -> None:
    """Let so many entries have been written; then tell the planner."""
    sizes = {"deals": entries // ENTRIES_OF_A_DEAL, "price": PRICE, "fee": FEE}
    sizes |= {"service": SERVICE, "payout": PAYOUT}
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (*QUICKLY, DEALS, *ROWS, "VACUUM ANALYZE", "CHECKPOINT"):
            connection.execute(statement.format_map(sizes).encode())
