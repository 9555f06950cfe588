"""What a transaction writes: a decision becomes a batch of statements, and the batch is run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from marketpay.adapters.sql.bulk import Bulk
from marketpay.adapters.sql.chain import sequence
from marketpay.adapters.sql.forgetting import forgotten
from marketpay.adapters.sql.line import Ask, Row, Write
from marketpay.adapters.sql.mapping import Mapper, Saving
from marketpay.adapters.sql.reading import SqlRecords
from marketpay.adapters.sql.schema import RANK
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.statements import Statement
from marketpay.adapters.sql.transaction import Transaction
from marketpay.domain.changing import advanced, changed
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict
from marketpay.domain.ledger import WALLET, Account, LedgerEntry, effects
from marketpay.domain.timer import Timer
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Used, Written

E = TypeVar("E", bound=Entity)


class SqlWork(SqlRecords):
    """One transaction."""

    def __init__(self, transaction: Transaction, sql: Sql) -> None:
        super().__init__(transaction, sql)
        self._seen: dict[str, Entity] = {}

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """See `Work.write`."""
        latest = decision.latest()
        relied = {one.id: one for one in decision.relies_on if one.id not in latest}
        everything = [*latest.values(), *relied.values()]
        everything.sort(key=lambda one: (RANK[type(one)], one.id))
        number = self._insert_record(record)
        self._transaction.write(
            [
                *self._saved(everything, latest),
                *self._booked(number, record, decision.subjects(), decision.entries),
                *self._set(decision.timers),
                *forgotten(self._sql, decision.forgets),
            ]
        )
        return {one.id: advanced(one) for one in everything}

    def write_many(self, written: Sequence[Written], /) -> None:
        """See `Work.write_many`."""
        Bulk(self._transaction, self._sql, self._seen, _entry).write(written)

    def put(self, entity: E, /) -> E:
        """See `Work.put`."""
        self._transaction.write(self._saved([entity], [entity]))
        return advanced(entity)

    def record(self, record: JournalRecord, subjects: Sequence[str] = (), /) -> None:
        """See `Work.record`."""
        number = self._insert_record(record)
        self._transaction.write(self._booked(number, record, subjects, ()))

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """See `Work.recorded`."""
        rows = self._rows(self._sql.journal.records_by_key, actor=actor, role=role, key=key)
        return self._record(rows[0]) if rows else None

    def recorded_many(self, keys: Collection[Used], /) -> dict[Used, JournalRecord]:
        """See `Work.recorded_many`."""
        ask = self._sql.journal.records_by_key
        rows = (ask.row({"actor": actor, "role": role, "key": key}) for actor, role, key in keys)
        found = self._transaction.ask_all(*(Ask(ask.sql, row) for row in rows))
        return {key: self._record(rows[0]) for key, rows in zip(keys, found, strict=True) if rows}

    def attempted(self, attempt: str, /) -> JournalRecord | None:
        """See `Work.attempted`."""
        rows = self._rows(self._sql.journal.records_by_attempt, attempt=attempt)
        return self._record(rows[0]) if rows else None

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
        asked = {"now": now, "limit": limit + len(skip)}
        due = self._entities(kind, self._sql.entities.due(kind), asked)
        leased = []
        for one in [one for one in due if one.id not in skip][:limit]:
            sent = getattr(one, "sent_at", None) or now
            leased.append(changed(one, due_at=until(one), sent_at=sent))
        self._transaction.write(self._saved(sorted(leased, key=lambda one: one.id), leased))
        return [advanced(one) for one in leased]

    def lease_timers(self, until: datetime, /, *, now: datetime, limit: int) -> list[Timer]:
        """See `Work.lease_timers`."""
        due = self._timers(self._rows(self._sql.journal.timers_free, now=now, limit=limit))
        move, rows = self._sql.journal.timer_move, []
        for one in due:
            its = {"its_kind": one.kind.value, "its_subject": one.subject, "its_due_at": one.due_at}
            rows.append(move.row(its | {"until": until}))
        if rows and self._transaction.count(Write(move.sql, rows)) != len(rows):
            raise Conflict("timer", "taken up by another worker")
        return [Timer(one.kind, one.subject, until) for one in due]

    def remove(self, timer: Timer, /) -> bool:
        """See `Work.remove`."""
        statement = self._sql.journal.timer_delete
        values = {"kind": timer.kind.value, "subject": timer.subject, "due_at": timer.due_at}
        return len(self._transaction.change(statement.sql, statement.row(values))) == 1

    def sequence(self, limit: int, /) -> int:
        """See `Work.sequence`."""
        return sequence(self._transaction, self._sql, limit, self._record, self._time)

    def take_cursor(self, name: str, /, *, now: datetime, until: datetime) -> int | None:
        """See `Work.take_cursor`."""
        rows = self._rows(self._sql.journal.cursor_read, name=name)
        if not rows:
            insert = self._sql.journal.cursor_insert
            self._transaction.write([_row(insert, name=name, position=0, taken_until=until)])
            return 0
        [(position, taken_until)] = rows
        held = None if taken_until is None else self._time(taken_until)
        if held is not None and held > now:
            return None
        return int(position) if self._place(name, position, until, held) else None

    def move_cursor(self, name: str, position: int, until: datetime, /) -> bool:
        """See `Work.move_cursor`."""
        return self._place(name, position, None, until)

    def fold(self, limit: int, /) -> int:
        """See `Work.fold`."""
        rows = self._rows(self._sql.ledger.deltas, limit=limit)
        sums: dict[tuple[str, str, str], int] = {}
        for _, kind, owner, currency, amount in rows:
            sums[kind, owner, currency] = sums.get((kind, owner, currency), 0) + amount
        gone, add = self._sql.ledger.delta_delete, self._sql.ledger.balance_add
        if rows:
            delete = Write(gone.sql, [gone.row({"id": row[0]}) for row in rows])
            if self._transaction.count(delete) != len(rows):
                raise Conflict("account", "folded by another worker")
            folded = [(*account, amount) for account, amount in sorted(sums.items())]
            self._transaction.write([Write(add.sql, folded)])
        return len(rows)

    def _place(
        self, name: str, position: int, until: datetime | None, held: datetime | None
    ) -> bool:
        journal = self._sql.journal
        move = journal.cursor_take if held is None else journal.cursor_move
        values = {"who": name, "position": position, "taken_until": until, "held": held}
        return self._transaction.count(_row(move, **values)) == 1

    def _set(self, timers: Iterable[Timer]) -> Iterator[Write]:
        put = self._sql.journal.timer_set
        rows = [
            put.row({"kind": one.kind.value, "subject": one.subject, "due_at": one.due_at})
            for one in timers
        ]
        if rows:
            yield Write(put.sql, rows)

    def _insert_record(self, record: JournalRecord) -> tuple[int, ...]:
        """What says the record's number in rows that belong to it: nothing, where it is counted."""
        journal = self._sql.journal
        insert = Write(journal.journal_insert.sql, [journal.row(record)])
        if journal.compiler.is_counted:
            self._transaction.write([insert])
            return ()
        return (self._transaction.insert(insert),)

    def _saved(
        self, entities: Iterable[Entity], changed: Iterable[Entity] | dict[str, Entity]
    ) -> list[Write]:
        """The entities in their one order: inserted, updated, or relied on (their version)."""
        ids = changed if isinstance(changed, dict) else {one.id for one in changed}
        writes: list[Write] = []
        rows: list[Row] = []
        latest: Saving[Any] | None = None
        for entity in entities:
            mapper: Mapper[Any] = self._sql.entities.mapper(type(entity))
            saving = mapper.insert
            if entity.version:
                saving = mapper.update(self._changed(entity, mapper) if entity.id in ids else ())
            if saving is not latest:
                latest, rows = saving, []
                writes.append(Write(saving.sql, rows, entity if entity.version else None))
            rows.append(saving.row(entity))
        return writes

    def _changed(self, entity: E, mapper: Mapper[E]) -> tuple[str, ...]:
        """The fields that are not as this transaction read them; all, if it did not."""
        before: Any = self._seen.get(entity.id)
        return entity.mutable if before is None else mapper.differing(before, entity)

    def _made(self, entities: list[E]) -> list[E]:
        for entity in entities:
            self._seen[entity.id] = entity
        return entities

    def _booked(
        self,
        number: tuple[int, ...],
        record: JournalRecord,
        subjects: Sequence[str],
        entries: tuple[LedgerEntry, ...],
    ) -> Iterator[Write]:
        """What stands beside the entities: marks of the record, entries, changed accounts."""
        journal, ledger = self._sql.journal, self._sql.ledger
        yield Write(journal.to_sequence_insert.sql, [number])
        if subjects:
            yield Write(journal.subject_insert.sql, [(one, *number) for one in subjects])
        if record.personal is not None:
            yield Write(journal.personal_insert.sql, [(*number, record.personal)])
        if entries:
            at = ledger.entry_insert.binders.get("at", lambda time: time)(record.at)
            yield Write(ledger.entry_insert.sql, [(*number, at, *_entry(one)) for one in entries])
            platform = [
                (a.kind.value, a.owner, a.currency, amount)
                for a, amount in effects(entries).items()
                if a.kind not in WALLET and amount
            ]
            if platform:
                yield Write(ledger.delta_insert.sql, platform)


def _row(statement: Statement, **values: Any) -> Write:
    return Write(statement.sql, [statement.row(values)])


def _entry(entry: LedgerEntry) -> tuple[Any, ...]:
    debit: Account = entry.debit
    credit: Account = entry.credit
    return (
        debit.kind.value,
        debit.owner,
        credit.kind.value,
        credit.owner,
        entry.amount.minor,
        entry.amount.currency,
        entry.payment,
    )
