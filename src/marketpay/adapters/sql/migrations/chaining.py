"""The links of a feed that was made without them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from alembic import op
from sqlalchemy import Connection, Row, Select, bindparam, select, update

from marketpay.adapters.sql.migrations.steps import qualified
from marketpay.adapters.sql.migrations.terms import MARIADB, Place
from marketpay.ports.chain import GENESIS, EntryRow, link
from marketpay.ports.journal import JournalRecord

BATCH: Final = 1000  # rows of the feed at once


def fill_links(connection: Connection, place: Place) -> None:
    """Link every row, in order; those that have a link already were linked by an earlier try.

    MariaDB keeps each batch.  On a cluster nobody would hear of us from within a transaction.
    """
    feed = place["feed"]
    position, previous = 0, GENESIS
    done = select(feed.c.position, feed.c.link).where(feed.c.link.is_not(None))
    for last in connection.execute(done.order_by(feed.c.position.desc()).limit(1)):
        position, previous = last
    change = update(feed).where(feed.c.position == bindparam("at"))
    while rows := connection.execute(_records(place, position)).all():
        entries = _entries(connection.execute(_of_records(place, position, rows[-1].position)))
        links = []
        for row in rows:
            previous = link(previous, row.position, row.id, _record(row), entries.get(row.id, ()))
            links.append({"at": row.position, "link": previous})
        connection.execute(change, links)
        if connection.dialect.name in MARIADB:
            connection.exec_driver_sql("COMMIT")
        position = rows[-1].position


def sequence_again(place: Place) -> None:
    """Give every row back to the sequencer, which links it: SQL alone cannot.

    Its order is by number, as these rows are: so each gets the place that it had.
    """
    feed, waiting = qualified(place["feed"]), qualified(place["to_sequence"])
    op.execute(f"INSERT INTO {waiting} (journal) SELECT journal FROM {feed}")  # noqa: S608  # names
    op.execute(f"DELETE FROM {feed}")  # noqa: S608  # likewise


def _records(place: Place, after: int) -> Select[Any]:
    feed, journal = place["feed"], place["journal"]
    found = select(feed.c.position, *journal.c).join(journal, journal.c.id == feed.c.journal)
    return found.where(feed.c.position > after).order_by(feed.c.position).limit(BATCH)


def _of_records(place: Place, after: int, last: int) -> Select[Any]:
    feed, table = place["feed"], place["ledger_entries"]
    found = select(*table.c).join(feed, feed.c.journal == table.c.journal)
    return found.where(feed.c.position > after, feed.c.position <= last).order_by(table.c.id)


def _record(row: Row[Any]) -> JournalRecord:
    return JournalRecord(
        attempt=row.attempt,
        at=row.at,
        actor=row.actor,
        role=row.role,
        key=row.key,
        command=row.command,
        body=row.body,
        events=row.events,
        result=row.result,
        error=row.error,
    )


def _entries(rows: Iterable[Row[Any]]) -> dict[int, list[EntryRow]]:
    found: dict[int, list[EntryRow]] = {}
    for row in rows:
        values = dict(row._mapping)
        entry = EntryRow(number=values.pop("id"), **values)
        found.setdefault(entry.journal, []).append(entry)
    return found
