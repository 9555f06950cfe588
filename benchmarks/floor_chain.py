"""The floor's way to place records in the feed: each with the hash that chains it to the last."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from json import JSONEncoder
from typing import Any, Final

from benchmarks.floor_rows import Row, insert

WAITING: Final = """
SELECT j.id, j.at, j.attempt, j.actor, j.role, j."key", j.command, j.body, j.events, j.result,
       j.error
FROM marketpay_journal j JOIN marketpay_to_sequence w ON w.journal = j.id
ORDER BY j.id LIMIT ?"""
ENTRIES: Final = """
SELECT journal, id, at, debit_kind, debit_owner, credit_kind, credit_owner, amount, currency,
       payment
FROM marketpay_ledger_entries
WHERE journal IN (SELECT journal FROM marketpay_to_sequence ORDER BY journal LIMIT ?)
ORDER BY id"""
LAST: Final = "SELECT position, link FROM marketpay_feed ORDER BY position DESC LIMIT 1"
FEED: Final = insert("feed", "position, journal, link")
CONFIRMED: Final = "DELETE FROM marketpay_to_sequence WHERE journal = ?"

FIRST: Final = [(0, "0" * 64)]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
encode = JSONEncoder(separators=(",", ":")).encode


def placed(
    last: Iterable[Row], waiting: Iterable[Row], entries: Iterable[Row],
    moment: Callable[[Any], datetime],
) -> Iterator[Row]:  # fmt: skip
    """The rows of the feed for what waits."""
    [(position, link)] = list(last) or FIRST
    booked: dict[int, list[list[Any]]] = {}
    for journal, id, at, *rest in entries:
        booked.setdefault(journal, []).append([id, (moment(at) - EPOCH) // MICROSECOND, *rest])
    for number, at, attempt, *rest in waiting:
        record = [attempt, (moment(at) - EPOCH) // MICROSECOND, *rest]
        said = _hash([number, record, booked.get(number, [])])
        position += 1
        link = _hash([link, position, said])
        yield position, number, link


def _hash(content: list[Any]) -> str:
    return sha256(encode(content).encode()).hexdigest()
