"""A database that cannot or will not: an error that says what to do, and nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from sqlalchemy import create_engine, make_url, text

from marketpay import (
    ConfigurationError,
    DatabaseBusy,
    DatabaseUnavailable,
    Job,
    ListJobs,
    MarketpayError,
    Marketplace,
    PostJob,
    Rules,
)
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import DRIVERS, POSTGRESQL, connected, fixture_of, opened
from tests.deals import CUSTOMER

POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")
SECRET = "hunter2"
READ_ONLY = ("25006", 1290)


@frozen
class Place:
    """A database, and whoever administers it beside the marketplace."""

    driver: str
    url: str
    gateway: SimulatedGateway
    clock: VirtualClock

    @property
    def is_postgresql(self) -> bool:
        """Or else it is MariaDB."""
        return self.driver in POSTGRESQL

    def opened(self, **options: Any) -> Any:
        """A marketplace in it."""
        rules = Rules(now=self.clock, attempts=3)
        return opened(self.driver, self.url, self.gateway, rules, **options)

    def connect(self, **changes: Any) -> Marketplace:
        """Another, by a changed URL."""
        url = make_url(self.url).set(**changes).render_as_string(hide_password=False)
        return connected(self.driver, url, self.gateway, Rules(now=self.clock))

    def run(self, *statements: str) -> None:
        """As an administrator."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(params=DRIVERS)
def place(request: pytest.FixtureRequest, clock: VirtualClock, gateway: SimulatedGateway) -> Place:
    url = request.getfixturevalue(fixture_of(request.param))
    return Place(request.param, url, gateway, clock)


@pytest.fixture(params=DRIVERS)
def own_place(
    request: pytest.FixtureRequest, clock: VirtualClock, gateway: SimulatedGateway
) -> Place:
    """A database that may be spoilt."""
    kind = "postgres_copy" if request.param in POSTGRESQL else "mariadb_url"
    return Place(request.param, request.getfixturevalue(kind), gateway, clock)


def refused(use: Callable[[], Any], kind: type[MarketpayError]) -> MarketpayError:
    """What is told, without the password."""
    with pytest.raises(kind) as told:
        use()
    shown = f"{told.value!r} {told.value} {vars(told.value)} {told.value.__cause__!r}"
    assert SECRET not in shown
    return told.value


def jobs(market: Marketplace) -> int:
    return len(market.query(ListJobs()).items)


def while_one_is_held(market: Marketplace, use: Callable[[], Any]) -> None:
    """While somebody else has a connection."""

    def hold(records: Any) -> None:
        records.find(Job)
        use()

    market.store.read(hold)


@pytest.mark.parametrize("place", ["psycopg", "pymysql"], indirect=True)
def test_a_full_pool_is_busy(place: Place) -> None:
    with place.opened(pool_size=1, max_overflow=0, pool_timeout=0.05) as market:

        def ask() -> None:
            refused(lambda: market.execute(POST), DatabaseBusy)
            refused(lambda: market.query(ListJobs()), DatabaseBusy)

        while_one_is_held(market, ask)
        market.execute(POST)
        assert jobs(market) == 1


@pytest.mark.parametrize("place", ["psycopg", "pymysql"], indirect=True)
def test_a_server_with_too_many_connections_is_unavailable(place: Place) -> None:
    user = f"crowded_{uuid4().hex[:8]}"
    if place.is_postgresql:
        place.run(
            f"CREATE ROLE {user} LOGIN CONNECTION LIMIT 1",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {user}",
        )
    else:
        place.connect().close()
        place.run(
            f"CREATE USER {user}@'%' WITH MAX_USER_CONNECTIONS 1", f"GRANT ALL ON *.* TO {user}@'%'"
        )
    market = place.connect(username=user)

    while_one_is_held(market, lambda: refused(lambda: jobs(market), DatabaseUnavailable))

    market.execute(POST)
    assert jobs(market) == 1
    market.close()


@pytest.mark.parametrize(
    ("setting", "blocked"),
    [
        ("statement_timeout = '50ms'", "max_statement_time = 0.05"),
        ("lock_timeout = '50ms'", "innodb_lock_wait_timeout = 1"),
    ],
    ids=["statement", "lock"],
)
def test_a_timeout_is_busy_and_nothing_was_done(place: Place, setting: str, blocked: str) -> None:
    engine = create_engine(place.url)
    with place.opened(**told(place, setting if place.is_postgresql else blocked)) as market:
        market.execute(POST)
        with engine.connect() as holder:
            holder.execute(text("SELECT * FROM marketpay_jobs FOR UPDATE"))
            lock = (
                "LOCK TABLE marketpay_journal"
                if place.is_postgresql
                else "SELECT * FROM marketpay_journal FOR UPDATE"
            )
            holder.execute(text(lock))
            refused(lambda: market.execute(POST), DatabaseBusy)
        market.execute(POST)
        assert jobs(market) == 2
        assert market.verify().ok
    engine.dispose()


def told(place: Place, setting: str) -> dict[str, Any]:
    """What makes every connection of a marketplace have a setting."""
    if place.is_postgresql:
        name, _, value = setting.partition(" = ")
        return {"connect_args": {"options": f"-c {name}={value.strip(chr(39))}"}}
    return {"connect_args": {"init_command": f"SET SESSION {setting}"}}


@pytest.mark.parametrize("place", ["pymysql", "asyncmy"], indirect=True)
def test_a_wrong_password_is_told_at_once(place: Place) -> None:
    place.run(f"CREATE USER IF NOT EXISTS hal@'%' IDENTIFIED BY '{SECRET}x'")
    error = refused(lambda: place.connect(username="hal", password=SECRET), ConfigurationError)
    assert "hal" in str(error)


def test_a_database_that_is_not_there_is_told_at_once(place: Place) -> None:
    error = refused(lambda: place.connect(database="nowhere"), ConfigurationError)
    assert "nowhere" in str(error)


def test_a_host_that_is_not_there_is_unavailable(place: Place) -> None:
    error = refused(lambda: place.connect(port=1, password=SECRET), DatabaseUnavailable)
    assert error.retryable


def test_tables_that_were_dropped_meanwhile_say_what_to_run(own_place: Place) -> None:
    with own_place.opened() as market:
        market.execute(POST)
        off = "" if own_place.is_postgresql else "SET foreign_key_checks = 0"
        drop = "DROP TABLE marketpay_journal, marketpay_jobs"
        own_place.run(
            *[s for s in (off, drop + (" CASCADE" if own_place.is_postgresql else "")) if s]
        )
        for use in (lambda: market.execute(POST), lambda: jobs(market), market.work):
            assert "marketpay db upgrade" in str(refused(use, ConfigurationError))


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_tables_of_another_revision_say_what_to_run(place: Place, revision: str) -> None:
    with place.opened() as market:
        market.execute(POST)
    version = Tables().version
    place.run(f"UPDATE {version} SET version_num = '{revision}'")

    try:
        error = refused(place.connect, ConfigurationError)
    finally:
        place.run(f"UPDATE {version} SET version_num = '{HEAD}'")

    assert revision in str(error)
    assert "upgrade" in str(error)
    with place.opened() as market:
        assert jobs(market) == 1


def test_a_server_that_takes_no_writes_is_unavailable_until_it_does(place: Place) -> None:
    """As a standby, or one that an administrator has made so."""
    with place.opened() as market:
        market.execute(POST)
        with failing(place, "marketpay_jobs", *READ_ONLY):
            refused(lambda: market.execute(POST), DatabaseUnavailable)
        market.execute(POST)
        assert jobs(market) == 2


def full_disk(place: Place, table: str, state: str = "53100", number: int = 1114) -> str:
    """What makes the database fail as it does on a full disk."""
    if place.is_postgresql:
        return (
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'No space left' USING ERRCODE = '{state}'; END $$;"
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    return (
        f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW "
        f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'The table is full'"
    )


@contextmanager
def failing(place: Place, table: str, *how: Any) -> Iterator[None]:
    """Meanwhile nothing can be added to a table."""
    place.run(full_disk(place, table, *how))
    try:
        yield
    finally:
        place.run(f"DROP TRIGGER full_disk{f' ON {table}' if place.is_postgresql else ''}")


@pytest.mark.parametrize("table", ["jobs", "to_sequence"])
def test_a_full_disk_is_unavailable_until_there_is_room(place: Place, table: str) -> None:
    name = f"marketpay_{table}"
    with place.opened() as market:
        market.execute(POST)
        with failing(place, name):
            refused(lambda: market.execute(POST), DatabaseUnavailable)
            assert jobs(market) == 1
        market.execute(POST)
        assert jobs(market) == 2
        assert market.verify().ok
