"""Commands in a transaction of the host's: with it or not at all, and called after it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from marketpay import (
    AcceptOffer,
    Actor,
    ClientAction,
    CompleteJob,
    ConfigurationError,
    Forbidden,
    GetJob,
    GetOffer,
    IdempotencyConflict,
    JobStatus,
    Marketplace,
    MemoryStore,
    NotFound,
    OfferStatus,
    OpenPayoutAccount,
    PaymentDeclined,
    PaymentStatus,
    Pending,
    PostJob,
    Refused,
    Rules,
    StartJob,
)
from marketpay.ports.gateway import Authorize, Capture, OpenAccount
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    OTHER_CUSTOMER,
    REFUSED,
    RIVAL,
    books_are_right,
    everything,
    happened_to,
    journal,
    now,
    offering,
    payment_of,
    post,
    send,
)
from tests.hosts import KINDS, GoneWrong, Shop

ENGINES = ("sqlite", "postgres", "mariadb")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'market.db'}"
    ready = {"postgres": "postgres_ready", "mariadb": "mariadb_ready"}
    return str(request.getfixturevalue(ready[request.param]))


@pytest.fixture
def market(url: str, gateway: SimulatedGateway, clock: VirtualClock) -> Iterator[Marketplace]:
    with Marketplace.connect(url, gateway=gateway, rules=Rules(now=clock)) as market:
        yield market


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, url: str, market: Marketplace) -> Iterator[Shop]:
    engine = create_engine(url)
    shop = Shop(engine, request.param)
    shop.make_tables()
    yield shop
    engine.dispose()


@pytest.mark.covers("B070")
def test_both_are_committed_and_only_then_is_the_gateway_called(
    market: Marketplace, shop: Shop, gateway: SimulatedGateway
) -> None:
    job = post(market)
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        transaction.order(job.id)
        sent = part.execute(offering(job))
        assert isinstance(sent.next_action, Pending)
        assert sent.payment.status is PaymentStatus.PENDING

    assert shop.orders() == [job.id]
    assert not gateway.calls
    assert now(market, sent.offer).status is OfferStatus.PENDING

    market.work()
    assert gateway.calls == ((Authorize, sent.next_action.transaction),)
    assert payment_of(market, sent.offer).status is PaymentStatus.AUTHORIZED
    market.work()
    assert gateway.count(Authorize) == 1
    books_are_right(market, gateway)


@pytest.mark.edge(45)
def test_on_rollback_nothing_has_happened(
    market: Marketplace, shop: Shop, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    before, written, calls = everything(market), journal(market), gateway.calls

    with suppress(GoneWrong), shop.transaction() as transaction:
        part = market.within(transaction.host)
        transaction.order(offer.job)
        part.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id), key="k")
        part.execute(PostJob(by=CUSTOMER, title="Paint it", currency="USD"))
        with pytest.raises(Forbidden):
            part.execute(CompleteJob(by=RIVAL, job=offer.job))
        raise GoneWrong

    market.work()
    assert shop.orders() == []
    assert everything(market) == before
    assert journal(market) == written
    assert gateway.calls == calls


def test_a_whole_deal_from_transactions_of_the_host(
    market: Marketplace, shop: Shop, gateway: SimulatedGateway
) -> None:
    job = post(market)
    with shop.transaction() as transaction:
        sent = market.within(transaction.host).execute(offering(job))
    market.work()
    with shop.transaction() as transaction:
        accepted = market.within(transaction.host).execute(
            AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)
        )
        assert isinstance(accepted.next_action, Pending)
    market.work()
    assert gateway.count(Capture) == 1
    assert now(market, job).status is JobStatus.ASSIGNED
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        part.execute(StartJob(by=CONTRACTOR, job=job.id))
        done = part.execute(CompleteJob(by=CUSTOMER, job=job.id))
        assert done.next_action is None
    assert str(market.wallet(CONTRACTOR.id, "USD").available.amount) == "700.00"
    books_are_right(market, gateway)


def test_a_command_sees_what_those_before_it_wrote_and_nobody_else_does(
    market: Marketplace, shop: Shop
) -> None:
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        job = part.execute(PostJob(by=CUSTOMER, title="Paint it", currency="USD"))
        sent = part.execute(offering(job))
        assert part.query(GetOffer(sent.offer.id)) == sent.offer
        assert part.preview(offering(job, to=RIVAL)).changes
        with pytest.raises(NotFound):
            market.query(GetJob(job.id))

    assert now(market, job).status is JobStatus.OPEN


def test_a_preview_and_a_question_write_nothing(market: Marketplace, shop: Shop) -> None:
    job = post(market)
    before, written = everything(market), journal(market)
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        assert part.query(GetJob(job.id)) == job
        assert part.preview(offering(job)).operations
        with pytest.raises(Forbidden):
            part.preview(CompleteJob(by=OTHER_CUSTOMER, job=job.id))
    assert everything(market) == before
    assert journal(market) == written


def test_what_a_command_raises_has_written_nothing_and_the_host_goes_on(
    market: Marketplace, shop: Shop, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    before = everything(market)
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        transaction.order("first")
        with pytest.raises(Refused):
            part.execute(offering(market.query(GetJob(offer.job)), to=RIVAL))
        with pytest.raises(Forbidden):
            part.execute(CompleteJob(by=OTHER_CUSTOMER, job=offer.job))
        transaction.order("second")
        part.execute(StartJob(by=CONTRACTOR, job=offer.job))

    assert shop.orders() == ["first", "second"]
    assert happened_to(market, offer.job)[-2:] == ["CompleteJob", "StartJob"]  # one was denied
    assert {**everything(market), "Job": []} == {**before, "Job": []}
    books_are_right(market, gateway)


def test_a_key_is_used_up_by_the_commit_of_the_host(market: Marketplace, shop: Shop) -> None:
    job = post(market)
    with suppress(GoneWrong), shop.transaction() as transaction:
        market.within(transaction.host).execute(offering(job), key="k")
        raise GoneWrong
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        sent = part.execute(offering(job), key="k")
        again = part.execute(offering(job), key="k")
        assert again == sent
        with pytest.raises(IdempotencyConflict):
            part.execute(offering(job, to=RIVAL), key="k")
    with shop.transaction() as transaction:
        again = market.within(transaction.host).execute(offering(job), key="k")

    assert again.offer.id == sent.offer.id
    assert again.next_action == sent.next_action


def test_a_repeat_calls_nobody_and_tells_what_came_of_it(
    market: Marketplace, shop: Shop, gateway: SimulatedGateway
) -> None:
    job, rest = post(market), post(market)
    asking, refused = offering(job, payment_method=ASKING), offering(rest, payment_method=REFUSED)
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        sent = part.execute(asking, key="asking")
        part.execute(refused, key="refused")
        part.execute(asking, key="asking")
    assert not gateway.calls

    market.work()
    calls = gateway.calls
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        waiting = part.execute(asking, key="asking")
        assert isinstance(waiting.next_action, ClientAction)
        with pytest.raises(PaymentDeclined):
            part.execute(refused, key="refused")
    assert gateway.calls == calls
    action = market.client_action(sent.payment)
    assert action is not None
    assert action.client_secret


def test_an_operation_that_waits_for_the_host_has_not_been_sent(
    market: Marketplace, shop: Shop, clock: VirtualClock, gateway: SimulatedGateway
) -> None:
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        sent = part.execute(offering(part.execute(PostJob(by=CUSTOMER, title="A", currency="USD"))))
        account = part.execute(OpenPayoutAccount(by=Actor.contractor("ctr_9")))
        assert (account.due_at, account.sent_at) == (clock(), None)
        clock.advance(days=2)  # longer than a gateway knows a key

    market.work()
    assert (gateway.count(Authorize), gateway.count(OpenAccount)) == (1, 1)
    assert payment_of(market, sent.offer).status is PaymentStatus.AUTHORIZED


def test_a_store_that_is_in_no_database_cannot_be_joined() -> None:
    market = Marketplace(store=MemoryStore(), gateway=SimulatedGateway())
    with pytest.raises(ConfigurationError, match=r"Marketplace\.connect"):
        market.within(object())
