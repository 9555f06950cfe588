"""Reading a file of deals: CSV in UTF-8, one deal a record, a line at a time.

What is wrong with a line is said with the number of the physical line where its record
starts (the header is line 1), and reading goes on.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from attrs import field, frozen

from marketpay.commands.jobs import TITLE
from marketpay.domain.actor import check_party
from marketpay.domain.errors import InvalidInput, MarketpayError, Reason, Refused
from marketpay.domain.money import Money
from marketpay.domain.numbers import shown
from marketpay.domain.validators import Text, above_zero

HEADER: Final = ("title", "customer", "contractor", "amount", "currency", "outcome")
LONGEST: Final = 10_000  # characters of a record: far more than a good one has


class Outcome(StrEnum):
    """How a deal ends."""

    COMPLETED = "completed"
    REJECTED = "rejected"  # by the contractor
    WITHDRAWN = "withdrawn"  # by the customer
    DECLINED = "declined"  # the card was
    CANCELLED = "cancelled"  # after acceptance; refunded in full


class Unreadable(InvalidInput):
    """There is no file of deals there."""


@frozen(kw_only=True)
class DealLine:
    """One deal, of which everything is known to be possible."""

    line: int
    title: str = field(validator=Text(at_least=1, at_most=TITLE))
    customer: str = field(validator=check_party)
    contractor: str = field(validator=check_party)
    amount: Money = field(validator=above_zero)
    outcome: Outcome

    def __attrs_post_init__(self) -> None:
        if self.customer == self.contractor:
            raise Refused(Reason.OWN_JOB)


@frozen(kw_only=True)
class BadLine:
    """A line that is no deal, and why."""

    line: int
    reason: str


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file at `path`, ready for `read_deals`, or `Unreadable`."""
    try:
        file = path.open(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield file


def read_deals(file: TextIO) -> Iterator[DealLine | BadLine]:
    """Every deal of a file, and every line that is none.  Empty lines are passed over.

    Of the file, no more than a record is in memory at once.  `Unreadable` at once if it does
    not start with the header.
    """
    records = _records(_Lines(file))
    _, header = next(records, (1, []))
    if not isinstance(header, list) or tuple(header) != HEADER:
        raise Unreadable(f"The first line of a file of deals is: {','.join(HEADER)}")
    return _deals(records)


def _deals(records: Iterator[tuple[int, list[str] | csv.Error]]) -> Iterator[DealLine | BadLine]:
    for line, record in records:
        if isinstance(record, csv.Error):
            yield BadLine(line=line, reason=f"The line is not CSV: {record}.")
        elif record:
            yield _deal(line, record)


def _deal(line: int, record: list[str]) -> DealLine | BadLine:
    try:
        if any(not _is_text(value) for value in record):
            raise InvalidInput("The line is not UTF-8.")
        if len(record) != len(HEADER):
            fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
            raise InvalidInput(f"The line has {fields}, not {len(HEADER)}.")
        title, customer, contractor, amount, currency, outcome = record
        return DealLine(
            line=line,
            title=title,
            customer=customer,
            contractor=contractor,
            amount=Money(amount, currency),
            outcome=_outcome(outcome),
        )
    except MarketpayError as error:
        return BadLine(line=line, reason=str(error))


def _outcome(name: str) -> Outcome:
    try:
        return Outcome(name)
    except ValueError:
        known = ", ".join(Outcome)
        raise InvalidInput(f"{shown(name)} is not one of: {known}.", "outcome") from None


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


class _Lines:
    """The physical lines of a file, numbered; some may be put back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ahead: deque[str] = deque()
        self.number = 0

    def take(self) -> str:
        """The next one, or nothing at the end; of an endless one only the start."""
        line = self._ahead.popleft() if self._ahead else self._read()
        self.number += bool(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        """These were taken too many."""
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> str:
        line = rest = self._file.readline(LONGEST)
        while rest and not rest.endswith("\n"):
            rest = self._file.readline(LONGEST)
        return line


def _records(lines: _Lines) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each record with the number of its first line, or what is wrong with that line.

    After a line with something wrong, a quote that is never closed for instance, reading goes
    on with the very next one.
    """
    while taken := [lines.take()]:
        if not taken[0]:
            return
        start = lines.number
        record = _parsed(taken)
        while record is None:
            taken.append(lines.take())
            record = _parsed(taken)
        if isinstance(record, csv.Error):
            lines.put_back([line for line in taken[1:] if line])
        yield start, record


def _parsed(taken: list[str]) -> list[str] | csv.Error | None:
    """The record that `taken` is, what is wrong with it, or None where it goes on."""
    try:
        return next(csv.reader(taken, strict=True))
    except csv.Error as error:
        is_open = str(error) == "unexpected end of data"
        if not is_open:
            return error
    if taken[-1] and sum(map(len, taken)) <= LONGEST:
        return None
    return csv.Error("a quoted field has no end")
