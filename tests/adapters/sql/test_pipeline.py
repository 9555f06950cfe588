"""Batches on a PostgreSQL connection: whatever goes wrong in one, the next is answered right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from marketpay import Conflict
from marketpay.adapters.sql.line import Ask, Write
from marketpay.adapters.sql.pipeline import _name as name_of
from marketpay.adapters.sql.pipeline import exchanged
from marketpay.adapters.sql.postgresql import PipelineLine, PostgreSQL
from marketpay.adapters.sql.transaction import Forgotten
from marketpay.domain.errors import ConfigurationError, DatabaseUnavailable
from tests.servers.postgres import PostgresDatabases

ONE = Ask("SELECT $1::int", (1,))
WRONG = Write("SELECT 1 / $1::int", [(0,)])
MEGABYTE = "x" * (1 << 20)


@pytest.fixture
def connection(postgres: PostgresDatabases) -> Iterator[psycopg.Connection[Any]]:
    url = make_url(postgres.url()).set(drivername="postgresql")
    connection = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def line(connection: psycopg.Connection[Any]) -> PipelineLine:
    return PipelineLine(connection, connection.close)


def explained(line: PipelineLine, *writes: Write) -> Exception:
    """What a batch that fails means."""
    with pytest.raises(psycopg.Error) as told:
        line.exchange(writes, [ONE])
    return PostgreSQL().explain(told.value)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("threshold", [5, None], ids=["prepared", "plain"])
def test_an_error_anywhere_in_a_batch_leaves_the_line_in_order(
    line: PipelineLine, place: int, threshold: int | None
) -> None:
    line.connection.prepare_threshold = threshold
    batch = [Write("SELECT 2"), Write("SELECT $1::text", [("a",), ("b",)]), Write("SELECT 3")]
    batch.insert(place, WRONG)

    for _ in range(2):
        assert isinstance(explained(line, *batch), Conflict)
        assert line.exchange([], [ONE, ONE]) == [[(1,)], [(1,)]]


def test_a_statement_that_cannot_be_prepared_leaves_the_line_in_order(line: PipelineLine) -> None:
    for _ in range(2):
        explained(line, Write("SELECT 2"), Write("SELEKT 1"), Write("SELECT 3"))
        assert line.exchange([Write("SELECT 2"), Write("SELECT 3")], [ONE]) == [[(1,)]]


def test_more_than_the_sockets_hold_goes_both_ways_at_once(line: PipelineLine) -> None:
    asks = [Ask("SELECT $1::text", (f"{number} {MEGABYTE}",)) for number in range(16)]

    answers = line.exchange([Write("SELECT $1::text", [(MEGABYTE,)] * 8)], asks)

    assert [rows[0][0][:3].split()[0] for rows in answers] == [str(n) for n in range(16)]


def test_a_wait_that_was_interrupted_goes_on_where_it_was(line: PipelineLine) -> None:
    """As psycopg does it, to come to the end of what it has cancelled."""
    asks = [Ask("SELECT $1::text", (MEGABYTE,))] * 16
    exchange = exchanged(line.connection, [], asks)
    next(exchange)

    answer = line.connection.wait(exchange)

    assert len(answer.rows) == 16


def test_what_the_server_remarks_is_no_answer(line: PipelineLine) -> None:
    remark = "DO $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'mind'; END $$"

    assert line.exchange([Write(remark), Write("LISTEN news"), Write("NOTIFY news")], [ONE]) == [
        [(1,)]
    ]


def test_a_server_that_ends_the_connection_is_unavailable(line: PipelineLine) -> None:
    end = Write("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.Error) as told:
        line.exchange([Write("SELECT 1"), end, Write("SELECT 2")], [ONE])

    backend = PostgreSQL()
    assert backend.is_lost(told.value, line.connection)
    assert isinstance(backend.explain(told.value), DatabaseUnavailable)


@pytest.mark.parametrize("way", ["DISCARD ALL", "DEALLOCATE ALL"])
def test_statements_that_were_forgotten_are_prepared_again(line: PipelineLine, way: str) -> None:
    batch = [Write("SELECT 2"), Write("SELECT $1::text", [("a",)])]
    line.exchange(batch, [ONE])
    line.connection.execute(way)

    assert isinstance(explained(line, *batch), Forgotten)

    assert line.exchange(batch, [ONE]) == [[(1,)]]


def test_a_name_that_another_has_taken_tells_of_the_pooler(line: PipelineLine) -> None:
    line.connection.execute(b"PREPARE " + name_of("SELECT 2") + b" AS SELECT 1")

    error = explained(line, Write("SELECT 2"))

    assert isinstance(error, ConfigurationError)
    assert "prepare_threshold" in str(error)


def test_what_cannot_be_sent_sends_nothing(line: PipelineLine) -> None:
    with pytest.raises(psycopg.DataError):
        line.exchange([Write("SELECT 2")], [Ask("SELECT $1::text", ("a\0b",))])

    assert line.exchange([], [ONE]) == [[(1,)]]


def test_what_has_no_text_is_refused_by_its_type(line: PipelineLine) -> None:
    with pytest.raises(TypeError, match="float"):
        line.exchange([Write("SELECT 2")], [Ask("SELECT $1::text", (1.5,))])

    assert line.exchange([], [ONE]) == [[(1,)]]


def test_a_copy_is_refused(line: PipelineLine) -> None:
    with pytest.raises(psycopg.NotSupportedError):
        line.exchange([Write("COPY (SELECT 1) TO STDOUT")], [ONE])


def test_an_insert_tells_the_number_that_the_server_gave(line: PipelineLine) -> None:
    line.exchange([Write("CREATE TABLE counted (id bigserial PRIMARY KEY, said text)")])
    some = Write("INSERT INTO counted (said) VALUES ($1)", [("a",), ("b",)])
    assert line.insert([some, Write(some.sql, [("c",)])]) == 3
