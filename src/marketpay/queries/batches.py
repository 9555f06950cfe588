"""Going through all there is, a batch at a time, and telling what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar

from marketpay.domain.errors import ConfigurationError, InvalidInput

T = TypeVar("T")

BATCH = 1000
MOST = 1000  # so many problems of one sort are told one by one
# What reading a row raises that no command wrote.
UNREADABLE: Final = (ValueError, TypeError, KeyError, InvalidInput, ConfigurationError)


def batches(read: Callable[[T | None, int], list[T]]) -> Iterator[list[T]]:
    """All that can be read: `read` gives at most so many from after the last one on."""
    last: T | None = None
    while batch := read(last, BATCH):
        yield batch
        last = batch[-1]


def told(part: str, problems: Iterator[str]) -> Iterator[str]:
    """No more of them than somebody would read, but all are counted."""
    readable = _readable(part, problems)
    yield from islice(readable, MOST)
    if more := sum(1 for _ in readable):
        yield f"{part}: {more} more problems."


def _readable(part: str, problems: Iterator[str]) -> Iterator[str]:
    """What cannot even be read is a problem too."""
    try:
        yield from problems
    except UNREADABLE as error:
        yield f"{part}: not all of it can be read: {error}"
