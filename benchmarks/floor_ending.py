"""The floor's ways for a deal to end: completed, rejected, withdrawn, cancelled."""

from datetime import UTC, datetime

from benchmarks.floor_books import only
from benchmarks.floor_hiring import (
    END_OFFER,
    HELD,
    JOB,
    LEASE,
    OFFER,
    PAYMENT_STATUS,
    RIVALS_OF_OFFER,
    SETTLE,
    Hiring,
)
from benchmarks.floor_rows import (
    Json,
    Move,
    Refusal,
    insert,
    job_event,
    money,
    offer_event,
    payment_event,
    select,
    text_of,
    transaction_event,
    update,
)
from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import Refunded, RefundPayment

PAID = """
SELECT p.id, p.version, p.status, p.amount, p.gateway_payment, p.offer, p.contractor,
       p.split_platform_fee, p.split_service_fee, p.split_payout,
       p.refunded + p.disputed + p.lost, p.flagged
FROM marketpay_offers o JOIN marketpay_payments p ON p.id = o.payment WHERE o.claimed_job = ?"""
REFUNDING = """
SELECT t.version, t.status, t.amount, t.currency, p.id, p.version, p.offer, p.job, p.customer,
       p.contractor, r.id, r.version
FROM marketpay_payment_transactions t JOIN marketpay_payments p ON p.id = t.payment
JOIN marketpay_refunds r ON r.id = t.refund WHERE t.id = ?"""
OF_JOB = "(SELECT {} FROM marketpay_jobs WHERE id = ?)"
ACCOUNTS = select("payout_accounts", "id, status", f"contractor = {OF_JOB.format('contractor')}")
HOLDER = OF_JOB.format("currency || ':' || contractor")
WALLET = select("wallets", "id, version, available, receivable", f"holder = {HOLDER}")
NEW_REFUND = insert(
    "refunds",
    "id, version, payment, customer, amount, credit, currency, excess, reason, status, created_at",
)
NEW_WALLET = insert(
    "wallets",
    "id, version, owner, currency, pending, available, reserved, receivable, overdrawn, unsent,"
    " created_at, holder",
)
JOB_STATUS = update("jobs", "status")
RELEASE = update("payments", "status", "released_at", "transfer_blocked")
REFUND_ASKED = update("payments", "refunded")
REFUND_DONE = update("refunds", "status", "gateway_id")
CREDIT = update("wallets", "available")
BUMP_PAYMENT = update("payments")


class Ending(Hiring):
    """Also starting the work."""

    def start_work(self, contractor: str, job: str) -> None:
        at = text_of(datetime.now(UTC))
        with self.transaction:
            [found] = self.read((JOB, (job,)))
            version, status, customer, whose, _ = only(found)
            if whose != contractor or status != "assigned":
                raise Refusal("not this contractor's, or not now")
            self.change(JOB_STATUS, "in_progress", job, version)
            events = [job_event("job.started", at, job, customer, contractor)]
            by = (contractor, "contractor")
            self.record(at, by, "StartJob", {"job": job}, events, "Job", {"": job}, [job])

    def complete(self, customer: str, job: str) -> None:
        now = datetime.now(UTC)
        at = text_of(now)
        with self.transaction:
            of_job = (job,)
            jobs, payments, accounts, wallets = self.read(
                (JOB, of_job), (PAID, of_job), (ACCOUNTS, of_job), (WALLET, of_job)
            )
            version, status, owner, contractor, currency = only(jobs)
            if owner != customer or status != "in_progress":
                raise Refusal("not this customer's, or not now")
            payment, paid, standing, price, _, offer, _, *split = only(payments)
            _, fee, payout, gone, flagged = split
            if standing != "captured" or gone or flagged or accounts:
                raise Refusal("no money, not all of it, or a transfer to make")
            self.change(JOB_STATUS, "completed", job, version)
            self.change(RELEASE, "released", at, "onboarding", payment, paid)
            if wallets:
                [(wallet, held, available, owed)] = wallets
                if owed:
                    raise Refusal("a debt to collect")
                self.change(CREDIT, available + payout, wallet, held)
            else:
                wallet, holder = new_id("wal"), f"{currency}:{contractor}"
                new = (wallet, 1, contractor, currency, 0, payout, 0, 0, 0, 0, at, holder)
                self.write(NEW_WALLET, new)
            of_payment = (at, payment, offer, job, customer, contractor, money(price, currency))
            events = [
                job_event("job.completed", at, job, customer, contractor),
                payment_event("payment.released", *of_payment),
                {"name": "wallet.credited", "at": at, "wallet": wallet, "owner": contractor,
                 "amount": money(payout, currency)},
            ]  # fmt: skip
            ids = {"job": job, "payment": payment}
            number = self.record(
                at, (customer, "customer"), "CompleteJob", {"job": job}, events, "Completion",
                ids, [job, payment, wallet],
            )  # fmt: skip
            to_wallet = ("escrow", "", "wallet.available", contractor, payout)
            moves = [("escrow", "", "service_fee", "", fee), to_wallet]
            self.book(number, at, currency, payment, moves)
            self.set_timer("transfer_sweep", contractor, text_of(now + LEASE))

    def reject(self, contractor: str, offer: str) -> None:
        self._end((contractor, "contractor"), "RejectOffer", "rejected", offer)

    def withdraw(self, customer: str, offer: str) -> None:
        self._end((customer, "customer"), "WithdrawOffer", "withdrawn", offer)

    def _end(self, by: tuple[str, str], command: str, status: str, offer: str) -> None:
        at, void = text_of(datetime.now(UTC)), new_id("ptx")
        with self.transaction:
            offers, rivals = self.read((OFFER, (offer,)), (RIVALS_OF_OFFER, (offer, offer)))
            row = only(offers)
            job, customer, contractor, price, currency, offered, was, _ = row[:8]
            payment, paid, held, target, *_ = row[8:]
            if by[0] not in (customer, contractor) or was != "pending" or held not in HELD:
                raise Refusal("not theirs, or over")
            if any(rival[4] == "accepting" for rival in rivals):
                raise Refusal("an acceptance is under way")
            self.change(END_OFFER, status, None, offer, offered)
            self.change(BUMP_PAYMENT, payment, paid)
            started = self.start(
                void, payment, "void", price, currency, customer, job, at, at, target=target
            )
            of_deal = (job, customer, contractor, money(price, currency))
            events = [offer_event(f"offer.{status}", at, offer, *of_deal), started]
            ids = {"": offer}
            self.record(at, by, command, {"offer": offer}, events, "Offer", ids, [offer, void])

    def cancel(self, customer: str, job: str) -> None:
        """Once it is assigned: everything goes back."""
        now = datetime.now(UTC)
        at, lease, sent, refund = text_of(now), text_of(now + LEASE), new_id("ptx"), new_id("ref")
        with self.transaction:
            jobs, payments = self.read((JOB, (job,)), (PAID, (job,)))
            version, status, owner, contractor, currency = only(jobs)
            if owner != customer or status != "assigned":
                raise Refusal("not this customer's, or not now")
            payment, paid, standing, price, target, offer, _, fee, *_ = found = only(payments)
            if standing != "captured" or found[-2]:
                raise Refusal("no money, or not all of it")
            self.change(JOB_STATUS, "cancelled", job, version)
            self.change(REFUND_ASKED, price, payment, paid)
            row = (refund, 1, payment, customer, price, 0, currency, 0, "", "requested", at)
            self.write(NEW_REFUND, row)
            started = self.start(
                sent, payment, "refund", price, currency, customer, job, at, lease,
                target=target, refund=refund,
            )  # fmt: skip
            amount = money(price, currency)
            of_payment = (at, payment, offer, job, customer, contractor, amount)
            events = [
                job_event("job.cancelled", at, job, customer, contractor),
                payment_event("payment.refund_requested", *of_payment),
                _refund_event("refund.requested", at, refund, payment, customer, amount),
                started,
            ]
            ids = {"job": job, "payment": payment, "refund": refund}
            number = self.record(
                at, (customer, "customer"), "CancelJob", {"job": job}, events, "Cancellation",
                ids, [job, payment, refund, sent], [sent],
            )  # fmt: skip
            transit = ("refunds_in_transit", "")
            moves: list[Move] = [
                ("escrow", "", *transit, price - fee),
                ("platform_fee", "", *transit, fee),
            ]
            self.book(number, at, currency, payment, moves)
        request = RefundPayment(
            reference=sent, gateway_id=target, amount=Money.from_minor(price, currency)
        )
        reply = self.gateway.perform(request, key=sent)
        assert isinstance(reply, Refunded)
        self._settle_refund(sent, reply)

    def _settle_refund(self, sent: str, reply: Refunded) -> None:
        at = text_of(datetime.now(UTC))
        with self.transaction:
            [found] = self.read((REFUNDING, (sent,)))
            version, status, price, currency, payment, paid, *row = only(found)
            offer, job, customer, contractor, refund, asked = row
            if status != "pending" or reply.amount.minor != price:
                raise Refusal("settled already, or not that much")
            self.change(PAYMENT_STATUS, "refunded", payment, paid)
            self.change(REFUND_DONE, "succeeded", reply.gateway_id, refund, asked)
            self.change(SETTLE, "success", reply.gateway_id, None, None, at, sent, version)
            amount = money(price, currency)
            of_payment = (at, payment, offer, job, customer, contractor, amount)
            events = [
                payment_event("payment.refunded", *of_payment),
                _refund_event("refund.succeeded", at, refund, payment, customer, amount),
                transaction_event("succeeded", at, sent, payment, "refund", amount),
            ]
            news = {"gateway_id": reply.gateway_id, "amount": amount, "type": "Refunded"}
            number = self.settled(at, sent, news, events, [payment, refund, sent])
            moves = [("refunds_in_transit", "", "processor", "", price)]
            self.book(number, at, currency, payment, moves)


def _refund_event(
    name: str, at: str, refund: str, payment: str, customer: str, amount: Json
) -> Json:
    return {"name": name, "at": at, "refund": refund, "payment": payment, "customer": customer,
            "amount": amount}  # fmt: skip
