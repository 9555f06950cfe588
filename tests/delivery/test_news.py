"""The gateway's news: before the reply, twice, late or never, they end in the same."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from marketpay import (
    AcceptOffer,
    AccountStanding,
    CancelJob,
    Chargeback,
    CompleteJob,
    IncidentKind,
    IssueRefund,
    Job,
    Marketplace,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentStatus,
    PaymentTransaction,
    PayoutAccount,
    Refund,
    RefundStatus,
    RequestWithdrawal,
    Rules,
    StartJob,
    TransactionKind,
    TransactionStatus,
    TrialBalance,
    Webhook,
    WebhookStatus,
    Withdrawal,
    WithdrawOffer,
)
from marketpay.ports.gateway import (
    Authorize,
    Capture,
    GatewayReply,
    GatewayRequest,
    Inspect,
    LookUp,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    Transfer,
    Void,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    assigned,
    books_are_right,
    completed,
    now,
    operations,
    payee,
    post,
    send,
    usd,
)
from tests.hearing import hear, incidents, receive, rest

ENTITIES: tuple[type[Any], ...] = (
    Job, Offer, Payment, PaymentTransaction, Refund, PayoutAccount, Withdrawal, Chargeback,
)  # fmt: skip
ACTING = (
    Authorize,
    Capture,
    Void,
    RefundPayment,
    Transfer,
    ReverseTransfer,
    PayOut,
    OpenAccount,
)


class Eager:
    """A gateway that is quicker with its webhooks than with its reply, or says more than it."""

    def __init__(self, gateway: SimulatedGateway, how: str) -> None:
        self.gateway = gateway
        self.read_webhook = gateway.read_webhook
        self.how = how
        self.market: Any = None

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        lose = self.how == "instead" and isinstance(request, ACTING)
        if lose:
            self.gateway.script(type(request), Outcome.TIMEOUT_AFTER)
        try:
            return self.gateway.perform(request, key=key)
        finally:
            if self.how in ("before", "twice", "instead"):
                self.tell(times=2 if self.how == "twice" else 1)

    def tell(self, times: int = 1) -> None:
        """All that is new, to a marketplace that is in the middle of something."""
        for one in self.gateway.webhooks():
            for _ in range(times):
                self.market.receive(one.payload, one.headers)


@frozen
class World:
    """One marketplace with its gateway and clock."""

    market: Marketplace
    gateway: SimulatedGateway
    clock: VirtualClock
    eager: Eager

    def catch_up(self) -> None:
        """Time passes, and whoever is told is told."""
        for _ in range(4):
            self.clock.advance(hours=1)
            if self.eager.how in ("after", "twice"):
                self.eager.tell()
            rest(self.market)


def world(how: str, where: str) -> World:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    eager = Eager(gateway, how)
    rules = Rules(now=clock)
    if where == "memory":
        market = Marketplace(gateway=eager, rules=rules)
    else:
        market = Marketplace.connect(f"sqlite:///{where}", gateway=eager, rules=rules)
    eager.market = market
    return World(market, gateway, clock, eager)


def story(world: World) -> None:
    """One of everything that the gateway is asked for."""
    market, gateway = world.market, world.gateway
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    world.catch_up()
    gateway.activate(account)
    world.catch_up()
    withdrawn = send(market, price=usd("10")).offer
    world.catch_up()
    market.execute(WithdrawOffer(by=CUSTOMER, offer=withdrawn.id))
    world.catch_up()
    jobs = []
    for price in ("1000", "500"):
        offer = send(market, price=usd(price)).offer
        world.catch_up()
        market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        world.catch_up()
        jobs.append(offer.job)
    kept, cancelled = jobs
    market.execute(StartJob(by=CONTRACTOR, job=kept))
    done = market.execute(CompleteJob(by=CUSTOMER, job=kept))
    market.execute(CancelJob(by=CUSTOMER, job=cancelled))
    world.catch_up()
    market.execute(IssueRefund(by=ADMIN, payment=done.payment.id, amount=usd("400")))
    world.catch_up()
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("100")))
    world.catch_up()
    world.clock.advance(days=3)
    world.catch_up()


def state(market: Marketplace) -> dict[str, Any]:
    """How everything stands, without the ids."""
    found: dict[str, Any] = {}
    for kind in ENTITIES:
        rows = all_of(market, kind)
        found[kind.__name__] = sorted(_told(one) for one in rows)
    books = market.query(TrialBalance())
    found["books"] = {str(account): str(money) for account, money in books.items() if money.minor}
    return found


def _told(entity: Any) -> list[str]:
    names = ("kind", "price", "amount", "status", "refunded", "lost", "transferred", "contractor")
    return [str(getattr(entity, name)) for name in names if hasattr(entity, name)]


@pytest.mark.parametrize("how", ["before", "twice", "after", "instead", "never"])
@pytest.mark.parametrize("where", ["memory", "sqlite"])
def test_whenever_the_news_come_the_end_is_the_same(how: str, where: str, tmp_path: Path) -> None:
    plain = world("never", "memory")
    story(plain)
    other = world(how, "memory" if where == "memory" else str(tmp_path / "market.db"))
    story(other)

    assert state(other.market) == state(plain.market)
    for one in (plain, other):
        books_are_right(one.market, one.gateway)
        counted = [one.gateway.effects(request) for request in ACTING]
        assert counted == [3, 2, 1, 2, 1, 1, 1, 1]
    statuses = {one.status for one in all_of(other.market, Webhook)}
    assert statuses <= {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    assert all_of(other.market, PaymentTransaction, status=TransactionStatus.UNKNOWN) == []
    other.market.close()


def all_of(market: Marketplace, kind: type[Any], **equal: Any) -> list[Any]:
    return market.store.read(lambda records: records.find(kind, **equal))


def numbered() -> Callable[[str], str]:
    """Ids that another marketplace gives too."""
    numbers: Iterator[int] = count()
    return lambda prefix: f"{prefix}_{next(numbers):026d}"


def test_news_that_come_before_the_row_wait_for_it(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    first = Marketplace(gateway=gateway, rules=Rules(now=clock, new_id=numbered()))
    assigned(first)
    webhooks = gateway.webhooks()
    second = Marketplace(gateway=gateway, rules=Rules(now=clock, new_id=numbered()))
    early = receive(second, webhooks)
    assert {one.status for one in early} == {WebhookStatus.DEFERRED, WebhookStatus.IGNORED}
    # Webhooks took ids of their own: the rows come with those of the first marketplace.
    later = evolve(second.rules, new_id=numbered())
    again = Marketplace(gateway=gateway, store=second.store, rules=later)
    accepted = assigned(again)
    clock.advance(hours=1)
    rest(again)

    assert {one.status for one in all_of(again, Webhook)} == {
        WebhookStatus.APPLIED,
        WebhookStatus.IGNORED,
    }
    assert now(again, accepted.payment).status is PaymentStatus.CAPTURED
    books_are_right(again, gateway)


def test_a_dispute_that_comes_with_the_capture_waits_for_the_capture(
    clock: VirtualClock,
) -> None:
    one = world("before", "memory")
    accepted = assigned(one.market, payment_method="pm_card_createDispute")
    one.catch_up()

    assert now(one.market, accepted.payment).status is PaymentStatus.CHARGED_BACK
    assert not all_of(one.market, Webhook, status=WebhookStatus.DEFERRED)
    books_are_right(one.market, one.gateway)


def test_a_warning_that_comes_with_the_capture_is_heeded() -> None:
    one = world("before", "memory")
    accepted = assigned(one.market, payment_method="pm_card_createIssuerFraudRecord")
    one.catch_up()

    [raised] = incidents(one.market, IncidentKind.FRAUD_WARNING)
    assert now(one.market, accepted.payment).flagged == raised.detail


def test_a_refund_at_the_dashboard_is_in_the_books(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    hear(market, gateway)
    gateway.refund_elsewhere(payment, usd("400"))
    hear(market, gateway)

    after = now(market, payment)
    assert (after.refunded, after.status) == (usd("400"), PaymentStatus.RELEASED)
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("420")
    assert len(incidents(market, IncidentKind.REFUND_ELSEWHERE)) == 1
    books_are_right(market, gateway)


def test_a_refund_that_comes_back_is_credit(market: Marketplace, gateway: SimulatedGateway) -> None:
    payment = assigned(market).payment
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("400")))
    hear(market, gateway)
    [refund] = all_of(market, Refund)
    assert refund.status is RefundStatus.SUCCEEDED
    gateway.fail_refund(refund.gateway_id)
    hear(market, gateway)

    assert now(market, refund).status is RefundStatus.FAILED
    assert len(incidents(market, IncidentKind.REFUND_FAILED)) == 1
    books_are_right(market, gateway)


def test_a_payout_that_the_bank_returns_is_in_the_wallet_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    completed(market)
    rest(market)
    withdrawal = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    rest(market)
    clock.advance(days=3)
    hear(market, gateway)
    assert now(market, withdrawal).status == "paid"
    gateway.return_payout(now(market, withdrawal).gateway_payout)
    hear(market, gateway)

    assert now(market, withdrawal).status == "failed"
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    assert len(incidents(market, IncidentKind.PAYOUT_RETURNED)) == 1
    books_are_right(market, gateway)


def test_a_payout_and_a_reversal_at_the_dashboard_are_in_the_books(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    account = payee(market, gateway)
    payment = completed(market).payment
    rest(market)
    hear(market, gateway)
    gateway.pay_out_elsewhere(account, usd("50"))
    [moved] = operations(market, payment, TransactionKind.TRANSFER)
    gateway.reverse_elsewhere(moved.id, usd("10"))
    hear(market, gateway)

    assert len(incidents(market, IncidentKind.PAYOUT_ELSEWHERE)) == 1
    assert len(incidents(market, IncidentKind.REVERSED_ELSEWHERE)) == 1
    assert now(market, payment).transferred == usd("690")
    books_are_right(market, gateway)


@pytest.mark.parametrize("standing", ["restrict", "reject"])
def test_what_becomes_of_an_account_is_known_at_once(
    market: Marketplace, gateway: SimulatedGateway, standing: str
) -> None:
    account = payee(market, gateway)
    hear(market, gateway)
    getattr(gateway, standing)(account)
    receive(market, gateway.webhooks())

    known = AccountStanding.RESTRICTED if standing == "restrict" else AccountStanding.REJECTED
    assert now(market, account).status == known.value


@on_both_stores
def test_news_of_what_is_settled_ask_for_nothing_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    completed(market)
    told = gateway.webhooks()
    before = [call for call in gateway.calls if call[0] not in (LookUp, Inspect)]
    receive(market, told)
    rest(market)

    assert [call for call in gateway.calls if call[0] not in (LookUp, Inspect)] == before
    books_are_right(market, gateway)


@on_both_stores
def test_a_hold_that_is_captured_while_it_is_let_go_is_an_incident(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, post(market))
    hear(market, gateway)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    gateway.capture_elsewhere(sent.payment)
    hear(market, gateway)

    assert len(incidents(market, IncidentKind.CAPTURED_ELSEWHERE)) == 1


@on_both_stores
def test_a_withdrawal_whose_money_is_not_there_does_not_keep_the_worker_busy(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    payment = completed(market).payment
    rest(market)
    [moved] = operations(market, payment, TransactionKind.TRANSFER)
    gateway.reverse_elsewhere(moved.id)
    hear(market, gateway)
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))

    assert market.work().timers < 5
    rest(market)
