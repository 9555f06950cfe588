"""What a transaction writes: a decision becomes a batch of statements, and the batch is run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from attrs import evolve, frozen

from marketpay.adapters.sql.reading import Cursor, SqlRecords
from marketpay.adapters.sql.schema import RANK
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.statements import Statement
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict
from marketpay.domain.ledger import WALLET, Account, LedgerEntry, effects
from marketpay.domain.timer import Timer
from marketpay.ports.journal import JournalRecord

E = TypeVar("E", bound=Entity)


@frozen
class Write:
    """One statement for some rows.  A guarded one must hit a row for each, or it is a conflict."""

    sql: str
    rows: Sequence[tuple[Any, ...]]
    guarded: Entity | None = None


class SqlWork(SqlRecords):
    """One transaction."""

    def __init__(self, cursor: Cursor, sql: Sql) -> None:
        super().__init__(cursor, sql)
        self._seen: dict[str, Entity] = {}

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """See `Work.write`."""
        latest = decision.latest()
        relied = {one.id: one for one in decision.relies_on if one.id not in latest}
        everything = [*latest.values(), *relied.values()]
        everything.sort(key=lambda one: (RANK[type(one)], one.id))
        number = self._insert_record(record)
        self._run(self._saved(everything, latest))
        self._run(self._booked(number, record, tuple(latest), decision.entries))
        for timer in decision.timers:
            self._set(timer)
        mapper = self._sql.entities.mapper
        return {one.id: mapper(type(one)).saved(one) for one in everything}

    def put(self, entity: E, /) -> E:
        """See `Work.put`."""
        self._run(self._saved([entity], [entity]))
        return self._sql.entities.mapper(type(entity)).saved(entity)

    def record(self, record: JournalRecord, subjects: Sequence[str] = (), /) -> None:
        """See `Work.record`."""
        number = self._insert_record(record)
        self._run(self._booked(number, record, subjects, ()))

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """See `Work.recorded`."""
        rows = self._rows(self._sql.journal.records_by_key, actor=actor, role=role, key=key)
        return self._record(rows[0]) if rows else None

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
            changed: Any = {"due_at": until(one), "sent_at": sent}
            leased.append(evolve(one, **changed))
        self._run(self._saved(sorted(leased, key=lambda one: one.id), leased))
        return [*map(self._sql.entities.mapper(kind).saved, leased)]

    def remove(self, timer: Timer, /) -> None:
        """See `Work.remove`."""
        statement = self._sql.journal.timer_delete
        values = {"kind": timer.kind.value, "subject": timer.subject, "due_at": timer.due_at}
        self._cursor.execute(statement.sql, statement.row(values))

    def sequence(self, limit: int, /) -> int:
        """See `Work.sequence`."""
        numbers = [number for (number,) in self._rows(self._sql.journal.waiting, limit=limit)]
        if not numbers:
            return 0
        [(last,)] = self._rows(self._sql.journal.last_position)
        insert, delete = self._sql.journal.feed_insert, self._sql.journal.to_sequence_delete
        placed = enumerate(numbers, start=last + 1)
        rows = [insert.row({"position": place, "journal": number}) for place, number in placed]
        gone = [delete.row({"journal": number}) for number in numbers]
        self._run([Write(insert.sql, rows), Write(delete.sql, gone)])
        return len(numbers)

    def take_cursor(self, name: str, /, *, now: datetime, until: datetime) -> int | None:
        """See `Work.take_cursor`."""
        rows = self._rows(self._sql.journal.cursor_read, name=name)
        if not rows:
            insert = self._sql.journal.cursor_insert
            new = {"name": name, "position": 0, "taken_until": until}
            self._cursor.execute(insert.sql, insert.row(new))
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
        gone = self._sql.ledger.delta_delete
        if rows:
            self._cursor.executemany(gone.sql, [gone.row({"id": row[0]}) for row in rows])
            if self._cursor.rowcount != len(rows):
                raise Conflict("account", "folded by another worker")
        for account, amount in sorted(sums.items()):
            self._add(account, amount)
        return len(rows)

    def _add(self, account: tuple[str, str, str], amount: int) -> None:
        kind, owner, currency = account
        add, insert = self._sql.ledger.balance_add, self._sql.ledger.balance_insert
        values = {"of_kind": kind, "of_owner": owner, "of_currency": currency, "amount": amount}
        self._cursor.execute(add.sql, add.row(values))
        if self._cursor.rowcount == 0:
            new = {"kind": kind, "owner": owner, "currency": currency, "balance": amount}
            self._cursor.execute(insert.sql, insert.row(new))

    def _place(
        self, name: str, position: int, until: datetime | None, held: datetime | None
    ) -> bool:
        journal = self._sql.journal
        move = journal.cursor_take if held is None else journal.cursor_move
        values = {"who": name, "position": position, "taken_until": until, "held": held}
        self._cursor.execute(move.sql, move.row(values))
        return self._cursor.rowcount == 1

    def _set(self, timer: Timer) -> None:
        move, insert = self._sql.journal.timer_move, self._sql.journal.timer_insert
        kind = timer.kind.value
        values = {"of": kind, "about": timer.subject, "due_at": timer.due_at}
        self._cursor.execute(move.sql, move.row(values))
        if self._cursor.rowcount == 0:
            new = {"kind": kind, "subject": timer.subject, "due_at": timer.due_at}
            self._cursor.execute(insert.sql, insert.row(new))

    def _insert_record(self, record: JournalRecord) -> int:
        insert = self._sql.journal.journal_insert
        values = {name: getattr(record, name) for name in insert.names}
        self._cursor.execute(insert.sql, insert.row(values))
        number = self._cursor.lastrowid
        assert number is not None  # the driver tells after every INSERT
        return number

    def _saved(
        self, entities: Iterable[Entity], changed: Iterable[Entity] | dict[str, Entity]
    ) -> Iterator[Write]:
        """The entities in their one order: inserted, updated, or relied on (their version)."""
        ids = {*changed} if isinstance(changed, dict) else {one.id for one in changed}

        def how(entity: Entity) -> tuple[type[Entity], tuple[str, ...] | None]:
            if entity.version == 0:
                return type(entity), None
            return type(entity), self._changed(entity) if entity.id in ids else ()

        for (kind, names), group in groupby(entities, how):
            mapper, rows = self._sql.entities.mapper(kind), list(group)
            if names is None:
                yield Write(mapper.insert.sql, [*map(mapper.insert.row, rows)])
            else:
                update = mapper.update(names)
                yield Write(update.sql, [*map(update.row, rows)], rows[0])

    def _changed(self, entity: Entity) -> tuple[str, ...]:
        """The fields that are not as this transaction read them; all, if it did not."""
        before = self._seen.get(entity.id)
        if before is None:
            return entity.mutable
        return self._sql.entities.mapper(type(entity)).differing(before, entity)

    def _entities(self, kind: type[E], statement: Statement, values: Mapping[str, Any]) -> list[E]:
        found = super()._entities(kind, statement, values)
        for entity in found:
            self._seen[entity.id] = entity
        return found

    def _booked(
        self,
        number: int,
        record: JournalRecord,
        subjects: Sequence[str],
        entries: tuple[LedgerEntry, ...],
    ) -> Iterator[Write]:
        """What stands beside the entities: marks of the record, entries, changed accounts."""
        sql = self._sql
        yield _row(sql.journal.to_sequence_insert, journal=number)
        if subjects:
            yield Write(
                sql.journal.subject_insert.sql,
                [_mark(sql.journal.subject_insert, number, s) for s in subjects],
            )
        if record.personal is not None:
            yield _row(sql.journal.personal_insert, journal=number, body=record.personal)
        if entries:
            at = sql.ledger.entry_insert.binders.get("at", lambda time: time)(record.at)
            rows = [(number, at, *_entry(entry)) for entry in entries]
            yield Write(sql.ledger.entry_insert.sql, rows)
            platform = [
                (a.kind.value, a.owner, a.currency, amount)
                for a, amount in effects(entries).items()
                if a.kind not in WALLET and amount
            ]
            if platform:
                yield Write(sql.ledger.delta_insert.sql, platform)

    def _run(self, batch: Iterable[Write]) -> None:
        for write in batch:
            if len(write.rows) == 1:
                self._cursor.execute(write.sql, write.rows[0])
            else:
                self._cursor.executemany(write.sql, write.rows)
            if write.guarded is not None and self._cursor.rowcount != len(write.rows):
                raise Conflict(type(write.guarded).__name__, write.guarded.id)


def _row(statement: Statement, **values: Any) -> Write:
    return Write(statement.sql, [statement.row(values)])


def _mark(statement: Statement, number: int, subject: str) -> tuple[Any, ...]:
    return statement.row({"subject": subject, "journal": number})


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
