"""The clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest

from marketpay.domain.errors import InvalidInput
from marketpay.testing import VirtualClock


def test_it_starts_with_the_year_2026_and_stands_still() -> None:
    clock = VirtualClock()
    assert clock() == clock() == datetime(2026, 1, 1, tzinfo=UTC)


def test_it_starts_when_it_is_told_to_and_speaks_utc() -> None:
    in_istanbul = datetime(2026, 3, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    clock = VirtualClock(in_istanbul)
    assert clock() == in_istanbul
    assert clock().tzinfo is UTC


def test_it_goes_on_by_what_it_is_told() -> None:
    clock = VirtualClock()
    told = clock.advance(weeks=1, days=1, hours=1, minutes=1, seconds=1, milliseconds=1)
    assert clock() == told == datetime(2026, 1, 9, 1, 1, 1, 1000, tzinfo=UTC)
    assert clock.advance(microseconds=5) == datetime(2026, 1, 9, 1, 1, 1, 1005, tzinfo=UTC)


def test_it_never_goes_back() -> None:
    clock = VirtualClock()
    with pytest.raises(InvalidInput, match="turn the clock back"):
        clock.advance(days=1, hours=-25)
    assert clock() == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001  # the very mistake


def test_threads_that_push_it_together_lose_no_second() -> None:
    clock = VirtualClock()

    def push() -> None:
        for _ in range(2000):
            clock.advance(seconds=1)

    threads = [Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock() - VirtualClock()() == timedelta(seconds=8000)


def test_it_shows_its_time() -> None:
    assert repr(VirtualClock()) == "VirtualClock(2026-01-01T00:00:00+00:00)"
