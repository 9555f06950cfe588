"""Many commands at once: who fails, who waits, how often the store and the gateway are asked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from attrs import define, field

from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    CommitUnknown,
    CompleteJob,
    Conflict,
    DatabaseBusy,
    DatabaseUnavailable,
    Done,
    Failed,
    Forbidden,
    IdempotencyConflict,
    InvalidInput,
    Job,
    Marketplace,
    MemoryStore,
    Money,
    NotFound,
    Offer,
    PaymentDeclined,
    Pending,
    PostJob,
    Refused,
    Rules,
    SendOffer,
    SqlStore,
    StartJob,
    ThreadedStore,
)
from marketpay.domain.ids import JobId, new_id
from marketpay.ports.gateway import Authorize, Capture, GatewayReply, GatewayRequest
from marketpay.ports.store import Work
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import books_are_right, journal

R = TypeVar("R")
ANN, BEN = Actor.contractor("ann"), Actor.contractor("ben")
CUSTOMER = Actor.customer("cus_17")
PRICE = Money("100.00", "USD")


def posting(number: int) -> list[PostJob]:
    return [PostJob(by=CUSTOMER, title=f"Fence {n}", currency="USD") for n in range(number)]


def sending(jobs: Sequence[Job], card: str = "pm_card_visa") -> list[SendOffer]:
    return [
        SendOffer(by=CUSTOMER, job=job.id, contractor="ann", price=PRICE, payment_method=card)
        for job in jobs
    ]


def results(outcomes: Sequence[Done[R] | Failed]) -> list[R]:
    """What they came to; none may have failed."""
    found = []
    for outcome in outcomes:
        assert isinstance(outcome, Done), outcome
        found.append(outcome.result)
    return found


def errors(outcomes: Sequence[Done[Any] | Failed]) -> list[type[Exception] | None]:
    return [type(one.error) if isinstance(one, Failed) else None for one in outcomes]


@define
class Fickle(MemoryStore):
    """A store of which every transaction can be made to fail, before or after its commit."""

    before: Callable[[int], None] = field(default=lambda _: None)
    after: Callable[[int], None] = field(default=lambda _: None)
    runs: int = 0

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def run(self, use: Callable[[Work], R], /) -> R:
        self.runs += 1
        run = self.runs
        self.before(run)
        result = super().run(use)
        self.after(run)
        return result


@pytest.fixture
def store() -> Fickle:
    return Fickle()


@pytest.fixture
def gateway() -> SimulatedGateway:
    return SimulatedGateway()


@pytest.fixture
def market(store: Fickle, gateway: SimulatedGateway) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=VirtualClock()))


@pytest.mark.covers("B048")
def test_the_outcomes_come_in_the_order_of_the_commands(market: Marketplace) -> None:
    jobs = results(market.execute_many(posting(20)))

    assert [job.title for job in jobs] == [f"Fence {n}" for n in range(20)]


@pytest.mark.covers("B071", "B074")
def test_nothing_comes_of_nothing(market: Marketplace, store: Fickle) -> None:
    assert market.execute_many([]) == ()
    assert store.runs == 0


def test_one_that_fails_stops_none(market: Marketplace) -> None:
    first, second, third = results(market.execute_many(posting(3)))
    stranger = Actor.customer("cus_99")
    [bad] = sending([second], "pm_card_chargeDeclined")
    commands = [
        *sending([first]),
        SendOffer(by=stranger, job=third.id, contractor="ann", price=PRICE),
        StartJob(by=ANN, job=JobId(new_id("job"))),
        bad,
        *sending([first]),
        *sending([third]),
    ]  # fmt: skip

    outcomes = market.execute_many(commands)

    assert errors(outcomes) == [None, Forbidden, NotFound, PaymentDeclined, Refused, None]
    denied = [record for record in journal(market) if record.error is not None]
    assert [(one.actor, one.error) for one in denied] == [("cus_99", "forbidden")]


def test_a_stage_is_one_transaction(market: Marketplace, store: Fickle) -> None:
    jobs = results(market.execute_many(posting(50)))
    assert store.runs == 1

    results(market.execute_many(sending(jobs)))

    assert store.runs == 3  # decided, and settled after the calls


@pytest.mark.covers("B043")
def test_a_whole_deal_is_brought_in_batch_by_batch(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    jobs = results(market.execute_many(posting(9)))
    offers = [one.offer for one in results(market.execute_many(sending(jobs)))]
    accepted = results(market.execute_many([AcceptOffer(by=ANN, offer=o.id) for o in offers]))
    results(market.execute_many([StartJob(by=ANN, job=job.id) for job in jobs]))
    results(market.execute_many([CompleteJob(by=CUSTOMER, job=job.id) for job in jobs]))

    assert {one.job.contractor for one in accepted} == {"ann"}
    assert gateway.count(Capture) == 9
    assert market.wallet("ann", "USD").pending + market.wallet("ann", "USD").available == Money(
        "630.00", "USD"
    )
    books_are_right(market, gateway)


def test_with_the_same_keys_nothing_is_done_twice(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    keys = ["a", "b", "c"]
    jobs = results(market.execute_many(posting(3), keys=keys))
    again = market.execute_many([*posting(3)[:2], *posting(1)], keys=keys)

    assert results(again[:2]) == jobs[:2]
    assert errors(again[2:]) == [IdempotencyConflict]
    keys = ["d", "e", "f"]
    sent = results(market.execute_many(sending(jobs), keys=keys))
    assert results(market.execute_many(sending(jobs), keys=keys)) == sent
    assert gateway.count(Authorize) == 3


def test_a_key_that_comes_twice_in_a_batch_is_used_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    jobs = results(market.execute_many(posting(2)))

    first, second, third = results(
        market.execute_many(sending([jobs[0], jobs[0], jobs[1]]), keys=["k", "k", "l"])
    )

    assert first == second != third
    assert gateway.count(Authorize) == 2


def test_who_needs_what_the_gateway_has_not_said_waits_for_it(market: Marketplace) -> None:
    [job] = results(market.execute_many(posting(1)))
    [sent] = results(market.execute_many(sending([job])))

    accepted, started, refused = market.execute_many([
        AcceptOffer(by=ANN, offer=sent.offer.id),
        StartJob(by=ANN, job=job.id),
        StartJob(by=BEN, job=job.id),
    ])  # fmt: skip

    assert isinstance(accepted, Done)
    assert isinstance(started, Done)
    assert errors([refused]) == [Forbidden]


def test_what_the_gateway_does_not_answer_is_pending(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    jobs = results(market.execute_many(posting(3)))
    gateway.script(Authorize, "timeout_after", "timeout_after", "timeout_after")

    sent = results(market.execute_many(sending(jobs)))

    assert all(isinstance(one.next_action, Pending) for one in sent)
    while market.work():
        pass
    offers = [one.offer.id for one in sent]
    results(market.execute_many([AcceptOffer(by=ANN, offer=offer) for offer in offers]))
    assert gateway.effects(Authorize) == 3


class Odd(SimulatedGateway):
    """A gateway with a mistake in it."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, Authorize) and request.amount == Money("13.00", "USD"):
            raise ZeroDivisionError
        return super().perform(request, key=key)


def test_a_gateway_that_breaks_breaks_one_command() -> None:
    market = Marketplace(gateway=Odd())
    jobs = results(market.execute_many(posting(3)))
    unlucky = SendOffer(
        by=CUSTOMER, job=jobs[1].id, contractor="ann", price=Money("13.00", "USD"),
        payment_method="pm_card_visa",
    )  # fmt: skip

    outcomes = market.execute_many([*sending(jobs[:1]), unlucky, *sending(jobs[2:])])

    assert errors(outcomes) == [None, ZeroDivisionError, None]


def test_a_lost_race_is_run_again(market: Marketplace, store: Fickle) -> None:
    def lose(run: int) -> None:
        if run <= 2:
            raise Conflict("job", "job_1")

    store.before = lose

    assert len(results(market.execute_many(posting(5)))) == 5
    assert store.runs == 3


def test_a_batch_that_always_loses_is_made_smaller(market: Marketplace, store: Fickle) -> None:
    sizes = Counter[int]()

    def lose(_: int) -> None:
        jobs = len(store.read(lambda read: read.find(Job)))
        sizes[jobs] += 1
        if sizes[jobs] <= 9:
            raise Conflict("job", "job_1")

    store.before = lose

    jobs = results(market.execute_many(posting(4)))

    assert [job.title for job in jobs] == [f"Fence {n}" for n in range(4)]
    assert store.read(lambda read: len(read.find(Job))) == 4


class Choosy(MemoryStore):
    """It cannot take one of the jobs."""

    def run(self, use: Callable[[Work], R], /) -> R:
        def checked(work: Work) -> R:
            result = use(work)
            if work.find(Job, title="Fence 3"):
                raise ValueError("Fence 3")
            return result

        return super().run(checked)


def test_what_the_store_cannot_take_fails_by_itself() -> None:
    market = Marketplace(store=Choosy(), gateway=SimulatedGateway())

    outcomes = market.execute_many(posting(8))

    assert errors(outcomes) == [None] * 3 + [ValueError] + [None] * 4


def test_a_busy_store_is_told_to_each(market: Marketplace, store: Fickle) -> None:
    def refuse(_: int) -> None:
        raise DatabaseBusy("database", "no free connection")

    store.before = refuse

    assert errors(market.execute_many(posting(3))) == [DatabaseBusy] * 3
    assert store.read(lambda read: read.find(Job)) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_commit_that_was_not_answered_is_found_out_about(
    market: Marketplace, store: Fickle, gateway: SimulatedGateway, moment: str
) -> None:
    jobs = results(market.execute_many(posting(3)))
    start = store.runs

    def cut(run: int) -> None:
        if run == start + 1:
            raise CommitUnknown

    setattr(store, moment, cut)

    results(market.execute_many(sending(jobs)))

    assert store.read(lambda read: len(read.find(Offer))) == 3
    assert gateway.count(Authorize) == 3
    books_are_right(market, gateway)


def test_a_store_that_comes_back_takes_all_of_them_together(
    market: Marketplace, store: Fickle
) -> None:
    def refuse(run: int) -> None:
        if run <= 2:
            raise DatabaseUnavailable("restarting")

    store.before = refuse

    assert len(results(market.execute_many(posting(20)))) == 20
    assert store.runs == 3


def test_keys_are_as_many_as_commands(market: Marketplace) -> None:
    with pytest.raises(InvalidInput):
        market.execute_many(posting(2), keys=["a"])
    with pytest.raises(InvalidInput):
        market.execute_many(posting(2), keys=["a", ""])
    assert market.store.read(lambda read: read.find(Job)) == []


def test_only_commands_are_executed(market: Marketplace) -> None:
    with pytest.raises(TypeError):
        market.execute_many([*posting(1), "PostJob"])  # type: ignore[arg-type]
    assert market.store.read(lambda read: read.find(Job)) == []


class Waiting(SimulatedGateway):
    """It answers a call when there is another one."""

    def __init__(self) -> None:
        super().__init__()
        self.met = Barrier(2)

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.met.wait(timeout=30)
        return super().perform(request, key=key)


def test_calls_do_not_wait_for_each_other() -> None:
    market = Marketplace(gateway=Waiting())
    jobs = results(market.execute_many(posting(2)))

    assert len(results(market.execute_many(sending(jobs)))) == 2


class Awaited:
    """An async gateway that counts how many calls are under way."""

    def __init__(self) -> None:
        self.inner = SimulatedGateway()
        self.now = self.most = 0

    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return self.inner.perform(request, key=key)


@pytest.mark.parametrize("make", [Awaited, SimulatedGateway])
def test_the_same_awaited(make: Callable[[], Any]) -> None:
    gateway = make()

    async def run() -> None:
        store = ThreadedStore(MemoryStore())
        async with AsyncMarketplace(store=store, gateway=gateway) as market:
            jobs = results(await market.execute_many(posting(40)))
            outcomes = await market.execute_many([*sending(jobs), *sending(jobs[:1])])
            assert errors(outcomes) == [None] * 40 + [Refused]

    asyncio.run(run())

    if isinstance(gateway, Awaited):
        assert 1 < gateway.most <= 8


def test_two_batches_at_once_take_each_offer_once(postgres_url: str) -> None:
    gateway = SimulatedGateway()
    store = SqlStore.connect(postgres_url)
    market = Marketplace(store=store, gateway=gateway)
    jobs = results(market.execute_many(posting(30)))
    sent = results(market.execute_many(sending(jobs)))
    accepting = [AcceptOffer(by=ANN, offer=one.offer.id) for one in sent]
    meet = Barrier(2)

    def accept(commands: list[AcceptOffer]) -> Sequence[Done[Any] | Failed]:
        meet.wait()
        return market.execute_many(commands)

    with ThreadPoolExecutor(2) as threads:
        both = [*threads.map(accept, [accepting, accepting[::-1]])]

    for outcomes in both:
        assert len(results(outcomes)) == 30
    assert gateway.effects(Capture) == 30
    books_are_right(market, gateway)
    store.close()
