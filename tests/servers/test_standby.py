"""A PostgreSQL that another one follows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.servers.postgres import PostgresServer
from tests.servers.process import wait_until


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    with PostgresServer(durable=False) as server:
        server.run("CREATE TABLE paid (amount int)")
        yield server


def test_what_was_acknowledged_is_there_after_a_failover(primary: PostgresServer) -> None:
    with primary.standby() as standby:
        for amount in range(20):
            primary.run(f"INSERT INTO paid VALUES ({amount})")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            standby.run("INSERT INTO paid VALUES (-1)")
        primary.kill()

        standby.promote()
        assert standby.run("SELECT amount FROM paid") == [(amount,) for amount in range(20)]
        standby.run("INSERT INTO paid VALUES (20)")


def test_nothing_is_acknowledged_while_the_standby_is_away(primary: PostgresServer) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with primary.standby() as standby, ThreadPoolExecutor() as thread:
        standby.kill()
        payment = thread.submit(primary.run, "INSERT INTO paid VALUES (100)")
        wait_until(lambda: primary.run(waiting) == [(1,)], "held up")
        assert not payment.done()

        standby.start()
        payment.result(timeout=60)
        wait_until(lambda: standby.run("SELECT amount FROM paid") == [(100,)], "to be seen there")


def test_without_its_standby_it_goes_on_alone(primary: PostgresServer) -> None:
    with primary.standby():
        pass
    primary.run("INSERT INTO paid VALUES (100)")
    assert primary.run("SHOW synchronous_standby_names") == [("",)]
