"""Whatever a command reads it changes, relies on or waives: nothing is read by the way.

What is neither can change between the decision and its writing, and two decisions that each
were right can be wrong together.
"""

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations, product
from typing import Any, TypeVar

import pytest
from attrs import evolve, field, frozen

from marketpay import (
    AcceptApplication,
    AcceptCancellation,
    AcceptOffer,
    AcceptSettlement,
    Actor,
    AddEvidence,
    Adjustment,
    AdjustmentKind,
    ApplyToJob,
    ApproveAdjustment,
    ApproveWithdrawal,
    BookProcessorFee,
    BuryWebhook,
    BuyUpgrade,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CancelMilestone,
    CancelWithdrawal,
    Chargeback,
    ChargebackStanding,
    ChargebackState,
    ClearPayment,
    Command,
    CompleteJob,
    ContinueWithdrawal,
    CounterOffer,
    Credit,
    CreditGrant,
    Decision,
    DeclineCancellation,
    Dispute,
    EarnPoints,
    EmptyEscrow,
    EndClearance,
    ErasePerson,
    EscalateDispute,
    Evidence,
    ExpireAdjustment,
    ExpireConfirmation,
    ExpireCredit,
    ExpireDispute,
    ExpireUpgrade,
    FlagPayment,
    FreeCredit,
    FreezeWallet,
    FundMilestone,
    GatewayEvent,
    GrantCredit,
    Incident,
    IssueRefund,
    Job,
    Liability,
    LinkPayerAccount,
    MakeScheduledWithdrawal,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Milestone,
    MilestonePlan,
    Money,
    Offer,
    OpenDispute,
    OpenPayoutAccount,
    PassDeadline,
    PayExtra,
    Payment,
    PaymentTransaction,
    PayOffer,
    PayoutAccount,
    PayoutState,
    PayTip,
    PostJob,
    Progress,
    ProposeAdjustment,
    ProposeCancellation,
    ProposeSettlement,
    RecordPayout,
    RecordRefund,
    RecordReversal,
    RedeemPoints,
    Refund,
    RefundMilestone,
    RefundState,
    RefundUpgrade,
    RejectAdjustment,
    RejectApplication,
    RejectOffer,
    ReleaseAutomatically,
    ReleaseMilestone,
    ReleaseMilestoneAutomatically,
    ReplayWebhook,
    RequestChanges,
    RequestMilestoneChanges,
    RequestWithdrawal,
    ResolveDispute,
    ResolveIncident,
    RespondToDispute,
    RetryRefund,
    ReviseOffer,
    RevokeUpgrade,
    Rules,
    Sale,
    SendOffer,
    SettleChargeback,
    SettleHold,
    StartJob,
    StartMilestone,
    SubmitMilestone,
    SubmitWork,
    Topic,
    TransactionKind,
    TransferPolicy,
    UnfreezeWallet,
    UpdateJob,
    Upgrade,
    Wallet,
    WarnOfExpiry,
    Webhook,
    Withdrawal,
    WithdrawApplication,
    WithdrawDispute,
    WithdrawOffer,
)
from marketpay.commands.dead_letters import AbandonTransaction
from marketpay.commands.payout_accounts import SettleAccount, SweepTransfers
from marketpay.commands.settling import SettleTransaction
from marketpay.commands.timers import ExpireAuthorization, ExpireOffer, PostponeTimer
from marketpay.delivery.commit import Attempt
from marketpay.delivery.webhooks import receive
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict, NotFound
from marketpay.domain.ids import JobId, OfferId, PaymentId, TransactionId, new_id
from marketpay.domain.ledger import Account
from marketpay.domain.timer import TimerKind
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    CheckoutExpired,
    CheckoutOpen,
    CheckoutPaid,
    Declined,
    HoldGone,
    NoAnswer,
    NotThere,
    OpenAccount,
    PaidOut,
    PayOut,
    Processing,
    Refunded,
    RefundPayment,
    ReversalState,
    Reversed,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Transferred,
    Void,
    Voided,
)
from marketpay.ports.store import Reader, Records, Store, Work
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.credits import LOYALTY, pts
from tests.disputes import PHOTO
from tests.money import CHECKER

E = TypeVar("E", bound=Entity)
R = TypeVar("R")


PARTS = (("The posts", "500"), ("The boards", "300"), ("The paint", "200"))


def usd(amount: str) -> Money:
    return Money(amount, "USD")


CUSTOMER, ADMIN = Actor.customer("cus_17"), Actor.admin("adm_1")
SERVICE = Actor.service("srv_1")
ANN, BEN = Actor.contractor("ann"), Actor.contractor("ben")
PRICE = Money("1000", "USD")
GOOD, BAD, ASKING = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"


@frozen
class RecordingReader:
    """Remembers every entity that is read."""

    reader: Reader
    seen: dict[str, Entity] = field(factory=dict)

    def get(self, kind: type[E], id: str, /) -> E:
        found = self.reader.get(kind, id)
        self.seen[found.id] = found
        return found

    def find(self, kind: type[E], /, **equal: object) -> list[E]:
        found = self.reader.find(kind, **equal)
        self.seen.update({one.id: one for one in found})
        return found

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
        transaction: TransactionId | None = None,
    ) -> Deal:
        found = self.reader.deal(job=job, offer=offer, payment=payment, transaction=transaction)
        self.seen.update({one.id: one for one in found.rest()})
        return found

    def expect(self, kind: type[Entity], /, **equal: object) -> None:
        self.reader.expect(kind, **equal)

    def expect_deal(self, *, transaction: TransactionId) -> None:
        self.reader.expect_deal(transaction=transaction)

    def balance(self, account: Account, /) -> int:
        return self.reader.balance(account)  # what nobody keeps from changing: an estimate


def check(command: Command[Any], reader: Reader, rules: Rules) -> None:
    """Decide, and compare what was read with what the decision says of it."""
    recording = RecordingReader(reader)
    try:
        decision = command.decide(recording, rules)
    except MarketpayError:
        return  # nothing is decided on what was read
    name = type(command).__name__
    changed = {change.entity.id for change in decision.changes}
    relied = {one.id for one in decision.relies_on}
    waived = {one.id for one in decision.waives}
    forgotten = recording.seen.keys() - changed - relied - waived
    assert not forgotten, f"{name} reads and forgets {sorted(forgotten)}"
    assert not changed & waived, f"{name} changes and waives {sorted(changed & waived)}"
    assert not relied & waived, f"{name} relies on and waives {sorted(relied & waived)}"
    assert relied <= recording.seen.keys(), f"{name} relies on what it never read"
    for one in decision.relies_on:
        assert one == recording.seen[one.id], f"{name} relies on what it made up"


@frozen
class CheckedStore:
    """Checks every command that is decided, before it is carried out."""

    store: Store
    decided: set[str] = field(factory=set)

    def run(self, use: Callable[[Work], R], /) -> R:
        def checked(work: Work) -> R:
            if isinstance(use, Attempt):
                self.decided.add(type(use.command).__name__)
                check(use.command, work, use.rules)
            return use(work)

        return self.store.run(checked)

    def read(self, use: Callable[[Records], R], /) -> R:
        return self.store.read(use)

    def close(self) -> None:
        self.store.close()


class House:
    """A marketplace, and everything around it, for one story."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        self.memory = MemoryStore()
        self.store = CheckedStore(self.memory)
        self.under()

    def under(self, **rules: Any) -> None:
        """From now on under these rules."""
        house = Rules(now=self.clock, **rules)
        self.market = Marketplace(store=self.store, gateway=self.gateway, rules=house)

    def say(self, command: Command[R]) -> R | None:
        """Its result, or None where it was refused."""
        try:
            return self.market.execute(command)
        except MarketpayError:
            return None

    def rest(self, minutes: int = 6) -> None:
        self.clock.advance(minutes=minutes)
        for _ in range(50):
            if not self.market.work():
                return
        raise AssertionError("the work of one moment never ends")

    def post(self) -> Job:
        return self.market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))

    def send(self, job: Job, to: Actor = ANN, method: str | None = GOOD) -> Offer:
        command = SendOffer(
            by=CUSTOMER, job=job.id, contractor=to.id, price=PRICE, payment_method=method
        )
        self.say(command)
        found = self.memory.read(lambda r: r.find(Offer, job=job.id, contractor=to.id))
        return found[-1]

    def with_credit(self, to: Actor = ANN) -> Offer:
        """An offer of a job of its own, in part for credit."""
        send = SendOffer(
            by=CUSTOMER, job=self.post().id, contractor=to.id, price=PRICE, payment_method=GOOD,
            credit=usd("100"),
        )  # fmt: skip
        return self.market.execute(send).offer

    def payee(self, who: Actor = ANN) -> None:
        self.market.execute(OpenPayoutAccount(by=who))
        self.gateway.activate(who.id)
        self.rest()

    def hear(self) -> None:
        """All that the gateway tells, each twice."""
        for webhook in self.gateway.webhooks():
            for _ in range(2):
                self.market.receive(webhook.payload, webhook.headers)

    def completed(self, to: Actor = ANN) -> Payment:
        offer = self.accepted(to)
        self.say(StartJob(by=to, job=offer.job))
        self.say(CompleteJob(by=CUSTOMER, job=offer.job))
        self.rest()
        [payment] = self.memory.read(lambda r: r.find(Payment, offer=offer.id))
        return payment

    def accepted(self, to: Actor = ANN, method: str = GOOD) -> Offer:
        job = self.post()
        self.say(ApplyToJob(by=ANN, job=job.id))
        self.say(ApplyToJob(by=BEN, job=job.id))
        offer, _ = self.send(job, to, method), self.send(job, BEN if to == ANN else ANN)
        self.say(AcceptOffer(by=to, offer=offer.id))
        return offer


def words(house: House) -> None:
    """Posting, changing words, applications."""
    job = house.post()
    application = house.market.execute(ApplyToJob(by=ANN, job=job.id))
    other = house.market.execute(ApplyToJob(by=BEN, job=job.id))
    for _ in range(2):
        house.say(UpdateJob(by=CUSTOMER, job=job.id, title="Paint it"))
        house.say(ApplyToJob(by=ANN, job=job.id))
        house.say(AcceptApplication(by=CUSTOMER, application=application.id))
        house.say(RejectApplication(by=CUSTOMER, application=other.id))
    house.send(job)
    house.send(job, BEN)
    house.say(SendOffer(by=CUSTOMER, job=job.id, application=other.id, price=PRICE))
    for _ in range(2):
        house.say(WithdrawApplication(by=ANN, application=application.id))
        house.say(CancelJob(by=CUSTOMER, job=job.id))


def paid(house: House) -> None:
    """From the offer to the transfer, everything said twice."""
    house.payee()
    house.say(OpenPayoutAccount(by=ANN))
    offer = house.accepted()
    for _ in range(2):
        house.say(AcceptOffer(by=ANN, offer=offer.id))
        house.rest()
    for _ in range(2):
        house.say(StartJob(by=ANN, job=offer.job))
    for _ in range(2):
        house.say(CompleteJob(by=CUSTOMER, job=offer.job))
        house.rest()


def paid_late(house: House) -> None:
    """Completed first, onboarded later."""
    for _ in range(2):
        offer = house.accepted()
        house.say(StartJob(by=CUSTOMER, job=offer.job))
        house.say(CompleteJob(by=CUSTOMER, job=offer.job))
    house.rest()
    house.gateway.script(OpenAccount, Outcome.TIMEOUT_BEFORE)
    house.market.execute(OpenPayoutAccount(by=ANN))
    house.rest()
    house.rest()
    house.gateway.activate(ANN.id)
    house.gateway.script(Transfer, Outcome.TIMEOUT_AFTER, Outcome.DECLINE)
    house.rest()
    house.rest()


def refunded(house: House) -> None:
    """Cancelled after it was assigned, with every outcome."""
    for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE):
        offer = house.accepted()
        house.gateway.script(RefundPayment, outcome)
        for _ in range(2):
            house.say(CancelJob(by=CUSTOMER, job=offer.job))
        house.rest()
        house.say(CancelJob(by=CUSTOMER, job=offer.job))
    offer = house.accepted()
    house.say(StartJob(by=ANN, job=offer.job))
    house.say(CancelJob(by=ADMIN, job=offer.job))


def charged(house: House) -> None:
    """Extras and tips, with every outcome, while the job goes on and after it."""
    house.payee()
    for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE):
        for request in (Authorize, Capture):
            offer = house.accepted()
            house.say(StartJob(by=ANN, job=offer.job))
            for kind in (PayExtra, PayTip):
                house.gateway.script(request, outcome)
                for method in (GOOD, ASKING):
                    house.say(
                        kind(by=CUSTOMER, job=offer.job, amount=usd("5"), payment_method=method)
                    )
            end = CompleteJob if request is Capture else CancelJob
            house.say(end(by=ADMIN, job=offer.job))
            house.rest()
            house.say(PayTip(by=CUSTOMER, job=offer.job, amount=usd("5"), payment_method=GOOD))
            house.hear()


def in_parts(house: House, *outcomes: Outcome, started: bool = True) -> list[Milestone]:
    """A job in three parts, the first of them paid."""
    job = house.post()
    house.say(ApplyToJob(by=BEN, job=job.id))
    parts = [MilestonePlan(name, usd(amount)) for name, amount in PARTS]
    fields: dict[str, Any] = {"job": job.id, "contractor": ANN.id, "payment_method": GOOD}
    sent = house.market.execute(SendOffer(by=CUSTOMER, price=PRICE, milestones=parts, **fields))
    house.say(AcceptOffer(by=ANN, offer=sent.offer.id))
    if started:
        house.say(StartJob(by=ANN, job=job.id))
    return house.memory.read(lambda r: r.find(Milestone, job=job.id))


def planned(house: House) -> None:
    """A job in parts, with every outcome and every end."""
    house.under(auto_release=timedelta(days=7))
    house.payee()
    for end in (None, CompleteJob, CancelJob):
        for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE):
            for request in (Authorize, Capture):
                first, second, third = in_parts(house)
                for _ in range(2):
                    house.say(StartMilestone(by=ANN, milestone=first.id))
                    house.say(SubmitMilestone(by=ANN, milestone=first.id))
                for _ in range(2):
                    house.say(RequestMilestoneChanges(by=CUSTOMER, milestone=first.id))
                house.say(SubmitMilestone(by=ANN, milestone=first.id))
                house.gateway.script(request, outcome)
                for part, method in ((second, GOOD), (second, GOOD), (third, ASKING)):
                    pay = FundMilestone(by=CUSTOMER, milestone=part.id, payment_method=method)
                    house.say(pay)
                if end is not None:
                    house.say(end(by=ADMIN, job=first.job))
                house.rest()
                for _ in range(2):
                    house.say(ReleaseMilestone(by=CUSTOMER, milestone=second.id))
                    house.say(RefundMilestone(by=ANN, milestone=second.id))
                    house.say(CancelMilestone(by=CUSTOMER, milestone=second.id))
                    house.say(CancelMilestone(by=CUSTOMER, milestone=third.id))
                    house.say(RefundMilestone(by=ANN, milestone=second.id))
                house.hear()
    house.rest(60 * 24 * 8)


def credited(house: House) -> None:
    """Given, behind offers, spent, refunded, freed, expired; and points."""
    house.under(loyalty=LOYALTY)
    month = house.clock() + timedelta(days=30)
    for amount, until in ((usd("300"), month), (usd("200"), None), (pts(50), month)):
        house.say(
            GrantCredit(
                by=ADMIN, customer="cus_17", amount=amount, reason="Hello", expires_at=until
            )
        )
    offers = [house.with_credit() for _ in range(4)]
    for credit in (usd("20"), usd("899"), None):
        revise = ReviseOffer(
            by=CUSTOMER, offer=offers[0].id, price=usd("900"), payment_method=GOOD, credit=credit
        )
        house.say(revise)
        house.say(revise)
    house.say(WithdrawOffer(by=CUSTOMER, offer=offers[1].id))
    for offer in offers:
        [*_, payment] = _payments_of(house, offer)
        for _ in range(2):
            house.say(FreeCredit(by=Actor.SYSTEM, payment=payment.id))
        house.say(AcceptOffer(by=ANN, offer=offer.id))
    house.say(StartJob(by=ANN, job=offers[2].job))
    house.say(CompleteJob(by=CUSTOMER, job=offers[2].job))
    house.rest()
    for offer in offers[2:]:
        [payment] = _payments_of(house, offer)
        for _ in range(2):
            house.say(EarnPoints(by=Actor.SYSTEM, payment=payment.id))
        made = house.gateway.refund_elsewhere(payment.id, usd("1"))
        house.hear()
        house.gateway.fail_refund(made.id)
        house.hear()
        for amount in (usd("899"), usd("50"), usd("51"), usd("49"), usd("1")):
            house.say(IssueRefund(by=ADMIN, payment=payment.id, amount=amount))
    for points in (1, 100, 10**6):
        house.say(RedeemPoints(by=CUSTOMER, points=pts(points), currency="USD"))
    last = house.with_credit()
    house.rest(60 * 24 * 31)
    for grant in house.memory.read(lambda r: r.find(CreditGrant)):
        house.say(ExpireCredit(by=Actor.SYSTEM, grant=grant.id))
    house.say(WithdrawOffer(by=CUSTOMER, offer=last.id))
    house.rest()


def frozen_wallets(house: House) -> None:
    """Frozen while something waits to be paid out, and freed."""
    house.payee()
    house.completed()
    whose: dict[str, Any] = {"by": ADMIN, "owner": ANN.id, "currency": "USD", "reason": "Stolen?"}
    house.say(RequestWithdrawal(by=ANN, amount=usd("10")))
    for _ in range(2):
        house.say(FreezeWallet(**whose))
    house.say(RequestWithdrawal(by=ANN, amount=usd("10")))
    house.rest()
    for _ in range(2):
        house.say(UnfreezeWallet(**whose))
    house.rest()


def called_off(house: House) -> None:
    """By a policy that gives everybody something, and by both sides together."""
    house.under(
        cancellation=CancellationPolicy(
            [
                CancellationTier(stage=stage, to_customer="0.50", to_contractor="0.30")
                for stage in ("assigned", "in_progress")
            ]
        )
    )
    house.payee()
    for to in (ANN, BEN, ANN):
        offer = house.accepted(to)
        for _ in range(2):
            house.say(CancelJob(by=to, job=offer.job))
            house.rest()
        offer = house.accepted(to)
        house.say(StartJob(by=to, job=offer.job))
        for amount in (None, usd("100"), usd("100")):
            house.say(ProposeCancellation(by=to, job=offer.job, to_customer=amount))
        for _ in range(2):
            house.say(DeclineCancellation(by=CUSTOMER, job=offer.job))
        for amount in (usd("801"), usd("100"), usd("0")):
            house.say(ProposeCancellation(by=CUSTOMER, job=offer.job, to_customer=amount))
        for _ in range(2):
            house.say(AcceptCancellation(by=to, job=offer.job, to_customer=usd("1")))
            house.say(AcceptCancellation(by=to, job=offer.job, to_customer=usd("0")))
        house.rest()


def cards(house: House) -> None:
    """Refused, challenged, unanswered, and paid with another one."""
    for method in (BAD, ASKING, None):
        for passes in (True, False):
            job = house.post()
            offer = house.send(job, ANN, method)
            house.say(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=method))
            if method != BAD:
                act = house.gateway.confirm if passes else house.gateway.fail_confirmation
                act(offer.payment)
            house.rest()
            for card in (BAD, ASKING, GOOD):
                house.say(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=card))
            house.say(WithdrawOffer(by=CUSTOMER, offer=offer.id))
            house.rest()
    for outcome in (Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE, Outcome.ERROR_500):
        for withdrawn in (True, False):
            house.gateway.script(Authorize, outcome)
            offer = house.send(house.post(), ANN, GOOD)
            if withdrawn:
                house.say(WithdrawOffer(by=CUSTOMER, offer=offer.id))
            house.rest()
    for withdrawn in (True, False):
        offer = house.send(house.post(), ANN, ASKING)
        withdraw = WithdrawOffer(by=CUSTOMER, offer=offer.id)
        for _ in range(2):
            house.say(withdraw if withdrawn else RejectOffer(by=ANN, offer=offer.id))
        house.gateway.script(Void, Outcome.TIMEOUT_BEFORE, Outcome.DECLINE)
        house.rest()


def negotiated(house: House) -> None:
    """Countered and revised, with every card and outcome; and whatever is said meanwhile."""
    for outcome in (Outcome.OK, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE, Outcome.DECLINE):
        for end in range(7):
            job = house.post()
            mine = house.market.execute(ApplyToJob(by=ANN, job=job.id))
            offer, other = house.send(job), house.send(job, BEN)
            counter = CounterOffer(by=ANN, offer=offer.id, price=usd("1200"))
            card = ASKING if end % 2 and outcome is Outcome.OK else GOOD
            house.gateway.script(Authorize, outcome)
            revise = ReviseOffer(
                by=CUSTOMER, offer=offer.id, price=usd("1100"), payment_method=card
            )
            for _ in range(2):
                house.say(counter)
                house.say(revise)
            house.say(
                [
                    AcceptOffer(by=ANN, offer=offer.id),
                    RejectOffer(by=ANN, offer=offer.id),
                    WithdrawOffer(by=CUSTOMER, offer=offer.id),
                    CancelJob(by=CUSTOMER, job=job.id),
                    WithdrawApplication(by=ANN, application=mine.id),
                    AcceptOffer(by=BEN, offer=other.id),
                    PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD),
                ][end]
            )
            house.rest()
            house.say(revise)
    for method in (BAD, ASKING):
        offer = house.send(house.post(), ANN, method)
        house.say(CounterOffer(by=ANN, offer=offer.id, price=usd("1200")))
        house.say(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
        for card in (ASKING, GOOD):
            house.say(
                ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("900"), payment_method=card)
            )
    house.rest(60 * 24 * 40)


def captures(house: House) -> None:
    """Declined, gone, unanswered; and everything that is said meanwhile."""
    for outcome in (
        Outcome.DECLINE,
        Outcome.HOLD_GONE,
        Outcome.TIMEOUT_AFTER,
        Outcome.TIMEOUT_BEFORE,
    ):
        job = house.post()
        mine = house.market.execute(ApplyToJob(by=ANN, job=job.id))
        house.say(ApplyToJob(by=BEN, job=job.id))
        offer, other = house.send(job), house.send(job, BEN)
        house.gateway.script(Capture, outcome)
        for _ in range(2):
            house.say(AcceptOffer(by=ANN, offer=offer.id))
        house.say(AcceptOffer(by=BEN, offer=other.id))
        house.say(WithdrawOffer(by=CUSTOMER, offer=other.id))
        house.say(WithdrawApplication(by=ANN, application=mine.id))
        house.say(CancelJob(by=CUSTOMER, job=job.id))
        house.rest()
        house.say(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))
        house.rest()


def times(house: House) -> None:
    """Offers and holds that run out, and timers that have nothing to do."""
    soon = house.clock.advance(minutes=30)
    for ended in (False, True):
        job = house.post()
        command = SendOffer(
            by=CUSTOMER, job=job.id, contractor=ANN.id, price=PRICE, payment_method=GOOD,
            expires_at=soon.replace(year=2026, month=2),
        )  # fmt: skip
        funded = house.market.execute(command)
        lasting = house.send(house.post(), BEN)
        if ended:
            house.say(RejectOffer(by=ANN, offer=funded.offer.id))
            house.say(AcceptOffer(by=BEN, offer=lasting.id))
    house.rest(60 * 24 * 40)
    for offer in house.memory.read(lambda r: r.find(Offer)):
        house.say(ExpireOffer(by=Actor.SYSTEM, offer=offer.id))
        house.say(ExpireAuthorization(by=Actor.SYSTEM, payment=offer.payment))
    house.say(SweepTransfers(by=Actor.SYSTEM, contractor="nobody"))
    later = PostponeTimer(by=Actor.SYSTEM, kind=TimerKind.TRANSFER_SWEEP, subject="nobody")
    house.say(later)


def dead_letters(house: House) -> None:
    """Never answered, and given up."""
    for kind in (Authorize, Capture, RefundPayment, Transfer):
        house.payee(Actor.contractor(f"of {kind.__name__}"))
        offer = None
        if kind is Authorize:
            house.gateway.script(kind, *[Outcome.TIMEOUT_BEFORE] * 500)
            house.send(house.post())
        else:
            job = house.post()
            payee = Actor.contractor(f"of {kind.__name__}")
            offer = house.send(job, payee)
            house.gateway.script(kind, *[Outcome.TIMEOUT_BEFORE] * 500)
            house.say(AcceptOffer(by=payee, offer=offer.id))
            if kind is RefundPayment:
                house.say(CancelJob(by=CUSTOMER, job=job.id))
            if kind is Transfer:
                house.say(StartJob(by=payee, job=job.id))
                house.say(CompleteJob(by=CUSTOMER, job=job.id))
        for _ in range(30):
            house.rest(60)
        for one in house.memory.read(lambda r: r.find(PaymentTransaction, status="unknown")):
            for _ in range(2):
                house.say(AbandonTransaction(by=ADMIN, transaction=one.id))
        house.rest()


def refunded_in_parts(house: House) -> None:
    """Before the release, after it, after the transfer; and by somebody at the gateway."""
    for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE):
        offer = house.accepted()
        for amount in (usd("0.01"), usd("300"), usd("2000"), usd("699.99"), usd("1")):
            house.gateway.script(RefundPayment, outcome)
            house.say(IssueRefund(by=ADMIN, payment=offer.payment, amount=amount))
            house.rest()
        house.say(CancelJob(by=ADMIN, job=offer.job))
    for has_account in (False, True):
        if has_account:
            house.payee()
        for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER):
            paid = house.completed()
            for amount in (usd("100"), usd("900")):
                house.say(IssueRefund(by=ADMIN, payment=paid.id, amount=amount, reason="late"))
                house.gateway.script(ReverseTransfer, outcome)
                house.rest()
                house.hear()
    for amounts in ((usd("250"), usd("750")), (usd("1000"),)):
        for id in (house.accepted().payment, house.completed().id):
            for amount in amounts:
                made = house.gateway.refund_elsewhere(id, amount)
                house.hear()
                house.gateway.fail_refund(made.id)
                house.hear()
    unreleased = house.accepted()
    house.gateway.refund_elsewhere(unreleased.payment, usd("1000"))
    house.hear()
    house.say(StartJob(by=ANN, job=unreleased.job))
    house.say(CompleteJob(by=CUSTOMER, job=unreleased.job))


def slow_refunds(house: House) -> None:
    """Pending first; then they fail, succeed, or come back."""
    for method in ("pm_card_pendingRefund", "pm_card_refundFail"):
        offer = house.accepted(method=method)
        for _ in range(2):
            house.say(IssueRefund(by=ADMIN, payment=offer.payment, amount=usd("400")))
            house.hear()
        house.say(CancelJob(by=ADMIN, job=offer.job))
        house.rest(90)
        house.hear()
        other = house.accepted(method=method)
        house.gateway.refund_elsewhere(other.payment, usd("400"))
        house.hear()
        house.rest(90)
        house.hear()


def lost_before_their_news(house: House) -> None:
    """A refund elsewhere of more than there is left here."""
    for is_released in (False, True):
        offer = house.completed().offer if is_released else house.accepted().id
        [payment] = house.memory.read(lambda r: r.find(Payment, offer=offer))  # noqa: B023
        state = RefundState(
            gateway_id=f"re_of_{payment.id}",
            payment=str(payment.gateway_payment),
            amount=usd("1200"),
            progress=Progress.PENDING,
            reference=None,
        )
        for progress in (Progress.PENDING, Progress.SUCCEEDED, Progress.FAILED):
            told = evolve(state, progress=progress)
            for _ in range(2):
                house.say(RecordRefund(by=Actor.SYSTEM, state=told))


def withdrawn(house: House) -> None:
    """Asked for, approved or not, called off, refused, paid and sent back."""
    house.payee()
    house.completed()
    house.say(RequestWithdrawal(by=ANN, amount=usd("1000")))
    for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE):
        house.gateway.script(PayOut, outcome)
        asked = house.market.execute(RequestWithdrawal(by=ANN, amount=usd("10")))
        house.say(RequestWithdrawal(by=ANN, amount=usd("10")))
        house.rest()
        for _ in range(2):
            house.say(CancelWithdrawal(by=ANN, withdrawal=asked.id))
        house.say(ContinueWithdrawal(by=Actor.SYSTEM, withdrawal=asked.id))
        house.hear()
        house.rest(60 * 24 * 3)
        house.hear()
    for end in (
        house.gateway.cancel_payout,
        house.gateway.fail_payout,
        house.gateway.return_payout,
    ):
        asked = house.market.execute(RequestWithdrawal(by=ANN, amount=usd("10")))
        house.rest()
        end(ANN.id)
        house.hear()
        house.rest(60 * 24 * 3)
    house.under(approve_withdrawals=True)
    for is_approved in (True, False):
        asked = house.market.execute(RequestWithdrawal(by=ANN, amount=usd("10")))
        for _ in range(2):
            if is_approved:
                house.say(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
            house.say(CancelWithdrawal(by=ANN, withdrawal=asked.id))


def withdrawn_first_and_transferred_then(house: House) -> None:
    """The transfer waits for the withdrawal; the money is not always there in time."""
    for policy in (TransferPolicy.ON_WITHDRAWAL, TransferPolicy.SCHEDULED):
        house.under(transfers=policy)
        house.completed()
        house.say(RequestWithdrawal(by=ANN, amount=usd("900")))
        house.payee()
        for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER):
            house.gateway.script(Transfer, outcome)
            house.completed()
            house.say(RequestWithdrawal(by=ANN, amount=usd("900")))
            house.gateway.restrict(ANN.id)
            house.hear()
            house.rest()
            house.gateway.activate(ANN.id)
            house.hear()
            house.rest(60 * 24)
            house.hear()
        house.rest(60 * 24 * 8)
        house.hear()
        house.rest(60 * 24 * 8)
    for wallet in house.memory.read(lambda r: r.find(Wallet)):
        house.under()
        house.say(MakeScheduledWithdrawal(by=Actor.SYSTEM, wallet=wallet.id))


def out_of_balance(house: House) -> None:
    """What lies on the account was paid out, or taken back, by somebody else."""
    house.payee()
    for _ in range(2):
        paid = house.completed()
        house.gateway.pay_out_elsewhere(ANN.id, usd("500"))
        house.hear()
        house.say(RequestWithdrawal(by=ANN, amount=usd("200")))
        house.gateway.pay_out_elsewhere(ANN.id, usd("100"))
        house.rest()
        house.hear()
        house.completed()
        house.hear()
        house.rest(60 * 24 * 3)
        house.hear()
        house.gateway.fail_payout(ANN.id)
        house.hear()
        house.say(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("1000")))
        house.rest()
    paid = house.completed()
    for amount in (usd("100"), usd("600")):
        house.gateway.reverse_elsewhere(paid.id, amount)
        house.hear()
        house.rest()


def _proposing(kind: AdjustmentKind, amount: Money) -> Command[Any]:
    return ProposeAdjustment(by=ADMIN, owner=ANN.id, amount=amount, kind=kind, reason="Fair")


def adjusted(house: House) -> None:
    """Given, taken and given up, agreed to and not; what was given is sent, as far as it goes."""
    house.payee()
    paid = house.completed()
    house.hear()
    for kind, amount in product(AdjustmentKind, (usd("100"), usd("9999"))):
        for _ in range(4):
            house.say(_proposing(kind, amount))
        known = house.memory.read(lambda r: r.find(Adjustment))
        if len(known) % 4:
            continue
        approved, rejected, withdrawn, expired = (one.id for one in known[-4:])
        for by in (CHECKER, ADMIN, CHECKER):
            house.say(ApproveAdjustment(by=by, adjustment=approved))
            house.say(RejectAdjustment(by=CHECKER, adjustment=rejected, reason="no"))
            house.say(RejectAdjustment(by=ADMIN, adjustment=withdrawn, reason="no"))
        house.completed()
        house.clock.advance(days=20)
        house.say(ApproveAdjustment(by=CHECKER, adjustment=expired))
        house.rest()
        house.say(ExpireAdjustment(by=Actor.SYSTEM, adjustment=expired))
        for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER):
            house.gateway.script(Transfer, outcome)
            house.say(RequestWithdrawal(by=ANN, amount=usd("900")))
            house.rest(60 * 24 * 3)
            house.hear()
        house.say(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("300")))
        house.say(_proposing(AdjustmentKind.WRITE_OFF, usd("1")))
    for made in house.memory.read(lambda r: r.find(PaymentTransaction, payment=None)):
        if made.kind is TransactionKind.TRANSFER and made.gateway_id is not None:
            came_back = ReversalState(gateway_id="trr_y", amount=usd("1"), reference=None)
            for _ in range(2):
                house.say(RecordReversal(by=Actor.SYSTEM, transfer=made.id, state=came_back))


def disputed(house: House) -> None:
    """Inquiries and disputes, of all or of a part, won and lost, before and after the release."""
    house.payee()
    for liability in Liability:
        house.under(chargeback_liability=liability)
        for is_released in (False, True):
            for amount in (usd("1000"), usd("300")):
                for end in (house.gateway.win, house.gateway.lose):
                    paid = house.completed().id if is_released else house.accepted().payment
                    house.gateway.dispute(paid, amount=amount)
                    house.hear()
                    house.say(IssueRefund(by=ADMIN, payment=paid, amount=usd("1")))
                    house.gateway.review(paid)
                    house.hear()
                    end(paid)
                    house.hear()
                    house.rest()
                    house.say(IssueRefund(by=ADMIN, payment=paid, amount=usd("1")))
        asked = house.completed().id
        house.gateway.dispute(asked, inquiry=True)
        house.hear()
        house.gateway.escalate(asked)
        house.hear()
        offer = house.accepted()
        house.gateway.dispute(offer.payment, inquiry=True)
        house.hear()
        house.gateway.close_inquiry(offer.payment)
        house.hear()
        house.say(StartJob(by=ANN, job=offer.job))
        house.gateway.dispute(offer.payment)
        house.hear()
        house.say(CompleteJob(by=CUSTOMER, job=offer.job))
        house.say(CancelJob(by=ADMIN, job=offer.job))


def held_back(house: House) -> None:
    """Refunds that are asked for while a bank is to decide, however it does."""
    for amount in (usd("1000"), usd("300")):
        for end in (house.gateway.win, house.gateway.lose):
            offer = house.accepted()
            house.gateway.dispute(offer.payment, amount=amount)
            house.say(CancelJob(by=CUSTOMER, job=offer.job))
            [refund] = house.memory.read(lambda r: r.find(Refund, payment=offer.payment))  # noqa: B023
            house.say(RetryRefund(by=Actor.SYSTEM, refund=refund.id))
            house.hear()
            house.say(RetryRefund(by=Actor.SYSTEM, refund=refund.id))
            end(offer.payment)
            house.hear()
            for _ in range(2):
                house.say(RetryRefund(by=Actor.SYSTEM, refund=refund.id))
            house.rest()


def watched(house: House) -> None:
    """What somebody should look at: warnings, holds that were touched, incidents, webhooks."""
    warned = house.accepted()
    house.say(StartJob(by=ANN, job=warned.job))
    for _ in range(2):
        house.gateway.warn(warned.payment)
        house.hear()
    house.say(CompleteJob(by=CUSTOMER, job=warned.job))
    for _ in range(2):
        house.say(ClearPayment(by=ADMIN, payment=warned.payment))
    house.say(CompleteJob(by=CUSTOMER, job=warned.job))
    house.gateway.warn(warned.payment)
    house.hear()
    for act in (house.gateway.capture_elsewhere, house.gateway.cancel_elsewhere):
        offer = house.send(house.post())
        act(offer.payment)
        house.hear()
    for method in (GOOD, ASKING):
        offer = house.send(house.post(), ANN, method)
        house.say(WarnOfExpiry(by=Actor.SYSTEM, payment=offer.payment))
        house.rest(60 * 24 * 6 + 60)
        house.say(WarnOfExpiry(by=Actor.SYSTEM, payment=offer.payment))
    for incident in house.memory.read(lambda r: r.find(Incident)):
        for _ in range(2):
            house.say(ResolveIncident(by=ADMIN, incident=incident.id, note="seen"))
    for webhook in house.memory.read(lambda r: r.find(Webhook)):
        for _ in range(2):
            house.say(ReplayWebhook(by=ADMIN, webhook=webhook.id))
    house.rest()
    early = GatewayEvent(
        gateway="simulated", id="evt_early", type="transfer.created", topic=Topic.TRANSFER,
        subject="tr_1", reference=new_id("ptx"), at=house.clock(),
    )  # fmt: skip
    known = house.market._world.drive(receive(early, b"{}", house.market.rules, at_once=True))
    house.rest(60 * 24 * 4)
    for _ in range(2):
        house.say(BuryWebhook(by=Actor.SYSTEM, webhook=known.id))
        house.say(ReplayWebhook(by=ADMIN, webhook=known.id))


def payers(house: House) -> None:
    """Saved cards, and whose they are."""
    for account in ("cus_A", "cus_A", "cus_B"):
        for customer in ("cus_17", "cus_18"):
            command = LinkPayerAccount(by=SERVICE, customer=customer, gateway_customer=account)
            house.say(command)
    offer = house.send(house.post(), ANN, BAD)
    house.say(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=BAD))


def upgraded(house: House) -> None:
    """Bought, extended, given up, revoked, and over."""
    urls = {"success_url": "https://host.example/yes", "cancel_url": "https://host.example/no"}
    bronze = BuyUpgrade(by=CUSTOMER, listing="lst_1", premium_type="bronze", **urls)
    for outcome in (Outcome.OK, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_BEFORE, Outcome.DECLINE):
        for ends in ("pay", "expire", "wait"):
            house.gateway.script(StartCheckout, outcome)
            for _ in range(2):
                house.say(bronze)
            house.say(evolve(bronze, by=Actor.customer("cus_18")))
            house.rest()
            kind = TransactionKind.CHARGE
            found = house.memory.read(lambda r: r.find(PaymentTransaction, kind=kind))  # noqa: B023
            page = max(found, key=lambda one: one.id)
            if not page.is_settled and ends != "wait":
                is_paid = ends == "pay"
                act = house.gateway.pay_checkout if is_paid else house.gateway.expire_checkout
                act(page.id)
            house.hear()
            house.rest(60 * 25)
            house.hear()
    [upgrade] = house.memory.read(lambda r: r.find(Upgrade, status="active"))
    for _ in range(2):
        house.say(ExpireUpgrade(by=Actor.SYSTEM, upgrade=upgrade.id))
        house.say(RevokeUpgrade(by=ADMIN, upgrade=upgrade.id))
    house.say(bronze)
    house.gateway.pay_checkout(house.memory.read(lambda r: r.find(PaymentTransaction))[-1].id)
    house.hear()
    _sold_back(house)
    house.rest(60 * 24 * 8)


def forgotten(house: House) -> None:
    """People with and without anything that goes on."""
    people = (CUSTOMER, ANN, BEN)

    def all_are() -> None:
        for person in people:
            house.say(ErasePerson(by=ADMIN, person=person.id))

    contested(house)
    all_are()
    charged(house)
    all_are()
    house.rest(60 * 24 * 30)
    house.hear()
    all_are()
    for job in house.memory.read(lambda r: r.find(Job)):
        house.say(CancelJob(by=ADMIN, job=job.id))
    house.rest(60 * 24 * 30)
    house.hear()
    all_are()
    quiet = House()
    quiet.say(CancelJob(by=CUSTOMER, job=quiet.send(quiet.post()).job))
    quiet.rest()
    for person in people:
        quiet.say(ErasePerson(by=ADMIN, person=person.id))
    house.store.decided.update(quiet.store.decided)


def _sold_back(house: House) -> None:
    """Refunded here, by all means, and there; and disputed."""
    for sale in house.memory.read(lambda r: r.find(Sale)):
        part = Money("1", sale.amount.currency)
        for outcome in (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_AFTER):
            house.gateway.script(RefundPayment, outcome)
            house.say(RefundUpgrade(by=ADMIN, purchase=sale.charge, amount=part))
            house.rest()
            house.hear()
        house.gateway.refund_elsewhere(sale.gateway_payment, part)
        made = house.gateway.dispute(sale.gateway_payment, amount=part)
        house.hear()
        house.gateway.lose(made.id)
        house.hear()
        house.say(RefundUpgrade(by=ADMIN, purchase=sale.charge))
    for refund in house.memory.read(lambda r: r.find(PaymentTransaction, kind="refund")):
        if refund.gateway_id is not None:
            house.gateway.fail_refund(refund.gateway_id)
            house.hear()
            house.rest()
            house.hear()


def fees(house: House) -> None:
    """What the processor keeps, and gives back, of a payment's or of nothing."""
    offer = house.accepted()
    for payment in (offer.payment, None):
        for number, amount in enumerate((usd("29.30"), usd("-15"), usd("0"))):
            fee = f"txn_{payment}_{number}"
            booked = BookProcessorFee(
                by=Actor.SYSTEM, gateway_id=fee, payment=payment, amount=amount
            )
            for _ in range(2):
                house.say(booked)


def contested(house: House) -> None:
    """Disputes of the parties, everything said twice."""
    house.payee()
    for ending in ("withdrawn", "settled", "resolved", "silent", "heard", "undecided", "taken"):
        [payment] = _payments_of(house, house.accepted())
        for by in (CUSTOMER, ANN):
            house.say(OpenDispute(by=by, payment=payment.id, reason="Half is missing"))
        [dispute] = house.memory.read(lambda r: r.find(Dispute, payment=payment.id))  # noqa: B023
        if ending == "taken":
            house.gateway.dispute(payment.id, amount=usd("500"))
            house.hear()
        if ending not in ("silent", "heard", "taken"):
            for command in _said_in(dispute):
                house.say(command)
                house.say(command)
        if ending == "heard":
            house.say(ProposeSettlement(by=ANN, dispute=dispute.id, to_customer=usd("100")))
        for command in _ends_of(dispute)[ending]:
            house.gateway.script(RefundPayment, Outcome.TIMEOUT_AFTER)
            house.say(command)
            house.say(command)
        house.rest(60 * 24 * 8)
        house.say(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))
        house.rest(60 * 24 * 15)


def _said_in(dispute: Dispute) -> Iterator[Command[Any]]:
    """What can be said while it goes on."""
    yield AddEvidence(by=ANN, dispute=dispute.id, attachment=PHOTO)
    yield ProposeSettlement(by=ANN, dispute=dispute.id, to_customer=usd("100"))
    yield EscalateDispute(by=CUSTOMER, dispute=dispute.id)
    yield RespondToDispute(by=ANN, dispute=dispute.id, message="All is there")


def _ends_of(dispute: Dispute) -> dict[str, list[Command[Any]]]:
    half = usd("500")
    return {
        "withdrawn": [WithdrawDispute(by=CUSTOMER, dispute=dispute.id)],
        "settled": [AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("100"))],
        "resolved": [
            ResolveDispute(by=ADMIN, dispute=dispute.id, to_customer=half, to_contractor=half)
        ],
        "silent": [],
        "heard": [],
        "undecided": [],
        "taken": [],
    }


def _payments_of(house: House, offer: Offer) -> list[Payment]:
    return house.memory.read(lambda r: r.find(Payment, offer=offer.id))


def worked(house: House) -> None:
    """Work is submitted, sent back, overdue, released by time, and its money waits."""
    house.under(auto_release=timedelta(days=7), clearance=timedelta(days=7))
    house.payee()
    deadline = house.clock() + timedelta(days=1)
    job = house.market.execute(
        PostJob(by=CUSTOMER, title="Paint", currency="USD", deadline=deadline)
    )
    later = house.clock() + timedelta(days=2)
    house.say(UpdateJob(by=CUSTOMER, job=job.id, deadline=later))
    offer = house.send(job)
    house.say(AcceptOffer(by=ANN, offer=offer.id))
    house.say(StartJob(by=ANN, job=job.id))
    house.rest(minutes=60 * 24 * 3)
    for _ in range(2):
        house.say(PassDeadline(by=Actor.SYSTEM, job=job.id))
        for _ in range(2):
            house.say(SubmitWork(by=ANN, job=job.id))
        house.say(ReleaseAutomatically(by=Actor.SYSTEM, job=job.id))
        for _ in range(2):
            house.say(RequestChanges(by=CUSTOMER, job=job.id))
    house.say(SubmitWork(by=ANN, job=job.id))
    paid = house.memory.read(lambda r: r.get(Payment, offer.payment))
    house.say(FlagPayment(by=Actor.SYSTEM, payment=paid.id, detail="issfr_1"))
    house.rest(minutes=60 * 24 * 7)
    house.say(ClearPayment(by=ADMIN, payment=paid.id))
    house.rest()
    assert house.memory.read(lambda r: r.get(Job, job.id)).status == "completed"
    for _ in range(2):
        house.say(ReleaseAutomatically(by=Actor.SYSTEM, job=job.id))
        house.say(EndClearance(by=Actor.SYSTEM, payment=paid.id))
    house.gateway.dispute(paid.id, amount=usd("100"))
    house.hear()
    house.rest(minutes=60 * 24 * 7)
    for dispute in house.memory.read(lambda r: r.find(Chargeback)):
        house.gateway.lose(dispute.gateway_id)
    house.hear()
    house.rest()
    assert house.memory.read(lambda r: r.get(Payment, paid.id)).transferred == usd("630")


STORIES = (
    words, paid, paid_late, refunded, called_off, cards, negotiated, captures, times,
    dead_letters, refunded_in_parts, slow_refunds, lost_before_their_news, withdrawn,
    withdrawn_first_and_transferred_then, out_of_balance, disputed, contested, watched, payers,
    held_back, upgraded, fees, worked, charged, planned, credited, frozen_wallets, adjusted,
    forgotten,
)  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_nothing_is_read_and_forgotten(story: Callable[[House], None]) -> None:
    house = House()

    story(house)

    assert house.market.verify().ok


def test_these_stories_have_every_command_in_them() -> None:
    decided: set[str] = set()
    for story in STORIES:
        house = House()
        story(house)
        decided |= house.store.decided

    theirs = {
        name
        for name, kind in ((kind.__name__, kind) for kind in Command.__subclasses__())
        if kind.__module__.startswith("marketpay.")
    }
    assert decided == theirs


NEWS: tuple[Any, ...] = (
    NoAnswer(), NotThere(), Processing(gateway_id="x"), Declined(code="no"),
    HoldGone(gateway_id="x"),
    Authorized(gateway_id="x", expires_at=None), ActionRequired(gateway_id="x"),
    Captured(gateway_id="x", amount=PRICE), Voided(gateway_id="x"),
    Refunded(gateway_id="x", amount=PRICE), Refunded(gateway_id="x", amount=usd("400")),
    Transferred(gateway_id="x", amount=usd("700")), Reversed(gateway_id="x", amount=usd("280")),
    PaidOut(gateway_id="x", amount=usd("100")),
    CheckoutOpen(gateway_id="x", url="https://pay.example", expires_at=None),
    CheckoutPaid(gateway_id="x", payment="pi_x", amount=Money("59", "TRY")),
    CheckoutExpired(gateway_id="x"),
)  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_whatever_the_gateway_says_of_anything_at_any_time_is_settled_so(
    story: Callable[[House], None],
) -> None:
    house, told = House(), 0
    commit = house.memory.run

    def run(use: Callable[[Work], Any], /) -> Any:
        nonlocal told
        for transaction in house.memory.read(lambda r: r.find(PaymentTransaction)):
            for news in NEWS if not transaction.is_settled else NEWS[:1]:
                command = SettleTransaction(by=Actor.SYSTEM, transaction=transaction.id, news=news)
                house.memory.read(lambda records: check(command, records, house.market.rules))  # noqa: B023
                told += 1
        for account in house.memory.read(lambda r: r.find(PayoutAccount)):
            for standing in AccountStanding:
                state = AccountState(gateway_id=account.gateway_account or "x", standing=standing)
                settle = SettleAccount(by=Actor.SYSTEM, account=account.id, news=state)
                house.memory.read(lambda records: check(settle, records, house.market.rules))  # noqa: B023
        return commit(use)

    house.memory.run = run  # type: ignore[method-assign]
    story(house)

    assert told or story is words


@frozen(kw_only=True)
class Forgetful(Command[None]):
    """A command that looks at a job and says nothing of it."""

    job: str

    def decide(self, read: Reader, rules: Rules) -> Decision[None]:
        read.get(Job, self.job)
        return Decision(None)


@frozen(kw_only=True)
class Doubtful(Command[None]):
    """A command that waives what it relies on."""

    job: str

    def decide(self, read: Reader, rules: Rules) -> Decision[None]:
        job = read.get(Job, self.job)
        return Decision(None, relies_on=(job,), waives=(job,))


@pytest.mark.parametrize("kind", [Forgetful, Doubtful])
def test_a_command_that_forgets_is_found_out(kind: Any) -> None:
    house = House()
    job = house.post()

    with pytest.raises(AssertionError, match=kind.__name__):
        house.market.execute(kind(by=CUSTOMER, job=job.id))


# Two decisions on the same state, both written if the store lets them be.


def _of_negotiation() -> Iterator[tuple[str, House]]:
    for method, outcome in ((GOOD, Outcome.TIMEOUT_AFTER), (ASKING, Outcome.OK)):
        house = House()
        job = house.post()
        house.say(ApplyToJob(by=ANN, job=job.id))
        offer = house.send(job)
        house.gateway.script(Authorize, outcome)
        house.say(
            ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("1100"), payment_method=method)
        )
        house.say(CounterOffer(by=ANN, offer=offer.id, price=usd("1200")))
        yield f"countered and being revised, {method}", house
    house = House()
    offer = house.send(house.post())
    house.say(ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("1100"), payment_method=GOOD))
    yield "revised", house


def _of_parts() -> Iterator[tuple[str, House]]:
    for request, outcome in ((Capture, Outcome.OK), (Capture, Outcome.TIMEOUT_AFTER)):
        house = House()
        house.under(auto_release=timedelta(days=7))
        house.payee()
        first, second, third = in_parts(house)
        house.say(StartMilestone(by=ANN, milestone=first.id))
        house.say(SubmitMilestone(by=ANN, milestone=first.id))
        house.say(CancelMilestone(by=ANN, milestone=third.id))
        house.clock.advance(days=8)
        house.gateway.script(request, outcome)
        house.say(FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=GOOD))
        yield f"in parts, {outcome}", house
    house = House()
    first, second, third = in_parts(house)
    house.say(ReleaseMilestone(by=CUSTOMER, milestone=first.id))
    house.say(CancelMilestone(by=ANN, milestone=third.id))
    house.say(FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=ASKING))
    yield "in parts, to be confirmed", house
    house = House()
    first, second, third = in_parts(house)
    house.say(FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=GOOD))
    house.say(CancelMilestone(by=ANN, milestone=third.id))
    [paid, _] = house.memory.read(lambda r: r.find(Payment))
    dispute = house.market.execute(OpenDispute(by=CUSTOMER, payment=paid.id, reason="x"))
    for by in (CUSTOMER, ANN):
        house.say(ProposeSettlement(by=by, dispute=dispute.id, to_customer=usd("100")))
    yield "in parts, disputed", house


def states() -> Iterator[tuple[str, House]]:
    """Moments at which much can be said at once."""
    for method in (GOOD, ASKING):
        for outcome in (Outcome.OK, Outcome.TIMEOUT_AFTER):
            house = House()
            job = house.post()
            house.say(ApplyToJob(by=ANN, job=job.id))
            house.say(ApplyToJob(by=BEN, job=job.id))
            house.gateway.script(Authorize, outcome, outcome)
            house.send(job, ANN, method)
            house.send(job, BEN, method)
            yield f"offered, {method}, {outcome}", house
    yield from _of_negotiation()
    yield from _of_parts()
    for capture in (Outcome.OK, Outcome.TIMEOUT_AFTER, Outcome.DECLINE):
        house = House()
        house.gateway.script(Capture, capture)
        house.accepted()
        yield f"accepted, {capture}", house
    house = House()
    job = house.post()
    offer = house.send(job)
    house.gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    house.send(job, BEN)
    house.gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    house.say(AcceptOffer(by=ANN, offer=offer.id))
    yield "one accepting, one unanswered", house
    house = House()
    house.payee()
    offer = house.accepted()
    house.say(StartJob(by=ANN, job=offer.job))
    yield "in progress", house
    house = House()
    house.payee()
    offer = house.accepted()
    house.say(StartJob(by=ANN, job=offer.job))
    house.say(ProposeCancellation(by=ANN, job=offer.job, to_customer=usd("100")))
    yield "to be called off, if both agree", house
    house = House()
    house.market.execute(OpenPayoutAccount(by=ANN))
    offer = house.accepted()
    house.say(StartJob(by=ANN, job=offer.job))
    house.say(CompleteJob(by=CUSTOMER, job=offer.job))
    yield "completed, not onboarded", house
    for is_disputed in (False, True):
        house = House()
        house.under(clearance=timedelta(days=1))
        house.payee()
        paid = house.completed()
        if is_disputed:
            house.gateway.dispute(paid.id, amount=usd("500"))
            house.hear()
        house.clock.advance(days=1)
        yield "in clearance and disputed" if is_disputed else "in clearance", house
    house = House()
    house.under(auto_release=timedelta(days=1))
    offer = house.accepted()
    house.say(StartJob(by=ANN, job=offer.job))
    house.say(SubmitWork(by=ANN, job=offer.job))
    house.clock.advance(days=1)
    yield "submitted", house
    for is_refunded in (False, True):
        house = House()
        house.payee()
        paid = house.completed()
        if is_refunded:
            house.say(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("400")))
        yield "being reversed" if is_refunded else "transferred", house
    for is_sent in (False, True):
        house = House()
        house.payee()
        house.completed()
        house.say(RequestWithdrawal(by=ANN, amount=usd("100")))
        if is_sent:
            house.rest()
        yield "withdrawal sent" if is_sent else "withdrawal asked for", house
    house = House()
    house.payee()
    paid = house.completed()
    house.gateway.dispute(paid.id, amount=usd("500"))
    house.hear()
    house.rest()
    yield "disputed", house
    house = House()
    [payment] = _payments_of(house, house.accepted())
    house.say(OpenDispute(by=CUSTOMER, payment=payment.id, reason="Half is missing"))
    [dispute] = house.memory.read(lambda r: r.find(Dispute))
    house.say(ProposeSettlement(by=ANN, dispute=dispute.id, to_customer=usd("100")))
    house.clock.advance(days=8)
    yield "contested", house
    yield "adjusted", _with_adjustments()


def _with_adjustments() -> House:
    """One adjustment waits, and what another gave is being sent."""
    house = House()
    house.payee()
    house.completed()
    for amount in (usd("30"), usd("20")):
        house.say(_proposing(AdjustmentKind.CREDIT, amount))
    [first, _] = house.memory.read(lambda r: r.find(Adjustment))
    house.say(ApproveAdjustment(by=CHECKER, adjustment=first.id))
    house.say(RequestWithdrawal(by=ANN, amount=usd("720")))
    house.rest()
    return house


def _of_credit() -> Iterator[tuple[str, House]]:
    """Behind an offer that is open, accepting, accepted or over; with a grant that is over."""
    for end in ("open", "accepting", "accepted", "withdrawn", "completed", "disputed"):
        house = House()
        house.under(loyalty=LOYALTY)
        day = house.clock() + timedelta(days=1)
        for amount, until in ((usd("120"), day), (usd("100"), None), (pts(50), None)):
            give = GrantCredit(by=ADMIN, customer="cus_17", amount=amount, reason="Hello")
            house.say(evolve(give, expires_at=until))
        offer = house.with_credit()
        house.clock.advance(days=1)
        if end == "accepting":
            house.gateway.script(Capture, Outcome.TIMEOUT_AFTER)
        if end == "withdrawn":
            house.say(WithdrawOffer(by=CUSTOMER, offer=offer.id))
        elif end != "open":
            house.say(AcceptOffer(by=ANN, offer=offer.id))
        if end in ("completed", "disputed"):
            house.say(StartJob(by=ANN, job=offer.job))
            house.say(CompleteJob(by=CUSTOMER, job=offer.job))
        if end == "disputed":
            house.gateway.dispute(offer.payment, amount=usd("100"))
            house.hear()
        yield f"credit, {end}", house


STATES = [*states(), *_of_credit()]


def everything_to_say(house: House) -> Iterator[Command[Any]]:
    """Every command that anybody could send now, and all news that the gateway could have."""
    read = house.memory.read
    [job] = read(lambda r: r.find(Job))
    yield UpdateJob(by=CUSTOMER, job=job.id, title="Paint it blue")
    yield ApplyToJob(by=Actor.contractor("cyd"), job=job.id)
    yield SendOffer(by=CUSTOMER, job=job.id, contractor="cyd", price=PRICE, payment_method=GOOD)
    yield StartJob(by=CUSTOMER, job=job.id)
    yield CompleteJob(by=CUSTOMER, job=job.id)
    yield CancelJob(by=ADMIN, job=job.id)
    yield SubmitWork(by=ANN, job=job.id)
    yield RequestChanges(by=CUSTOMER, job=job.id)
    yield ReleaseAutomatically(by=Actor.SYSTEM, job=job.id)
    yield from _of_proposals(job)
    yield SweepTransfers(by=Actor.SYSTEM, contractor="ann")
    for application in read(lambda r: r.find(Application)):
        who = Actor.contractor(application.contractor)
        yield WithdrawApplication(by=who, application=application.id)
        yield AcceptApplication(by=CUSTOMER, application=application.id)
        yield RejectApplication(by=CUSTOMER, application=application.id)
    for offer in read(lambda r: r.find(Offer)):
        who = Actor.contractor(offer.contractor)
        yield AcceptOffer(by=who, offer=offer.id)
        yield RejectOffer(by=who, offer=offer.id)
        yield WithdrawOffer(by=CUSTOMER, offer=offer.id)
        yield PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD)
        yield CounterOffer(by=who, offer=offer.id, price=usd("1300"))
        yield ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("1050"), payment_method=GOOD)
        yield ExpireOffer(by=Actor.SYSTEM, offer=offer.id)
    for transaction in read(lambda r: r.find(PaymentTransaction)):
        for news in NEWS:
            yield SettleTransaction(by=Actor.SYSTEM, transaction=transaction.id, news=news)
    for account in read(lambda r: r.find(PayoutAccount)):
        state = AccountState(
            gateway_id=str(account.gateway_account), standing=AccountStanding.ACTIVE
        )
        yield SettleAccount(by=Actor.SYSTEM, account=account.id, news=state)
    for dispute in read(lambda r: r.find(Dispute)):
        yield from _said_in(dispute)
        for ends in _ends_of(dispute).values():
            yield from ends
        yield ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id)
    yield from _of_milestones(house)
    yield from _of_payments(house)
    yield from _of_wallets(house)
    yield from _about_credit(house)


def _of_proposals(job: Job) -> Iterator[Command[Any]]:
    for by in (CUSTOMER, Actor.contractor(job.contractor or "nobody")):
        for amount in (None, usd("100")):
            yield ProposeCancellation(by=by, job=job.id, to_customer=amount)
            yield AcceptCancellation(by=by, job=job.id, to_customer=amount)
        yield DeclineCancellation(by=by, job=job.id)


def _of_milestones(house: House) -> Iterator[Command[Any]]:
    for milestone in house.memory.read(lambda r: r.find(Milestone)):
        yield FundMilestone(by=CUSTOMER, milestone=milestone.id, payment_method=GOOD)
        yield StartMilestone(by=ANN, milestone=milestone.id)
        yield SubmitMilestone(by=ANN, milestone=milestone.id)
        yield RequestMilestoneChanges(by=CUSTOMER, milestone=milestone.id)
        yield ReleaseMilestone(by=CUSTOMER, milestone=milestone.id)
        yield ReleaseMilestoneAutomatically(by=Actor.SYSTEM, milestone=milestone.id)
        yield RefundMilestone(by=ANN, milestone=milestone.id)
        yield CancelMilestone(by=CUSTOMER, milestone=milestone.id)


def _of_payments(house: House) -> Iterator[Command[Any]]:
    read, system = house.memory.read, Actor.SYSTEM
    for payment in read(lambda r: r.find(Payment)):
        yield IssueRefund(by=ADMIN, payment=payment.id, amount=usd("400"))
        yield OpenDispute(by=CUSTOMER, payment=payment.id, reason="Half is missing")
        yield EndClearance(by=system, payment=payment.id)
        yield EmptyEscrow(by=system, payment=payment.id)
        for asked in read(lambda r: r.find(Refund, payment=payment.id)):  # noqa: B023
            yield RetryRefund(by=system, refund=asked.id)
        yield WarnOfExpiry(by=system, payment=payment.id)
        yield ExpireAuthorization(by=system, payment=payment.id)
        yield ExpireConfirmation(by=system, payment=payment.id)
        yield FlagPayment(by=system, payment=payment.id, detail="issfr_1")
        yield ClearPayment(by=ADMIN, payment=payment.id)
        for news in (HoldGone(gateway_id="x"), Captured(gateway_id="x", amount=PRICE)):
            yield SettleHold(by=system, payment=payment.id, news=news)
        if payment.gateway_payment is None:
            continue
        for progress in Progress:
            refund = RefundState(
                gateway_id=f"re_{payment.id}", payment=payment.gateway_payment, amount=usd("400"),
                progress=progress, reference=None,
            )  # fmt: skip
            yield RecordRefund(by=system, state=refund)
        open_ones = read(lambda r: r.find(Chargeback, payment=payment.id))  # noqa: B023
        known = (*(one.gateway_id for one in open_ones), f"dp_{payment.id}")
        for gateway_id, standing in product(known, ChargebackStanding):
            is_taken = standing not in (ChargebackStanding.INQUIRY, ChargebackStanding.WON)
            chargeback = ChargebackState(
                gateway_id=gateway_id, payment=payment.gateway_payment, amount=usd("500"),
                standing=standing, withdrawn=usd("500") if is_taken else usd("0"),
                fee=usd("15"), reason="fraudulent",
            )  # fmt: skip
            yield SettleChargeback(by=system, state=chargeback)


def _of_wallets(house: House) -> Iterator[Command[Any]]:
    read, system = house.memory.read, Actor.SYSTEM
    for kind in AdjustmentKind:
        yield _proposing(kind, usd("10"))
    for adjustment in read(lambda r: r.find(Adjustment)):
        yield ApproveAdjustment(by=CHECKER, adjustment=adjustment.id)
        yield RejectAdjustment(by=CHECKER, adjustment=adjustment.id, reason="No")
    yield LinkPayerAccount(by=SERVICE, customer="cus_17", gateway_customer="cus_A")
    yield RequestWithdrawal(by=ANN, amount=usd("50"))
    for withdrawal in read(lambda r: r.find(Withdrawal)):
        yield CancelWithdrawal(by=ANN, withdrawal=withdrawal.id)
        yield ContinueWithdrawal(by=system, withdrawal=withdrawal.id)
    for account in read(lambda r: r.find(PayoutAccount)):
        for progress in (Progress.PENDING, Progress.FAILED):
            payout = PayoutState(
                gateway_id="po_x", account=str(account.gateway_account), amount=usd("650"),
                progress=progress, reference=None,
            )  # fmt: skip
            yield RecordPayout(by=system, state=payout)
    for made in read(lambda r: r.find(PaymentTransaction, kind=TransactionKind.TRANSFER)):
        came_back = ReversalState(gateway_id="trr_x", amount=usd("100"), reference=None)
        yield RecordReversal(by=system, transfer=made.id, state=came_back)


def _about_credit(house: House) -> Iterator[Command[Any]]:
    """Only where there is any: it has nothing to do with the rest."""
    read, system = house.memory.read, Actor.SYSTEM
    if not read(lambda r: r.find(Credit)):
        return
    [job] = read(lambda r: r.find(Job))
    give = GrantCredit(by=ADMIN, customer="cus_17", amount=usd("10"), reason="Hello")
    yield give
    yield evolve(give, amount=pts(10))
    yield RedeemPoints(by=CUSTOMER, points=pts(30), currency="USD")
    send = SendOffer(by=CUSTOMER, job=job.id, contractor="cyd", price=PRICE, payment_method=GOOD)
    for amount in ("50", "100", "120"):
        yield evolve(send, credit=usd(amount))
    for offer in read(lambda r: r.find(Offer)):
        revise = ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("900"), payment_method=GOOD)
        yield evolve(revise, credit=usd("80"))
    for payment in read(lambda r: r.find(Payment)):
        yield FreeCredit(by=system, payment=payment.id)
        yield EarnPoints(by=system, payment=payment.id)
        yield IssueRefund(by=ADMIN, payment=payment.id, amount=usd("1000"))
        yield IssueRefund(by=ADMIN, payment=payment.id, amount=usd("950"))
    for grant in read(lambda r: r.find(CreditGrant)):
        yield ExpireCredit(by=system, grant=grant.id)


def shape(store: Store) -> Any:
    """What there is, but for new ids, versions and times: how it stands, and the books."""

    def look(records: Records) -> Any:
        payments = {one.id: one for one in records.find(Payment)}
        return (
            [
                (one.status, one.contractor, one.title, one.cancellation_by)
                for one in records.find(Job)
            ],
            [one.cancellation_to_customer for one in records.find(Job)],
            sorted((one.contractor, one.status) for one in records.find(Application)),
            sorted(
                (one.position, one.status, one.payment is None) for one in records.find(Milestone)
            ),
            sorted(
                (one.contractor, one.status, one.price, one.revision, one.revising is None)
                for one in records.find(Offer)
            ),
            sorted(
                (one.contractor, one.status, one.transfer_blocked or "")
                for one in payments.values()
            ),
            sorted(
                (payments[one.payment].contractor if one.payment else "", one.kind, one.status)
                for one in records.find(PaymentTransaction)
            ),
            sorted(one.status for one in records.find(Refund)),
            sorted((one.status, one.amount) for one in records.find(Withdrawal)),
            sorted((one.status, one.covered, one.lost) for one in records.find(Chargeback)),
            sorted((one.kind, one.status) for one in records.find(Incident)),
            sorted(
                (one.status, one.response, str(one.to_customer)) for one in records.find(Dispute)
            ),
            len(records.find(Evidence)),
            [one.contested is None for one in payments.values()],
            sorted((one.refunded, one.disputed, one.lost) for one in payments.values()),
            [(one.owner, one.available) for one in records.find(Wallet)],
            sorted(
                (one.available, one.reserved, one.lasting)
                for one in records.find(Credit, currency="USD")
            ),
            sorted((one.currency, one.remaining.minor) for one in records.find(CreditGrant)),
            sorted((one.credit_reserved, one.credited) for one in payments.values()),
            [(str(one.account), one.kept) for one in records.accounts()],
        )

    return store.read(look)


def written(
    store: MemoryStore, command: Command[Any], decision: Decision[Any], rules: Rules
) -> None:
    attempt = Attempt(command=command, key=None, rules=rules)
    store.run(lambda work: work.write(decision, attempt._record(decision)))


def one_after_the_other(
    store: MemoryStore, commands: tuple[Command[Any], ...], rules: Rules
) -> Any:
    """What comes of them in turn; None where one of them is refused after the other."""
    store = clone(store)
    for command in commands:
        try:
            decision = store.read(lambda records: command.decide(records, rules))  # noqa: B023
        except MarketpayError:
            continue  # refused: as if it had not been said
        written(store, command, decision, rules)
    return shape(store)


def clone(store: MemoryStore) -> MemoryStore:
    """Another with the same in it: its tables and theirs, since no row ever changes itself."""
    cloned = MemoryStore()
    for name, table in vars(store._tables).items():
        setattr(cloned._tables, name, copied(table))
    return cloned


def copied(table: Any) -> Any:
    twin = copy.copy(table)
    if isinstance(table, dict):
        twin.update({key: copied(one) for key, one in table.items() if isinstance(one, dict)})
    return twin


@pytest.mark.parametrize("house", [house for _, house in STATES], ids=[name for name, _ in STATES])
def test_two_decisions_on_one_state_conflict_or_end_as_one_after_the_other(house: House) -> None:
    """Write skew: both were right alone, and are wrong together."""
    rules = house.market.rules
    deciding: list[tuple[Command[Any], Decision[Any]]] = []
    for command in everything_to_say(house):
        try:
            decision = house.memory.read(lambda records: command.decide(records, rules))  # noqa: B023
        except (MarketpayError, NotFound):
            continue
        if not decision.is_empty:
            deciding.append((command, decision))
    wrong: list[str] = []
    for (first, one), (second, two) in permutations(deciding, 2):
        store = clone(house.memory)
        written(store, first, one, rules)
        try:
            written(store, second, two, rules)
        except Conflict:
            continue
        ends = (
            one_after_the_other(house.memory, order, rules)
            for order in ((first, second), (second, first))
        )
        if shape(store) not in ends:
            wrong.append(f"{said(first)}, {said(second)}")

    assert wrong == []


def said(command: Command[Any]) -> str:
    news = getattr(command, "news", None)
    return type(command).__name__ + (f"({type(news).__name__})" if news else "")
