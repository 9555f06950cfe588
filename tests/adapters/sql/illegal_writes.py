"""An illegal write for every constraint, which breaks that one and no other."""

from __future__ import annotations

from typing import Final

from tests.adapters.sql.illegal import Change, Copy, Several, Write

UNSEQUENCED: Final = "(SELECT MIN(journal) FROM marketpay_to_sequence)"
LAST: Final = "(SELECT MAX(journal) FROM marketpay_to_sequence)"
OPEN: Final = "remaining > 0"
DOLLARS: Final = "currency = 'USD'"
KEPT: Final = "status = 'charged_back'"  # captured, and still in escrow
HELD: Final = "status = 'authorized'"
OWN: Final = "contractor = customer"

ANOTHER_OFFER: Final = (
    "INSERT INTO marketpay_offers SELECT 'off_same', version, job, application, customer,"
    " contractor, price, currency, plan, message, 'pay_same', status, expires_at, "
    "counter, counter_plan, counter_message, revision, revising, revising_plan, "
    "revising_message, revising_until, created_at, claimed_job, live_pair FROM "
    "marketpay_offers WHERE status = 'withdrawn'"
)

DEALS: Final[dict[str, Write]] = {
    "jobs.pkey": Copy(),
    "jobs.overdue": Change("overdue_at = created_at", "status = 'completed'"),
    "jobs.contractor_erased_at": Change("contractor_erased_at = created_at", "status = 'open'"),
    "jobs.assigned": Change("contractor = NULL, assigned_at = NULL", "status = 'completed'"),
    "jobs.assigned_at": Change("assigned_at = created_at", "status = 'open'"),
    "jobs.cancellation": Change("cancellation_to_customer = 0", "status = 'completed'"),
    "jobs.cancellation_by": Change(
        "cancellation_by = 'customer', cancellation_to_customer = 0, cancellation_of = 0,"
        " cancellation_kept = 0",
        "status = 'completed'",
    ),
    "jobs.parties": Change(OWN, "status = 'completed'"),
    "jobs.submitted": Change("status = 'submitted'", "status = 'completed'"),
    "applications.pkey": Copy({}, "status = 'withdrawn'"),
    "applications.job_fkey": Change("job = 'job_none'", "status = 'withdrawn'"),
    "applications.live": Change("live_pair = NULL", "status = 'pending'"),
    "applications.live_pair": Change("live_pair = 'other'", "status = 'pending'"),
    "applications.live_pair_key": Copy({"id": "'app_same'"}, "status = 'pending'"),
    "applications.parties": Change(OWN, "status = 'withdrawn'"),
    "applications.status": Change("status = 'done'", "status = 'withdrawn'"),
    "offers.pkey": Copy({"payment": "'pay_same'"}, "status = 'withdrawn'"),
    "offers.application_fkey": Change("application = 'app_none'"),
    "offers.claimed": Change("claimed_job = NULL", "status = 'accepted'"),
    "offers.claimed_job": Change("claimed_job = 'other'", "status = 'accepted'"),
    "offers.claimed_job_key": Copy(
        {
            "id": "'off_same'",
            "payment": "'pay_same'",
            "live_pair": "REPLACE(live_pair, contractor, 'ctr_99')",
            "contractor": "'ctr_99'",
        },
        "status = 'accepted'",
    ),
    "offers.counter": Change("counter = 0", "status = 'countered'"),
    "offers.counter_plan": Change("counter_plan = '{}'", "status = 'withdrawn'"),
    "offers.counter_message": Change("counter_message = NULL", "status = 'countered'"),
    "offers.countered": Change("counter = 1, counter_message = ''", "status = 'withdrawn'"),
    "offers.revisable": Change("revising = 'pay_other'", "status = 'withdrawn'"),
    "offers.revised_terms": Change("revising_message = ''", "status = 'withdrawn'"),
    "offers.revising": Change("revising = payment", "status = 'pending'"),
    "offers.revision": Change("revision = -1"),
    "offers.job_fkey": Change("job = 'job_none'", "status = 'withdrawn'"),
    "offers.live": Change("live_pair = NULL", "status = 'pending'"),
    "offers.live_pair": Change("live_pair = 'other'", "status = 'pending'"),
    "offers.live_pair_key": Copy(
        {"id": "'off_same'", "payment": "'pay_same'"}, "status = 'pending'"
    ),
    "offers.parties": Change(OWN, "status = 'withdrawn'"),
    "offers.payment_key": Change("payment = 'pay_same'", all=True),
    "offers.price": Change("price = 0"),
    "offers.status": Change("status = 'done'", "status = 'withdrawn'"),
}

MONEY: Final[dict[str, Write]] = {
    "payments.pkey": Several(
        (
            ANOTHER_OFFER,
            Copy({"offer": "'off_same'"}, "status = 'failed'"),
        )
    ),
    "payments.gateway_payment_key": Change("gateway_payment = 'pi_same'", HELD, all=True),
    "payments.gateway_charge_key": Change("gateway_charge = 'ch_same'", KEPT, all=True),
    "payments.offer_fkey": Change("offer = 'off_none'"),
    "payments.job_fkey": Change("job = 'job_none'"),
    "payments.amount": Change("amount = 0", "status = 'failed'"),
    "payments.captured": Change(
        "split_platform_fee = NULL, split_service_fee = NULL, split_payout = NULL", KEPT
    ),
    "payments.clearing": Change("clearing = -1, clears_at = created_at", "status = 'released'"),
    "payments.clears_at": Change("clearing = 1, transferred = 0", "status = 'released'"),
    "payments.charged": Change("credit = 1, refunded = amount", "status = 'captured'"),
    "payments.credit": Change("credit = amount", "status = 'failed'"),
    "payments.credit_reserved": Change("credit_reserved = 1", "status = 'failed'"),
    "payments.credit_expiring": Change("credit_expiring = 1", "status = 'failed'"),
    "payments.credit_taken": Change("credit = 1, credit_reserved = 1", "status = 'captured'"),
    "payments.credited": Change("credited = 1", KEPT),
    "payments.disputed": Change("disputed = -1", "status = 'released'"),
    "payments.contested": Change("contested = 'dsp_1'", HELD),
    "payments.failure": Change("failure = NULL", "status = 'failed'"),
    "payments.gateway_charge": Change("gateway_charge = 'ch_same'", HELD),
    "payments.gateway_payment": Change("gateway_payment = NULL", HELD),
    "payments.gone": Change("refunded = amount + 1", "status = 'released'"),
    "payments.kept": Change("kept = -1", "status = 'released'"),
    "payments.purpose": Change("purpose = 'rent'", KEPT),
    "payments.split_at_once": Change("purpose = 'tip'", "status = 'failed'"),
    "payments.lost": Change("lost = -1", "status = 'released'"),
    "payments.parties": Change(OWN),
    "payments.refunded": Change("refunded = -1", "status = 'released'"),
    "payments.released": Change("status = 'released'", KEPT),
    "payments.split": Change("split_payout = split_payout - 1", KEPT),
    "payments.status": Change("status = 'done'", HELD),
    "payments.transferred": Change("transferred = -1", "status = 'released'"),
    "payments.transferring": Change("transferring = -1", "status = 'released'"),
    "payments.transfers": Change(
        "transferring = 0, transferred = split_payout + 1", "status = 'released'"
    ),
    "payments.unreleased": Change("transfer_blocked = 'refused'", KEPT),
    "payments.whole_refund": Change("refunded = amount - 1", "status = 'refunded'"),
    "payments.whole_split": Change("split_service_fee = NULL", KEPT),
    "payments.withheld": Change("withheld = -split_payout - 1", "status = 'released'"),
    "refunds.pkey": Copy({"gateway_id": "'re_same'"}),
    "refunds.gateway_id_key": Change("gateway_id = 're_same'", all=True),
    "refunds.payment_fkey": Change("payment = 'pay_none'"),
    "refunds.amount": Change("amount = 0"),
    "refunds.customer": Change("customer = ''"),
    "refunds.credit": Change("credit = -1"),
    "refunds.excess": Change("excess = amount + 1"),
    "refunds.failure": Change("status = 'failed'"),
    "refunds.gateway_id": Change("gateway_id = NULL"),
    "milestones.pkey": Copy({"position": "101"}, "status = 'pending'"),
    "milestones.job_fkey": Change("job = 'job_none'"),
    "milestones.offer_fkey": Change("offer = 'off_none'"),
    "milestones.payment_fkey": Change("payment = 'pay_none'", "status = 'submitted'"),
    "milestones.payment_key": Copy({"id": "'mst_same'", "position": "101"}, "status = 'submitted'"),
    "milestones.offer_key": Copy({"id": "'mst_same'"}, "status = 'pending'"),
    "milestones.amount": Change(
        "amount = 0, split_platform_fee = 0, split_service_fee = 0, split_payout = 0"
    ),
    "milestones.split": Change("split_payout = split_payout + 1"),
    "milestones.position": Change("position = 0"),
    "milestones.parties": Change(OWN),
    "milestones.funded": Change("payment = NULL", "status = 'submitted'"),
    "milestones.submitted": Change("submitted_at = NULL", "status = 'submitted'"),
    "milestones.status": Change("status = 'done'", "status = 'submitted'"),
    "disputes.pkey": Copy({}, "status = 'withdrawn'"),
    "disputes.payment_fkey": Change("payment = 'pay_none'", "status = 'withdrawn'"),
    "disputes.job_fkey": Change("job = 'job_none'"),
    "disputes.refund_fkey": Change("refund = 'ref_none'", "refund IS NOT NULL"),
    "disputes.at_stake": Change("at_stake = -1", "status = 'open'"),
    "disputes.closed": Change("closed_at = NULL", "status = 'withdrawn'"),
    "disputes.contractor_proposal": Change("contractor_proposal = -1"),
    "disputes.customer_proposal": Change("customer_proposal = -1"),
    "disputes.divided": Change("at_stake = at_stake + 1", "status = 'resolved'"),
    "disputes.open": Change("open_payment = NULL", "status = 'open'"),
    "disputes.open_payment": Change("open_payment = 'pay_other'", "status = 'open'"),
    "disputes.open_payment_key": Copy({"id": "'dsp_same'"}, "status = 'open'"),
    "disputes.opened_by": Change("opened_by = 'admin'"),
    "disputes.outcome": Change(
        "to_customer = NULL, to_contractor = NULL, refund = NULL", "status = 'resolved'"
    ),
    "disputes.parties": Change(OWN),
    "disputes.refund": Change(
        "refund = (SELECT MIN(id) FROM marketpay_refunds)", "status = 'open'"
    ),
    "disputes.response": Change("response = 'No'", "responded_at IS NULL"),
    "disputes.status": Change("status = 'done'", "status = 'withdrawn'"),
    "disputes.to_contractor": Change(
        "to_contractor = -1, to_customer = at_stake + 1", "status = 'resolved'"
    ),
    "disputes.to_customer": Change(
        "to_customer = -1, to_contractor = at_stake + 1, refund = NULL", "status = 'resolved'"
    ),
    "evidence.pkey": Copy(),
    "evidence.dispute_fkey": Change("dispute = 'dsp_none'"),
    "evidence.role": Change("role = 'service'"),
    "evidence.sha256": Change("sha256 = 'none'"),
    "chargebacks.pkey": Copy({"gateway_id": "'dp_same'"}),
    "chargebacks.gateway_id_key": Change("gateway_id = 'dp_same'", all=True),
    "chargebacks.payment_fkey": Change("payment = 'pay_none'"),
    "chargebacks.amount": Change("amount = 0"),
    "chargebacks.borne": Change("borne = 1"),
    "chargebacks.recovered": Change("recovered = 1"),
    "chargebacks.covered": Change("covered = withdrawn + 1"),
    "chargebacks.decided": Change("status = 'won'"),
    "chargebacks.fee": Change("fee = -1"),
    "chargebacks.lost": Change("lost = withdrawn + 1"),
    "chargebacks.parties": Change(OWN),
    "chargebacks.reserved": Change("reserved = covered + 1"),
    "payer_accounts.pkey": Copy({"customer": "'cus_same'", "gateway_customer": "'gc_same'"}),
    "payer_accounts.customer_key": Change("customer = 'cus_same'", all=True),
    "payer_accounts.gateway_customer_key": Change("gateway_customer = 'gc_same'", all=True),
    "payer_accounts.customer": Change("customer = ''"),
    "sales.pkey": Copy(
        {
            "charge": "(SELECT MIN(id) FROM marketpay_payment_transactions WHERE kind = 'payout')",
            "gateway_payment": "'pi_same'",
        }
    ),
    "sales.upgrade_fkey": Change("upgrade = 'upg_none'"),
    "sales.charge_fkey": Change("charge = 'ptx_none'"),
    "sales.charge_key": Copy({"id": "'sal_same'", "gateway_payment": "'pi_same'"}),
    "sales.gateway_payment_key": Change("gateway_payment = 'pi_same'", all=True),
    "sales.customer": Change("customer = ''"),
    "sales.amount": Change("amount = 0"),
    "sales.days": Change("days = 0"),
    "sales.ends_at": Change("starts_at = ends_at, ends_at = created_at"),
    "sales.refunded": Change("refunded = amount + 1"),
    "sales.credited": Change("credited = refunded + 1"),
    "sales.excess": Change("excess = -1"),
    "sales.lost": Change("lost = -1"),
    "upgrades.pkey": Copy({"listing": "'lst_same'", "active_listing": "'lst_same:gold'"}),
    "upgrades.active": Change("active_listing = NULL"),
    "upgrades.active_listing": Change("active_listing = 'other'"),
    "upgrades.active_listing_key": Copy({"id": "'upg_same'"}),
    "upgrades.customer": Change("customer = ''"),
    "upgrades.expires_at": Change("expires_at = created_at"),
    "upgrades.status": Change("status = 'done', active_listing = NULL"),
}

OPEN_CHARGE: Final = "kind = 'charge' AND open_purchase IS NOT NULL"
OPERATIONS: Final[dict[str, Write]] = {
    "pkey": Copy({}, "kind = 'authorize'"),
    "open_purchase_key": Copy({"id": "'ptx_same'"}, OPEN_CHARGE),
    "payment_fkey": Change("payment = 'pay_none'", "kind = 'authorize'"),
    "refund_fkey": Change("refund = 'ref_none'", "kind = 'refund'"),
    "retry_of_fkey": Change("retry_of = 'ptx_none'"),
    "withdrawal_fkey": Change("withdrawal = 'wdr_none'", "kind = 'payout'"),
    "amount": Change("amount = 0"),
    "attempts": Change("attempts = -1"),
    "charge": Change("days = NULL", "kind = 'charge'"),
    "destination": Change("destination = NULL", "kind = 'transfer'"),
    "due": Change("due_at = created_at", "status = 'success'"),
    "failure": Change("failure = NULL", "status = 'failed'"),
    "gateway_id": Change("gateway_id = NULL", "status = 'success'"),
    "kind": Change("kind = 'steal'", "kind = 'capture'"),
    "method": Change("method = 'pm_1'", "kind = 'capture'"),
    "open": Change("open_purchase = NULL", OPEN_CHARGE),
    "open_purchase": Change("open_purchase = 'other'", OPEN_CHARGE),
    "party": Change("party = ''"),
    "payment": Change("payment = NULL", "kind = 'authorize'"),
    "refund": Change("refund = NULL", "kind = 'refund'"),
    "retry_of": Change("retry_of = id"),
    "settled": Change("settled_at = NULL", "status = 'success'"),
    "status": Change("status = 'done'", "kind = 'authorize'"),
    "target": Change("target = NULL", "kind = 'capture'"),
    "withdrawal": Change(
        "withdrawal = (SELECT MIN(id) FROM marketpay_withdrawals)", "kind = 'charge'"
    ),
}

PAYOUTS: Final[dict[str, Write]] = {
    "payout_accounts.pkey": Copy({"contractor": "'ctr_same'", "gateway_account": "'acct_same'"}),
    "payout_accounts.contractor_key": Change("contractor = 'ctr_same'", all=True),
    "payout_accounts.gateway_account_key": Change("gateway_account = 'acct_same'", all=True),
    "payout_accounts.contractor": Change("contractor = ''"),
    "payout_accounts.country": Change("country = 'us'"),
    "payout_accounts.gateway_account": Change("gateway_account = NULL"),
    "credits.pkey": Copy({"customer": "'cus_same'", "holder": "'USD:cus_same'"}, DOLLARS),
    "credits.holder_key": Copy({"id": "'crd_same'"}),
    "credits.available": Change("available = -1, reserved = 9, lasting = 0"),
    "credits.currency": Change("currency = 'usd', holder = REPLACE(holder, 'USD', 'usd')", DOLLARS),
    "credits.customer": Change("customer = '', holder = 'USD:'", DOLLARS),
    "credits.holder": Change("holder = 'other'"),
    "credits.lasting": Change("lasting = available + reserved + 1"),
    "credits.reserved": Change("reserved = -1, available = 9, lasting = 0"),
    "credit_grants.pkey": Copy({}, "payment IS NULL"),
    "credit_grants.payment_key": Copy({"id": "'grt_same'"}, "source = 'loyalty'"),
    "credit_grants.credit_fkey": Change("credit = 'crd_none', open_credit = 'crd_none'", OPEN),
    "credit_grants.payment_fkey": Change("payment = 'pay_none', source = 'loyalty'"),
    "credit_grants.amount": Change("amount = 0, remaining = 0, open_credit = NULL"),
    "credit_grants.currency": Change("currency = 'usd'"),
    "credit_grants.customer": Change("customer = ''"),
    "credit_grants.open": Change("open_credit = NULL", OPEN),
    "credit_grants.open_credit": Change("open_credit = 'crd_other'", OPEN),
    "credit_grants.payment": Change("source = 'loyalty'", "source = 'promotion'"),
    "credit_grants.remaining": Change("remaining = amount + 1", OPEN),
    "credit_grants.source": Change("source = 'gift'", "source = 'promotion'"),
    "wallets.pkey": Copy({"owner": "'ctr_same'", "holder": "'USD:ctr_same'"}),
    "wallets.holder_key": Copy({"id": "'wal_same'"}),
    "wallets.available": Change("available = -1"),
    "wallets.currency": Change("currency = 'usd', holder = REPLACE(holder, 'USD', 'usd')"),
    "wallets.holder": Change("holder = 'other'"),
    "wallets.overdrawn": Change("overdrawn = receivable + 1"),
    "wallets.owner": Change("owner = '', holder = 'USD:'"),
    "wallets.pending": Change("pending = -1"),
    "wallets.reserved": Change("reserved = -1"),
    "adjustments.pkey": Copy(),
    "adjustments.owner": Change("owner = ''"),
    "adjustments.amount": Change("amount = 0"),
    "adjustments.kind": Change("kind = 'gift'"),
    "adjustments.status": Change("status = 'done'", "status = 'approved'"),
    "adjustments.proposed_by": Change("proposed_by = ''"),
    "adjustments.decided_by": Change("decided_by = proposed_by", "status = 'approved'"),
    "withdrawals.pkey": Copy({"gateway_payout": "'po_same'"}, "status = 'paid'"),
    "withdrawals.gateway_payout_key": Change(
        "gateway_payout = 'po_same'", "status = 'paid'", all=True
    ),
    "withdrawals.open_wallet_key": Copy({"id": "'wdr_same'"}, "status = 'requested'"),
    "withdrawals.amount": Change("amount = 0"),
    "withdrawals.attempts": Change("attempts = -1"),
    "withdrawals.contractor": Change("contractor = ''", "status = 'paid'"),
    "withdrawals.currency": Change("currency = 'usd'", "status = 'paid'"),
    "withdrawals.elsewhere": Change("origin = 'gateway'", "status = 'requested'"),
    "withdrawals.failure": Change("failure = 'lost'", "status = 'paid'"),
    "withdrawals.gateway_payout": Change("gateway_payout = NULL", "status = 'paid'"),
    "withdrawals.open": Change("open_wallet = NULL", "status = 'requested'"),
    "withdrawals.open_wallet": Change("open_wallet = 'other'", "status = 'requested'"),
    "withdrawals.origin": Change("origin = 'other'"),
    "withdrawals.status": Change("status = 'done', gateway_payout = NULL", "status = 'paid'"),
    "processor_fees.pkey": Copy({"gateway_id": "'txn_same'"}),
    "processor_fees.gateway_id_key": Change("gateway_id = 'txn_same'", all=True),
    "processor_fees.payment_fkey": Change("payment = 'pay_none'"),
    "incidents.pkey": Copy(),
    "incidents.kind": Change("kind = 'other'"),
    "incidents.note": Change("note = ''", "status = 'resolved'"),
    "webhooks.pkey": Copy({"delivery": "'same'"}),
    "webhooks.delivery_key": Change("delivery = 'same'", all=True),
    "webhooks.attempts": Change("attempts = -1"),
    "webhooks.due": Change("due_at = created_at", "status = 'applied'"),
}

FRESH: Final = {"attempt": "'same'", "key": "NULL"}
BOOKS: Final[dict[str, Write]] = {
    "journal.pkey": Copy({"id": "id"} | FRESH),
    "journal.attempt_key": Copy({"key": "NULL"}),
    "journal.actor_key": Copy({"attempt": "'same'"}, "marketpay_journal.key = 'first'"),
    "journal.actor": Copy(FRESH | {"actor": "''"}),
    "journal.role": Copy(FRESH | {"role": "'king'"}),
    "journal_personal.pkey": Copy(),
    "journal_personal.journal_fkey": Copy({"journal": "0"}),
    "journal_subjects.pkey": Copy(),
    "journal_subjects.journal_fkey": Copy({"journal": "0"}),
    "to_sequence.pkey": Copy(),
    "to_sequence.journal_fkey": Copy({"journal": "0"}),
    "feed.pkey": Copy({"journal": UNSEQUENCED}),
    "feed.journal_key": Copy({"position": "1000000"}),
    "feed.journal_fkey": Copy({"position": "1000000", "journal": "0"}),
    "feed.link": Copy({"position": "1000000", "journal": UNSEQUENCED, "link": "'short'"}),
    "feed.position": Copy({"position": "0", "journal": UNSEQUENCED}),
    "cursors.pkey": Copy(),
    "cursors.position": Change("position = -1", all=True),
    "timers.pkey": Copy(),
    "timers.kind": Copy({"kind": "'other'"}),
    "ledger_entries.pkey": Copy({"id": "id"}),
    "ledger_entries.journal_fkey": Copy({"journal": "0"}),
    "ledger_entries.payment_fkey": Copy({"payment": "'pay_none'"}),
    "ledger_entries.amount": Copy({"amount": "0"}),
    "ledger_entries.currency": Copy({"currency": "'usd'"}),
    "ledger_entries.credit_kind": Copy({"credit_kind": "'other'"}, "credit_owner = ''"),
    "ledger_entries.credit_owner": Copy({"credit_owner": "'ctr_1'"}, "credit_owner = ''"),
    "ledger_entries.debit_kind": Copy({"debit_kind": "'other'"}, "debit_owner = ''"),
    "ledger_entries.debit_owner": Copy({"debit_owner": "''"}, "debit_owner <> ''"),
    "ledger_entries.two_accounts": Copy(
        {"credit_kind": "debit_kind", "credit_owner": "debit_owner"}
    ),
    "account_deltas.pkey": Copy({"id": "id"}),
    "account_deltas.amount": Change("amount = 0"),
    "account_deltas.currency": Change("currency = 'usd'"),
    "account_deltas.kind": Change("kind = 'wallet.available'", "owner = ''"),
    "account_deltas.owner": Change("owner = 'ctr_1'", "owner = ''"),
    "account_balances.pkey": Copy(),
    "account_balances.currency": Copy({"currency": "'usd'"}),
    "account_balances.kind": Copy({"kind": "'other'"}, "kind = 'processor'"),
    "account_balances.owner": Copy({"owner": "'ctr_1'"}, "kind = 'processor'"),
    "version.pkey": Copy(),
}

# Forgotten rows first, where a row that is to go is needed by others.
FORGOTTEN: Final = tuple(
    f"DELETE FROM marketpay_{table} WHERE journal = {where}"
    for table, where in (
        ("journal_subjects", LAST),
        ("journal_personal", LAST),
        (
            "to_sequence",
            "(SELECT id FROM marketpay_journal WHERE marketpay_journal.key = 'second')",
        ),
    )
)
TRIGGERS: Final[dict[str, Write]] = {
    "journal.no_update": Change("actor = 'cus_1'"),
    "journal.no_delete": Several(
        (*FORGOTTEN, "DELETE FROM marketpay_journal WHERE marketpay_journal.key = 'second'")
    ),
    "feed.no_update": Change("link = link", all=True),
    "feed.no_delete": Several(("DELETE FROM marketpay_feed WHERE position = 1",)),
    "ledger_entries.no_update": Change("amount = amount + 1"),
    "ledger_entries.no_delete": Several(("DELETE FROM marketpay_ledger_entries WHERE id = 1",)),
}

VERSIONED: Final = (
    "jobs", "applications", "offers", "payments", "payment_transactions", "refunds",
    "chargebacks", "payout_accounts", "payer_accounts", "wallets", "withdrawals",
    "processor_fees", "upgrades", "incidents", "webhooks", "disputes", "evidence",
    "milestones", "credits", "credit_grants", "adjustments", "sales",
)  # fmt: skip
PLAIN_STATUS: Final = ("refunds", "chargebacks", "payout_accounts", "incidents", "webhooks")
IN_CURRENCY: Final = (
    "jobs", "offers", "payments", "payment_transactions", "refunds", "chargebacks",
    "processor_fees", "disputes", "milestones", "adjustments", "sales",
)  # fmt: skip

ILLEGAL: Final[dict[str, Write]] = {
    **DEALS,
    **MONEY,
    **{f"payment_transactions.{name}": write for name, write in OPERATIONS.items()},
    **PAYOUTS,
    **BOOKS,
    **{f"{table}.version": Change("version = 0") for table in VERSIONED},
    **{f"{table}.currency": Change("currency = 'usd'") for table in IN_CURRENCY},
    **{
        f"{table}.status": Change("status = 'done'", "status NOT IN ('deferred')")
        for table in PLAIN_STATUS
    },
    "jobs.status": Change("status = 'done'", "status = 'completed'"),
}

# What a new row of an append-only table needs to be another.
NEW_ROWS: Final[dict[str, dict[str, str]]] = {
    "journal": FRESH,
    "feed": {"position": "1000000", "journal": UNSEQUENCED},
    "ledger_entries": {},
}
