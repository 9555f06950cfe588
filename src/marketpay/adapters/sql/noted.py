"""Whether what was read piece by piece can have been so at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from marketpay.adapters.sql.line import Ask, Line, Rows, Write


@define
class Noted:
    """A line that keeps its answers.

    Each statement may have seen another state.  Who asks the same twice and is answered the same
    has seen one: that in between.  Rows have versions, so that none is what it was before.
    """

    line: Line
    answers: list[Rows] = field(factory=list)
    is_broken: bool = False

    @property
    def connection(self) -> Any:
        """See `Line.connection`."""
        return self.line.connection

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        """See `Line.exchange`."""
        self.is_broken = True
        rows = self.line.exchange(writes, asks)
        self.is_broken = False
        self.answers += rows
        return rows

    def count(self, write: Write) -> int:
        """See `Line.count`."""
        return self.line.count(write)

    def insert(self, writes: Sequence[Write]) -> int:
        """See `Line.insert`."""
        return self.line.insert(writes)

    def drop(self) -> None:
        """See `Line.drop`."""
        self.line.drop()

    def is_of_one_state(self, before: Sequence[Rows] | None) -> bool:
        """Whether what was read is, `before` being what was read the time before."""
        return len(self.answers) <= 1 or self.answers == before
