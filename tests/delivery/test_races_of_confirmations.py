"""Races of a customer who confirms with the end of the time that they had: one of them wins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketpay import (
    Actor,
    ExpireConfirmation,
    FundMilestone,
    MarketpayError,
    Marketplace,
    MemoryStore,
    PayExtra,
    Payment,
    PaymentStatus,
    PayTip,
    Rules,
    SqlStore,
    TransactionKind,
)
from marketpay.commands import confirmations
from marketpay.domain import charging
from marketpay.ports.gateway import Capture
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    ASKING,
    CUSTOMER,
    GOOD,
    books_are_right,
    in_progress,
    now,
    operations,
    usd,
)
from tests.delivery.test_races import at_once
from tests.hearing import receive
from tests.milestones import fund, in_parts
from tests.money import settle

KINDS = pytest.mark.parametrize("kind", ["extra", "tip", "milestone"])
rounds = pytest.mark.parametrize("round", range(3))
PAID = (PaymentStatus.CAPTURED, PaymentStatus.RELEASED)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def market(store: Store, gateway: SimulatedGateway, clock: VirtualClock) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))


def confirmed_late(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> Payment:
    """A payment whose customer confirmed it at the end of the day; nobody has heard of it yet."""
    if kind == "milestone":
        payment = fund(market, in_parts(market, "500", "50")[1][1], payment_method=ASKING).payment
    else:
        job, pay = in_progress(market).job, PayTip if kind == "tip" else PayExtra
        command: Any = pay(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=ASKING)
        payment = market.execute(command).payment
    clock.advance(days=1)
    gateway.confirm(payment.id)
    return payment


def it_failed(market: Marketplace, gateway: SimulatedGateway, payment: Payment) -> None:
    came = now(market, payment)
    assert (came.status, came.failure) == (PaymentStatus.FAILED, "not_confirmed")
    assert operations(market, payment, TransactionKind.CAPTURE) == []
    assert gateway.effects(Capture) == 1
    assert gateway.held("USD") == usd("0")


def it_is_paid(market: Marketplace, gateway: SimulatedGateway, payment: Payment) -> None:
    assert now(market, payment).status in PAID
    assert operations(market, payment, TransactionKind.VOID) == []
    assert gateway.effects(Capture) == 2


@rounds
@KINDS
def test_it_is_paid_or_has_failed_and_never_both(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str, round: int
) -> None:
    payment = confirmed_late(market, gateway, clock, kind)
    news = gateway.webhooks()
    expire = ExpireConfirmation(by=Actor.SYSTEM, payment=payment.id)
    at_once(lambda: receive(market, news), market.work, lambda: market.execute(expire))
    for _ in range(2):
        clock.advance(minutes=10)
        settle(market, gateway)
    has_failed = now(market, payment).status is PaymentStatus.FAILED
    (it_failed if has_failed else it_is_paid)(market, gateway, payment)
    books_are_right(market, gateway)


@rounds
def test_who_begins_anew_at_the_end_of_the_time_pays_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    _, (_, second) = in_parts(market, "500", "50")
    asked = fund(market, second, payment_method=ASKING).payment
    clock.advance(days=1)
    pay = FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=GOOD)
    expire = ExpireConfirmation(by=Actor.SYSTEM, payment=asked.id)
    came = at_once(lambda: market.execute(pay), lambda: market.execute(expire), market.work)
    assert not [one for one in came if isinstance(one, MarketpayError)]
    for _ in range(2):
        clock.advance(minutes=10)
        settle(market, gateway)
    paid = now(market, second)
    assert (paid.status, now(market, asked).status.value) in (
        ("funded", "failed"),
        ("funded", "canceled"),
    )
    assert paid.payment != asked.id
    assert gateway.effects(Capture) == 2
    books_are_right(market, gateway)


@KINDS
def test_what_is_confirmed_while_its_time_ends_is_paid(
    gateway: SimulatedGateway, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    market = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    payment = confirmed_late(market, gateway, clock, kind)
    news, unconfirmed = gateway.webhooks(), confirmations.unconfirmed

    def confirm_then_end(*what: Any) -> Any:
        while news:
            receive(market, [news.pop()])
        return unconfirmed(*what)

    monkeypatch.setattr(confirmations, "unconfirmed", confirm_then_end)
    market.execute(ExpireConfirmation(by=Actor.SYSTEM, payment=payment.id))
    assert news == []
    settle(market, gateway)
    it_is_paid(market, gateway, payment)
    books_are_right(market, gateway)


@KINDS
def test_what_is_confirmed_when_its_time_has_ended_is_let_go(
    gateway: SimulatedGateway, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    market = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    payment = confirmed_late(market, gateway, clock, kind)
    expire, authorized = [ExpireConfirmation(by=Actor.SYSTEM, payment=payment.id)], []

    def end_then_confirm(*what: Any) -> Any:
        if expire:
            market.execute(expire.pop())
        authorized.append(what)
        return hold(*what)

    hold = charging.authorized
    monkeypatch.setattr(charging, "authorized", end_then_confirm)
    receive(market, gateway.webhooks())
    assert len(authorized) == 1  # it is not decided again: the hold has failed by then
    settle(market, gateway)
    it_failed(market, gateway, payment)
    books_are_right(market, gateway)
