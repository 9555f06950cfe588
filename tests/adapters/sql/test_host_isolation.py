"""What a host's transaction sees of others, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from attrs import field, frozen
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from marketpay import (
    Actor,
    Command,
    Conflict,
    Decision,
    GetOffer,
    Job,
    JobId,
    ListJobs,
    Marketplace,
    NotFound,
    Offer,
    PostJob,
    Reason,
    Refused,
    Rules,
)
from marketpay.ports.gateway import Authorize
from marketpay.ports.store import Reader
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    RIVAL,
    books_are_right,
    journal,
    now,
    offering,
    post,
)
from tests.hosts import KINDS, Shop, Transaction

NEVER, TRUE = Refused(Reason.CHARGEBACK_OPEN), Refused(Reason.JOB_NOT_OPEN)
Connect = Callable[..., Marketplace]


@pytest.fixture(params=["postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_ready"))


@pytest.fixture
def connect(gateway: SimulatedGateway, clock: VirtualClock) -> Iterator[Connect]:
    with ExitStack() as opened:

        def connect(url: str, **rules: Any) -> Marketplace:
            market = Marketplace.connect(url, gateway=gateway, rules=Rules(now=clock, **rules))
            return opened.enter_context(market)

        yield connect


# --- an error of no one state


@frozen(kw_only=True)
class Compare(Command[int]):
    """Reads two jobs, one after the other, while somebody else changes the first, then the other.

    So the first is never older than the second.
    """

    jobs: tuple[JobId, JobId]
    meanwhile: list[Callable[[], object]] = field(eq=False)
    error: Exception | None = None

    def decide(self, read: Reader, rules: Rules) -> Decision[int]:
        first = read.get(Job, self.jobs[0])
        if self.meanwhile:
            self.meanwhile.pop()()
        if first.version < read.get(Job, self.jobs[1]).version:
            raise NEVER
        if self.error is not None:
            raise self.error
        return Decision(17)


def comparing(other: Marketplace, times: int, error: Exception | None = None) -> Compare:
    jobs = post(other), post(other)
    ids = jobs[0].id, jobs[1].id
    acts = list[Callable[[], object]]()

    def change() -> None:
        for job in jobs:
            other.execute(offering(now(other, job), Actor.contractor(f"ctr_{len(acts)}")))

    acts += [change] * times
    return Compare(by=Actor.SYSTEM, jobs=ids, meanwhile=acts, error=error)


@pytest.mark.parametrize("times", [1, 2])
def test_an_error_of_no_one_state_is_decided_again(url: str, connect: Connect, times: int) -> None:
    market, other = connect(url), connect(url)
    engine = create_engine(url, isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        assert market.within(connection).execute(comparing(other, times)) == 17
    engine.dispose()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_reads_in_pieces_hears_what_is_so_in_one_state(
    url: str, connect: Connect, times: int
) -> None:
    market, other = connect(url), connect(url)
    engine = create_engine(url, isolation_level="READ COMMITTED")
    with engine.begin() as connection, pytest.raises(Refused) as told:
        market.within(connection).execute(comparing(other, times, TRUE))
    engine.dispose()
    assert told.value is TRUE


def test_with_one_attempt_an_error_of_no_one_state_is_a_lost_race(
    url: str, connect: Connect
) -> None:
    market, other = connect(url, attempts=1), connect(url)
    engine = create_engine(url, isolation_level="READ COMMITTED")
    with engine.begin() as connection, pytest.raises(Conflict):
        market.within(connection).execute(comparing(other, 1))
    engine.dispose()


def test_where_it_keeps_changing_the_host_may_try_again(url: str, connect: Connect) -> None:
    market, other = connect(url, attempts=3), connect(url)
    engine = create_engine(url, isolation_level="READ COMMITTED")
    command = comparing(other, 30)
    with engine.begin() as connection, pytest.raises(Conflict):
        market.within(connection).execute(command)
    engine.dispose()
    assert len(command.meanwhile) == 30 - 1 - 4


# --- the host's own statements, and its commit, fail

FAILED = (OperationalError, psycopg.errors.SerializationFailure)  # what a host catches


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Shop]:
    shop = Shop(create_engine(postgres_url), request.param)
    shop.make_tables()
    yield shop
    shop.engine.dispose()


def isolate(shop: Shop, level: str) -> None:
    """Every transaction from now on begins like this, unless it says otherwise."""
    with shop.engine.begin() as connection:
        changed = f"ALTER DATABASE {shop.engine.url.database}"
        connection.execute(text(f"{changed} SET default_transaction_isolation = '{level}'"))
    shop.engine.dispose()


def offer(market: Marketplace, transaction: Transaction, to: Actor = CONTRACTOR) -> Offer:
    """What a host does after it has looked around."""
    part = market.within(transaction.host)
    job = part.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
    sent = part.execute(offering(job, to)).offer
    transaction.order(sent.id)
    return sent


def look(market: Marketplace, transaction: Transaction) -> None:
    market.within(transaction.host).query(ListJobs(limit=50))


def state(error: BaseException) -> str | None:
    """What the driver says of an error."""
    told = getattr(error, "orig", error)
    assert isinstance(told, psycopg.Error)
    return told.sqlstate


def test_a_commit_of_the_hosts_that_fails_leaves_nothing_and_can_be_run_again(
    shop: Shop, connect: Connect, gateway: SimulatedGateway
) -> None:
    isolate(shop, "serializable")
    market = connect(shop.engine.url.render_as_string(hide_password=False))
    written = list[Offer]()

    def collide() -> None:
        """Both look, and then both change what the other has seen."""
        with shop.transaction() as mine:
            look(market, mine)
            with shop.transaction() as theirs:
                look(market, theirs)
                written.append(offer(market, theirs, RIVAL))
                written.append(offer(market, mine))

    with pytest.raises(FAILED) as caught:
        collide()
    kept, gone = written
    assert state(caught.value) == "40001"
    assert shop.orders() == [kept.id]
    assert market.query(GetOffer(kept.id)) == kept
    with pytest.raises(NotFound):
        market.query(GetOffer(gone.id))
    assert gateway.calls == ()
    assert market.verify().problems == ()

    with shop.transaction() as mine:
        look(market, mine)
        again = offer(market, mine)
    while market.work():
        pass
    assert shop.orders() == [kept.id, again.id]
    assert gateway.effects(Authorize) == 2
    books_are_right(market, gateway)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_statement_of_the_hosts_that_fails_takes_what_was_joined_along(
    shop: Shop, connect: Connect, gateway: SimulatedGateway, level: str
) -> None:
    isolate(shop, level)
    market = connect(shop.engine.url.render_as_string(hide_password=False))
    with shop.transaction() as first:
        first.order("first")

    def change(connection: Any, job: str) -> None:
        statement = f"UPDATE orders SET job = '{job}'"
        connection.execute(statement if shop.kind == "raw" else text(statement))

    def collide() -> None:
        with shop.transaction() as mine:
            offer(market, mine)
            with shop.transaction() as theirs:
                change(theirs.host, "theirs")
            change(mine.host, "mine")

    with pytest.raises(FAILED) as caught:
        collide()
    assert state(caught.value) == "40001"
    assert shop.orders() == ["theirs"]
    assert journal(market) == []
    assert not market.work()
    assert gateway.calls == ()
