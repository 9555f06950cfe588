"""A question that asks one thing has no transaction; one that asks more sees one state."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from marketpay.adapters.sql.store import SqlStore
from marketpay.domain.errors import Conflict, DatabaseBusy
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import ApplicationStatus
from marketpay.ports.store import Records
from marketpay.testing.store_contract.samples import a_job, an_application, an_offer, kept, write

Heard = list[str]


@pytest.fixture
def store() -> Iterator[SqlStore]:
    with closing(SqlStore.connect("sqlite://")) as store:
        yield store


def heard(store: Any) -> Heard:
    """The first word of each statement from now on."""
    words: Heard = []
    connection = store._connections._turn.line.connection
    connection.set_trace_callback(lambda statement: words.append(statement.split()[0]))
    return words


def test_a_question_that_asks_once_begins_no_transaction(store: SqlStore) -> None:
    [job] = write(store, a_job())
    words = heard(store)
    assert kept(store, job) == job
    assert words == ["SELECT"]


def test_one_that_asks_more_is_asked_anew_in_a_transaction(store: SqlStore) -> None:
    [job] = write(store, a_job())
    words = heard(store)
    both = store.read(lambda records: [records.get(Job, job.id), records.get(Job, job.id)])
    assert both == [job, job]
    assert words == ["SELECT", "BEGIN", "SELECT", "SELECT", "COMMIT"]


def test_what_once_asked_more_begins_in_a_transaction(store: SqlStore) -> None:
    [job] = write(store, a_job())

    class Twice:
        def answer(self, records: Records) -> list[Job]:
            return [records.get(Job, job.id), records.get(Job, job.id)]

    store.read(Twice().answer)
    words = heard(store)
    assert store.read(Twice().answer) == [job, job]
    assert words == ["BEGIN", "SELECT", "SELECT", "COMMIT"]


def test_what_is_read_together_is_read_in_a_transaction(store: SqlStore) -> None:
    job = a_job()
    offer, _payment = an_offer(job)
    write(store, job, offer, _payment, an_application(job))
    words = heard(store)
    for _ in range(2):  # the first finds out
        words.clear()
        deal = store.read(lambda records: records.deal(job=job.id))
        assert deal.offers
        assert deal.applications
    assert words == ["BEGIN", "SELECT", "SELECT", "COMMIT"]


def test_nobody_asks_for_the_applications_where_there_are_none(store: SqlStore) -> None:
    job = a_job()
    over = an_application(job, status=ApplicationStatus.WITHDRAWN)
    write(store, job, *an_offer(job), over)
    words = heard(store)
    assert store.read(lambda records: records.deal(job=job.id)).applications == ()
    assert words == ["SELECT"]


def twice(job: Job, records: Records) -> list[Job]:
    return [records.get(Job, job.id), records.get(Job, job.id)]


def once(job: Job, records: Records) -> Job:
    return records.get(Job, job.id)


def test_what_one_partial_asks_says_nothing_of_another(store: SqlStore) -> None:
    [job] = write(store, a_job())
    store.read(partial(twice, job))
    words = heard(store)
    assert store.read(partial(once, job)) == job
    assert words == ["SELECT"]


@pytest.mark.parametrize(
    ("error", "times"), [(DatabaseBusy("database", "no room"), 1), (Conflict("job", "lost"), 2)]
)
def test_what_was_waited_for_in_vain_is_not_waited_for_again(
    store: SqlStore, error: Conflict, times: int
) -> None:
    tries = 0

    def fail(_: Records) -> None:
        nonlocal tries
        tries += 1
        raise error

    with pytest.raises(type(error)):
        store.read(fail)
    assert tries == times


def test_a_reader_that_was_interrupted_holds_on_to_nothing(tmp_path: Path) -> None:
    with closing(SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")) as store:
        write(store, *(a_job() for _ in range(50)))

        def interrupted(records: Any) -> None:
            cursor = records._transaction._line._cursor
            cursor.execute("SELECT id FROM marketpay_jobs")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.read(interrupted)
        write(store, a_job())

        with closing(sqlite3.connect(tmp_path / "market.db")) as other:
            [(is_busy, *_)] = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert not is_busy


@pytest.mark.parametrize("caught", [Exception, RuntimeError])
def test_a_question_that_swallows_what_it_does_not_know_is_answered_all_the_same(
    store: SqlStore, caught: type[Exception]
) -> None:
    [job] = write(store, a_job())

    def found(ask: Callable[[], Job]) -> Job | None:
        try:
            return ask()
        except caught:
            return None

    def both(records: Records) -> list[Job | None]:
        return [found(lambda: records.get(Job, job.id)) for _ in range(2)]

    assert store.read(both) == [job, job]
