"""The floor's way from a posted job to an accepted offer."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

from benchmarks.floor_books import Books, only
from benchmarks.floor_rows import (
    Json,
    Refusal,
    Row,
    insert,
    job_event,
    money,
    offer_event,
    payment_event,
    select,
    split,
    text_of,
    transaction_event,
    update,
)
from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    Authorize,
    Authorized,
    Capture,
    Captured,
    Declined,
    GatewayReply,
)

LEASE = timedelta(minutes=5)
WARNED_BEFORE = timedelta(days=1)

JOB = select("jobs", "version, status, customer, contractor, currency", "id = ?")
COLUMNS = """
o.job, o.customer, o.contractor, o.price, o.currency, o.version, o.status, o.expires_at,
p.id, p.version, p.status, p.gateway_payment, j.version, j.status"""
JOINS = "JOIN marketpay_payments p ON p.id = o.payment JOIN marketpay_jobs j ON j.id = o.job"
OFFER = f"SELECT {COLUMNS} FROM marketpay_offers o {JOINS} WHERE o.id = ?"
SENT = f"""
SELECT t.version, t.status, t.kind, o.id, {COLUMNS}
FROM marketpay_payment_transactions t JOIN marketpay_payments tp ON tp.id = t.payment
JOIN marketpay_offers o ON o.id = tp.offer {JOINS} WHERE t.id = ?"""
RIVALS = """
SELECT o.id, o.contractor, o.price, o.version, o.status, p.id, p.status, p.gateway_payment
FROM marketpay_offers o JOIN marketpay_payments p ON p.id = o.payment
WHERE o.job = ? AND o.id <> ? AND o.status IN ('pending', 'accepting', 'accepted')"""
ITS_JOB = "(SELECT job FROM marketpay_offers WHERE id = ?)"
RIVALS_OF_OFFER = RIVALS.replace("o.job = ?", f"o.job = {ITS_JOB}")
LIVE = "job = ? AND status IN ('pending', 'accepted')"
APPLICATIONS = select("applications", "id, version, status, contractor", LIVE)
PAYER = select("payer_accounts", "gateway_customer", "customer = ?")

NEW_JOB = insert("jobs", "id, version, customer, title, description, currency, status, created_at")
NEW_OFFER = insert(
    "offers",
    "id, version, job, application, customer, contractor, price, currency, message, payment,"
    " status, revision, created_at, live_pair",
)
NEW_PAYMENT = insert(
    "payments",
    "id, version, offer, job, customer, contractor, amount, currency, purpose, status, credit,"
    " credit_reserved, credit_expiring, refunded, credited, disputed, lost, kept, clearing,"
    " withheld, transferring, transferred, created_at",
)
BUMP_JOB = update("jobs")
ASSIGN = update("jobs", "status", "contractor", "assigned_at")
FUND = update("offers", "expires_at")
CLAIM = update("offers", "status", "claimed_job")
ACCEPT = update("offers", "status")
END_OFFER = update("offers", "status", "live_pair")
END_APPLICATION = update("applications", "status", "live_pair")
ACCEPT_APPLICATION = update("applications", "status")
HOLD = update("payments", "status", "gateway_payment", "authorization_expires_at", "failure")
FAIL = update("payments", "status", "failure")
FREEZE = update("payments", "split_platform_fee", "split_service_fee", "split_payout")
TAKE = update("payments", "status", "gateway_charge")
PAYMENT_STATUS = update("payments", "status")
SETTLE = update("payment_transactions", "status", "gateway_id", "failure", "due_at", "settled_at")
HELD = ("authorized", "awaiting_confirmation")


class Hiring(Books):
    """Posting, offering, accepting."""

    def post_job(self, customer: str, title: str, currency: str) -> str:
        at, job, salt = text_of(datetime.now(UTC)), new_id("job"), token_hex(12)
        digest = sha256(f"{salt}:{title}".encode()).hexdigest()
        body = {
            "title": {"sha256": digest}, "currency": currency, "description": "", "deadline": None,
        }  # fmt: skip
        events = [job_event("job.posted", at, job, customer, None)]
        with self.transaction:
            self.write(NEW_JOB, (job, 1, customer, title, "", currency, "open", at))
            self.record(
                at, (customer, "customer"), "PostJob", body, events, "Job", {"": job}, [job],
                personal=(salt, {"title": title}),
            )  # fmt: skip
        return job

    def send_offer(
        self, customer: str, job: str, contractor: str, price: int, currency: str, card: str
    ) -> tuple[str, bool]:
        """The offer, and whether the card was good."""
        now = datetime.now(UTC)
        at, lease = text_of(now), text_of(now + LEASE)
        offer, payment, sent = new_id("off"), new_id("pay"), new_id("ptx")
        amount = money(price, currency)
        parties = (job, customer, contractor)
        with self.transaction:
            found = self.read(
                (JOB, (job,)), (RIVALS, (job, "")), (APPLICATIONS, (job,)), (PAYER, (customer,))
            )
            jobs, rivals, applications, payers = found
            version, status, owner, _, wanted = only(jobs)
            if owner != customer or contractor == customer or wanted != currency:
                raise Refusal("not this customer's, or in another currency")
            if status != "open" or any(rival[1] == contractor for rival in rivals):
                raise Refusal("the job is not open, or the offer exists")
            applied = next((one[0] for one in applications if one[3] == contractor), None)
            self.change(BUMP_JOB, job, version)
            new = (offer, 1, job, applied, customer, contractor, price, currency, "", payment)
            self.write(NEW_OFFER, (*new, "pending", 0, at, f"{job}:{contractor}"))
            of_offer = (payment, 1, offer, *parties, price, currency)
            self.write(NEW_PAYMENT, (*of_offer, "offer", "pending", *[0] * 12, at))
            payer = next((id for (id,) in payers), None)
            started = self.start(
                sent, payment, "authorize", price, currency, customer, job, at, lease,
                method=card, payer=payer,
            )  # fmt: skip
            body: dict[str, Any] = {
                "job": job, "contractor": contractor, "application": None, "price": amount,
                "milestones": [], "credit": None,
                "payment_method": card, "message": "", "expires_at": None,
            }  # fmt: skip
            events = [
                offer_event("offer.created", at, offer, *parties, amount),
                payment_event("payment.created", at, payment, offer, *parties, amount),
                started,
            ]
            self.record(
                at, (customer, "customer"), "SendOffer", body, events, "OfferFunding",
                {"offer": offer, "payment": payment}, [offer, payment, sent], [sent],
            )  # fmt: skip
        request = Authorize(
            reference=sent, subject=payment, amount=Money.from_minor(price, currency),
            payer=customer, payer_account=payer, payment_method=card, group=job,
        )  # fmt: skip
        return offer, self._settle_hold(sent, self.gateway.perform(request, key=sent))

    def _settle_hold(self, sent: str, reply: GatewayReply) -> bool:
        at = text_of(datetime.now(UTC))
        with self.transaction:
            [found] = self.read((SENT, (sent,)))
            version, status, kind, offer, *deal = only(found)
            job, customer, contractor, price, currency, offered, standing, _ = deal[:8]
            payment, paid = deal[8:10]
            amount = money(price, currency)
            of_payment = (at, payment, offer, job, customer, contractor, amount)
            of_sent = (at, sent, payment, kind, amount)
            if status != "pending" or standing != "pending":
                raise Refusal("settled already, or over")
            if isinstance(reply, Declined):
                self.change(FAIL, "failed", reply.code, payment, paid)
                self.change(SETTLE, "failed", None, reply.code, None, at, sent, version)
                events = [
                    payment_event("payment.failed", *of_payment),
                    transaction_event("failed", *of_sent),
                ]
                news = {"code": reply.code, "gateway_id": reply.gateway_id, "type": "Declined"}
                self.settled(at, sent, news, events, [payment, sent])
                return False
            assert isinstance(reply, Authorized)
            assert reply.expires_at is not None
            until = text_of(reply.expires_at)
            self.change(FUND, until, offer, offered)
            self.change(HOLD, "authorized", reply.gateway_id, until, None, payment, paid)
            self.change(SETTLE, "success", reply.gateway_id, None, None, at, sent, version)
            events = [
                payment_event("payment.authorized", *of_payment),
                transaction_event("succeeded", *of_sent),
                offer_event("offer.funded", at, offer, job, customer, contractor, amount),
            ]
            news = {"gateway_id": reply.gateway_id, "expires_at": until, "type": "Authorized"}
            self.settled(at, sent, news, events, [payment, sent, offer])
            self.set_timer("offer_expiry", offer, until)
            self.set_timer("authorization_expiry", payment, until)
            warning = text_of(reply.expires_at - WARNED_BEFORE)
            self.set_timer("authorization_warning", payment, warning)
            return True

    def accept(self, contractor: str, offer: str) -> None:
        now = datetime.now(UTC)
        at, lease, sent = text_of(now), text_of(now + LEASE), new_id("ptx")
        with self.transaction:
            offers, rivals = self.read((OFFER, (offer,)), (RIVALS_OF_OFFER, (offer, offer)))
            row = only(offers)
            job, customer, whose, price, currency, offered, status, until = row[:8]
            payment, paid, held, target, version, standing = row[8:]
            if whose != contractor or any(rival[4] != "pending" for rival in rivals):
                raise Refusal("not this contractor's, or somebody else's by now")
            if (
                status != "pending"
                or standing != "open"
                or held != "authorized"
                or until <= self.time(at)
            ):
                raise Refusal("cannot be accepted")
            self.change(BUMP_JOB, job, version)
            self.change(CLAIM, "accepting", job, offer, offered)
            self.change(FREEZE, *split(price), payment, paid)
            started = self.start(
                sent, payment, "capture", price, currency, customer, job, at, lease, target=target
            )
            of_deal = (job, customer, contractor, money(price, currency))
            events = [
                offer_event("offer.claimed", at, offer, *of_deal),
                payment_event("payment.split_frozen", at, payment, offer, *of_deal),
                started,
            ]
            ids = {"offer": offer, "job": job, "payment": payment}
            self.record(
                at, (contractor, "contractor"), "AcceptOffer", {"offer": offer}, events,
                "Acceptance", ids, [offer, payment, sent], [sent],
            )  # fmt: skip
        request = Capture(gateway_id=target, amount=Money.from_minor(price, currency))
        self._settle_capture(job, offer, sent, self.gateway.perform(request, key=sent))

    def _settle_capture(self, job: str, offer: str, sent: str, reply: GatewayReply) -> None:
        at = text_of(datetime.now(UTC))
        with self.transaction:
            found, applications, rivals = self.read(
                (SENT, (sent,)), (APPLICATIONS, (job,)), (RIVALS, (job, offer))
            )
            version, status, kind, _, *deal = only(found)
            job, customer, contractor, price, currency, offered, standing, _ = deal[:8]
            payment, paid = deal[8:10]
            if status != "pending" or standing != "accepting":
                raise Refusal("settled already")
            assert isinstance(reply, Captured)
            assert reply.amount.minor == price
            self.change(ASSIGN, "assigned", contractor, at, job, deal[12])
            self.change(ACCEPT, "accepted", offer, offered)
            self.change(TAKE, "captured", reply.charge, payment, paid)
            self.change(SETTLE, "success", reply.gateway_id, None, None, at, sent, version)
            amount = money(price, currency)
            events = [
                job_event("job.assigned", at, job, customer, contractor),
                offer_event("offer.accepted", at, offer, job, customer, contractor, amount),
                payment_event(
                    "payment.captured", at, payment, offer, job, customer, contractor, amount
                ),
                transaction_event("succeeded", at, sent, payment, kind, amount),
            ]
            subjects = [job, offer, payment, sent]
            self._end_applications(at, deal, applications, events, subjects)
            self._end_rivals(at, deal, rivals, events, subjects)
            news = {
                "gateway_id": reply.gateway_id, "amount": amount, "charge": reply.charge,
                "type": "Captured",
            }  # fmt: skip
            number = self.settled(at, sent, news, events, subjects)
            fee = ("escrow", "", "platform_fee", "", split(price)[0])
            self.book(number, at, currency, payment, [("processor", "", "escrow", "", price), fee])

    def _end_applications(
        self, at: str, deal: list[Any], applied: list[Row], events: list[Json], subjects: list[str]
    ) -> None:
        job, customer, contractor, *_ = deal
        for id, version, status, applicant in applied:
            if applicant != contractor:
                self.change(END_APPLICATION, "rejected", None, id, version)
            elif status == "pending":
                self.change(ACCEPT_APPLICATION, "accepted", id, version)
            else:
                continue
            name = "accepted" if applicant == contractor else "rejected"
            named = {"name": f"application.{name}", "at": at, "application": id}
            events.append(named | {"job": job, "customer": customer, "contractor": applicant})
            subjects.append(id)

    def _end_rivals(
        self, at: str, deal: list[Any], rivals: list[Row], events: list[Json], subjects: list[str]
    ) -> None:
        """Their holds will be let go."""
        job, customer, _, _, currency, *_ = deal
        for id, rival, price, version, _, payment, held, target in rivals:
            self.change(END_OFFER, "superseded", None, id, version)
            of_deal = (job, customer, rival, money(price, currency))
            events.append(offer_event("offer.superseded", at, id, *of_deal))
            subjects.append(id)
            if held in HELD and target is not None:
                void = new_id("ptx")
                events.append(self.start(
                    void, payment, "void", price, currency, customer, job, at, at, target=target
                ))  # fmt: skip
                subjects.append(void)
