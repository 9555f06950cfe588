"""Timers: they come up at their time, and each belongs to one worker at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Store, Work
from marketpay.testing.store_contract.samples import AT, LATER, write

SECOND = timedelta(seconds=1)


class Undone(Exception):
    """The transaction fails."""


def _timer(subject: str, due_at: datetime = AT) -> Timer:
    return Timer(TimerKind.OFFER_EXPIRY, subject, due_at)


def _due(store: Store, now: datetime = LATER, limit: int = 99) -> list[Timer]:
    return store.read(lambda records: records.due(now, limit=limit))


def _lease(store: Store, now: datetime, until: datetime, limit: int = 99) -> list[Timer]:
    return store.run(lambda work: work.lease_timers(until, now=now, limit=limit))


def _remove(store: Store, timer: Timer) -> bool:
    return store.run(lambda work: work.remove(timer))


class TimersContract:
    """Nothing fires too early, twice, or never."""

    def test_timers_come_up_at_their_time_the_oldest_first(self, store: Store) -> None:
        """And not a microsecond before."""
        late, soon, now = (_timer(str(n), AT - n * SECOND) for n in range(3))
        future = _timer("future", AT + timedelta(microseconds=1))
        write(store, timers=[late, future, now, soon])

        assert _due(store, AT) == [now, soon, late]
        assert _due(store, AT, limit=2) == [now, soon]
        assert _due(store, AT + timedelta(microseconds=1)) == [now, soon, late, future]

    def test_reading_a_timer_leaves_it_there(self, store: Store) -> None:
        """Only `remove` takes it away."""
        write(store, timers=[_timer("off_1")])

        assert _due(store) == _due(store) == [_timer("off_1")]

    def test_setting_a_timer_again_moves_it(self, store: Store) -> None:
        """Later or earlier; there is one for each kind and subject."""
        other = Timer(TimerKind.AUTHORIZATION_EXPIRY, "off_1", AT)
        write(store, timers=[_timer("off_1"), other])
        write(store, timers=[_timer("off_1", LATER)])

        assert _due(store, AT) == [other]
        assert _due(store, LATER) == [other, _timer("off_1", LATER)]
        write(store, timers=[_timer("off_1", AT - SECOND)])
        assert _due(store, LATER) == [_timer("off_1", AT - SECOND), other]

    def test_a_timer_that_fired_is_removed(self, store: Store) -> None:
        """It alone, and once."""
        write(store, timers=[_timer("off_1"), _timer("off_2")])

        assert _remove(store, _timer("off_1"))
        assert not _remove(store, _timer("off_1"))

        assert _due(store) == [_timer("off_2")]

    def test_a_timer_that_was_set_anew_meanwhile_is_not_removed(self, store: Store) -> None:
        """Not even by a microsecond."""
        write(store, timers=[_timer("off_1")])
        moved = _timer("off_1", AT + timedelta(microseconds=1))
        write(store, timers=[moved])

        assert not _remove(store, _timer("off_1"))

        assert _due(store) == [moved]

    def test_a_timer_removed_in_a_transaction_that_fails_is_still_there(self, store: Store) -> None:
        """It fires again."""
        write(store, timers=[_timer("off_1")])

        def use(work: Work) -> None:
            work.remove(_timer("off_1"))
            raise Undone

        with pytest.raises(Undone):
            store.run(use)

        assert _due(store) == [_timer("off_1")]

    def test_who_takes_up_timers_has_them(self, store: Store) -> None:
        """Nobody else until the time that was said; then they are due again."""
        write(store, timers=[_timer("off_1"), _timer("off_2", LATER + SECOND)])
        until = LATER + SECOND

        assert _lease(store, LATER, until) == [_timer("off_1", until)]

        assert _due(store, LATER) == _lease(store, LATER, until) == []
        assert _lease(store, until - timedelta(microseconds=1), until + SECOND) == []
        again = _lease(store, until, until + SECOND)
        assert again == [_timer("off_1", until + SECOND), _timer("off_2", until + SECOND)]

    def test_the_oldest_timers_are_taken_up_first(self, store: Store) -> None:
        """At most so many, and none before its time."""
        late, soon, now = (_timer(str(n), AT - n * SECOND) for n in range(3))
        future = _timer("future", AT + timedelta(microseconds=1))
        write(store, timers=[late, future, now, soon])

        first = _lease(store, AT, LATER, limit=2)
        rest = _lease(store, AT, LATER)

        assert [one.subject for one in first] == [now.subject, soon.subject]
        assert [one.subject for one in rest] == [late.subject]
        assert _due(store, LATER - SECOND) == [future]

    def test_a_timer_is_removed_by_who_has_it(self, store: Store) -> None:
        """Not by who had it before, nor by who only read it."""
        write(store, timers=[_timer("off_1")])
        [mine] = _lease(store, AT, AT + SECOND)
        [theirs] = _lease(store, AT + SECOND, LATER)

        assert not _remove(store, _timer("off_1"))
        assert not _remove(store, mine)
        assert _due(store) == [theirs]
        assert _remove(store, theirs)
        assert _due(store) == []

    def test_a_timer_that_somebody_has_can_be_set_anew(self, store: Store) -> None:
        """It comes up at its new time, and who had it has it no more."""
        write(store, timers=[_timer("off_1")])
        [mine] = _lease(store, AT, LATER)
        anew = _timer("off_1", AT + SECOND)
        write(store, timers=[anew])

        assert not _remove(store, mine)
        assert _due(store, AT + SECOND) == [anew]
        assert _lease(store, AT + SECOND, LATER) == [_timer("off_1", LATER)]

    def test_timers_taken_up_in_a_transaction_that_fails_are_still_due(self, store: Store) -> None:
        """However often they were in it."""
        write(store, timers=[_timer("off_1"), _timer("off_2")])

        def use(work: Work) -> None:
            first = work.lease_timers(LATER, now=AT, limit=9)
            again = work.lease_timers(LATER + SECOND, now=LATER, limit=9)
            assert len(first) == len(again) == 2
            raise Undone

        with pytest.raises(Undone):
            store.run(use)

        assert _lease(store, AT, LATER) == [_timer("off_1", LATER), _timer("off_2", LATER)]
