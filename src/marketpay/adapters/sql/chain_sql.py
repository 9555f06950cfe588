"""The statements of the feed's chain."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import Label, Select, bindparam, literal_column, select

from marketpay.adapters.sql.statements import Compiler, Statement

NOTHING: Label[Any] = literal_column("NULL").label(
    "personal"
)  # a link says nothing of what may be erased


class ChainSql:
    """Compiled when first used, then kept."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._tables = compiler.tables

    @cached_property
    def waiting(self) -> Statement:
        """The records without a place, by number."""
        table, waiting = self._tables.journal, self._tables.to_sequence
        found = select(*table.c, NOTHING).join(waiting, waiting.c.journal == table.c.id)
        return self._compiled(found.order_by(table.c.id))

    @cached_property
    def waiting_entries(self) -> Statement:
        """The entries of those from number `first` to number `last`, by number."""
        table, waiting = self._tables.ledger_entries, self._tables.to_sequence
        found = self._entries().join(waiting, waiting.c.journal == table.c.journal)
        mine = waiting.c.journal.between(bindparam("first"), bindparam("last"))
        return self.compiler.compile(found.where(mine).order_by(table.c.id))

    @cached_property
    def last(self) -> Statement:
        """The last position and its link."""
        table = self._tables.feed
        newest = select(table.c.position, table.c.link).order_by(table.c.position.desc())
        return self.compiler.compile(newest.limit(literal_column("1")))

    @cached_property
    def place(self) -> Statement:
        """A record's place and its link."""
        return self.compiler.insert(self._tables.feed)

    @cached_property
    def done_waiting(self) -> Statement:
        """A record that has its place."""
        return self.compiler.delete(self._tables.to_sequence, "journal")

    @cached_property
    def links(self) -> Statement:
        """The feed from above `after` on: position, number and link, then the record if any."""
        feed, table = self._tables.feed, self._tables.journal
        found = (
            select(feed.c.position, feed.c.journal, feed.c.link, *table.c, NOTHING)
            .outerjoin(table, table.c.id == feed.c.journal)
            .where(feed.c.position > bindparam("after"))
        )
        return self._compiled(found.order_by(feed.c.position))

    @cached_property
    def linked_entries(self) -> Statement:
        """The entries of the records placed from `first` to `last`, by number."""
        table, feed = self._tables.ledger_entries, self._tables.feed
        found = self._entries().join(feed, feed.c.journal == table.c.journal)
        mine = feed.c.position.between(bindparam("first"), bindparam("last"))
        return self.compiler.compile(found.where(mine).order_by(table.c.id))

    @cached_property
    def unchained(self) -> Statement:
        """The records that have no place and do not wait for one."""
        table, feed, waiting = self._tables.journal, self._tables.feed, self._tables.to_sequence
        found = (
            select(*table.c, NOTHING)
            .outerjoin(feed, feed.c.journal == table.c.id)
            .outerjoin(waiting, waiting.c.journal == table.c.id)
            .where(feed.c.journal.is_(None), waiting.c.journal.is_(None))
            .where(table.c.id > bindparam("after"))
        )
        return self._compiled(found.order_by(table.c.id))

    @cached_property
    def orphans(self) -> Statement:
        """The entries whose record is gone."""
        entries, table = self._tables.ledger_entries, self._tables.journal
        gone = self._entries().outerjoin(table, table.c.id == entries.c.journal)
        found = gone.where(table.c.id.is_(None), entries.c.id > bindparam("after"))
        return self._compiled(found.order_by(entries.c.id))

    def _entries(self) -> Select[Any]:
        return select(*self._tables.ledger_entries.c)

    def _compiled(self, found: Select[Any]) -> Statement:
        return self.compiler.compile(found.limit(bindparam("limit")))
