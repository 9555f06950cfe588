"""A marketplace lived through at random, on all stores at once, against a model of its rules.

After every step the stores have the same entities, the model predicted the answer and every
balance, and nothing is missing at the processor.  In the end every deal can be finished.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from marketpay import (
    AcceptApplication,
    AcceptOffer,
    Actor,
    Application,
    ApplyToJob,
    CancelJob,
    Command,
    CompleteJob,
    CounterOffer,
    Job,
    MarketpayError,
    Marketplace,
    MemoryPublisher,
    MemoryStore,
    Money,
    Offer,
    OpenPayoutAccount,
    PayExtra,
    Payment,
    PaymentPurpose,
    PaymentTransaction,
    PayOffer,
    PayoutAccount,
    PayTip,
    Pending,
    PostJob,
    Refund,
    RejectApplication,
    RejectOffer,
    RequestChanges,
    Rules,
    SendOffer,
    SqlStore,
    StartJob,
    SubmitWork,
    UpdateJob,
    Wallet,
    WithdrawApplication,
    WithdrawOffer,
)
from marketpay.ports.gateway import Authorize, Capture, OpenAccount, RefundPayment, Transfer, Void
from marketpay.ports.store import Records
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.simulation_model import Model, Refusal

KINDS: tuple[type[Any], ...] = (
    Job, Application, Offer, Payment, PaymentTransaction, Refund, PayoutAccount, Wallet,
)  # fmt: skip
CUSTOMERS, CONTRACTORS = ("cus_1", "ann"), ("ann", "ben", "Ben")
CURRENCIES = ("USD", "JPY", "KWD")
CARDS = {
    "good": "pm_card_visa",
    "bad": "pm_card_chargeDeclined",
    "asking": "pm_card_threeDSecure2Required",
}
LOST = ("timeout_before", "timeout_after")
START = datetime(2026, 3, 28, 22, 0, 0, 250_000, tzinfo=UTC)

currencies = st.sampled_from(CURRENCIES)
customers, contractors = st.sampled_from(CUSTOMERS), st.sampled_from(CONTRACTORS)
minors = st.sampled_from((1, 3, 5, 7, 15, 25, 99, 100_000, 333_335, 10**15)) | st.integers(1, 10**6)
cards = st.sampled_from(("good",) * 7 + ("bad", "asking"))
captures = st.sampled_from(("ok",) * 6 + ("decline", "hold_gone", *LOST))
fates = st.sampled_from(("ok",) * 8 + ("decline", *LOST))


# How often each of the methods of `Deals` is called, what it is about, and its arguments.
right = {"right": st.sampled_from((True,) * 7 + (False,))}  # said by who may say it
WEIGHTS = {
    "go_on": 12, "send": 7, "work": 3, "confirm": 3, "accept": 3, "time_passes": 1, "pay": 1,
    "apply": 2, "cancel": 2, "withdraw": 1, "reject": 1, "open_account": 1, "activate": 2,
    "start": 1, "complete": 1, "update": 1, "accept_application": 1, "reject_application": 1,
    "withdraw_application": 1, "post": 1, "submit": 2, "send_back": 1, "counter": 2, "charge": 3,
}  # fmt: skip
ACTS = tuple(name for name, weight in WEIGHTS.items() for _ in range(weight))
MOVES: dict[str, tuple[str, dict[str, Any]]] = {
    "post": ("", {"by": customers, "currency": currencies}),
    "update": ("job", right),
    "start": ("job", right | {"as_customer": st.booleans()}),
    "complete": ("job", right),
    "submit": ("job", right),
    "send_back": ("job", right),
    "charge": ("job", right | {
        "purpose": st.sampled_from(("extra", "tip")), "minor": st.integers(1, 10**6),
        "card": st.sampled_from(("good",) * 4 + ("bad",)),
    }),
    "cancel": ("job", right | {
        "role": st.sampled_from(("customer", "contractor", "admin")), "fate": fates,
    }),
    "apply": ("job", {"by": contractors}),
    "accept_application": ("application", right),
    "reject_application": ("application", right),
    "withdraw_application": ("application", right),
    "send": ("job", {
        "to": contractors, "minor": minors, "card": cards, "fate": fates,
        "hours": st.sampled_from((None, None, 1, 24, 24 * 7, 24 * 9)),
        "mistake": st.sampled_from((None,) * 18 + ("customer", "currency")),
    }),
    "pay": ("offer", right | {"card": cards, "fate": fates}),
    "accept": ("offer", right | {"fate": captures}),
    "go_on": ("offer", {"fate": captures, "card": cards}),
    "counter": ("offer", right | {"minor": minors}),
    "reject": ("offer", right),
    "withdraw": ("offer", right),
    "open_account": ("", {"by": contractors, "fate": fates}),
    "activate": ("", {"who": contractors}),
    "confirm": ("offer", {"passes": st.sampled_from((True, True, False))}),
    "time_passes": ("", {"hours": st.sampled_from((1, 25, 24 * 6, 24 * 8))}),
    "work": ("", {
        "lost": st.sampled_from(LOST), "what": st.sampled_from(("void", "transfer", None, None)),
    }),
}  # fmt: skip


class Counter:
    """Ids that are the same in every store."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):026d}"


class Twin:
    """One of the marketplaces that live through the same."""

    def __init__(self, store: Any, clock: VirtualClock) -> None:
        self.gateway = SimulatedGateway(now=clock)
        self.publisher = MemoryPublisher()
        rules = Rules(now=clock, new_id=Counter())
        self.market = Marketplace(
            store=store, gateway=self.gateway, rules=rules, publisher=self.publisher
        )

    def say(self, command: Command[Any], **script: str) -> tuple[str, Any]:
        """What came of it: ok, action, pending or the code of an error; and the result."""
        for kind, outcome in script.items():
            self.gateway.script(REQUESTS[kind], outcome)
        try:
            result = self.market.execute(command)
        except MarketpayError as error:
            return error.code, error
        action = getattr(result, "next_action", None)
        if action is None:
            return "ok", result
        return ("pending" if isinstance(action, Pending) else "action"), result

    def everything(self) -> dict[str, list[Any]]:
        def look(records: Records) -> dict[str, list[Any]]:
            return {kind.__name__: [plain(one) for one in records.find(kind)] for kind in KINDS}

        return self.market.store.read(look)


REQUESTS: dict[str, Any] = {
    "authorize": Authorize, "capture": Capture, "refund": RefundPayment, "account": OpenAccount,
    "void": Void, "transfer": Transfer,
}  # fmt: skip
GATEWAYS = (
    "gateway_payment", "gateway_charge", "gateway_account", "gateway_id", "target", "destination",
)  # fmt: skip


def plain(entity: Any) -> Any:
    """The entity without what the processor calls things, which differs."""
    return evolve(entity, **{name: None for name in GATEWAYS if getattr(entity, name, None)})


class Deals(RuleBasedStateMachine):
    """Anybody does anything at any time."""

    @initialize(currencies=st.tuples(currencies, currencies), paid=st.sets(contractors))
    def begin(self, currencies: tuple[str, str], paid: set[str]) -> None:
        self.clock = VirtualClock(START)
        self.model = Model(START)
        self.titles = count(1)
        stores = (MemoryStore(), SqlStore.connect("sqlite://"))
        self.twins = [Twin(store, self.clock) for store in stores]
        for by, currency in zip(CUSTOMERS, currencies, strict=True):
            self.post(by, currency)
        for contractor in sorted(paid):
            self.open_account(contractor, "ok")
            self.activate(contractor)
        self.settle()

    @rule(what=st.sampled_from(ACTS), data=st.data())
    def somebody_acts(self, what: str, data: st.DataObject) -> None:
        """One of the methods below, mostly on something that is there."""
        about, choices = MOVES[what]
        chosen = {name: data.draw(choice, label=name) for name, choice in choices.items()}
        if about:
            there = list(getattr(self.model, f"{about}s"))
            if not there:
                return
            chosen[about] = data.draw(st.sampled_from(there), label=about)
        getattr(self, what)(**chosen)

    def say(
        self, expected: Callable[[], str | None], command: Command[Any], **script: str
    ) -> tuple[str, Any]:
        """Every twin answers as the model does; the first one's result is given back."""
        outcomes = [twin.say(command, **script) for twin in self.twins]
        codes = [code for code, _ in outcomes]
        try:
            due = expected() or "ok"
        except Refusal as refusal:
            due = str(refusal)
        assert codes == [due] * len(codes), command
        return outcomes[0]

    def asks(self, check: Callable[[], Any]) -> Any:
        """What the model's check says, or None and False where the answer is a refusal."""
        try:
            return True, check()
        except Refusal:
            return False, None

    # jobs

    def post(self, by: str, currency: str) -> None:
        command = PostJob(by=Actor.customer(by), title="Paint", currency=currency)
        _, job = self.say(lambda: None, command)
        self.model.post(job.id, by, currency)

    def customer_of(self, job: str, right: bool) -> str:
        theirs: str = self.model.jobs[job]["customer"]
        return theirs if right else next(one for one in CUSTOMERS if one != theirs)

    def update(self, job: Any, right: bool) -> None:
        by = self.customer_of(job, right)
        title = f"Paint {next(self.titles)} fences"
        command = UpdateJob(by=Actor.customer(by), job=job, title=title)
        self.say(lambda: self.model.update(job, by), command)

    def start(self, job: Any, right: bool, as_customer: bool) -> None:
        by = self.customer_of(job, right)
        role = "customer" if as_customer else "contractor"
        if not as_customer:
            by = (right and self.model.jobs[job]["contractor"]) or "ben"
        command = StartJob(by=Actor(by, role), job=job)
        self.say(lambda: self.model.start(job, role, by), command)

    def complete(self, job: Any, right: bool) -> None:
        by = self.customer_of(job, right)
        command = CompleteJob(by=Actor.customer(by), job=job)
        self.say(lambda: self.model.complete(job, by), command)

    def submit(self, job: Any, right: bool) -> None:
        by = (right and self.model.jobs[job]["contractor"]) or "dan"
        command = SubmitWork(by=Actor.contractor(by), job=job)
        self.say(lambda: self.model.submit(job, by), command)

    def send_back(self, job: Any, right: bool) -> None:
        by = self.customer_of(job, right)
        command = RequestChanges(by=Actor.customer(by), job=job)
        self.say(lambda: self.model.send_back(job, by), command)

    def charge(self, job: Any, right: bool, purpose: str, minor: int, card: str) -> None:
        by = self.customer_of(job, right)
        kinds: dict[str, Any] = {"extra": PayExtra, "tip": PayTip}
        amount = Money.from_minor(minor, self.model.jobs[job]["currency"])
        command = kinds[purpose](
            by=Actor.customer(by), job=job, amount=amount, payment_method=CARDS[card]
        )
        self.say(lambda: self.model.charge(job, by, purpose, minor, card), command)

    def cancel(self, job: Any, role: str, right: bool, fate: str) -> None:
        by = {
            "customer": self.customer_of(job, right),
            "contractor": (right and self.model.jobs[job]["contractor"]) or "ben",
            "admin": "adm_1",
        }[role]
        allowed, refunds = self.asks(lambda: self.model.may_cancel(job, role, by))
        script = {"refund": fate} if allowed and refunds else {}

        def expected() -> str:
            refunds = self.model.may_cancel(job, role, by)
            sent = refunds and self.model.jobs[job]["status"] != "cancelled"
            unknown = self.model.jobs[job]["status"] == "cancelled" and self._refund_is_unknown(job)
            self.model.cancel(job, fate)
            return "pending" if unknown or (sent and fate in LOST) else "ok"

        self.say(expected, CancelJob(by=Actor(by, role), job=job), **script)

    def _refund_is_unknown(self, job: str) -> bool:
        paid = self.model.claimed(job)
        return paid is not None and paid["refund"] == "requested"

    # applications

    def apply(self, job: Any, by: str) -> None:
        id = "?"

        def expected() -> None:
            self.model.apply(id, job, by)

        code, application = self.say(expected, ApplyToJob(by=Actor.contractor(by), job=job))
        if code == "ok":
            self.model.applications[application.id] = self.model.applications.pop(id)

    def accept_application(self, application: Any, right: bool) -> None:
        by = self.customer_of(self.model.applications[application]["job"], right)
        command = AcceptApplication(by=Actor.customer(by), application=application)
        self.say(lambda: self.model.accept_application(application, by), command)

    def reject_application(self, application: Any, right: bool) -> None:
        by = self.customer_of(self.model.applications[application]["job"], right)
        command = RejectApplication(by=Actor.customer(by), application=application)
        self.say(lambda: self.model.end_application(application, by, role="customer"), command)

    def withdraw_application(self, application: Any, right: bool) -> None:
        by = self.model.applications[application]["contractor"] if right else "dan"
        command = WithdrawApplication(by=Actor.contractor(by), application=application)
        self.say(lambda: self.model.end_application(application, by, role="contractor"), command)

    # offers

    def send(
        self, job: Any, to: str, minor: int, card: str, fate: str, hours: int | None,
        mistake: str | None,
    ) -> None:  # fmt: skip
        known = self.model.jobs[job]
        by = known["customer"] if mistake != "customer" else "cus_2"
        currency = known["currency"] if mistake != "currency" else "EUR"
        until = None if hours is None else self.model.now + timedelta(hours=hours)
        allowed, _ = self.asks(lambda: self.model.may_send(job, by, to, currency))
        script = {"authorize": fate} if allowed else {}
        command = SendOffer(
            by=Actor.customer(by), job=job, contractor=to, expires_at=until,
            price=Money.from_minor(minor, currency), payment_method=CARDS[card],
        )  # fmt: skip

        def expected() -> str:
            self.model.may_send(job, by, to, currency)
            return self.model.send("?", job, to, minor, until, card, fate)

        _, result = self.say(expected, command, **script)
        if allowed:
            offer = self.model.offers.pop("?")
            self.model.offers[result.offer.id] = offer

    def pay(self, offer: Any, card: str, fate: str, right: bool) -> None:
        by = self.customer_of(self.model.offers[offer]["job"], right)
        allowed, asked = self.asks(lambda: self.model.may_pay(offer, by))
        script = {"authorize": fate} if allowed and asked else {}
        command = PayOffer(by=Actor.customer(by), offer=offer, payment_method=CARDS[card])

        def expected() -> str:
            asked = self.model.may_pay(offer, by)
            return self.model.pay(offer, card, fate) if asked else "ok"

        self.say(expected, command, **script)

    def accept(self, offer: Any, fate: str, right: bool) -> None:
        by = self.model.offers[offer]["contractor"] if right else "dan"
        allowed, answer = self.asks(lambda: self.model.may_accept(offer, by))
        script = {"capture": fate} if allowed and answer is None else {}

        def expected() -> str:
            return self.model.may_accept(offer, by) or self.model.accept(offer, fate)

        self.say(expected, AcceptOffer(by=Actor.contractor(by), offer=offer), **script)

    def go_on(self, offer: Any, fate: str, card: str) -> None:
        """The next step of a deal that goes well, mostly."""
        known = self.model.offers[offer]
        job = known["job"]
        match known["status"], known["payment"], self.model.jobs[job]["status"]:
            case "pending" | "countered", "failed", _:
                self.pay(offer=offer, card=card, fate="ok", right=True)
            case "pending" | "countered", "authorized", _:
                self.accept(offer=offer, fate=fate, right=True)
            case "accepted", _, "assigned":
                self.start(job=job, right=True, as_customer=fate == "ok")
            case "accepted", _, "in_progress" | "submitted":
                self.complete(job=job, right=True)

    def counter(self, offer: Any, right: bool, minor: int) -> None:
        known = self.model.offers[offer]
        by = known["contractor"] if right else "dan"
        price = Money.from_minor(minor, self.model.jobs[known["job"]]["currency"])
        command = CounterOffer(by=Actor.contractor(by), offer=offer, price=price)
        self.say(lambda: self.model.counter(offer, by, minor), command)

    def reject(self, offer: Any, right: bool) -> None:
        by = self.model.offers[offer]["contractor"] if right else "dan"
        command = RejectOffer(by=Actor.contractor(by), offer=offer)
        self.say(lambda: self.model.end_offer(offer, by, role="contractor"), command)

    def withdraw(self, offer: Any, right: bool) -> None:
        by = self.customer_of(self.model.offers[offer]["job"], right)
        command = WithdrawOffer(by=Actor.customer(by), offer=offer)
        self.say(lambda: self.model.end_offer(offer, by, role="customer"), command)

    # accounts and the world outside

    def open_account(self, by: str, fate: str) -> None:
        script = {} if by in self.model.accounts else {"account": fate}

        def expected() -> None:
            if by not in self.model.accounts:
                self.model.open_account(by, fate)

        self.say(expected, OpenPayoutAccount(by=Actor.contractor(by)), **script)

    def activate(self, who: str) -> None:
        account = self.model.accounts.get(who)
        if account is None or account["status"] != "pending" or account["unknown"]:
            return
        account["says"] = "active"
        for twin in self.twins:
            twin.gateway.activate(who)

    def confirm(self, offer: Any, passes: bool) -> None:
        """The payer acts, and the marketplace hears of it soon."""
        known = self.model.offers[offer]
        soon = self.model.now + timedelta(minutes=20)
        is_open = known["status"] in ("pending", "countered")
        if not is_open or known["payment"] != "awaiting_confirmation":
            return
        if known["expires"] is not None and known["expires"] <= soon:
            return
        payments = [
            twin.market.store.read(lambda r: r.get(Offer, offer)).payment for twin in self.twins
        ]
        for twin, payment in zip(self.twins, payments, strict=True):
            (twin.gateway.confirm if passes else twin.gateway.fail_confirmation)(payment)
        if passes:
            self.model._hold(known, self.model.now)
        else:
            known["payment"] = "failed"
        self.settle()

    # time

    def time_passes(self, hours: int) -> None:
        """And nobody works."""
        if self.model.in_flight:
            return
        self.model.now = self.clock.advance(hours=hours)

    def work(self, lost: str, what: str | None) -> None:
        """Some answers may get lost; then they come up again."""
        if what is not None:
            for twin in self.twins:
                twin.gateway.script(REQUESTS[what], lost)
        self.settle()
        for twin in self.twins:
            if what is not None:
                twin.gateway._script._queues.clear()

    def settle(self) -> None:
        for _ in range(2):
            self.clock.advance(minutes=6)
            for twin in self.twins:
                while report := twin.market.work():
                    assert report.failures == ()
            self.model.settle(self.clock())
        for twin in self.twins:
            while twin.market.work():
                pass

    # what holds after every step

    @invariant()
    def the_stores_agree(self) -> None:
        first, *others = [twin.everything() for twin in self.twins]
        for other in others:
            assert other == first
        names = [twin.publisher.names for twin in self.twins]
        assert all(other == names[0] for other in names)

    @invariant()
    def the_model_agrees(self) -> None:
        found = self.twins[0].everything()
        assert {job.id: (job.status.value, job.contractor) for job in found["Job"]} == {
            id: (job["status"], job["contractor"]) for id, job in self.model.jobs.items()
        }
        assert {one.id: one.status.value for one in found["Application"]} == {
            id: one["status"] for id, one in self.model.applications.items()
        }
        assert {one.contractor: one.status.value for one in found["PayoutAccount"]} == {
            id: one["status"] for id, one in self.model.accounts.items()
        }
        offers = {offer.id: offer for offer in found["Offer"]}
        beside = [one for one in found["Payment"] if one.purpose is not PaymentPurpose.OFFER]
        assert [one.status for one in beside] == [one["status"] for one in self.model.charges]
        payments = {one.offer: one for one in found["Payment"] if one not in beside}
        assert {id: offer.status.value for id, offer in offers.items()} == {
            id: offer["status"] for id, offer in self.model.offers.items()
        }
        assert {id: payment.status.value for id, payment in payments.items()} == {
            id: offer["payment"] for id, offer in self.model.offers.items()
        }

    @invariant()
    def the_books_are_what_the_model_says(self) -> None:
        for twin in self.twins:
            totals = twin.market.store.read(lambda records: records.accounts())
            assert all(total.kept == total.summed for total in totals)
            kept = {(str(t.account), t.account.currency): t.kept for t in totals if t.kept}
            assert kept == self.model.books()
            assert twin.market.verify().problems == ()

    @invariant()
    def the_processor_has_what_the_ledger_says(self) -> None:
        if self.model.in_flight:
            return
        books = self.model.books()
        for twin in self.twins:
            for currency in CURRENCIES:
                at_processor = twin.gateway.balance(currency).minor
                assert at_processor == books.get(("processor", currency), 0)
                for who in CONTRACTORS:
                    connected = twin.gateway.connected_balance(who, currency).minor
                    assert connected == books.get((f"connected({who})", currency), 0)

    def teardown(self) -> None:
        """Every deal can be finished."""
        try:
            if hasattr(self, "model"):
                self.finish()
        finally:
            for twin in getattr(self, "twins", ()):
                twin.market.close()

    def finish(self) -> None:
        self.settle()
        for id, job in self.model.jobs.items():
            customer: Any = Actor.customer(job["customer"])
            for twin in self.twins:
                if job["status"] == "open":
                    twin.market.execute(CancelJob(by=customer, job=id))  # type: ignore[arg-type]
                elif job["status"] in ("assigned", "in_progress", "submitted"):
                    if job["status"] == "assigned":
                        twin.market.execute(StartJob(by=customer, job=id))  # type: ignore[arg-type]
                    twin.market.execute(CompleteJob(by=customer, job=id))  # type: ignore[arg-type]
        for _ in range(3):
            self.clock.advance(days=8)
            for twin in self.twins:
                while twin.market.work():
                    pass
        for twin in self.twins:
            found = twin.everything()
            assert {job.status.value for job in found["Job"]} <= {"completed", "cancelled"}
            assert {offer.status.value for offer in found["Offer"]}.isdisjoint(
                ("pending", "countered", "accepting")
            )
            assert all(p.status in p.lifecycle.final for p in found["Payment"])
            assert all(operation.is_settled for operation in found["PaymentTransaction"])
            totals = twin.market.store.read(lambda records: records.accounts())
            left = {str(t.account): t.kept for t in totals}
            assert left.get("escrow", 0) == left.get("refunds_in_transit", 0) == 0
            assert not any(twin.gateway.held(currency) for currency in CURRENCIES)
            assert twin.market.verify().ok


THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

TestDeals = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")(
    Deals.TestCase
)
TestDeals.settings = settings(
    max_examples=3_000 if THOROUGH else 100,
    stateful_step_count=80 if THOROUGH else 40,
    deadline=None,
    derandomize=not THOROUGH,  # the same lives every time; `thorough` prints what failed
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
