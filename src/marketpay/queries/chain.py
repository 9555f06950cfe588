"""The chain, walked from one end to the other: which row was changed, moved or taken out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from marketpay.ports.chain import Link, digest, join
from marketpay.ports.journal import JournalRecord

NEAR: Final = 32  # so many rows before and after a wrong one may have its place
FAR: Final = 1000  # so many rows may have been taken out before it
PATIENCE: Final = 100  # after so many wrong rows nobody asks any more what happened to each


class ChainWalk:
    """One pass, which goes on after a wrong row from the link that is kept there.

    So one changed row is one problem.  `position` and `link` are those of the last row passed.
    """

    def __init__(self, position: int, link: str) -> None:
        self.position = position
        self.link = link
        self._start = link
        self._previous: str | None = link  # None after a gap: it is lost
        self._shift = 0  # by how much positions are off since rows were renumbered
        self._unexplained = 0
        self._behind: deque[Link] = deque(maxlen=NEAR)
        self._ahead: deque[Link] = deque()

    def problems(self, rows: Iterator[Link]) -> Iterator[str]:
        """Pass these rows, in order of position; what is wrong, a sentence for each."""
        self._ahead.extend(islice(rows, NEAR))
        while self._ahead:
            row = self._ahead.popleft()
            self._ahead.extend(islice(rows, 1))
            yield from self._passed(row)

    def _passed(self, row: Link) -> Iterator[str]:
        if row.position < 1:
            yield f"{_name(row)}: nothing is ever chained there."
            return
        follows = row.link
        if row.position > self.position + 1:
            yield self._gap(row)
            self._previous = None
        if row.record is None:
            yield f"{_name(row)}: the journal row is gone."
        elif self._previous is not None:
            content = digest(row.number, row.record, row.entries)
            right = join(self._previous, row.position + self._shift, content)
            if right != row.link and self._is_followed(right):
                yield f"{_name(row)}: its link was changed."
                follows = right
            elif right != row.link:
                yield f"{_name(row)}: {self._explained(row, content)}."
        self.position, self.link, self._previous = row.position, row.link, follows
        self._behind.append(row)

    def _gap(self, row: Link) -> str:
        first, last = self.position + 1, row.position - 1
        what = f"Position {first} is" if first == last else f"Positions {first} to {last} are"
        return (
            f"{what} missing from the feed; what stands at position {row.position} cannot be "
            "checked without the link before it."
        )

    def _is_followed(self, link: str) -> bool:
        """Whether the next row was chained to this link."""
        if not self._ahead:
            return False
        following = self._ahead[0]
        if following.record is None:
            return False
        content = digest(following.number, following.record, following.entries)
        return join(link, following.position + self._shift, content) == following.link

    def _explained(self, row: Link, content: str) -> str:
        """Why it is wrong: `content` was chained in another place, or nowhere nearby."""
        if self._unexplained < PATIENCE:
            if self._is_shifted(row, content):
                what = "taken out" if self._shift > 0 else "put in"
                place = row.position + self._shift
                return f"it was chained at position {place}, before rows were {what}"
            found = self._place(row, content)
            if found == row.position + self._shift:
                return "it was not chained to the row that stands before it"
            if found is not None:
                return f"it was chained at position {found}"
            self._unexplained += 1
        return "it or its ledger entries are not what was chained"

    def _is_shifted(self, row: Link, content: str) -> bool:
        """Whether only its number is not what it was; then so it is for the rows after it."""
        for place in range(row.position - FAR, row.position + FAR + 1):
            if join(self._previous or "", place, content) == row.link:
                self._shift = place - row.position
                return True
        return False

    def _place(self, row: Link, content: str) -> int | None:
        """Which of the places near it was its own."""
        near = [*self._behind, row, *self._ahead]
        links = {one.link for one in near}
        places = range(near[0].position - 1, near[-1].position + 2)
        for previous in (self._start, *links):
            for place in places:
                if join(previous, place + self._shift, content) in links:
                    return place + self._shift
        return None


def named(number: int, record: JournalRecord | None, place: str = "") -> str:
    """A journal row as a sentence calls it."""
    said = ", ".join(part for part in (record.command if record else "", place) if part)
    return f"journal row {number} ({said})"


def _name(row: Link) -> str:
    return named(row.number, row.record, f"position {row.position}")
