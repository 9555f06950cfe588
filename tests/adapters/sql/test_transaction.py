"""A transaction on a line that is interrupted, and on one that answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define

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

    def drop(self) -> None:
        self.is_dropped = True


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
