"""Races for the same credit: it is spent once, and nothing of it is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    Actor,
    Adjustment,
    AdjustmentKind,
    ApproveAdjustment,
    ExpireCredit,
    FreeCredit,
    GrantCredit,
    IncidentKind,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    OfferFunding,
    PaymentDeclined,
    PayOffer,
    PostJob,
    ProposeAdjustment,
    RedeemPoints,
    Refused,
    Rules,
    SendOffer,
    SqlStore,
    WithdrawOffer,
)
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway, VirtualClock
from tests import deals
from tests.commands.test_chargebacks_of_credit import back_as_credit
from tests.credits import LOYALTY, pts
from tests.deals import now
from tests.delivery.test_races import at_once
from tests.hearing import incidents, stated, tell

CUSTOMER, STAFF, SYSTEM = Actor.customer("cus_17"), Actor.admin("adm_1"), Actor.SYSTEM
ANN = Actor.contractor("ann")
DAY = timedelta(days=1)
ROUNDS = range(5)


def usd(amount: str) -> Money:
    return Money(amount, "USD")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def market(store: Store, clock: VirtualClock) -> Marketplace:
    rules = Rules(now=clock, loyalty=LOYALTY)
    return Marketplace(store=store, gateway=SimulatedGateway(now=clock), rules=rules)


def give(market: Marketplace, amount: Money) -> GrantCredit:
    return GrantCredit(by=STAFF, customer="cus_17", amount=amount, reason="Welcome")


def offering(market: Marketplace, credit: str) -> SendOffer:
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    return SendOffer(
        by=CUSTOMER,
        job=job.id,
        contractor="ann",
        price=usd("1000"),
        payment_method="pm_card_visa",
        credit=usd(credit),
    )


def has(market: Marketplace) -> tuple[Money, Money]:
    found = market.credit("cus_17", "USD")
    assert market.verify().problems == ()
    return found.available, found.reserved


@pytest.mark.parametrize("round", ROUNDS)
def test_two_offers_at_once_do_not_spend_the_same_credit(market: Marketplace, round: int) -> None:
    market.execute(give(market, usd("100")))
    one, two = offering(market, "60"), offering(market, "60")

    came = at_once(lambda: market.execute(one), lambda: market.execute(two))

    [refused] = [error for error in came if isinstance(error, MarketpayError)]
    assert isinstance(refused, Refused)
    assert refused.code == "credit_too_low"
    assert has(market) == (usd("40"), usd("60"))


@pytest.mark.parametrize("round", ROUNDS)
def test_credit_that_is_given_and_spent_at_once_is_all_there(
    market: Marketplace, round: int
) -> None:
    """The first of all makes the row that the others find."""
    send = offering(market, "10")
    gifts = [give(market, usd("10")) for _ in range(4)]

    came = at_once(*(lambda one=one: market.execute(one) for one in gifts))
    assert not [error for error in came if isinstance(error, MarketpayError)]
    came = at_once(
        lambda: market.execute(send), *(lambda one=one: market.execute(one) for one in gifts)
    )

    assert not [error for error in came if isinstance(error, MarketpayError)]
    assert has(market) == (usd("70"), usd("10"))


@pytest.mark.parametrize("round", ROUNDS)
def test_credit_is_freed_or_captured_and_never_both(market: Marketplace, round: int) -> None:
    market.execute(give(market, usd("100")))
    sent: OfferFunding = market.execute(offering(market, "60"))
    free = FreeCredit(by=SYSTEM, payment=sent.payment.id)

    at_once(
        lambda: market.execute(AcceptOffer(by=ANN, offer=sent.offer.id)),
        lambda: market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id)),
        lambda: market.execute(free),
        lambda: market.execute(free),
    )
    market.work()

    accepted = market.store.read(lambda r: r.get(type(sent.offer), sent.offer.id))
    left = "40" if accepted.status == "accepted" else "100"
    assert has(market) == (usd(left), usd("0"))


@pytest.mark.parametrize("round", ROUNDS)
def test_what_expires_while_it_is_spent_is_one_of_the_two(
    market: Marketplace, clock: VirtualClock, round: int
) -> None:
    first = give(market, usd("50"))
    grant = market.execute(
        GrantCredit(
            by=STAFF,
            customer="cus_17",
            amount=usd("50"),
            reason="For a day",
            expires_at=clock() + DAY,
        )
    )
    market.execute(first)
    send = offering(market, "60")
    sent = market.execute(offering(market, "30"))
    clock.advance(days=1)

    came = at_once(
        lambda: market.execute(ExpireCredit(by=SYSTEM, grant=grant.id)),
        lambda: market.execute(send),
        lambda: market.execute(AcceptOffer(by=ANN, offer=sent.offer.id)),
        lambda: market.execute(ExpireCredit(by=SYSTEM, grant=grant.id)),
    )

    refused = [error for error in came if isinstance(error, MarketpayError)]
    assert [error.code for error in refused] == ["credit_too_low"]
    assert has(market) == (usd("50"), usd("0"))


@pytest.mark.parametrize("round", ROUNDS)
def test_points_are_redeemed_once(market: Marketplace, round: int) -> None:
    market.execute(give(market, pts(100)))
    redeem = RedeemPoints(by=CUSTOMER, points=pts(60), currency="USD")

    came = at_once(*[lambda: market.execute(redeem)] * 3)

    assert len([error for error in came if isinstance(error, Refused)]) == 2
    assert market.credit("cus_17", "PTS").available == pts(40)
    assert has(market) == (usd("0.90"), usd("0"))


@pytest.mark.parametrize("round", ROUNDS)
def test_credit_is_taken_back_or_spent_and_never_both(market: Marketplace, round: int) -> None:
    market.execute(give(market, usd("100")))
    take = ProposeAdjustment(
        by=STAFF, owner="cus_17", amount=usd("60"), kind=AdjustmentKind.TAKE_CREDIT, reason="Error"
    )
    proposed = [market.execute(take) for _ in range(2)]
    send = offering(market, "60")

    came = at_once(
        *(lambda one=one: market.execute(agreeing(one)) for one in proposed),
        lambda: market.execute(send),
    )

    errors = [error for error in came if isinstance(error, MarketpayError)]
    assert {error.code for error in errors} == {"credit_too_low"}
    assert len(errors) == 2
    available, reserved = has(market)
    assert available == usd("40")
    is_taken = any(now(market, one).status == "approved" for one in proposed)
    assert reserved == (usd("0") if is_taken else usd("60"))


def agreeing(proposed: Adjustment) -> ApproveAdjustment:
    return ApproveAdjustment(by=Actor.admin("adm_2"), adjustment=proposed.id)


@pytest.mark.parametrize("round", ROUNDS)
def test_what_is_paid_anew_while_its_credit_is_freed_has_it_once(
    market: Marketplace, round: int
) -> None:
    market.execute(give(market, usd("100")))
    refused = evolve(offering(market, "60"), payment_method="pm_card_chargeDeclined")
    with pytest.raises(PaymentDeclined) as declined:
        market.execute(refused)
    free = FreeCredit(by=SYSTEM, payment=declined.value.payment.id)
    pay = PayOffer(by=CUSTOMER, offer=declined.value.offer.id, payment_method="pm_card_visa")

    came = at_once(
        lambda: market.execute(pay), lambda: market.execute(free), lambda: market.execute(free)
    )

    assert not [error for error in came if isinstance(error, MarketpayError)]
    market.work()
    assert now(market, declined.value.payment).status == "authorized"
    assert has(market) == (usd("40"), usd("60"))
    market.execute(AcceptOffer(by=ANN, offer=declined.value.offer.id))
    assert has(market) == (usd("40"), usd("0"))


@pytest.mark.parametrize("round", ROUNDS)
def test_credit_that_the_bank_has_paid_too_is_taken_or_spent(
    store: Store, clock: VirtualClock, round: int
) -> None:
    gateway = SimulatedGateway(now=clock)
    gateway.processor.top_up(500_000, "USD")
    market = Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))
    payment, _ = back_as_credit(market, gateway)
    tell(market, stated(market, payment, "needs_response", "1000"))
    lost = stated(market, payment, "lost", "1000")
    spend = deals.offering(deals.post(market), price=usd("1500"), credit=usd("700"))

    spent, chargeback, again = at_once(
        lambda: market.execute(spend), lambda: tell(market, lost), lambda: tell(market, lost)
    )

    assert chargeback.recovered == again.recovered
    is_spent = isinstance(spent, OfferFunding)
    assert chargeback.recovered == usd("300" if is_spent else "1000")
    known = market.credit("cus_17", "USD")
    assert (known.available, known.reserved) == (usd("0"), usd("700" if is_spent else "0"))
    assert len(incidents(market, IncidentKind.PAID_TWICE)) == is_spent
    assert market.verify().problems == ()
