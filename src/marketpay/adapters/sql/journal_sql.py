"""The statements of journal, feed and timers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from attrs import evolve
from sqlalchemy import bindparam, delete, select, update

from marketpay.adapters.sql.statements import Compiler, Statement, literal, row_of
from marketpay.domain.actor import PARTIES, STAFF, Role
from marketpay.ports.journal import JournalRecord


class JournalSql:
    """Compiled when first used, then kept."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._tables = compiler.tables

    @cached_property
    def journal_insert(self) -> Statement:
        """One record, without its number."""
        names = [column.name for column in self._tables.journal.c if column.name != "id"]
        return self.compiler.insert(self._tables.journal, names)

    @cached_property
    def row(self) -> Callable[[JournalRecord], tuple[Any, ...]]:
        """The parameters of `journal_insert`, with or without its number, made of a record."""
        return row_of(self.journal_insert)

    @cached_property
    def personal_insert(self) -> Statement:
        """What is personal in a record."""
        return self.compiler.insert_part(self._tables.journal_personal)

    @cached_property
    def personal_delete_of(self) -> Statement:
        """Take away all that a person has said, as a customer or contractor."""
        journal = self._tables.journal
        theirs = select(journal.c.id).where(journal.c.actor == bindparam("person"))
        return self._personal_delete(theirs.where(self._is_of(PARTIES)))

    @cached_property
    def personal_delete_about(self) -> Statement:
        """Take away what staff said in commands that were about one entity."""
        journal, marks = self._tables.journal, self._tables.journal_subjects
        its = select(marks.c.journal).join(journal, journal.c.id == marks.c.journal)
        its = its.where(marks.c.subject == bindparam("subject"))
        return self._personal_delete(its.where(self._is_of(STAFF)))

    def _is_of(self, roles: Sequence[Role]) -> Any:
        return self._tables.journal.c.role.in_([literal(role.value) for role in roles])

    def _personal_delete(self, records: Any) -> Statement:
        personal = self._tables.journal_personal
        return self.compiler.compile(delete(personal).where(personal.c.journal.in_(records)))

    @cached_property
    def subject_insert(self) -> Statement:
        """A record's mark at one entity."""
        return self.compiler.insert_part(self._tables.journal_subjects)

    @cached_property
    def to_sequence_insert(self) -> Statement:
        """A record that waits for its place in the feed."""
        return self.compiler.insert_part(self._tables.to_sequence)

    @cached_property
    def records_by_key(self) -> Statement:
        """The record of an actor's key."""
        table = self._tables.journal
        return self._records(
            table.c.actor == bindparam("actor"),
            table.c.role == bindparam("role"),
            table.c.key == bindparam("key"),
        )

    @cached_property
    def records_by_attempt(self) -> Statement:
        """The record of an attempt."""
        return self._records(self._tables.journal.c.attempt == bindparam("attempt"))

    def _records(self, *where: Any) -> Statement:
        return self.compiler.compile(self._record_columns().where(*where))

    @cached_property
    def records_of_subject(self) -> Statement:
        """The records that changed one entity, the newest first."""
        marks, table = self._tables.journal_subjects, self._tables.journal
        mine = (marks.c.subject == bindparam("subject"), marks.c.journal < bindparam("before"))
        found = self._record_columns().join(marks, marks.c.journal == table.c.id).where(*mine)
        newest = found.order_by(marks.c.journal.desc()).limit(bindparam("limit"))
        return self.compiler.compile(newest)

    @cached_property
    def feed(self) -> Statement:
        """The feed from above `after` on: position and link, then the record."""
        table = self._tables.feed
        found = (
            self._record_columns(table.c.position, table.c.link)
            .join(table, table.c.journal == self._tables.journal.c.id)
            .where(table.c.position > bindparam("after"))
        )
        return self.compiler.compile(found.order_by(table.c.position).limit(bindparam("limit")))

    @cached_property
    def timers_due(self) -> Statement:
        """The timers whose time has come, the oldest first."""
        return self.compiler.compile(self._due(), now=self._tables.timers.c.due_at)

    @cached_property
    def timers_free(self) -> Statement:
        """The same, without those that another worker is about to have."""
        free = self._due().with_for_update(skip_locked=True)
        return self.compiler.compile(free, now=self._tables.timers.c.due_at)

    def _due(self) -> Any:
        table = self._tables.timers
        found = select(table).where(table.c.due_at <= bindparam("now"))
        ordered = found.order_by(table.c.due_at, table.c.kind, table.c.subject)
        return ordered.limit(bindparam("limit"))

    @cached_property
    def timer_move(self) -> Statement:
        """Another time for a timer, unless it was moved already."""
        table = self._tables.timers
        mine = (
            table.c.kind == bindparam("its_kind"),
            table.c.subject == bindparam("its_subject"),
            table.c.due_at == bindparam("its_due_at"),
        )
        moved = update(table).where(*mine).values(due_at=bindparam("until"))
        return self.compiler.compile(moved, its_due_at=table.c.due_at, until=table.c.due_at)

    @cached_property
    def timer_set(self) -> Statement:
        """Set a timer, whether there is one or not."""
        return self.compiler.upsert(self._tables.timers, lambda _, given: given)

    @cached_property
    def timer_delete(self) -> Statement:
        """Take a timer away unless it was moved; a row comes back if it was there."""
        gone = self.compiler.delete(self._tables.timers, "kind", "subject", "due_at")
        return evolve(gone, sql=f"{gone.sql} RETURNING kind")

    @cached_property
    def cursor_read(self) -> Statement:
        """Where a reader of the feed is, and until when somebody has it."""
        table = self._tables.cursors
        mine = table.c.name == bindparam("name")
        return self.compiler.compile(select(table.c.position, table.c.taken_until).where(mine))

    @cached_property
    def cursor_insert(self) -> Statement:
        """A new reader of the feed."""
        return self.compiler.insert(self._tables.cursors)

    @cached_property
    def cursor_take(self) -> Statement:
        """A reader's place, if nobody has it, nor had it and moved it since it was read."""
        table = self._tables.cursors
        return self._cursor(
            table.c.taken_until.is_(None), table.c.position == bindparam("position")
        )

    @cached_property
    def cursor_move(self) -> Statement:
        """A reader's new place, if it is still had until `held`."""
        return self._cursor(self._tables.cursors.c.taken_until == bindparam("held"))

    def _cursor(self, *conditions: Any) -> Statement:
        table = self._tables.cursors
        moved = (
            update(table)
            .where(table.c.name == bindparam("who"), *conditions)
            .values(position=bindparam("position"), taken_until=bindparam("taken_until"))
        )
        time = table.c.taken_until
        return self.compiler.compile(moved, taken_until=time, held=time)

    def _record_columns(self, *first: Any) -> Any:
        table, personal = self._tables.journal, self._tables.journal_personal
        joined = table.outerjoin(personal, personal.c.journal == table.c.id)
        return select(*first, *table.c, personal.c.body.label("personal")).select_from(joined)
