"""Money in every order of things: whatever happens, the books are the processor's.

Deals, refunds here and elsewhere, chargebacks, withdrawals and payouts are mixed at random;
webhooks come late, shuffled, doubled or only at the very end.  After each step the ledger holds;
in the end it says what the processor says, and everybody can have what their wallet shows.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from marketpay import (
    AbandonTransaction,
    AcceptCancellation,
    AcceptOffer,
    AccountKind,
    Actor,
    Adjustment,
    AdjustmentKind,
    ApproveAdjustment,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CancelWithdrawal,
    CompleteJob,
    GetPayment,
    GetWithdrawal,
    IllegalTransition,
    IssueRefund,
    Job,
    ListRefunds,
    ListWebhooks,
    ListWithdrawals,
    Marketplace,
    MemoryStore,
    Money,
    OpenPayoutAccount,
    Payment,
    PaymentId,
    PaymentTransaction,
    PayoutAccount,
    PostJob,
    ProposeAdjustment,
    ProposeCancellation,
    Refused,
    ReplayWebhook,
    RequestWithdrawal,
    RetryTransfer,
    Role,
    Rules,
    SendOffer,
    StartJob,
    TransactionKind,
    Wallet,
    WebhookStatus,
    WithdrawalStatus,
)
from marketpay.domain.errors import GatewayError
from marketpay.ports.gateway import LookUp, PayOut, RefundPayment, ReverseTransfer, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.terms import Terms
from marketpay.testing.webhooks import SECRET, Webhook, sealed, unordered
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, RIVAL, balance
from tests.money import CHECKER

K = AccountKind
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail")
FAILING = {
    "refund": RefundPayment,
    "transfer": Transfer,
    "reversal": ReverseTransfer,
    "payout": PayOut,
    "look": LookUp,
}
FATES = (Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.DECLINE)
CAPITAL = 10_000_000  # cents
POLICIES = (
    CancellationPolicy(),
    CancellationPolicy.keeping_platform_fee(),
    *(
        CancellationPolicy(
            CancellationTier(stage=stage, to_customer=customer, to_contractor=contractor)
            for stage in ("assigned", "in_progress")
        )
        for customer, contractor in (("0.50", "0.30"), ("0.335", "0.665"), ("0", "0"))
    ),
)
PARTS = st.sampled_from((1, 10, 37, 50, 100))  # percent
CONTRACTORS = (CONTRACTOR, RIVAL)


def part_of(amount: Money, percent: int) -> Money:
    """At least one cent of it."""
    return Money.from_minor(max(amount.minor * percent // 100, 1), "USD")


class MoneyMachine(RuleBasedStateMachine):
    """A marketplace, its processor, and everybody who can do something to either."""

    deals = Bundle("deals")
    disputes = Bundle("disputes")
    adjustments = Bundle("adjustments")
    opened: Callable[..., Marketplace] = Marketplace

    @initialize(
        target=deals,
        transfers=st.sampled_from(("on_release", "on_release", "on_withdrawal", "scheduled")),
        settles=st.sampled_from((0, 0, 2)),
        liability=st.sampled_from(("contractor", "contractor", "platform")),
        clears=st.sampled_from((0, 0, 2)),
        is_rich=st.booleans(),
        policy=st.sampled_from(POLICIES),
    )
    def open(
        self,
        transfers: str,
        settles: int,
        liability: str,
        clears: int,
        is_rich: bool,
        policy: CancellationPolicy,
    ) -> Any:
        """There are two deals already, one of them done."""
        self.clock = VirtualClock()
        ids = count()
        terms = Terms(settles_after=timedelta(days=settles))
        self.gateway = SimulatedGateway(now=self.clock, terms=terms)
        rules = Rules(
            now=self.clock,
            new_id=lambda prefix: f"{prefix}_{next(ids):026}",
            transfers=transfers,
            payout_every=timedelta(days=3),
            chargeback_liability=liability,
            clearance=timedelta(days=clears) if clears else None,
            cancellation=policy,
        )
        self.market = self.make(rules)
        self.late: list[Webhook] = []
        self.open_disputes: list[str] = []
        self.capital = 0
        if is_rich:
            self.top_up()
        self.accounts = {by.id: self.market.execute(OpenPayoutAccount(by=by)) for by in CONTRACTORS}
        self.gateway.activate(self.accounts[CONTRACTOR.id])
        self.market.work()
        first, card = 100_000, CARDS[0]
        done = self.strike_a_deal(CONTRACTOR, first, card, started=True, done=True)
        return multiple(done, self.strike_a_deal(CONTRACTOR, first, card, started=True, done=False))

    def make(self, rules: Rules) -> Marketplace:
        return Marketplace(store=MemoryStore(), gateway=self.gateway, rules=rules)

    def top_up(self) -> None:
        """The platform adds money of its own, which is in no book here."""
        self.capital += CAPITAL
        self.gateway.processor.top_up(CAPITAL, "USD")

    def attempt(self, command: Any) -> Any:
        """Do it, if the house allows it just now."""
        try:
            return self.market.execute(command)
        except (Refused, IllegalTransition):
            return None

    def outside(self, act: Callable[[], Any]) -> Any:
        """Let it happen, if the processor allows it just now."""
        try:
            return act()
        except GatewayError:
            return None

    def payment(self, deal: tuple[Job, Payment]) -> Payment:
        return self.market.query(GetPayment(deal[1].id))

    # deals

    @rule(
        target=deals,
        to=st.sampled_from(CONTRACTORS),
        minor=st.sampled_from((1, 5, 99, 3335, 100_000)),
        card=st.sampled_from(CARDS),
        started=st.booleans(),
        done=st.booleans(),
    )
    def strike_a_deal(
        self, to: Actor, minor: int, card: str, started: bool, done: bool
    ) -> tuple[Job, Payment]:
        job = self.market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
        price = Money.from_minor(minor, "USD")
        sent = self.market.execute(
            SendOffer(by=CUSTOMER, job=job.id, contractor=to.id, price=price, payment_method=card)
        )
        paid = self.market.execute(AcceptOffer(by=to, offer=sent.offer.id)).payment
        if started or done:
            self.market.execute(StartJob(by=to, job=job.id))
        if done:
            self.market.execute(CompleteJob(by=CUSTOMER, job=job.id))
        return job, paid

    @rule(deal=deals)
    def complete(self, deal: tuple[Job, Payment]) -> None:
        self.attempt(StartJob(by=CUSTOMER, job=deal[0].id))
        self.attempt(CompleteJob(by=CUSTOMER, job=deal[0].id))

    @rule(deal=deals)
    def cancel(self, deal: tuple[Job, Payment]) -> None:
        self.attempt(CancelJob(by=ADMIN, job=deal[0].id))

    @rule(deal=deals, percent=PARTS, sides=st.permutations((Role.CUSTOMER, Role.CONTRACTOR)))
    def call_off(self, deal: tuple[Job, Payment], percent: int, sides: list[Role]) -> None:
        """One side proposes, and the other agrees."""
        job, before = deal[0], self.payment(deal)
        ids = {Role.CUSTOMER: before.customer, Role.CONTRACTOR: before.contractor}
        one, other = (Actor(ids[role], role) for role in sides)
        amount = part_of(before.amount, percent)
        self.attempt(ProposeCancellation(by=one, job=job.id, to_customer=amount))
        self.attempt(AcceptCancellation(by=other, job=job.id, to_customer=amount))

    # money back

    @rule(deal=deals, percent=PARTS)
    def refund(self, deal: tuple[Job, Payment], percent: int) -> None:
        before = self.payment(deal)
        amount = part_of(before.amount, percent)
        issued = self.attempt(IssueRefund(by=ADMIN, payment=before.id, amount=amount))
        assert issued is None or amount <= before.refundable

    @rule(deal=deals, percent=PARTS)
    def refund_elsewhere(self, deal: tuple[Job, Payment], percent: int) -> None:
        amount = part_of(deal[1].amount, percent)
        self.outside(lambda: self.gateway.refund_elsewhere(deal[1].id, amount))

    @rule(number=st.integers(0, 20))
    def a_refund_comes_back(self, number: int) -> None:
        names = [
            one.gateway_id
            for one in self.market.query(ListRefunds(limit=100)).items
            if one.gateway_id is not None
        ]
        if names:
            self.outside(lambda: self.gateway.fail_refund(names[number % len(names)]))

    @rule(target=disputes, deal=deals, percent=PARTS, how=st.sampled_from("iwn"))
    def dispute(self, deal: tuple[Job, Payment], percent: int, how: str) -> Any:
        opened = self.outside(
            lambda: self.gateway.dispute(
                deal[1].id,
                amount=part_of(deal[1].amount, percent),
                inquiry=how == "i",
                withdrawn=how == "w",
            )
        )
        if opened is None:
            return multiple()
        self.open_disputes.append(opened.id)
        return opened.id

    @rule(
        dispute=disputes,
        what=st.sampled_from(("escalate", "withdraw", "review")),
    )
    def a_dispute_goes_on(self, dispute: str, what: str) -> None:
        self.outside(lambda: getattr(self.gateway, what)(dispute))

    @rule(dispute=consumes(disputes), what=st.sampled_from(("win", "lose", "close_inquiry")))
    def a_dispute_is_decided(self, dispute: str, what: str) -> None:
        self.outside(lambda: getattr(self.gateway, what)(dispute))

    # money out

    @rule(by=st.sampled_from(CONTRACTORS), percent=PARTS)
    def withdraw(self, by: Actor, percent: int) -> None:
        amount = part_of(self.market.wallet(by.id, "USD").available, percent)
        self.attempt(RequestWithdrawal(by=by, amount=amount))

    @rule(by=st.sampled_from(CONTRACTORS))
    def call_a_withdrawal_off(self, by: Actor) -> None:
        for asked in self.market.query(ListWithdrawals(contractor=by.id, limit=1)).items:
            self.attempt(CancelWithdrawal(by=by, withdrawal=asked.id))

    @rule(
        number=st.integers(0, 20),
        what=st.sampled_from(("cancel_payout", "fail_payout", "return_payout", "arrive_payout")),
    )
    def a_bank_does_something(self, number: int, what: str) -> None:
        names = [
            one.gateway_payout
            for one in self.market.query(ListWithdrawals(limit=100)).items
            if one.gateway_payout is not None
        ]
        if names:
            self.outside(lambda: getattr(self.gateway, what)(names[number % len(names)]))

    @rule(by=st.sampled_from(CONTRACTORS), percent=PARTS)
    def pay_out_elsewhere(self, by: Actor, percent: int) -> None:
        """Whatever lies there, be it owed to them or not; it is heard of at any later time."""
        account = self.accounts[by.id]
        there = self.gateway.connected_balance(account, "USD")
        if there.minor > 0:
            amount = part_of(there, percent)
            self.outside(lambda: self.gateway.pay_out_elsewhere(account, amount))

    @rule(number=st.integers(0, 20), percent=PARTS)
    def reverse_elsewhere(self, number: int, percent: int) -> None:
        made = [
            one
            for one in self.operations()
            if one.kind is TransactionKind.TRANSFER and one.gateway_id is not None
        ]
        if made:
            one = made[number % len(made)]
            self.outside(
                lambda: self.gateway.reverse_elsewhere(one.id, part_of(one.amount, percent))
            )

    @rule(by=st.sampled_from(CONTRACTORS), is_fine=st.booleans())
    def look_at_an_account(self, by: Actor, is_fine: bool) -> None:
        account: PayoutAccount = self.accounts[by.id]
        (self.gateway.activate if is_fine else self.gateway.restrict)(account)

    @rule(
        target=adjustments,
        by=st.sampled_from(CONTRACTORS),
        kind=st.sampled_from(AdjustmentKind),
        percent=PARTS,
        waits=st.booleans(),
    )
    def adjust(self, by: Actor, kind: AdjustmentKind, percent: int, waits: bool) -> Any:
        """Some of what they have or owe, or some dollars; another administrator agrees."""
        has = self.market.wallet(by.id, "USD")
        bases = {
            AdjustmentKind.CREDIT: Money("500", "USD"),
            AdjustmentKind.DEBIT: max(has.available, Money("50", "USD")),
            AdjustmentKind.WRITE_OFF: has.receivable,
            AdjustmentKind.TAKE_CREDIT: Money("50", "USD"),  # which no contractor has
        }
        amount, reason = part_of(bases[kind], percent), "It is only fair"
        proposal = ProposeAdjustment(by=ADMIN, owner=by.id, amount=amount, kind=kind, reason=reason)
        proposed = self.attempt(proposal)
        if proposed is None or waits:
            return multiple(*filter(None, [proposed]))
        self.approve(proposed)
        return multiple()

    @rule(adjustment=consumes(adjustments))
    def approve(self, adjustment: Adjustment) -> None:
        self.attempt(ApproveAdjustment(by=CHECKER, adjustment=adjustment.id))

    # what is heard, done and lost

    @rule(what=st.sampled_from(sorted(FAILING)), fate=st.sampled_from(FATES))
    def something_will_fail(self, what: str, fate: Outcome) -> None:
        lost = Outcome.TIMEOUT_BEFORE if what == "look" else fate
        self.gateway.script(FAILING[what], lost)

    @rule(hours=st.sampled_from((1, 7, 30, 80)))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule()
    def some_days_pass_and_all_goes_well(self) -> None:
        for _ in range(3):
            self.settle()
            self.clock.advance(days=1)
        self.settle()

    @rule(percent=st.sampled_from((50, 100, 100)), seed=st.integers(0, 9))
    def webhooks_arrive(self, percent: int, seed: int) -> None:
        """Some of them, shuffled and doubled; the others come later."""
        random = Random(seed)
        self.late += self.gateway.webhooks()
        random.shuffle(self.late)
        some = len(self.late) * percent // 100
        come, self.late = self.late[:some], self.late[some:]
        self.receive(unordered(come, random))

    @rule()
    def work(self) -> None:
        for _ in range(30):
            report = self.market.work()
            assert report.failures == ()
            if not report:
                return
        raise AssertionError("there is always more to do")

    def receive(self, arrived: list[Webhook]) -> None:
        for one in arrived:
            signed = sealed(one.payload, secret=SECRET, now=self.clock())
            self.market.receive(signed.payload, signed.headers)

    # what holds after every step

    @invariant()
    def the_ledger_holds(self) -> None:
        if hasattr(self, "market"):
            assert self.market.verify().problems == ()

    @invariant()
    def nothing_is_below_zero(self) -> None:
        if not hasattr(self, "market"):
            return
        wallets, payments = self.market.store.read(
            lambda records: (records.find(Wallet), records.find(Payment, currency="USD"))
        )
        for one in wallets:
            assert min(one.pending, one.available, one.reserved, one.receivable).minor >= 0
        for paid in payments:
            assert min(paid.refundable, paid.transferring, paid.transferred).minor >= 0
        for one in wallets:
            mine = [paid for paid in payments if paid.contractor == one.owner]
            assert one.pending.minor == sum(paid.clearing.minor for paid in mine)

    # how it ends

    def teardown(self) -> None:
        if not hasattr(self, "market"):
            return
        try:
            self.finish()
            self.the_books_are_the_processors()
            self.nothing_waits_any_more()
            self.what_is_owed_lies_somewhere()
            self.everybody_gets_what_their_wallet_shows()
            self.the_books_are_the_processors()
        finally:
            self.market.close()

    def finish(self) -> None:
        """All is heard and done, whatever was given up is done again, and all has arrived."""
        self.gateway._script._queues.clear()
        self.top_up()
        for account in self.accounts.values():
            self.gateway.activate(account)
        for number, dispute in enumerate(self.open_disputes):
            for what in (("win", "lose")[number % 2], "close_inquiry"):
                self.outside(partial(getattr(self.gateway, what), dispute))
        for _ in range(8):
            self.settle()
            self.give_up_what_is_stuck()
            self.clock.advance(days=1)
        self.settle()
        for _ in range(4):  # a payout that the schedule began at the end
            if all(operation.is_settled for operation in self.operations()):
                break
            self.clock.advance(days=1)
            self.settle()
        for status in (WebhookStatus.DEFERRED, WebhookStatus.DEAD, WebhookStatus.RECEIVED):
            assert self.market.query(ListWebhooks(status=status)).items == ()
        for operation in self.operations():
            assert operation.is_settled, operation

    def settle(self) -> None:
        for _ in range(30):
            self.work()
            self.late += self.gateway.webhooks()
            if not self.late:
                return
            arrived, self.late = self.late, []
            self.receive(arrived)
        raise AssertionError("there is always more to hear")

    def give_up_what_is_stuck(self) -> None:
        """... and what could not be heard of for days is heard again."""
        for dead in self.market.query(ListWebhooks(status=WebhookStatus.DEAD)).items:
            self.market.execute(ReplayWebhook(by=ADMIN, webhook=dead.id))
        for operation in self.operations():
            if operation.failure == "no_answer" and not operation.is_settled:
                self.market.execute(AbandonTransaction(by=ADMIN, transaction=operation.id))
            is_transfer = operation.kind is TransactionKind.TRANSFER
            is_of_payment = operation.payment is not None
            if operation.failure == "abandoned" and is_transfer and is_of_payment:
                self.attempt(RetryTransfer(by=ADMIN, payment=PaymentId(str(operation.payment))))

    def operations(self) -> list[PaymentTransaction]:
        return self.market.store.read(lambda records: records.find(PaymentTransaction))

    def the_books_are_the_processors(self) -> None:
        assert self.market.verify().problems == ()
        there = self.gateway.balance("USD") - Money.from_minor(self.capital, "USD")
        assert balance(self.market, K.PROCESSOR) == there
        assert balance(self.market, K.REFUNDS_IN_TRANSIT).minor == 0
        for by in CONTRACTORS:
            there = self.gateway.connected_balance(by.id, "USD")
            assert balance(self.market, K.CONNECTED, by.id) == there

    def nothing_waits_any_more(self) -> None:
        for paid in self.market.store.read(lambda records: records.find(Payment)):
            assert (paid.clearing.minor, paid.clears_at) == (0, None)
        for by in CONTRACTORS:
            assert self.market.wallet(by.id, "USD").pending.minor == 0

    def what_is_owed_lies_somewhere(self) -> None:
        """On the contractor's account, on its way to their bank, or still to be transferred.

        Less what lies on their account too much since it was taken from them here.
        """
        payments = self.market.store.read(lambda records: records.find(Payment))
        wallets = self.market.store.read(lambda records: records.find(Wallet))
        for by in CONTRACTORS:
            there = balance(self.market, K.CONNECTED, by.id)
            in_transit = balance(self.market, K.PAYOUT_IN_TRANSIT, by.id)
            mine = [one for one in payments if one.contractor == by.id and one.is_released]
            to_come = sum((one.untransferred + one.transferring).minor for one in mine)
            owned = [one for one in wallets if one.owner == by.id]
            to_come += sum(one.unsent.minor for one in owned)
            owed = sum((one.total - one.overdrawn).minor for one in owned)
            assert owed == there.minor + in_transit.minor + to_come

    def whereabouts(self, by: Actor) -> str:
        """What to look at when somebody does not get their money."""
        payments = self.market.store.read(lambda records: records.find(Payment))
        lines = [
            f"{one.id[-4:]} {one.status} due {one.due} there {one.transferred} "
            f"coming {one.transferring} withheld {one.withheld} blocked {one.transfer_blocked}"
            for one in payments
            if one.contractor == by.id and one.is_released
        ]
        there = balance(self.market, K.CONNECTED, by.id)
        return "\n".join([str(self.market.wallet(by.id, "USD")), f"there {there}", *lines])

    def everybody_gets_what_their_wallet_shows(self) -> None:
        for asked in self.market.query(ListWithdrawals(limit=100)).items:
            assert asked.status in asked.lifecycle.final
        for by in CONTRACTORS:
            has = self.market.wallet(by.id, "USD")
            amount = has.available - has.receivable
            if amount.minor <= 0:
                continue
            asked = self.market.execute(RequestWithdrawal(by=by, amount=amount))
            for _ in range(6):
                self.settle()
                self.clock.advance(days=1)
            self.settle()
            status = self.market.query(GetWithdrawal(asked.id)).status
            assert status is WithdrawalStatus.PAID, self.whereabouts(by)


class MoneyMachineOnSqlite(MoneyMachine):
    """The same in a database."""

    def make(self, rules: Rules) -> Marketplace:
        return Marketplace.connect("sqlite://", gateway=self.gateway, rules=rules)


BUDGET: dict[str, Any] = {
    "deadline": None,
    "derandomize": False,
    "print_blob": True,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
}
quietly = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")

TestMoney = quietly(MoneyMachine.TestCase)
TestMoney.settings = settings(max_examples=200, stateful_step_count=40, **BUDGET)
TestMoneyOnSqlite = quietly(MoneyMachineOnSqlite.TestCase)
TestMoneyOnSqlite.settings = settings(max_examples=25, stateful_step_count=25, **BUDGET)
