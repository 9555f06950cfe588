"""Many decisions written together: an entity once, and all of a table in a statement or two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from attrs import frozen

from marketpay.adapters.sql.arrays import array
from marketpay.adapters.sql.forgetting import forgotten
from marketpay.adapters.sql.ledger_sql import ENTRY
from marketpay.adapters.sql.line import Ask, Row, Write
from marketpay.adapters.sql.schema import RANK
from marketpay.adapters.sql.sql import Sql
from marketpay.adapters.sql.transaction import Transaction
from marketpay.domain.entity import Entity
from marketpay.domain.ledger import WALLET, Account, LedgerEntry, effects
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Written

DELTA = ("kind", "owner", "currency", "amount")
TOGETHER = 500  # values that are compared with in one statement
Numbers = Mapping[str, int]  # of the journal's rows, by their attempts


@frozen
class Bulk:
    """What writes many decisions in one transaction."""

    transaction: Transaction
    sql: Sql
    seen: Mapping[str, Entity]  # as they were read
    entry_row: Callable[[LedgerEntry], Row]

    def write(self, written: Sequence[Written]) -> None:
        """See `Work.write_many`."""
        if not written:
            return
        numbers = self._recorded([record for _, record in written])
        self.transaction.write(self._saved(written))
        self.transaction.write(self._booked(written, numbers))
        self.transaction.write(self._timers(written))
        for decision, _ in written:
            self.transaction.write([*forgotten(self.sql, decision.forgets)])

    def _recorded(self, records: Sequence[JournalRecord]) -> Numbers:
        """Insert the records; the numbers that they were given."""
        insert = self.sql.bulk.journal
        names = insert.statement.names
        row = insert.statement.row
        rows = [row({name: getattr(record, name) for name in names}) for record in records]
        if insert.takes_arrays:
            return dict(self.transaction.ask(insert.sql, insert.row(rows)))
        self.transaction.write([insert.write(rows)])
        asks = []
        for start in range(0, len(records), TOGETHER):
            attempts = tuple(record.attempt for record in records[start : start + TOGETHER])
            attempts += attempts[-1:] * (TOGETHER - len(attempts))
            asks.append(Ask(self.sql.bulk.numbers(TOGETHER).sql, attempts))
        return {name: id for rows in self.transaction.ask_all(*asks) for name, id in rows}

    def _saved(self, written: Sequence[Written]) -> Iterator[Write]:
        """Each entity as the last decision leaves it, if it is as the first has read it."""
        first: dict[str, int] = {}
        last: dict[str, Entity] = {}
        for decision, _ in written:
            relied = {one.id: one for one in decision.relies_on}
            for entity in (relied | decision.latest()).values():
                first.setdefault(entity.id, entity.version)
                last[entity.id] = entity
        everything = sorted(last.values(), key=lambda one: (RANK[type(one)], one.id))
        for kind, group in groupby(everything, type):
            entities = list(group)
            old = [one for one in entities if first[one.id]]
            new = [one for one in entities if not first[one.id]]
            if old:
                yield from self._updated(kind, old, first)
            if new:
                row: Callable[[Any], Row] = self.sql.entities.mapper(kind).insert.row
                rows = [*map(row, new)]
                yield self.sql.bulk.insert(self.sql.tables.of[kind]).write(rows)

    def _updated(
        self, kind: type[Entity], entities: Sequence[Entity], first: Mapping[str, int]
    ) -> Iterator[Write]:
        mapper, bulk = self.sql.entities.mapper(kind), self.sql.bulk
        table = self.sql.tables.of[kind]
        differing = set[str]()
        for one in entities:
            before = self.seen.get(one.id)
            differing.update(kind.mutable if before is None else mapper.differing(before, one))
        names = tuple(name for name in kind.mutable if name in differing)
        update, row = bulk.update(table, kind, names), mapper.update(names).row
        place = update.statement.names.index("old_version")
        rows = []
        for one in entities:
            values = row(one)
            rows.append((*values[:place], first[one.id], *values[place + 1 :]))
        if bulk.takes_arrays and len(entities) > 1:
            yield Write(bulk.lock(table), [(array([one.id for one in entities]),)])
        yield update.write(rows, entities[0])

    def _booked(self, written: Sequence[Written], numbers: Numbers) -> Iterator[Write]:
        """What stands beside the entities: marks of the records, entries, changed accounts."""
        tables, insert = self.sql.tables, self.sql.bulk.insert
        yield insert(tables.to_sequence).write([(number,) for number in numbers.values()])
        subjects, personal, entries = list[Row](), list[Row](), list[Row]()
        bind = self.sql.ledger.entry_insert.binders.get("at", lambda time: time)
        moved: defaultdict[Account, int] = defaultdict(int)
        for decision, record in written:
            number = numbers[record.attempt]
            subjects += [(subject, number) for subject in decision.subjects()]
            if record.personal is not None:
                personal.append((number, record.personal))
            if decision.entries:
                at = bind(record.at)
                entries += [(number, at, *self.entry_row(one)) for one in decision.entries]
                for account, amount in effects(decision.entries).items():
                    moved[account] += amount
        if subjects:
            yield insert(tables.journal_subjects).write(subjects)
        if personal:
            yield insert(tables.journal_personal).write(personal)
        if entries:
            yield insert(tables.ledger_entries, "journal", "at", *ENTRY).write(entries)
        platform = [
            (one.kind.value, one.owner, one.currency, amount)
            for one, amount in moved.items()
            if one.kind not in WALLET and amount
        ]
        if platform:
            yield insert(tables.account_deltas, *DELTA).write(platform)

    def _timers(self, written: Sequence[Written]) -> Iterator[Write]:
        put = self.sql.bulk.timers
        last = {
            (timer.kind.value, timer.subject): timer.due_at
            for decision, _ in written
            for timer in decision.timers
        }
        if last:
            rows = [
                put.statement.row({"kind": kind, "subject": subject, "due_at": due_at})
                for (kind, subject), due_at in sorted(last.items())
            ]
            yield put.write(rows)
