"""The books against themselves, and against what was chained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import field, frozen

from marketpay.domain.errors import InvalidInput
from marketpay.ports.chain import GENESIS, EntryRow, Link
from marketpay.ports.journal import JournalEntry
from marketpay.ports.store import Records
from marketpay.queries import books
from marketpay.queries.base import Question
from marketpay.queries.batches import batches, told
from marketpay.queries.chain import ChainWalk, named
from marketpay.queries.milestones import milestones

LOWEST: Final = -(2**63)  # no position or number is below it, not even one that was made up


def _is_position(_instance: object, _attribute: object, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a position must be an int, not {type(value).__name__}")
    if not 0 <= value < 2**63:
        raise InvalidInput("A position in the chain is a number from 0 on.", "position")


def _is_link(_instance: object, _attribute: object, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"a link must be a str, not {type(value).__name__}")
    if len(value) != len(GENESIS) or not set(value) <= set("0123456789abcdef"):
        raise InvalidInput("A link is 64 hexadecimal digits in lower case.", "link")


@frozen
class ChainHead:
    """The last row of the chain at some time.  Kept elsewhere, it vouches for all before it."""

    position: int = field(validator=_is_position)
    link: str = field(validator=_is_link)

    @classmethod
    def parse(cls, text: str) -> ChainHead:
        """From `POSITION:LINK`, as `str` gives it."""
        position, _, link = text.partition(":")
        if not (position.isascii() and position.isdigit()) or len(position) > 19:
            raise InvalidInput("A head of the chain is written POSITION:LINK.", "head")
        return cls(int(position), link)

    def __str__(self) -> str:
        return f"{self.position}:{self.link}"


@frozen(kw_only=True)
class Verification:
    """`ok`, or each thing that is wrong, in a sentence; and where the chain ends now."""

    problems: tuple[str, ...]
    head: ChainHead

    @property
    def ok(self) -> bool:
        """Whether all is as it must be."""
        return not self.problems


@frozen(kw_only=True)
class Verify(Question[Verification]):
    """No row of journal or ledger was changed, moved or taken out since it was chained; every
    account equals the sum of its entries, assets equal what they are owed for; each payment's
    escrow is what its frozen split says, never below zero and zero once closed; and milestones
    are the parts of their offer, to the cent.

    `expect` is a head that was kept elsewhere: that it is still there shows that the chain was
    not cut off or made anew.  `since` is one too, and the chain is walked from there on only.
    """

    expect: ChainHead | None = None
    since: ChainHead | None = None

    def answer(self, records: Records) -> Verification:
        """See `Question.answer`."""
        start = self.since or ChainHead(0, GENESIS)
        walk = ChainWalk(start.position, start.link)
        parts = {
            "The accounts": books.accounts(records),
            "The wallets": books.wallets(records),
            "The credit": books.credits(records),
            "The payments": books.payments(records),
            "The milestones": milestones(records),
            "The head": _heads(records, self.since, self.expect),
            "The chain": walk.problems(_chain(records, self.since)),
            "The journal": _unchained(records),
            "The ledger": _orphans(records),
        }
        problems = tuple(one for part in parts.items() for one in told(*part))
        return Verification(problems=problems, head=ChainHead(walk.position, walk.link))


def _chain(records: Records, since: ChainHead | None) -> Iterator[Link]:
    start = since.position if since else LOWEST

    def read(last: Link | None, limit: int) -> list[Link]:
        return records.chain(last.position if last else start, limit=limit)

    return (row for batch in batches(read) for row in batch)


def _heads(records: Records, *heads: ChainHead | None) -> Iterator[str]:
    for head in heads:
        if head is None:
            continue
        rows = records.chain(head.position - 1, limit=1) if head.position else []
        found = rows[0].link if rows and rows[0].position == head.position else ""
        if head.position == 0:
            found = GENESIS
        if not found:
            yield f"The chain has no position {head.position} any more."
        elif found != head.link:
            yield f"The chain up to position {head.position} is another than it was."


def _unchained(records: Records) -> Iterator[str]:
    def read(last: JournalEntry | None, limit: int) -> list[JournalEntry]:
        return records.unchained(last.number if last else LOWEST, limit=limit)

    for batch in batches(read):
        for row in batch:
            name = named(row.number, row.record)
            yield f"{name}: it is not in the feed and does not wait for a place in it."


def _orphans(records: Records) -> Iterator[str]:
    def read(last: EntryRow | None, limit: int) -> list[EntryRow]:
        return records.orphans(last.number if last else LOWEST, limit=limit)

    for batch in batches(read):
        for entry in batch:
            yield f"ledger entry {entry.number}: its journal row {entry.journal} is gone."
