"""The memory store: one transaction at a time, applied in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar

from attrs import evolve

from marketpay.adapters.memory.reading import MemoryRecords
from marketpay.adapters.memory.tables import Placed, Tables
from marketpay.domain.actor import PARTIES, STAFF
from marketpay.domain.changing import changed
from marketpay.domain.decision import Decision, Forgetting
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict
from marketpay.domain.timer import Timer
from marketpay.ports.chain import GENESIS, link
from marketpay.ports.journal import JournalEntry, JournalRecord
from marketpay.ports.store import PostedEntry, Records, Used, Work, Written

E = TypeVar("E", bound=Entity)
R = TypeVar("R")


class MemoryWork(MemoryRecords):
    """One transaction."""

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """See `Work.write`."""
        latest = decision.latest()
        relied = [entity for entity in decision.relies_on if entity.id not in latest]
        written = [*latest.values(), *relied]
        self._check(written)
        self.record(record, decision.subjects())
        journal = self._tables.attempts[record.attempt]
        for entry in decision.entries:
            number = len(self._tables.entries) + 1
            posted = PostedEntry(number=number, at=record.at, entry=entry)
            self._tables.post(posted, journal)
        for timer in decision.timers:
            self._tables.set_timer(timer)
        if decision.forgets is not None:
            self._forget(decision.forgets)
        kept = {one.id: changed(one, version=one.version + 1) for one in written}
        for entity in kept.values():
            self._tables.save(entity)
        return kept

    def _forget(self, forgets: Forgetting) -> None:
        tables = self._tables
        about = {one for id in forgets.subjects for one in tables.subjects.get(id, ())}
        for number, entry in [*tables.journal.items()]:
            said = entry.record
            is_theirs = said.actor == forgets.person and said.role in PARTIES
            is_staffs = number in about and said.role in STAFF
            if said.personal is not None and (is_theirs or is_staffs):
                record = evolve(said, personal=None)
                tables.put(tables.journal, number, evolve(entry, record=record))

    def write_many(self, written: Sequence[Written], /) -> None:
        """See `Work.write_many`."""
        for decision, record in written:
            self.write(decision, record)

    def put(self, entity: E, /) -> E:
        """See `Work.put`."""
        self._check([entity])
        kept = evolve(entity, version=entity.version + 1)
        self._tables.save(kept)
        return kept

    def record(self, record: JournalRecord, subjects: Sequence[str] = (), /) -> None:
        """See `Work.record`."""
        tables = self._tables
        number = len(tables.journal) + 1
        if record.key is not None:
            key = (record.actor, record.role, record.key)
            if key in tables.keys:
                raise Conflict("key", record.key)
            tables.put(tables.keys, key, number)
        tables.put(tables.journal, number, JournalEntry(number=number, record=record))
        tables.put(tables.attempts, record.attempt, number)
        tables.put(tables.to_sequence, number, None)
        for subject in subjects:
            tables.put(tables.subjects[subject], number, None)

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """See `Work.recorded`."""
        number = self._tables.keys.get((actor, role, key))
        return None if number is None else self._tables.journal[number].record

    def recorded_many(self, keys: Collection[Used], /) -> dict[Used, JournalRecord]:
        """See `Work.recorded_many`."""
        found = {key: self.recorded(*key) for key in keys}
        return {key: record for key, record in found.items() if record is not None}

    def attempted(self, attempt: str, /) -> JournalRecord | None:
        """See `Work.attempted`."""
        number = self._tables.attempts.get(attempt)
        return None if number is None else self._tables.journal[number].record

    def lease(
        self,
        kind: type[E],
        until: Callable[[E], datetime],
        /,
        *,
        now: datetime,
        limit: int,
        skip: Collection[str] = (),
    ) -> list[E]:
        """See `Work.lease`."""
        dates = self._tables.due[kind].items()
        due = ((at, id) for id, at in dates if at <= now and id not in skip)
        leased: list[E] = []
        for _, id in sorted(due)[:limit]:
            one: Any = self.get(kind, id)
            sent = one.sent_at or now
            one = evolve(one, due_at=until(one), sent_at=sent, version=one.version + 1)
            self._tables.save(one)
            leased.append(one)
        return leased

    def lease_timers(self, until: datetime, /, *, now: datetime, limit: int) -> list[Timer]:
        """See `Work.lease_timers`."""
        leased = [evolve(one, due_at=until) for one in self._tables.due_timers(now, limit)]
        for timer in leased:
            self._tables.set_timer(timer)
        return leased

    def remove(self, timer: Timer, /) -> bool:
        """See `Work.remove`."""
        key = (timer.kind.value, timer.subject)
        is_there = self._tables.timers.get(key) == timer
        if is_there:
            self._tables.drop(self._tables.timers, key)
        return is_there

    def sequence(self, limit: int, /) -> int:
        """See `Work.sequence`."""
        tables = self._tables
        numbers = sorted(tables.to_sequence)[:limit]
        last = next(reversed(tables.feed), 0)
        previous = tables.feed[last].link if last else GENESIS
        for position, number in enumerate(numbers, start=last + 1):
            record = tables.journal[number].record
            previous = link(previous, position, number, record, self._entry_rows(number))
            tables.put(tables.feed, position, Placed(number, previous))
            tables.drop(tables.to_sequence, number)
        return len(numbers)

    def take_cursor(self, name: str, /, *, now: datetime, until: datetime) -> int | None:
        """See `Work.take_cursor`."""
        position, taken = self._tables.cursors.get(name, (0, None))
        if taken is not None and taken > now:
            return None
        self._tables.put(self._tables.cursors, name, (position, until))
        return position

    def move_cursor(self, name: str, position: int, until: datetime, /) -> bool:
        """See `Work.move_cursor`."""
        _, taken = self._tables.cursors.get(name, (0, None))
        if taken != until:
            return False
        self._tables.put(self._tables.cursors, name, (position, None))
        return True

    def fold(self, limit: int, /) -> int:
        """See `Work.fold`: in memory balances are never apart from their changes."""
        return 0

    def _check(self, entities: list[Entity]) -> None:
        claimed: dict[tuple[type, str, Any], str] = {}
        for entity in entities:
            kind = type(entity)
            stored = self._tables.entities[kind].get(entity.id)
            if (stored.version if stored else 0) != entity.version:
                raise Conflict(kind.__name__, entity.id)
            for name in kind.unique:
                value = getattr(entity, name)
                if value is None:
                    continue
                holder = self._tables.unique[kind, name].get(value, entity.id)
                if claimed.setdefault((kind, name, value), entity.id) != entity.id:
                    raise Conflict(kind.__name__, entity.id)
                if holder != entity.id:
                    raise Conflict(kind.__name__, entity.id)


class MemoryStore:
    """Keeps everything until the process ends.  Threads take turns."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._lock = RLock()

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        with self._lock:
            try:
                result = use(MemoryWork(self._tables))
            except BaseException:
                self._tables.rollback()
                raise
            self._tables.commit()
            return result

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        with self._lock:
            return use(MemoryWork(self._tables))

    def close(self) -> None:
        """See `Store.close`."""
