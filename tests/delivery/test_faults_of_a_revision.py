"""A revision meets every fault: old terms with the old hold, or new terms with the new one."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketpay import (
    AbandonTransaction,
    AcceptOffer,
    Command,
    CounterOffer,
    GatewayError,
    ListPayments,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Offer,
    OfferStatus,
    Payment,
    PaymentStatus,
    PaymentTransaction,
    PayOffer,
    RejectOffer,
    ReviseOffer,
    Rules,
    SqlStore,
    TransactionKind,
    TransactionStatus,
    WithdrawOffer,
)
from marketpay.ports.gateway import ActingRequest, Authorize, Capture, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    PRICE,
    REFUSED,
    books_are_right,
    now,
    offering,
    post,
    send,
    usd,
)
from tests.delivery.faults import (
    DAYS,
    HTTP_FAULTS,
    OUTCOMES,
    Fault,
    OverHttp,
    Place,
    Simulated,
    rest,
    survive,
)
from tests.hearing import hear

NEW = usd("1200")


@pytest.fixture
def place(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Place]:
    place = Place(
        clock=clock,
        other_end=OverHttp(clock) if request.param == "stripe" else Simulated(clock),
        store=SqlStore.connect("sqlite://") if request.param == "sqlite" else MemoryStore(),
        is_async=request.param == "async_memory",
    )
    yield place
    place.close()


def cases() -> list[Any]:
    """Each fault in each place where it can be met."""
    simulated = [one for one in Fault if one in OUTCOMES or one not in HTTP_FAULTS]
    over_http: list[Fault] = [one for one in Fault if one is not Fault.REFUSED]
    met: dict[str, list[Fault]] = {"memory": simulated, "sqlite": simulated, "stripe": over_http}
    met["async_memory"] = [Fault.REFUSED, Fault.TIMEOUT_AFTER, Fault.CRASH_BEFORE_SETTLING]
    return [
        pytest.param(fault, place, id=f"{fault}-{place}")
        for place, faults in met.items()
        for fault in faults
    ]


every_fault = pytest.mark.parametrize(("fault", "place"), cases(), indirect=["place"])


def revise(market: Marketplace, offer: Offer) -> None:
    with suppress(MarketpayError):  # a refusal
        market.execute(
            ReviseOffer(by=CUSTOMER, offer=offer.id, price=NEW, payment_method=GOOD), key="it"
        )


def meet(place: Place, request: type[ActingRequest], fault: Fault) -> Offer:
    """An offer whose revision meets the fault."""
    offer = send(place.market()).offer
    place.tell()
    market = place.stricken(request, fault)

    def begin() -> None:
        revise(market, offer)
        rest(market)

    survive(begin)
    assert place.lines[-1].is_met
    if fault is Fault.WEBHOOK_TWICE:
        place.tell(times=2, seed=1)
    return offer


def given_up(place: Place) -> None:
    """What was never answered is said not to have been."""
    market = place.market()
    found: list[PaymentTransaction] = market.store.read(
        lambda records: records.find(PaymentTransaction, status=TransactionStatus.UNKNOWN)
    )
    for one in found:
        market.execute(AbandonTransaction(by=ADMIN, transaction=one.id))


def check(place: Place, offer: Offer, *, is_new: bool) -> None:
    """Terms and hold are of one kind, and there is no other hold."""
    market = place.market()
    stands = now(market, offer)
    price = NEW if is_new else PRICE
    assert (stands.status, stands.price, stands.revising) == (OfferStatus.PENDING, price, None)
    payments = market.query(ListPayments(job=offer.job)).items
    held = [one for one in payments if one.status is PaymentStatus.AUTHORIZED]
    assert [one.id for one in held] == [stands.payment]
    assert place.processor.held("USD") == price.minor
    assert market.verify().problems == ()


@every_fault
def test_whatever_happens_to_the_new_hold_there_is_one_hold_and_its_terms(
    place: Place, fault: Fault
) -> None:
    offer = meet(place, Authorize, fault)
    place.recover()
    if fault is Fault.ERROR_500_BEFORE:  # kept with the key for ever
        given_up(place)
    is_new = fault not in (Fault.REFUSED, Fault.ERROR_500_BEFORE)

    check(place, offer, is_new=is_new)
    place.tell(times=2, seed=2)
    revise(place.market(), offer)
    place.recover((360,))
    check(place, offer, is_new=is_new)
    accepted = place.market().execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    assert accepted.payment.amount == (NEW if is_new else PRICE)
    assert place.processor.held("USD") == 0


@every_fault
def test_whatever_happens_to_the_void_of_the_old_hold_the_new_terms_stand(
    place: Place, fault: Fault
) -> None:
    offer = meet(place, Void, fault)
    place.recover()

    if fault in (Fault.REFUSED, Fault.ERROR_500_BEFORE):  # it falls off by itself
        assert now(place.market(), offer).price == NEW
        assert place.processor.held("USD") == (PRICE + NEW).minor
        place.market().execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        place.recover((7 * DAYS,))
        assert place.processor.held("USD") == 0
        assert now(place.market(), offer).status is OfferStatus.ACCEPTED
    else:
        check(place, offer, is_new=True)


@every_fault
def test_who_accepts_while_a_revision_meets_a_fault_has_the_terms_that_stand(
    place: Place, fault: Fault
) -> None:
    offer = meet(place, Authorize, fault)
    market = place.market()
    terms = now(market, offer).price
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    place.recover()
    if fault is Fault.ERROR_500_BEFORE:
        given_up(place)

    assert accepted.payment.amount == terms
    assert now(market, offer).status is OfferStatus.ACCEPTED
    assert place.processor.held("USD") == 0
    assert market.verify().problems == ()


# --- any sequence of moves


OUTCOME_OF: tuple[Outcome, ...] = (
    Outcome.OK,
    Outcome.DECLINE,
    Outcome.TIMEOUT_BEFORE,
    Outcome.TIMEOUT_AFTER,
)
TALK = ("counter", "revise", "revise", "pay", "confirm", "fail", "hear", "work", "wait", "lose")
ENDS = ("accept", "accept", "reject", "withdraw", "wait")


def moves(whats: tuple[str, ...]) -> st.SearchStrategy[tuple[str, str, Outcome, int]]:
    """One of these, with a card, what its request comes to, and a number."""
    cards = st.sampled_from((GOOD, GOOD, ASKING, REFUSED))
    outcomes = st.sampled_from((Outcome.OK, *OUTCOME_OF))
    return st.tuples(st.sampled_from(whats), cards, outcomes, st.integers(1, 9))


talks = st.lists(moves(TALK), min_size=1, max_size=9)


def command(what: str, offer: Offer, card: str, number: int, at: datetime) -> Command[Any] | None:
    price = usd(str(100 * number))
    fields: dict[str, Any] = {"by": CUSTOMER, "offer": offer.id, "payment_method": card}
    until = None if number % 3 else at + timedelta(minutes=20 * number)
    return {
        "counter": lambda: CounterOffer(by=CONTRACTOR, offer=offer.id, price=price),
        "revise": lambda: ReviseOffer(price=price, expires_at=until, **fields),
        "pay": lambda: PayOffer(**fields),
        "accept": lambda: AcceptOffer(by=CONTRACTOR, offer=offer.id),
        "reject": lambda: RejectOffer(by=CONTRACTOR, offer=offer.id),
        "withdraw": lambda: WithdrawOffer(by=CUSTOMER, offer=offer.id),
    }.get(what, lambda: None)()


def play(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, offer: Offer,
         move: Any) -> None:  # fmt: skip
    what, card, outcome, number = move
    asked = command(what, offer, card, number, clock())
    if asked is not None:
        with suppress(MarketpayError):
            if market.preview(asked).operations:
                gateway.script(Capture if what == "accept" else Authorize, outcome)
            market.execute(asked)
    elif what in ("confirm", "fail"):
        waiting = market.store.read(
            lambda records: records.find(Payment, status=PaymentStatus.AWAITING_CONFIRMATION)
        )
        act = gateway.confirm if what == "confirm" else gateway.fail_confirmation
        for payment in waiting[:1]:
            with suppress(GatewayError):  # it has been, or there is nothing to confirm
                act(payment)
    elif what == "hear":
        hear(market, gateway)
    elif what == "work":
        rest(market)
    elif what == "wait":
        clock.advance(minutes=10 * number)
    else:
        gateway.webhooks()  # lost on the way


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    talk=talks,
    end=moves(ENDS),
    after=st.lists(moves(TALK), max_size=4),
    first=st.sampled_from((GOOD, GOOD, ASKING, REFUSED)),
    hours=st.sampled_from((None, None, 2)),
)
def test_after_any_negotiation_an_offer_has_one_hold_at_most_and_it_is_of_its_terms(
    talk: list[Any], end: Any, after: list[Any], first: str, hours: int | None
) -> None:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    market = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    until = clock() + timedelta(hours=hours) if hours else None
    with suppress(MarketpayError):
        market.execute(offering(post(market), payment_method=first, expires_at=until))
    [offer] = market.store.read(lambda records: records.find(Offer))
    for move in (*talk, end, *after):
        play(market, gateway, clock, offer, move)
    for _ in range(4):
        clock.advance(hours=2)
        hear(market, gateway)

    check_holds(market, gateway, now(market, offer))
    books_are_right(market, gateway)


def check_holds(market: Marketplace, gateway: SimulatedGateway, offer: Offer) -> None:
    """The only hold there can be, here and at the processor, is that of an open offer's terms."""
    payments = market.store.read(lambda records: records.find(Payment, offer=offer.id))
    held = {one.id: one.amount for one in payments if one.status is PaymentStatus.AUTHORIZED}
    assert held.items() <= ({offer.payment: offer.price} if offer.is_open else {}).items()
    assert gateway.held("USD") == sum(held.values(), usd("0"))
    [behind] = [one for one in payments if one.id == offer.payment]
    assert behind.amount == offer.price
    assert (offer.status is OfferStatus.ACCEPTED) == (behind.status is PaymentStatus.CAPTURED)
    over = (PaymentStatus.FAILED, PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
    others = [one for one in payments if one.id not in (offer.payment, offer.revising)]
    assert all(one.status in over for one in others)
    waited_for = [one for one in payments if one.id == offer.revising]
    assert all(one.status is PaymentStatus.AWAITING_CONFIRMATION for one in waited_for)
    voids = market.store.read(
        lambda records: records.find(PaymentTransaction, kind=TransactionKind.VOID)
    )
    assert all(one.is_settled for one in voids)
