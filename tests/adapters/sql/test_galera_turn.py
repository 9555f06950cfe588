"""Whose turn it is to make the tables of a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from marketpay import DatabaseBusy
from marketpay.adapters.sql.galera import MADE, TAKE, TURN, turn

PATIENCE = 1.0


@pytest.fixture(params=["AUTOCOMMIT", "REPEATABLE READ"])
def engine(request: pytest.FixtureRequest, mariadb_url: str) -> Engine:
    return create_engine(mariadb_url, isolation_level=request.param, poolclass=NullPool)


@pytest.fixture
def one(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def other(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def say(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT 1")


def is_taken(connection: Connection) -> bool:
    return connection.exec_driver_sql(f"SHOW TABLES LIKE '{TURN}'").first() is not None


def in_turn(engine: Engine, act: Callable[[], None]) -> None:
    with engine.connect() as connection, turn(connection, PATIENCE):
        act()


def leave_behind(engine: Engine) -> None:
    """What is there of somebody who died."""
    with engine.connect() as dead:
        dead.exec_driver_sql(MADE)
        dead.exec_driver_sql(TAKE, ("dead",))
        dead.commit()


def test_who_lives_keeps_the_turn_however_long_it_takes(engine: Engine, one: Connection) -> None:
    succeeded = Event()
    with ThreadPoolExecutor() as thread:
        with turn(one, PATIENCE):
            waiting = thread.submit(in_turn, engine, succeeded.set)
            until = time.monotonic() + 1.6 * PATIENCE
            while time.monotonic() < until:
                say(one)
                time.sleep(PATIENCE / 50)
            assert not succeeded.is_set()
        waiting.result(timeout=60)
    assert succeeded.is_set()
    assert not is_taken(one)


def test_who_was_succeeded_stops_and_leaves_the_turn_to_the_other(
    engine: Engine, one: Connection, other: Connection
) -> None:
    mine = turn(one, PATIENCE)
    mine.__enter__()
    with turn(other, PATIENCE):  # nothing was heard of the first
        with pytest.raises(DatabaseBusy) as stopped:
            say(one)
        assert not mine.__exit__(DatabaseBusy, stopped.value, None)
        assert is_taken(other)
        say(other)
    assert not is_taken(other)
    say(one)


def test_of_many_who_wait_for_a_dead_one_each_has_its_turn_alone(engine: Engine) -> None:
    leave_behind(engine)
    inside, most = list[int](), list[int]()

    def act() -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(in_turn, engine, act) for _ in range(4)]:
            done.result(timeout=60)
    assert most == [1] * 4


def test_a_turn_is_left_when_what_it_was_taken_for_fails(one: Connection) -> None:
    with pytest.raises(ZeroDivisionError), turn(one, PATIENCE):
        _ = 1 / 0
    assert not is_taken(one)


def test_a_connection_that_is_lost_meanwhile_is_what_is_told(
    engine: Engine, one: Connection, other: Connection
) -> None:
    number = one.exec_driver_sql("SELECT connection_id()").scalar()

    def lose() -> None:
        with turn(one, PATIENCE):
            other.exec_driver_sql(f"KILL {number}")
            say(one)

    with pytest.raises(OperationalError, match=r"Lost connection|gone away|killed"):
        lose()
