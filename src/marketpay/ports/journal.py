"""The journal: one immutable row for each command.

It is the audit trail, the idempotency record and the event log at once.  What is in it is
text, made and read by the delivery; a store keeps it and knows nothing of its meaning.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class JournalRecord:
    """Who asked for what, when, and what came of it.

    `attempt` is unique to one try at writing it, so that a commit whose answer was lost can
    be looked up.  `personal` (what an erasure takes away) is kept apart from the row, which
    has only its salted digest.
    """

    attempt: str
    at: datetime
    actor: str
    role: str
    key: str | None
    command: str  # the command's class name
    body: str  # its fields, JSON
    events: str  # what happened, JSON, in order
    result: str | None  # the ids of its result, JSON
    error: str | None  # the code of a refusal that is on record
    personal: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class JournalEntry:
    """A record as it is kept: `number` grows, but not in the order of commit."""

    number: int
    record: JournalRecord


@frozen(kw_only=True)
class FeedItem:
    """A committed record in its final place: `position` has no gaps and never changes.

    `link` is the hash of this record, its ledger entries and all before it (see `Link`).
    """

    position: int
    record: JournalRecord
    link: str
