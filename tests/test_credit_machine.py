"""Customers who pay with credit, in any order of things: the books are right at every moment.

And once timers have run, credit is behind nothing but offers that wait for an answer.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marketpay import (
    AcceptOffer,
    CancelJob,
    CompleteJob,
    Credit,
    GrantCredit,
    IssueRefund,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    Offer,
    Payment,
    PayOffer,
    RedeemPoints,
    RejectOffer,
    ReviseOffer,
    Rules,
    StartJob,
    WithdrawOffer,
)
from marketpay.ports.gateway import Authorize, Capture, RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.credits import LOYALTY, pts
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, REFUSED, offering, payee, post
from tests.money import all_is_right, settle

OPEN, TAKEN = ("pending", "countered"), ("captured", "released")
CARDS = st.sampled_from([GOOD, GOOD, GOOD, REFUSED])
OUTCOMES = st.sampled_from(
    [Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE]
)


def dollars(cents: int) -> Money:
    return Money.from_minor(cents, "USD")


class Paying(RuleBasedStateMachine):
    """One customer, one contractor, and what both and the gateway can do to their deals."""

    @initialize()
    def begin(self) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        rules = Rules(now=self.clock, loyalty=LOYALTY)
        self.market = Marketplace(store=MemoryStore(), gateway=self.gateway, rules=rules)
        payee(self.market, self.gateway)
        self.give(80_00, None)
        self.give(40_00, 8)

    def say(self, command: Any) -> None:
        with suppress(MarketpayError):
            self.market.execute(command)

    def find(self, kind: Any) -> list[Any]:
        return self.market.store.read(lambda records: records.find(kind))

    def one_of(self, kind: Any, data: st.DataObject, *statuses: str) -> Any:
        """Mostly one of these statuses, to which something can happen."""
        found = self.find(kind)
        likely = [one for one in found if one.status in statuses]
        return data.draw(st.sampled_from(likely or found))

    def some_credit(self, price: int, data: st.DataObject) -> Money | None:
        """Mostly what there is."""
        there = self.market.credit(CUSTOMER.id, "USD").available.minor
        likely = max(min(price - 1, there), 1)
        cents = data.draw(st.none() | st.integers(1, likely) | st.integers(1, price - 1))
        return None if cents is None else dollars(cents)

    @rule(cents=st.integers(1, 60_00), days=st.none() | st.integers(1, 9))
    def give(self, cents: int, days: int | None) -> None:
        until = None if days is None else self.clock() + timedelta(days=days)
        who = {"by": ADMIN, "customer": CUSTOMER.id, "reason": "Welcome"}
        self.say(GrantCredit(amount=dollars(cents), expires_at=until, **who))  # type: ignore[arg-type]

    @rule(price=st.integers(2, 100_00), data=st.data(), card=CARDS)
    def send(self, price: int, data: st.DataObject, card: str) -> None:
        credit = self.some_credit(price, data)
        terms: dict[str, Any] = {"price": dollars(price), "credit": credit}
        self.say(offering(post(self.market), payment_method=card, **terms))

    @rule(price=st.integers(2, 100_00), data=st.data(), completes=st.booleans())
    def hire(self, price: int, data: st.DataObject, completes: bool) -> None:
        """All at once, as otherwise few would ever be hired."""
        credit, job = self.some_credit(price, data), post(self.market)
        self.say(offering(job, price=dollars(price), credit=credit))
        for offer in self.find(Offer):
            if offer.job == job.id:
                self.say(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        self.say(StartJob(by=CONTRACTOR, job=job.id))
        if completes:
            self.say(CompleteJob(by=CUSTOMER, job=job.id))

    @precondition(lambda self: self.find(Offer))
    @rule(data=st.data(), price=st.integers(2, 100_00), card=CARDS)
    def revise(self, data: st.DataObject, price: int, card: str) -> None:
        offer, credit = self.one_of(Offer, data, *OPEN), self.some_credit(price, data)
        terms: dict[str, Any] = {"price": dollars(price), "credit": credit}
        self.say(ReviseOffer(by=CUSTOMER, offer=offer.id, payment_method=card, **terms))

    @precondition(lambda self: self.find(Offer))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        accepted = AcceptOffer(by=CONTRACTOR, offer=self.one_of(Offer, data, *OPEN).id)
        self.say(accepted)

    @precondition(lambda self: self.find(Offer))
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        self.say(RejectOffer(by=CONTRACTOR, offer=self.one_of(Offer, data, *OPEN).id))

    @precondition(lambda self: self.find(Offer))
    @rule(data=st.data(), pays=st.booleans())
    def think_again(self, data: st.DataObject, pays: bool) -> None:
        offer = self.one_of(Offer, data, *OPEN)
        again = PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD)
        self.say(again if pays else WithdrawOffer(by=CUSTOMER, offer=offer.id))

    @precondition(lambda self: self.find(Offer))
    @rule(data=st.data(), completes=st.booleans())
    def end(self, data: st.DataObject, completes: bool) -> None:
        job = self.one_of(Offer, data, "accepted").job
        if completes:
            self.say(StartJob(by=CONTRACTOR, job=job))
            self.say(CompleteJob(by=CUSTOMER, job=job))
        else:
            self.say(CancelJob(by=CUSTOMER, job=job))

    @precondition(lambda self: self.find(Payment))
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        payment = self.one_of(Payment, data, *TAKEN)
        cents = data.draw(st.integers(1, max(payment.refundable.minor, 1)))
        self.say(IssueRefund(by=ADMIN, payment=payment.id, amount=dollars(cents)))

    @precondition(lambda self: self.find(Payment))
    @rule(data=st.data())
    def refund_elsewhere(self, data: st.DataObject) -> None:
        payment = self.one_of(Payment, data, *TAKEN)
        with suppress(MarketpayError):
            made = self.gateway.refund_elsewhere(payment.id)
            if data.draw(st.booleans()):
                settle(self.market, self.gateway)
                self.gateway.fail_refund(made.id)

    @precondition(lambda self: self.find(Payment))
    @rule(data=st.data(), wins=st.booleans())
    def dispute(self, data: st.DataObject, wins: bool) -> None:
        with suppress(MarketpayError):
            taken = self.gateway.dispute(self.one_of(Payment, data, *TAKEN))
            settle(self.market, self.gateway)
            (self.gateway.win if wins else self.gateway.lose)(taken.id)

    @rule(points=st.integers(1, 300))
    def redeem(self, points: int) -> None:
        self.say(RedeemPoints(by=CUSTOMER, points=pts(points), currency="USD"))

    @rule(
        kind=st.sampled_from([Authorize, Capture, RefundPayment, RefundPayment]), outcome=OUTCOMES
    )
    def disturb(self, kind: Any, outcome: Outcome) -> None:
        self.gateway.script(kind, outcome)

    @rule(hours=st.sampled_from([1, 1, 1, 24, 24 * 8]), works=st.booleans())
    def wait(self, hours: int, works: bool) -> None:
        self.clock.advance(hours=hours)
        if works:
            settle(self.market, self.gateway)

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "market"):
            assert self.market.verify().problems == ()
            reserved = sum(one.credit_reserved.minor for one in self.find(Payment))
            behind = (one for one in self.find(Credit) if one.currency == "USD")
            assert sum(one.reserved.minor for one in behind) == reserved

    def teardown(self) -> None:
        if not hasattr(self, "market"):
            return
        for _ in range(3):
            self.clock.advance(hours=2)
            settle(self.market, self.gateway)
        offers = {one.id: one for one in self.find(Offer)}
        for payment in self.find(Payment):
            if payment.credit_reserved.minor:
                assert offers[payment.offer].wants(payment.id)
        for one in self.find(Offer):
            self.say(CancelJob(by=ADMIN, job=one.job))
        for _ in range(3):
            self.clock.advance(days=40)
            settle(self.market, self.gateway)
        assert all(not one.reserved.minor for one in self.find(Credit))
        all_is_right(self.market, self.gateway)


Paying.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPaying = Paying.TestCase
