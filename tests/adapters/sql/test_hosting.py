"""Taking part in transactions of the host's, driver by driver."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from attrs import define, evolve, field
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from marketpay import (
    AcceptOffer,
    Actor,
    ConfigurationError,
    Conflict,
    DatabaseUnavailable,
    GetJob,
    Job,
    JobId,
    JobStatus,
    Marketplace,
    OfferFunding,
    PostJob,
    Refused,
    Rules,
)
from marketpay.domain.ids import new_id
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    RIVAL,
    books_are_right,
    everything,
    journal,
    now,
    offering,
    post,
    send,
)
from tests.hosts import KINDS, Shop, raw_connection
from tests.servers.postgres import PostgresDatabases

POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'market.db'}"


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def connect(gateway: SimulatedGateway, clock: VirtualClock) -> Iterator[Callable[..., Marketplace]]:
    opened: list[Marketplace] = []

    def connect(url: str, **rules: Any) -> Marketplace:
        opened.append(Marketplace.connect(url, gateway=gateway, rules=Rules(now=clock, **rules)))
        return opened[-1]

    yield connect
    for market in opened:
        market.close()


Connect = Callable[..., Marketplace]


# --- what is joined


def test_a_connection_that_has_not_begun_begins(url: str, connect: Connect) -> None:
    market, engine = connect(url), create_engine(url)
    with engine.connect() as connection:
        kept = market.within(connection).execute(POST)
        connection.commit()
        gone = market.within(connection).execute(POST)
        connection.rollback()
        lost = market.within(connection).execute(POST)
    engine.dispose()
    assert jobs(market) == [kept]
    assert gone.id != lost.id


def test_a_driver_that_has_not_begun_begins(url: str, connect: Connect) -> None:
    market = connect(url)
    with closing(raw_connection(make_url(url))) as connection:
        market.within(connection).execute(POST)
        connection.rollback()
        assert jobs(market) == []
        kept = market.within(connection).execute(POST)
        connection.commit()
    assert jobs(market) == [kept]


def test_a_session_that_is_bound_to_a_thread_is_joined(url: str, connect: Connect) -> None:
    market, engine = connect(url), create_engine(url)
    session = scoped_session(sessionmaker(engine))
    kept = market.within(session).execute(POST)
    session.commit()
    session.remove()
    engine.dispose()
    assert jobs(market) == [kept]


def test_the_host_may_have_savepoints_of_its_own(url: str, connect: Connect) -> None:
    market, engine = connect(url), create_engine(url)
    with engine.begin() as connection:
        kept = market.within(connection).execute(POST)
        with connection.begin_nested() as savepoint:
            market.within(connection).execute(POST)
            savepoint.rollback()
    engine.dispose()
    assert jobs(market) == [kept]


def jobs(market: Marketplace) -> list[Job]:
    return market.store.read(lambda records: records.page(Job, {}, after=None, limit=9))


# --- what is not


def test_what_is_no_connection_is_refused(url: str, connect: Connect) -> None:
    market, engine = connect(url), create_engine(url)
    for host in (None, object(), engine, "postgresql://"):
        with pytest.raises(ConfigurationError, match="Connection or Session"):
            market.within(host)
    engine.dispose()


def test_a_sync_marketplace_takes_no_async_connection(sqlite_url: str, connect: Connect) -> None:
    market = connect(sqlite_url)
    host = create_async_engine("sqlite+aiosqlite://").connect()
    with pytest.raises(ConfigurationError, match="AsyncMarketplace"):
        market.within(host)


def test_a_connection_to_another_engine_is_refused(
    sqlite_url: str, postgres_url: str, connect: Connect
) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection, closing(sqlite3.connect(":memory:")) as raw:
        for host in (connection, raw):
            part = connect(postgres_url).within(host)
            with pytest.raises(ConfigurationError, match="in postgresql, through psycopg"):
                part.execute(POST)
    engine.dispose()


def test_a_connection_to_another_database_is_refused(
    tmp_path: Path, sqlite_url: str, connect: Connect
) -> None:
    with closing(sqlite3.connect(tmp_path / "another.db")) as raw:
        part = connect(sqlite_url).within(raw)
        with pytest.raises(ConfigurationError, match="marketpay db upgrade"):
            part.execute(POST)
        with pytest.raises(ConfigurationError, match="marketpay db upgrade"):
            part.query(GetJob(JobId(new_id("job"))))


def test_a_connection_to_another_server_database_is_refused(
    postgres_url: str, postgres: PostgresDatabases, connect: Connect
) -> None:
    market = connect(postgres_url)
    with closing(raw_connection(make_url(postgres.url()))) as raw:
        part = market.within(raw)
        with pytest.raises(ConfigurationError, match="marketpay db upgrade"):
            part.execute(POST)


def test_without_a_transaction_nothing_is_written(url: str, connect: Connect) -> None:
    market = connect(url)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    options: dict[str, Any] = {"autocommit": True} if "sqlite" not in url else {}
    if "sqlite" in url:
        options = {"isolation_level": None}
    with engine.connect() as connection, closing(raw_connection(make_url(url), **options)) as raw:
        for host in (connection, raw):
            part = market.within(host)
            with pytest.raises(ConfigurationError, match="autocommit"):
                part.execute(POST)
    engine.dispose()
    assert jobs(market) == []


def test_a_transaction_on_an_autocommitting_connection_is_joined(
    url: str, connect: Connect
) -> None:
    market = connect(url)
    options: dict[str, Any] = {"autocommit": True}
    if "sqlite" in url:
        options = {"isolation_level": None}
    posted: list[Job] = []
    with closing(raw_connection(make_url(url), **options)) as raw:
        for end in ("ROLLBACK", "COMMIT"):
            raw.cursor().execute("BEGIN")
            posted.append(market.within(raw).execute(POST))
            raw.cursor().execute(end)
    assert jobs(market) == posted[1:]


def test_a_connection_in_pipeline_mode_is_refused(postgres_url: str, connect: Connect) -> None:
    market = connect(postgres_url)
    with closing(raw_connection(make_url(postgres_url))) as raw, raw.pipeline():
        part = market.within(raw)
        with pytest.raises(ConfigurationError, match="pipeline"):
            part.execute(POST)


def test_a_transaction_that_has_failed_is_refused(postgres_url: str, connect: Connect) -> None:
    market = connect(postgres_url)
    with closing(raw_connection(make_url(postgres_url))) as raw:
        with pytest.raises(psycopg.Error):
            raw.execute("SELECT 1 / 0")
        with pytest.raises(ConfigurationError, match="rolled back"):
            market.within(raw).execute(POST)
        raw.rollback()
        kept = market.within(raw).execute(POST)
        raw.commit()
    assert jobs(market) == [kept]


def test_a_connection_that_is_closed_is_unavailable(postgres_url: str, connect: Connect) -> None:
    raw = raw_connection(make_url(postgres_url))
    raw.close()
    with pytest.raises(DatabaseUnavailable):
        connect(postgres_url).within(raw).execute(POST)


# --- races


@define
class Meddler:
    """Ids as usual; while one is made for a command, somebody else is quicker, `times` times."""

    act: Callable[[], object] | None = None
    times: int = 1
    asked: list[str] = field(factory=list)

    def __call__(self, prefix: str) -> str:
        self.asked.append(prefix)
        if self.act is not None and self.times:
            self.times -= 1
            self.act()
        return new_id(prefix)


def two_offers(market: Marketplace) -> tuple[OfferFunding, OfferFunding]:
    job = post(market)
    return send(market, job), send(market, job, RIVAL)


def test_at_read_committed_the_loser_decides_again_and_hears_the_true_reason(
    postgres_url: str, connect: Connect, gateway: SimulatedGateway
) -> None:
    meddler = Meddler()
    market, other = connect(postgres_url, new_id=meddler), connect(postgres_url)
    mine, theirs = two_offers(other)
    shop = Shop(create_engine(postgres_url), "session")
    shop.make_tables()

    meddler.act = lambda: other.execute(AcceptOffer(by=RIVAL, offer=theirs.offer.id))
    with shop.transaction() as transaction:
        transaction.order("written before")
        with pytest.raises(Refused, match="already been accepted"):
            market.within(transaction.host).execute(AcceptOffer(by=CONTRACTOR, offer=mine.offer.id))
        assert meddler.asked == ["ptx"]
        transaction.order("written after")

    assert shop.orders() == ["written before", "written after"]
    books_are_right(other, gateway)
    shop.engine.dispose()


@pytest.mark.parametrize(("races", "is_won"), [(2, True), (3, False)])
def test_at_read_committed_it_is_decided_so_many_times_at_most(
    postgres_url: str, connect: Connect, gateway: SimulatedGateway, races: int, *, is_won: bool
) -> None:
    meddler = Meddler(times=races)
    market, other = connect(postgres_url, new_id=meddler, attempts=3), connect(postgres_url)
    offer = send(other).offer
    job = now(other, other.query(GetJob(offer.job)))

    def overtake() -> None:
        other.execute(offering(job, to=Actor.contractor(f"ctr_9{meddler.times}")))

    meddler.act = overtake
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        part = market.within(connection)
        with nullcontext() if is_won else pytest.raises(Conflict):
            part.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        assert meddler.asked == ["ptx"] * 3
        part.execute(POST)  # the host's transaction can go on
    engine.dispose()
    other.work()
    assert now(other, job).status is (JobStatus.ASSIGNED if is_won else JobStatus.OPEN)
    books_are_right(other, gateway)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_at_other_levels_the_host_runs_its_own_transaction_again(
    postgres_url: str, connect: Connect, gateway: SimulatedGateway, level: str
) -> None:
    meddler = Meddler()
    joined, market = connect(postgres_url, new_id=meddler), connect(postgres_url)
    mine, theirs = two_offers(market)
    accepting = AcceptOffer(by=CONTRACTOR, offer=mine.offer.id)
    engine = create_engine(postgres_url, isolation_level=level)
    with engine.connect() as connection:
        part = joined.within(connection)
        part.query(GetJob(mine.offer.job))
        market.execute(AcceptOffer(by=RIVAL, offer=theirs.offer.id))
        before = everything(market)
        with pytest.raises(Conflict) as caught:
            part.execute(accepting)
        assert caught.value.retryable
        assert meddler.asked == ["ptx"]  # no second try, which could not help
        connection.execute(text("SELECT 1"))  # the host's transaction is still good
        connection.commit()
        assert everything(market) == before
        with pytest.raises(Refused):
            part.execute(accepting)
    engine.dispose()
    books_are_right(market, gateway)


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_on_mariadb_the_host_runs_its_own_transaction_again(
    mariadb_url: str, connect: Connect, gateway: SimulatedGateway, level: str
) -> None:
    meddler = Meddler()
    market, other = connect(mariadb_url, new_id=meddler), connect(mariadb_url)
    mine, theirs = two_offers(other)
    accepting = AcceptOffer(by=CONTRACTOR, offer=mine.offer.id)
    engine = create_engine(mariadb_url, isolation_level=level)

    def overtake() -> object:
        return other.execute(AcceptOffer(by=RIVAL, offer=theirs.offer.id))

    with engine.connect() as connection:
        part = market.within(connection)
        meddler.act = overtake
        with pytest.raises(Conflict) as caught:
            part.execute(accepting)
        assert caught.value.retryable
        assert meddler.asked == ["ptx"]
        connection.rollback()
        with pytest.raises(Refused, match="already been accepted"):
            part.execute(accepting)
    engine.dispose()
    books_are_right(other, gateway)


def test_a_stale_snapshot_of_sqlite_is_for_the_host_to_take_again(
    sqlite_url: str, connect: Connect, gateway: SimulatedGateway
) -> None:
    market = connect(sqlite_url)
    mine, theirs = two_offers(market)
    accepting = AcceptOffer(by=CONTRACTOR, offer=mine.offer.id)
    with closing(raw_connection(make_url(sqlite_url))) as raw:
        raw.execute("BEGIN")
        part = market.within(raw)
        part.query(GetJob(mine.offer.job))
        market.execute(AcceptOffer(by=RIVAL, offer=theirs.offer.id))
        with pytest.raises(Conflict) as caught:
            part.execute(accepting)
        assert caught.value.retryable
        raw.rollback()
        with pytest.raises(Refused):
            part.execute(accepting)
    books_are_right(market, gateway)


def test_who_waits_at_sqlite_to_write_waits_before_it_reads(
    sqlite_url: str, connect: Connect
) -> None:
    market = connect(sqlite_url)
    with closing(raw_connection(make_url(sqlite_url))) as raw:
        market.within(raw).query(GetJob(post(market).id))
        assert raw.in_transaction
        raw.rollback()
        market.within(raw).execute(POST)
        with (
            closing(sqlite3.connect(str(make_url(sqlite_url).database), timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        raw.rollback()


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_fails_half_way_has_written_nothing(
    url: str, connect: Connect, kind: str
) -> None:
    id = new_id("job")  # given twice, so that the second job cannot be written
    market, shop = connect(url, new_id=lambda _: id, attempts=2), Shop(create_engine(url), kind)
    shop.make_tables()
    with shop.transaction() as transaction:
        part = market.within(transaction.host)
        job = part.execute(POST)
        with pytest.raises(Conflict):
            part.execute(evolve(POST, title="Paint the gate"))
        transaction.order(job.id)
    assert shop.orders() == [job.id]
    shop.engine.dispose()
    assert jobs(market) == [job]
    assert len(journal(market)) == 1
    assert market.verify().problems == ()  # which finds a record without its place in the feed


# --- what the driver makes of it afterwards


def test_a_lost_connection_leaves_nothing_and_the_pool_is_well(
    postgres_url: str, connect: Connect
) -> None:
    market, engine = connect(postgres_url), create_engine(postgres_url)
    with engine.connect() as connection:
        part = market.within(connection)
        part.execute(POST)
        [pid] = connection.execute(text("SELECT pg_backend_pid()")).one()
        with engine.connect() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(DatabaseUnavailable):
            part.execute(POST)
        with pytest.raises(PendingRollbackError):
            connection.execute(text("SELECT 1"))
        connection.rollback()
        kept = part.execute(POST)
        connection.commit()
    engine.dispose()
    assert jobs(market) == [kept]


def test_a_connection_that_is_lost_with_the_last_statement_has_written_nothing(
    postgres_url: str, connect: Connect
) -> None:
    meddler = Meddler()
    market, other = connect(postgres_url, new_id=meddler), connect(postgres_url)
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        part = market.within(connection)
        part.query(GetJob(post(other).id))
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

        def cut() -> None:
            with engine.connect() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

        meddler.act = cut
        with pytest.raises(DatabaseUnavailable):
            part.execute(POST)
        with pytest.raises(PendingRollbackError):
            connection.commit()
    engine.dispose()
    assert len(jobs(other)) == 1


def test_what_a_session_has_not_sent_yet_is_sent_first(url: str, connect: Connect) -> None:
    market, shop = connect(url), Shop(create_engine(url), "session")
    shop.make_tables()
    with shop.transaction() as transaction:
        transaction.order("first")
        assert transaction.host.new
        market.within(transaction.host).execute(POST)
        assert not transaction.host.new
    assert shop.orders() == ["first"]
    shop.engine.dispose()


def test_a_deadlock_that_ends_the_whole_transaction_cannot_be_overlooked(
    mariadb_url: str, connect: Connect
) -> None:
    market, engine = connect(mariadb_url), create_engine(mariadb_url)
    offer = send(market).offer
    shop = Shop(engine, "connection")
    shop.make_tables()
    with shop.transaction() as transaction:
        transaction.order("theirs")

    with engine.connect() as rival, engine.connect() as connection:
        rival.execute(text("INSERT INTO orders (job) SELECT seq FROM seq_1_to_500"))
        rival.execute(text("UPDATE marketpay_jobs SET version = version + 0"))
        rival.execute(text("SELECT * FROM marketpay_offers FOR UPDATE"))
        rival.execute(text("SELECT * FROM marketpay_payments FOR UPDATE"))
        connection.execute(text("UPDATE orders SET job = 'mine' WHERE id = 1"))
        wanting = text("UPDATE orders SET job = 'rival' WHERE id = 1")
        thread = Thread(target=rival.execute, args=(wanting,))
        thread.start()
        with pytest.raises(Conflict):
            market.within(connection).execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
        with pytest.raises(PendingRollbackError):
            connection.commit()
        connection.rollback()
        thread.join()
        rival.rollback()
    assert shop.orders() == ["theirs"]
    assert now(market, offer) == offer
    with suppress(Conflict):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    engine.dispose()
