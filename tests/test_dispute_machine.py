"""Disputes in any order: whoever says whatever, the money is where the dispute says it is.

Two stores are told the same, and answer the same.  In the end, once all the timers have run,
no payment is in dispute, and none has anything in escrow.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from marketpay import (
    AcceptSettlement,
    AccountKind,
    Actor,
    AddEvidence,
    CancelJob,
    Chargeback,
    Command,
    CompleteJob,
    Dispute,
    EscalateDispute,
    ExpireDispute,
    GetJob,
    GetPayment,
    IssueRefund,
    JobStatus,
    ListDisputes,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    OpenDispute,
    Payment,
    ProposeSettlement,
    ResolveDispute,
    RespondToDispute,
    Rules,
    SqlStore,
    WithdrawDispute,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, balance, in_progress
from tests.disputes import PHOTO, other, released
from tests.hearing import hear, rest

PARTY = st.sampled_from([CUSTOMER, CONTRACTOR])
WHO = PARTY | st.just(ADMIN)
SHARE = st.sampled_from([0, 1, 33, 50, 100])  # hundredths of what is left
NOTHING = Money.zero("USD")
Saying = Callable[[Dispute, Payment], Command[Any]]


class House:
    """One marketplace with a deal in progress."""

    def __init__(self, store: Any) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        self.market = Marketplace(store=store, gateway=self.gateway, rules=Rules(now=self.clock))
        deal = in_progress(self.market, price=Money("10.01", "USD"))
        self.job, self._payment = deal.job, deal.payment

    @property
    def payment(self) -> Payment:
        return self.market.query(GetPayment(self._payment.id))

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        return self.market.query(ListDisputes(payment=self._payment.id, limit=500)).items

    def say(self, command: Command[Any]) -> str:
        """The code of its error, if it had one."""
        try:
            self.market.execute(command)
        except MarketpayError as error:
            return error.code
        return "done"

    def look(self) -> Any:
        """How all of it stands, but for ids."""
        payment = self.payment
        return (
            [(one.status, one.to_customer, one.responded_at) for one in self.disputes],
            (payment.status, payment.refunded, payment.lost, payment.contested is None),
            self.market.wallet(CONTRACTOR.id, "USD").available,
        )


class Disputing(RuleBasedStateMachine):
    """Everybody speaks about one deal."""

    @initialize(by=PARTY)
    def open_the_houses(self, by: Actor) -> None:
        self.stores = (MemoryStore(), SqlStore.connect("sqlite://"))
        self.houses = [House(store) for store in self.stores]
        self.said(lambda house: OpenDispute(by=by, payment=house.payment.id, reason="Hm"))

    def said(self, command: Callable[[House], Command[Any]]) -> None:
        one, other = [house.say(command(house)) for house in self.houses]
        assert one == other

    def about(self, command: Saying) -> None:
        """Of the newest dispute, if there ever was one."""
        if self.houses[0].disputes:
            self.said(lambda house: command(house.disputes[0], house.payment))

    @rule(by=PARTY)
    def open(self, by: Actor) -> None:
        self.said(lambda house: OpenDispute(by=by, payment=house.payment.id, reason="Hm"))

    @rule(by=PARTY)
    def respond(self, by: Actor) -> None:
        self.about(lambda one, _: RespondToDispute(by=by, dispute=one.id, message="No"))

    @rule(by=WHO)
    def escalate(self, by: Actor) -> None:
        self.about(lambda one, _: EscalateDispute(by=by, dispute=one.id))

    @rule(by=WHO)
    def show(self, by: Actor) -> None:
        self.about(lambda one, _: AddEvidence(by=by, dispute=one.id, attachment=PHOTO))

    @rule(by=PARTY, share=SHARE)
    def propose(self, by: Actor, share: int) -> None:
        self.about(
            lambda one, paid: ProposeSettlement(
                by=by, dispute=one.id, to_customer=_share(paid, share)
            )
        )

    @rule(by=PARTY)
    def settle(self, by: Actor) -> None:
        self.about(
            lambda one, _: AcceptSettlement(
                by=by, dispute=one.id, to_customer=one.proposed_to(by.role) or NOTHING
            )
        )

    @rule(share=SHARE, beside=st.sampled_from([0, 1]))
    def resolve(self, share: int, beside: int) -> None:
        self.about(lambda one, paid: _decision(one, paid, share, beside))

    @rule(is_opener=st.booleans())
    def withdraw(self, is_opener: bool) -> None:
        self.about(
            lambda one, _: WithdrawDispute(
                by=one.opener if is_opener else other(one.opener), dispute=one.id
            )
        )

    @rule()
    def expire(self) -> None:
        self.about(lambda one, _: ExpireDispute(by=Actor.SYSTEM, dispute=one.id))

    @rule(by=WHO)
    def complete(self, by: Actor) -> None:
        self.said(lambda house: CompleteJob(by=by, job=house.job.id))

    @rule(by=WHO)
    def cancel(self, by: Actor) -> None:
        self.said(lambda house: CancelJob(by=by, job=house.job.id))

    @rule(share=SHARE)
    def refund(self, share: int) -> None:
        if (amount := _share(self.houses[0].payment, share)).minor:
            self.said(lambda house: IssueRefund(by=ADMIN, payment=house.payment.id, amount=amount))

    @rule(outcome=st.sampled_from([Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE]))
    def lose_an_answer(self, outcome: Outcome) -> None:
        for house in self.houses:
            house.gateway.script(RefundPayment, outcome)

    @rule(is_lost=st.booleans())
    def ask_the_bank(self, is_lost: bool) -> None:
        for house in self.houses:
            if house.payment.refundable.minor > 100 and not house.payment.disputed.minor:
                taken = house.gateway.dispute(house.payment, amount=Money("1", "USD"))
                hear(house.market, house.gateway)
                if is_lost:
                    house.gateway.lose(taken)
                    hear(house.market, house.gateway)

    @rule(days=st.sampled_from([1, 7, 14]))
    def wait(self, days: int) -> None:
        for house in self.houses:
            house.clock.advance(days=days)
            rest(house.market)

    @invariant()
    def both_stand_alike(self) -> None:
        one, other = [house.look() for house in self.houses]
        assert one == other

    @invariant()
    def a_payment_is_contested_by_its_one_open_dispute(self) -> None:
        for house in self.houses:
            going_on = [one.id for one in house.disputes if not one.is_over]
            contested = house.payment.contested
            assert going_on == ([] if contested is None else [contested])

    @invariant()
    def what_is_contested_is_not_paid_out_and_its_job_not_over(self) -> None:
        for house in self.houses:
            if house.payment.contested is not None:
                assert not house.payment.is_released
                assert house.market.query(GetJob(house.job.id)).status is JobStatus.IN_PROGRESS

    @invariant()
    def the_books_are_right(self) -> None:
        for house in self.houses:
            assert house.market.verify().problems == ()

    def teardown(self) -> None:
        for house in getattr(self, "houses", ()):
            _end(house)
        for store in getattr(self, "stores", ()):
            store.close()


def _share(payment: Payment, share: int) -> Money:
    return Money.from_minor(payment.refundable.minor * share // 100, "USD")


def _decision(dispute: Dispute, paid: Payment, share: int, beside: int) -> Command[Any]:
    """What an administrator decides, now and then a cent beside it."""
    to_customer = _share(paid, share)
    rest_of_it = paid.refundable - to_customer + Money.from_minor(beside, "USD")
    return ResolveDispute(
        by=ADMIN, dispute=dispute.id, to_customer=to_customer, to_contractor=rest_of_it
    )


def _end(house: House) -> None:
    """The bank decides, time passes, and who was not paid yet is paid."""
    while house.payment.disputed.minor:
        taken = house.market.store.read(_open_chargebacks)[0]
        house.gateway.win(taken)
        hear(house.market, house.gateway)
    for _ in range(4):
        house.clock.advance(days=14)
        hear(house.market, house.gateway)
    house.say(CompleteJob(by=CUSTOMER, job=house.job.id))
    hear(house.market, house.gateway)
    paid = house.payment
    assert paid.contested is None
    assert balance(house.market, AccountKind.ESCROW) == NOTHING
    assert paid.refunded + paid.lost + paid.kept + released(paid) == paid.amount
    assert house.market.verify().problems == ()


def _open_chargebacks(records: Any) -> list[str]:
    return [one.gateway_id for one in records.find(Chargeback) if not one.is_decided]


TestDisputing = Disputing.TestCase
TestDisputing.settings = settings(max_examples=50, stateful_step_count=15, deadline=None)
