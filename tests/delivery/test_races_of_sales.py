"""Races for what was paid for an upgrade: it is paid back once, and credit is all there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketpay import (
    AccountKind,
    Actor,
    GrantCredit,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    PaymentTransaction,
    RefundUpgrade,
    Rules,
    Sale,
    SqlStore,
)
from marketpay.commands.settling import SettleTransaction
from marketpay.commands.upgrade_refunds import NoteUpgradeChargeback, RecordUpgradeRefund
from marketpay.ports.gateway import (
    ChargebackStanding,
    ChargebackState,
    Declined,
    Progress,
    RefundPayment,
    RefundState,
)
from marketpay.ports.store import Store
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.commands.test_upgrades import bought
from tests.deals import balance
from tests.delivery.test_races import at_once

STAFF, SYSTEM = Actor.admin("adm_1"), Actor.SYSTEM
PRICE, TEN = Money("249", "TRY"), Money("10", "TRY")
ROUNDS = range(5)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def gateway() -> SimulatedGateway:
    return SimulatedGateway(now=VirtualClock())


@pytest.fixture
def market(store: Store, gateway: SimulatedGateway) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=VirtualClock()))


def sold(market: Marketplace) -> Sale:
    [sale] = market.store.read(lambda read: read.find(Sale))
    return sale


def unanswered(market: Marketplace, gateway: SimulatedGateway) -> PaymentTransaction:
    """A refund of all that was paid, and the gateway has not said what became of it."""
    charge = bought(market, gateway).transaction
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    return market.execute(RefundUpgrade(by=STAFF, purchase=charge.id)).transaction


def refused(refund: PaymentTransaction) -> SettleTransaction:
    news = Declined(code="refused")
    return SettleTransaction(by=SYSTEM, transaction=refund.id, news=news)


def elsewhere(market: Marketplace) -> RecordUpgradeRefund:
    state = RefundState(
        gateway_id="re_there",
        payment=sold(market).gateway_payment,
        amount=PRICE,
        progress=Progress.SUCCEEDED,
        reference=None,
    )
    return RecordUpgradeRefund(by=SYSTEM, state=state)


@pytest.mark.parametrize("round", ROUNDS)
def test_what_is_asked_back_twice_at_once_goes_back_once(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    charge = bought(market, gateway).transaction
    ask = RefundUpgrade(by=STAFF, purchase=charge.id)

    came = at_once(*(lambda: market.execute(ask) for _ in range(3)))

    assert [one.code for one in came if isinstance(one, MarketpayError)] == ["not_refundable"] * 2
    assert gateway.effects(RefundPayment) == 1
    assert market.verify().problems == ()


@pytest.mark.parametrize("round", ROUNDS)
def test_credit_of_a_refund_meets_the_first_of_all_gifts(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    refusal = refused(unanswered(market, gateway))
    gift = GrantCredit(by=STAFF, customer="cus_17", amount=TEN, reason="Welcome")

    came = at_once(lambda: market.execute(refusal), lambda: market.execute(gift))

    assert not [one for one in came if isinstance(one, MarketpayError)]
    assert market.credit("cus_17", "TRY").available == PRICE + TEN
    assert market.verify().problems == ()


@pytest.mark.parametrize("round", ROUNDS)
def test_a_refusal_meets_the_refund_at_the_dashboard(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    refusal, record = refused(unanswered(market, gateway)), elsewhere(market)

    at_once(lambda: market.execute(refusal), lambda: market.execute(record))

    assert market.credit("cus_17", "TRY").available == Money("0", "TRY")
    sale = sold(market)
    assert (sale.refunded, sale.credited.minor, sale.excess.minor) == (PRICE, 0, 0)
    assert market.verify().problems == ()


@pytest.mark.parametrize("round", ROUNDS)
def test_a_refund_meets_the_bank_that_disputes_it(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    charge = bought(market, gateway).transaction
    sale = sold(market)
    state = ChargebackState(
        gateway_id="dp_1",
        payment=sale.gateway_payment,
        amount=PRICE,
        standing=ChargebackStanding.NEEDS_RESPONSE,
        withdrawn=PRICE,
        fee=Money("15", "TRY"),
        reason="fraudulent",
    )
    note = NoteUpgradeChargeback(by=SYSTEM, state=state)
    ask = RefundUpgrade(by=STAFF, purchase=charge.id)

    asked, noted = at_once(lambda: market.execute(ask), lambda: market.execute(note))

    assert isinstance(noted, Sale)
    assert sold(market).disputes == ("dp_1",)
    is_refused = isinstance(asked, MarketpayError)
    assert sold(market).refunded == (Money("0", "TRY") if is_refused else PRICE)
    assert market.verify().problems == ()


@pytest.mark.parametrize("round", ROUNDS)
def test_what_the_bank_takes_is_booked_once_however_often_it_is_told_at_once(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    bought(market, gateway)
    state = ChargebackState(
        gateway_id="dp_1",
        payment=sold(market).gateway_payment,
        amount=PRICE,
        standing=ChargebackStanding.LOST,
        withdrawn=PRICE,
        fee=Money("15", "TRY"),
        reason="fraudulent",
    )
    note = NoteUpgradeChargeback(by=SYSTEM, state=state)

    came = at_once(*(lambda: market.execute(note) for _ in range(3)))

    assert all(isinstance(one, Sale) for one in came)
    kinds = (AccountKind.CHARGEBACK_LOSS, AccountKind.CHARGEBACK_FEE, AccountKind.DISPUTED)
    booked = [balance(market, kind, currency="TRY") for kind in kinds]
    assert booked == [PRICE, Money("15", "TRY"), Money("0", "TRY")]
    assert market.verify().problems == ()
