"""A transaction on a line that is interrupted, and on one that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import define, field

from marketpay.adapters.sql.line import Ask, Bounds, Rows, Write
from marketpay.adapters.sql.sqlite import Sqlite
from marketpay.adapters.sql.transaction import Transaction, transact
from marketpay.domain.errors import NotFound

BOUNDS = Bounds.between("BEGIN")


@define
class Interrupted:
    """A line on which somebody presses Ctrl-C at this statement."""

    at: str
    connection: Any = None
    is_dropped: bool = False

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        if any(write.sql == self.at for write in writes):
            raise KeyboardInterrupt
        return [[] for _ in asks]

    def count(self, write: Write) -> int:
        return 0

    def insert(self, writes: Sequence[Write]) -> int:
        return len(writes)

    def drop(self) -> None:
        self.is_dropped = True


@define
class Echo:
    """A line that answers each question with its parameters, and counts what is exchanged."""

    exchanged: list[int] = field(factory=list)
    connection: Any = None

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        self.exchanged.append(len(asks))
        return [[ask.row] for ask in asks]

    def count(self, write: Write) -> int:
        return 0

    def insert(self, writes: Sequence[Write]) -> int:
        return len(writes)

    def drop(self) -> None:
        raise AssertionError("nothing was interrupted")


def test_an_insert_takes_with_it_what_waits_and_tells_its_number() -> None:
    transaction = Transaction(Echo(), BOUNDS)
    transaction.write([Write("UPDATE")])
    assert transaction.insert(Write("INSERT")) == len(["BEGIN", "UPDATE", "INSERT"])
    assert transaction.insert(Write("INSERT")) == 1
    assert transaction.has_written


def test_what_is_expected_comes_with_what_is_asked_first() -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)

    transaction.expect(Ask("SELECT ?", ("a",)), Ask("SELECT ?", ("b",)))
    answers = [transaction.ask("SELECT ?", (which,)) for which in ("c", "b", "a")]

    assert answers == [[("c",)], [("b",)], [("a",)]]
    assert line.exchanged == [3]


def test_what_is_expected_is_kept_for_one_question() -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)

    transaction.expect(Ask("SELECT ?", ("a",)))
    for _ in range(3):
        transaction.ask("SELECT ?", ("a",))

    assert line.exchanged == [1, 1, 1]


def test_what_came_before_a_change_is_asked_anew_after_it() -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)

    transaction.expect(Ask("SELECT ?", ("a",)))
    transaction.ask("SELECT 1")
    transaction.write([Write("UPDATE")])
    transaction.ask("SELECT ?", ("a",))

    assert line.exchanged == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        lambda transaction: transaction.count(Write("DELETE")),
        lambda transaction: transaction.change("DELETE", ()),
    ],
)
def test_what_was_expected_is_forgotten_by_every_kind_of_change(
    change: Callable[[Transaction], object],
) -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)

    transaction.expect(Ask("SELECT ?", ("a",)))
    transaction.ask("SELECT 1")
    change(transaction)
    transaction.ask("SELECT ?", ("a",))

    assert (line.exchanged[0], line.exchanged[-1], len(line.exchanged)) == (2, 1, 3)


def test_what_is_asked_anew_with_something_else_is_not_known_from_before() -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)
    a, b = Ask("SELECT ?", ("a",)), Ask("SELECT ?", ("b",))

    transaction.expect(a)
    transaction.ask("SELECT 1")
    transaction.ask_all(a, b)
    transaction.ask("SELECT ?", ("a",))

    assert line.exchanged == [2, 2, 1]


def test_what_was_expected_in_part_is_asked_whole() -> None:
    line = Echo()
    transaction = Transaction(line, BOUNDS)
    a, b = Ask("SELECT ?", ("a",)), Ask("SELECT ?", ("b",))

    transaction.expect(a)
    transaction.ask("SELECT 1")
    assert transaction.ask_all(a, b) == [[("a",)], [("b",)]]
    assert line.exchanged == [2, 2]


def miss(transaction: Transaction) -> None:
    transaction.ask("SELECT 1")
    raise NotFound("Job", "job_1")


@pytest.mark.parametrize("at", ["BEGIN", "ROLLBACK"])
def test_a_line_is_dropped_wherever_it_was_interrupted(at: str) -> None:
    line = Interrupted(at)

    with pytest.raises(KeyboardInterrupt):
        transact(line, BOUNDS, Sqlite(), miss)

    assert line.is_dropped


def test_a_line_that_was_rolled_back_is_kept() -> None:
    line = Interrupted("never")

    with pytest.raises(NotFound):
        transact(line, BOUNDS, Sqlite(), miss)

    assert not line.is_dropped
