"""Changes of many rows on MariaDB: few statements, and each row is seen to be hit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine

from marketpay import Conflict, Job, Marketplace, SqlStore
from marketpay.adapters.sql.line import Ask, CursorLine, Rows, Write
from marketpay.adapters.sql.mariadb_line import TOGETHER, MariadbLine, many
from marketpay.domain.ids import JobId, new_id
from marketpay.testing import SimulatedGateway
from tests.deals import books_are_right
from tests.delivery.test_bulk import posting, results, sending

UPDATE = "UPDATE `lines` SET version=%s, said=%s WHERE `lines`.id = %s AND `lines`.version = %s"
DELETE = "DELETE FROM `lines` WHERE `lines`.id = %s"
KEPT = "SELECT id, version, said FROM `lines` ORDER BY id"
GUARD = Job(
    id=JobId(new_id("job")), customer="cus_17", title="A fence", currency="USD", description="",
    created_at=datetime.now(UTC),
)  # fmt: skip


@pytest.fixture
def line(mariadb_url: str) -> Iterator[MariadbLine]:
    engine = create_engine(mariadb_url, isolation_level="AUTOCOMMIT")
    with closing(engine.raw_connection()) as connection:
        line = MariadbLine(CursorLine(connection.dbapi_connection))
        columns = "id varchar(30) COLLATE utf8mb4_nopad_bin PRIMARY KEY, version int, said text"
        line.exchange([Write(f"CREATE TABLE `lines` ({columns})")])
        yield line
    engine.dispose()


def filled(line: MariadbLine, *ids: str) -> None:
    line.exchange([Write("INSERT INTO `lines` VALUES (%s, 1, NULL)", [(id,) for id in ids])])


def kept(line: MariadbLine) -> Rows:
    return line.exchange((), [Ask(KEPT)])[0]


def asked(line: MariadbLine) -> int:
    """How often the server was asked on this connection."""
    [[(_, times)]] = line.exchange((), [Ask("SHOW SESSION STATUS LIKE 'Questions'")])
    return int(times)


def test_each_row_gets_what_is_its_own(line: MariadbLine) -> None:
    filled(line, "a", "A", "a ", "b")
    change = Write(UPDATE, [(2, None, "a", 1), (3, "Ü %s", "A", 1), (4, "it's", "a ", 1)], GUARD)
    line.exchange([change])
    assert kept(line) == (("A", 3, "Ü %s"), ("a", 2, None), ("a ", 4, "it's"), ("b", 1, None))


@pytest.mark.parametrize("missed", [("z", 1), ("b", 7), ("a", 1)], ids=["gone", "newer", "twice"])
def test_a_row_that_is_not_hit_is_a_conflict(line: MariadbLine, missed: tuple[str, int]) -> None:
    filled(line, "a", "b")
    with pytest.raises(Conflict):
        line.exchange([Write(UPDATE, [(2, "x", "a", 1), (2, "x", *missed)], GUARD)])


def test_rows_are_counted_over_all_statements(line: MariadbLine) -> None:
    ids = [f"{number:03}" for number in range(2 * TOGETHER + 50)]
    filled(line, *ids)
    before = asked(line)
    rows = [(2, "new", id, 1) for id in ids]
    assert line.count(Write(UPDATE, rows)) == len(ids)
    line.exchange([Write(UPDATE, [(3, "newer", id, 2) for id in ids], GUARD)])
    assert line.count(Write(DELETE, [(id,) for id in (*ids[5:], "none")])) == len(ids) - 5
    assert asked(line) == before + 3 * 3 + 1
    assert [row[1:] for row in kept(line)] == [(3, "newer")] * 5


def test_only_the_rows_that_are_named_are_locked(line: MariadbLine, mariadb_url: str) -> None:
    filled(line, "a", "b", "c")
    line.exchange([Write("SET SESSION innodb_lock_wait_timeout = 1")])
    other = create_engine(mariadb_url, isolation_level="READ COMMITTED")
    with other.connect() as connection:
        connection.exec_driver_sql("UPDATE `lines` SET version = 9 WHERE id = 'b'")
        assert line.count(Write(UPDATE, [(2, "x", "a", 1), (2, "x", "c", 1)])) == 2
    other.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO `lines` VALUES (%s, 1, NULL)",
        f"{DELETE} RETURNING id",
        "SELECT id FROM `lines` WHERE id = %s",
    ],
)
def test_what_is_no_change_is_left_to_the_driver(statement: str) -> None:
    assert many(statement) is None


def test_more_commands_take_no_more_statements(mariadb_ready: str) -> None:
    engine, gateway = create_engine(mariadb_ready, pool_size=1), SimulatedGateway()

    def questions() -> int:
        with engine.connect() as connection:
            [(_, times)] = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Questions'")
        return int(times)

    def statements(number: int) -> int:
        before = questions()
        jobs = results(market.execute_many(posting(number)))
        results(market.execute_many(sending(jobs)))
        while market.work():
            pass
        return questions() - before

    with Marketplace(store=SqlStore(engine), gateway=gateway) as market:
        assert statements(50) == statements(10)
        books_are_right(market, gateway)


def test_an_insert_tells_the_number_that_the_server_gave(line: MariadbLine) -> None:
    line.exchange([Write("CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY, said text)")])
    some = Write("INSERT INTO counted (said) VALUES (%s)", [("a",), ("b",)])
    assert line.insert([some, Write(some.sql, [("c",)])]) == 3
