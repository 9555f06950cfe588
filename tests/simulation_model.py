"""A marketplace in plain dicts, written from the rules: what each command must answer and change.

It knows nothing of commands, decisions or stores.  `Refusal` is the code of the error that is
due.  Holds live at an imaginary processor: until when, and whether the payer has to act.
"""

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

HOLD = timedelta(days=7)
OPEN = ("pending", "countered")
LIVE = (*OPEN, "accepting", "accepted")
CLAIMED = ("accepting", "accepted")
HELD = ("authorized", "awaiting_confirmation")

Thing = dict[str, Any]


class Refusal(Exception):
    """The error that must come, by its code; nothing changes."""


def parts(price: int) -> tuple[int, int, int]:
    """Ten percent, twenty percent, each rounded half to even, and the rest."""
    platform, service = round(Fraction(price, 10)), round(Fraction(price, 5))
    return platform, service, price - platform - service


class Model:
    """Everything there is."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.jobs: dict[str, Thing] = {}
        self.applications: dict[str, Thing] = {}
        self.offers: dict[str, Thing] = {}
        self.accounts: dict[str, Thing] = {}
        self.charges: list[Thing] = []  # extras and tips

    # what is asked of it

    def of_job(self, job: str) -> list[Thing]:
        return [offer for offer in self.offers.values() if offer["job"] == job]

    def claimed(self, job: str) -> Thing | None:
        return next((o for o in self.of_job(job) if o["status"] in CLAIMED), None)

    def is_accepting(self, job: str) -> bool:
        return any(offer["status"] == "accepting" for offer in self.of_job(job))

    def live_applications(self, job: str) -> list[Thing]:
        applications = self.applications.values()
        return [
            a for a in applications if a["job"] == job and a["status"] in ("pending", "accepted")
        ]

    @property
    def in_flight(self) -> bool:
        """Whether the processor may know more than the marketplace."""
        unknown = any(offer["unknown"] for offer in self.offers.values())
        return unknown or any(account["unknown"] for account in self.accounts.values())

    # jobs

    def post(self, id: str, customer: str, currency: str) -> None:
        self.jobs[id] = {
            "id": id, "customer": customer, "currency": currency, "status": "open",
            "contractor": None, "admin": False, "was_submitted": False,
        }  # fmt: skip

    def update(self, job: str, by: str) -> None:
        if self.jobs[job]["customer"] != by:
            raise Refusal("forbidden")
        if self.is_accepting(job):
            raise Refusal("acceptance_in_progress")
        if self.jobs[job]["status"] != "open":
            raise Refusal("illegal_transition")

    def start(self, id: str, role: str, by: str) -> None:
        job = self.jobs[id]
        if job[role] != by:
            raise Refusal("forbidden")
        if job["status"] not in ("assigned", "in_progress"):
            raise Refusal("illegal_transition")
        job["status"] = "in_progress"

    def complete(self, id: str, by: str) -> None:
        job = self.jobs[id]
        if job["customer"] != by:
            raise Refusal("forbidden")
        if job["status"] == "completed":
            return
        if job["status"] not in ("in_progress", "submitted"):
            raise Refusal("illegal_transition")
        job["status"] = "completed"
        offer = self.claimed(id)
        assert offer is not None
        offer["payment"] = "released"
        for charge in self.extras(id):
            charge["status"] = "released"

    def submit(self, id: str, by: str) -> None:
        job = self.jobs[id]
        if job["contractor"] != by:
            raise Refusal("forbidden")
        if job["status"] not in ("in_progress", "submitted"):
            raise Refusal("illegal_transition")
        job["status"], job["was_submitted"] = "submitted", True

    def send_back(self, id: str, by: str) -> None:
        job = self.jobs[id]
        if job["customer"] != by:
            raise Refusal("forbidden")
        is_so = job["status"] == "in_progress" and job["was_submitted"]
        if job["status"] != "submitted" and not is_so:
            raise Refusal("illegal_transition")
        job["status"] = "in_progress"

    def may_cancel(self, id: str, role: str, by: str) -> bool:
        """Whether a refund has to be sent."""
        job = self.jobs[id]
        if role != "admin" and job[role] != by:
            raise Refusal("forbidden")
        if job["status"] == "cancelled":
            return False
        if self.is_accepting(id):
            raise Refusal("acceptance_in_progress")
        allowed = {"open": ("customer", "admin"), "assigned": ("customer", "contractor", "admin"),
                   "in_progress": ("admin",), "submitted": ("admin",), "completed": ()}  # fmt: skip
        if role not in allowed[job["status"]]:
            raise Refusal("illegal_transition")
        return self.claimed(id) is not None

    def cancel(self, id: str, outcome: str) -> None:
        job = self.jobs[id]
        if job["status"] == "cancelled":
            return
        job["status"] = "cancelled"
        for charge in self.extras(id):
            charge["status"] = "refunded"
        paid = self.claimed(id)
        if paid is None:
            for application in self.live_applications(id):
                application["status"] = "rejected"
            for offer in self.of_job(id):
                if offer["status"] in OPEN:
                    offer["status"] = "withdrawn"
        elif outcome == "ok":
            paid["payment"], paid["refund"] = "refunded", "succeeded"
        elif outcome == "decline":
            paid["payment"], paid["refund"] = "refunded", "failed"
        else:
            paid["refund"], paid["unknown"] = "requested", outcome

    # applications

    def apply(self, id: str, job: str, by: str) -> None:
        if self.jobs[job]["customer"] == by:
            raise Refusal("own_job")
        if self.jobs[job]["status"] != "open":
            raise Refusal("job_not_open")
        if any(mine["contractor"] == by for mine in self.live_applications(job)):
            raise Refusal("application_exists")
        self.applications[id] = {"job": job, "contractor": by, "status": "pending"}

    def accept_application(self, id: str, by: str) -> None:
        application = self.applications[id]
        job = self.jobs[application["job"]]
        if job["customer"] != by:
            raise Refusal("forbidden")
        if application["status"] == "accepted":
            return
        if job["status"] != "open":
            raise Refusal("job_not_open")
        if application["status"] != "pending":
            raise Refusal("illegal_transition")
        application["status"] = "accepted"

    def end_application(self, id: str, by: str, *, role: str) -> None:
        application = self.applications[id]
        job = application["job"]
        who = self.jobs[job]["customer"] if role == "customer" else application["contractor"]
        end = "rejected" if role == "customer" else "withdrawn"
        if who != by:
            raise Refusal("forbidden")
        if application["status"] == end:
            return
        if self.is_accepting(job):
            raise Refusal("acceptance_in_progress")
        claimed = self.claimed(job)
        if claimed is not None and claimed["contractor"] == application["contractor"]:
            raise Refusal("job_already_assigned")
        if application["status"] not in ("pending", "accepted"):
            raise Refusal("illegal_transition")
        application["status"] = end
        if end == "withdrawn":
            for offer in self.of_job(job):
                if offer["contractor"] == by and offer["status"] in OPEN:
                    offer["status"] = "withdrawn"

    # offers

    def may_send(self, job: str, by: str, contractor: str, currency: str) -> None:
        if self.jobs[job]["customer"] != by:
            raise Refusal("forbidden")
        if self.jobs[job]["currency"] != currency:
            raise Refusal("currency_mismatch")
        if contractor == by:
            raise Refusal("own_job")
        if self.jobs[job]["status"] != "open":
            raise Refusal("job_not_open")
        live = (o for o in self.of_job(job) if o["status"] in LIVE)
        if any(offer["contractor"] == contractor for offer in live):
            raise Refusal("offer_exists")

    def send(
        self, id: str, job: str, contractor: str, price: int, until: datetime | None,
        card: str, outcome: str,
    ) -> str:  # fmt: skip
        self.offers[id] = {
            "id": id, "job": job, "contractor": contractor, "price": price, "status": "pending",
            "explicit": until, "expires": until, "payment": "pending", "hold": None, "refund": None,
            "unknown": None, "card": card, "transferred": 0, "counter": None,
        }  # fmt: skip
        return self._authorize(self.offers[id], card, outcome)

    def may_pay(self, id: str, by: str) -> bool:
        """Whether the card is asked at all."""
        offer = self.offers[id]
        if self.jobs[offer["job"]]["customer"] != by:
            raise Refusal("forbidden")
        if offer["status"] in OPEN and offer["payment"] == "authorized":
            return False
        if offer["status"] == "expired" or self._is_over(offer):
            raise Refusal("offer_expired")
        if offer["status"] == "accepting":
            raise Refusal("acceptance_in_progress")
        if offer["status"] == "superseded":
            raise Refusal("job_already_assigned")
        if offer["status"] not in OPEN:
            raise Refusal("illegal_transition")
        if offer["payment"] != "failed":
            raise Refusal("payment_in_progress")
        return True

    def pay(self, id: str, card: str, outcome: str) -> str:
        offer = self.offers[id]
        offer["payment"], offer["hold"] = "pending", None
        return self._authorize(offer, card, outcome)

    def _authorize(self, offer: Thing, card: str, outcome: str) -> str:
        """What the command answers: ok, action, pending, or the code of the refusal."""
        offer["card"] = "bad" if outcome == "decline" else card
        if outcome in ("timeout_before", "timeout_after"):
            offer["unknown"] = outcome
            offer["asked_at"] = self.now
            return "pending"
        return self._answered(offer, self.now)

    def _answered(self, offer: Thing, held_at: datetime) -> str:
        if offer["card"] == "bad":
            offer["payment"] = "failed"
            return "payment_declined"
        if offer["card"] == "asking":
            offer["payment"] = "awaiting_confirmation"
            return "action"
        self._hold(offer, held_at)
        return "ok"

    def _hold(self, offer: Thing, held_at: datetime) -> None:
        offer["payment"], offer["hold"] = "authorized", held_at + HOLD
        if offer["status"] in OPEN:
            offer["expires"] = offer["explicit"] or offer["hold"]

    def _is_over(self, offer: Thing) -> bool:
        return offer["expires"] is not None and bool(offer["expires"] <= self.now)

    def may_accept(self, id: str, by: str) -> str | None:
        """None if the money is to be captured, else what the command answers."""
        offer = self.offers[id]
        if offer["contractor"] != by:
            raise Refusal("forbidden")
        if offer["status"] == "accepted":
            return "ok"
        if offer["status"] == "accepting":
            return "pending"
        if offer["status"] == "superseded":
            raise Refusal("job_already_assigned")
        if offer["status"] == "expired":
            raise Refusal("offer_expired")
        if offer["status"] not in OPEN:
            raise Refusal("illegal_transition")
        if self.is_accepting(offer["job"]):
            raise Refusal("acceptance_in_progress")
        if self._is_over(offer):
            raise Refusal("offer_expired")
        if offer["payment"] != "authorized":
            raise Refusal("payment_not_authorized")
        return None

    def accept(self, id: str, outcome: str) -> str:
        offer = self.offers[id]
        if outcome in ("timeout_before", "timeout_after"):
            offer["status"], offer["unknown"] = "accepting", outcome
            if outcome == "timeout_after" and offer["hold"] <= self.now:
                offer["unknown"] = "timeout_before"  # there was nothing to take
            return "pending"
        if outcome == "decline":  # whatever became of the hold
            offer["payment"], offer["expires"] = "failed", offer["explicit"]
            offer["status"] = "pending"
            return "payment_declined"
        if outcome == "hold_gone" or offer["hold"] <= self.now:
            offer["status"], offer["payment"] = "expired", "expired"
            return "authorization_expired"
        self._captured(offer)
        return "ok"

    def _captured(self, winner: Thing) -> None:
        job = self.jobs[winner["job"]]
        job["status"], job["contractor"] = "assigned", winner["contractor"]
        winner["status"], winner["payment"] = "accepted", "captured"
        for application in self.live_applications(job["id"]):
            mine = application["contractor"] == winner["contractor"]
            application["status"] = "accepted" if mine else "rejected"
        for offer in self.of_job(job["id"]):
            if offer["status"] in OPEN:
                offer["status"] = "superseded"

    def end_offer(self, id: str, by: str, *, role: str) -> None:
        offer = self.offers[id]
        who = offer["contractor"] if role == "contractor" else self.jobs[offer["job"]]["customer"]
        end = "rejected" if role == "contractor" else "withdrawn"
        if who != by:
            raise Refusal("forbidden")
        if offer["status"] == end:
            return
        mine = offer["status"] == "accepting"
        if mine or (role == "customer" and self.is_accepting(offer["job"])):
            raise Refusal("acceptance_in_progress")
        if offer["status"] not in OPEN:
            raise Refusal("illegal_transition")
        offer["status"] = end

    def counter(self, id: str, by: str, price: int) -> None:
        offer = self.offers[id]
        if offer["contractor"] != by:
            raise Refusal("forbidden")
        if offer["counter"] == price and offer["status"] == "countered":
            return
        if offer["price"] == price:
            raise Refusal("invalid_input")
        if offer["status"] == "superseded":
            raise Refusal("job_already_assigned")
        if offer["status"] == "expired" or (offer["status"] in OPEN and self._is_over(offer)):
            raise Refusal("offer_expired")
        if self.is_accepting(offer["job"]):
            raise Refusal("acceptance_in_progress")
        if offer["status"] not in OPEN:
            raise Refusal("illegal_transition")
        offer["status"], offer["counter"] = "countered", price

    # what is paid beside them

    def extras(self, job: str) -> list[Thing]:
        """What waits in escrow for the job to end."""
        mine = (charge for charge in self.charges if charge["job"] == job)
        return [charge for charge in mine if charge["status"] == "captured"]

    def charge(self, job: str, by: str, purpose: str, price: int, card: str) -> str:
        known = self.jobs[job]
        if known["customer"] != by:
            raise Refusal("forbidden")
        during = {
            "extra": ("assigned", "in_progress", "submitted"),
            "tip": ("in_progress", "submitted", "completed"),
        }[purpose]
        if known["status"] not in during:
            raise Refusal("illegal_transition")
        is_good = card == "good"
        paid = {"extra": "captured", "tip": "released"}[purpose]
        self.charges.append(
            {
                "job": job, "contractor": known["contractor"], "price": price, "purpose": purpose,
                "status": paid if is_good else "failed", "transferred": 0,
            }
        )  # fmt: skip
        return "ok" if is_good else "payment_declined"

    # accounts

    def open_account(self, contractor: str, outcome: str) -> None:
        self.accounts[contractor] = {
            "status": "rejected" if outcome == "decline" else "pending",
            "says": "pending",
            "unknown": outcome if outcome.startswith("timeout") else None,
        }

    # time

    def settle(self, now: datetime) -> None:
        """All that is due is done, and every question is answered."""
        self.now = now
        for offer in self.offers.values():
            self._expire(offer)
        for offer in self.offers.values():
            self._find_out(offer)
        for offer in self.offers.values():
            if offer["payment"] in HELD and offer["status"] not in LIVE:
                offer["payment"] = "canceled"
        for account in self.accounts.values():
            account["unknown"] = None
            if account["status"] != "rejected":
                account["status"] = account["says"]
        self._transfer()

    def _transfer(self) -> None:
        for offer in self.offers.values():
            if offer["payment"] == "released" and self._is_paid_out(offer["contractor"]):
                offer["transferred"] = parts(offer["price"])[2]
        for charge in self.charges:
            if charge["status"] == "released" and self._is_paid_out(charge["contractor"]):
                charge["transferred"] = self._parts(charge)[2]

    def _is_paid_out(self, contractor: str) -> bool:
        return bool(self.accounts.get(contractor, {"status": None})["status"] == "active")

    def _expire(self, offer: Thing) -> None:
        if offer["status"] == "accepting":
            return
        if offer["payment"] == "authorized" and offer["hold"] <= self.now:
            offer["payment"] = "expired"
            if offer["status"] in OPEN:
                offer["status"] = "expired"
        if offer["status"] in OPEN and self._is_over(offer):
            offer["status"] = "expired"

    def _find_out(self, offer: Thing) -> None:
        how, offer["unknown"] = offer["unknown"], None
        if how is None:
            return
        if offer["refund"] == "requested":
            offer["refund"], offer["payment"] = "succeeded", "refunded"
        elif offer["status"] == "accepting":
            if how == "timeout_before" and offer["hold"] <= self.now:
                offer["status"], offer["payment"] = "expired", "expired"
            else:
                self._captured(offer)
        else:
            self._answered(offer, offer["asked_at"] if how == "timeout_after" else self.now)

    # money

    def books(self) -> dict[tuple[str, str], int]:
        """Every account that is not empty, by its name and currency."""
        sums: Counter[tuple[str, str]] = Counter()
        for offer in self.offers.values():
            job = self.jobs[offer["job"]]
            currency, customer = job["currency"], job["customer"]
            platform, service, payout = parts(offer["price"])
            price, contractor = offer["price"], offer["contractor"]
            if offer["payment"] not in ("captured", "released", "refunded"):
                continue
            sums["processor", currency] += price
            if offer["refund"] == "requested":
                sums["refunds_in_transit", currency] += price
            elif offer["refund"] == "succeeded":
                sums["processor", currency] -= price
            elif offer["refund"] == "failed":
                sums[f"credit.available({customer})", currency] += price
            elif offer["payment"] == "captured":
                sums["escrow", currency] += price - platform
                sums["platform_fee", currency] += platform
            else:
                sums["platform_fee", currency] += platform
                sums["service_fee", currency] += service
                sums[f"wallet.available({contractor})", currency] += payout
                sums["processor", currency] -= offer["transferred"]
                sums[f"connected({contractor})", currency] += offer["transferred"]
        for charge in self.charges:
            self._book(charge, sums)
        return {account: amount for account, amount in sums.items() if amount}

    def _parts(self, charge: Thing) -> tuple[int, int, int]:
        """Of a tip the contractor gets all."""
        return parts(charge["price"]) if charge["purpose"] == "extra" else (0, 0, charge["price"])

    def _book(self, charge: Thing, sums: "Counter[tuple[str, str]]") -> None:
        currency, contractor = self.jobs[charge["job"]]["currency"], charge["contractor"]
        platform, service, payout = self._parts(charge)
        if charge["status"] not in ("captured", "released"):
            return
        sums["processor", currency] += charge["price"] - charge["transferred"]
        sums["platform_fee", currency] += platform
        if charge["status"] == "captured":
            sums["escrow", currency] += charge["price"] - platform
        else:
            sums["service_fee", currency] += service
            sums[f"wallet.available({contractor})", currency] += payout
            sums[f"connected({contractor})", currency] += charge["transferred"]
