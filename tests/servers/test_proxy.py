"""A line that fails when it is told to, in front of real servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.servers.far_away import far_away
from tests.servers.process import wait_until
from tests.servers.proxy import COMMIT, Proxy


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    port = make_url(url).port
    assert port is not None
    with Proxy(port) as proxy:
        yield proxy


@pytest.fixture
def direct(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE paid (amount int)"))
    return engine


@pytest.fixture
def proxied(url: str, proxy: Proxy) -> Engine:
    return create_engine(make_url(url).set(port=proxy.port), poolclass=NullPool)


def pay(engine: Engine, amount: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO paid VALUES (:amount)"), {"amount": amount})


def paid(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT amount FROM paid ORDER BY amount")).scalars())


def test_it_passes_everything_on(direct: Engine, proxied: Engine, proxy: Proxy) -> None:
    pay(proxied, 1)
    assert paid(proxied) == paid(direct) == [1]
    wait_until(lambda: proxy.connections == 0, "let go of")


def test_a_cut_connection_is_broken_and_the_next_is_not(
    direct: Engine, proxied: Engine, proxy: Proxy
) -> None:
    with proxied.connect() as connection:
        connection.execute(text("INSERT INTO paid VALUES (1)"))
        assert proxy.connections == 1
        proxy.cut()
        with pytest.raises(DBAPIError) as broken:
            connection.execute(text("SELECT 1"))
        assert broken.value.connection_invalidated
    pay(proxied, 2)
    assert paid(direct) == [2]


def test_a_lost_commit_was_not_made(direct: Engine, proxied: Engine, proxy: Proxy) -> None:
    trap = proxy.cut_before(COMMIT[direct.name])
    with pytest.raises(DBAPIError):
        pay(proxied, 1)
    assert trap.sprung.is_set()
    assert paid(direct) == []
    pay(proxied, 2)
    assert paid(direct) == [2]


def test_a_commit_whose_answer_was_lost_was_made(
    direct: Engine, proxied: Engine, proxy: Proxy
) -> None:
    trap = proxy.cut_after(COMMIT[direct.name])
    with pytest.raises(DBAPIError):
        pay(proxied, 1)
    assert trap.sprung.is_set()
    assert paid(direct) == [1]
    pay(proxied, 2)
    assert paid(direct) == [1, 2]


def test_a_stalled_line_goes_on_where_it_stopped(
    direct: Engine, proxied: Engine, proxy: Proxy
) -> None:
    proxy.stall()
    with ThreadPoolExecutor() as thread:
        payment = thread.submit(pay, proxied, 1)
        wait_until(lambda: proxy.connections == 1, "connected")
        assert paid(direct) == []
        assert not payment.done()
        proxy.flow()
        payment.result(timeout=60)
    assert paid(direct) == [1]


def test_a_server_far_away_is_slow_to_answer(url: str) -> None:
    port = make_url(url).port
    assert port is not None
    with far_away(port, delay=0.02) as other:
        far = create_engine(make_url(url).set(port=other), poolclass=NullPool)
        with far.connect() as connection:
            began = time.monotonic()
            connection.execute(text("SELECT 1"))
            assert time.monotonic() - began >= 0.04


def test_without_a_server_behind_it_nobody_is_served(proxied: Engine, proxy: Proxy) -> None:
    proxy.target = 1  # a port at which no database listens
    with pytest.raises(DBAPIError):
        paid(proxied)
