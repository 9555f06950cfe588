"""A batch of statements on a PostgreSQL connection: sent at once, answered at once.

psycopg's own pipeline sends and polls at each statement, which is most of what a short
transaction costs.  So this speaks through `psycopg.pq`, its face of libpq: one write to the
socket, one wait.  As psycopg does it, waiting is left to whoever drives the generator.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from attrs import define, field, frozen
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.waiting import Ready, Wait

from marketpay.adapters.sql.line import Ask, Row, Rows, Write
from marketpay.domain.errors import ConfigurationError

Result = pq.abc.PGresult
Values = list[bytes | None]
COPYING: Final = (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH)
INSERT: Final = re.compile(
    r"(?P<into>INSERT INTO [^()]+ \([^()]+\) VALUES )(?P<row>\((?:[^()]|\([^()]*\))+\))"
)
PLACE: Final = re.compile(r"\$(\d+)")
MOST: Final = 8  # rows of an INSERT: each number of them is a statement that the server keeps
BINARY: Final = 1  # the same whatever the session's settings of times and numbers are


@frozen
class Answer:
    """The rows of each ask, and how many rows the last write hit."""

    rows: list[Rows]
    hit: int


@define(eq=False)
class _Memory:
    """The statements that a connection knows by name.

    Known is what the server has confirmed: after an error in a batch it prepares nothing more.
    """

    names: dict[str, bytes] = field(factory=dict)
    reader: Any = field(factory=Transformer)


MEMORIES: Final[WeakKeyDictionary[Any, _Memory]] = WeakKeyDictionary()


def exchanged(
    connection: Any, writes: Sequence[Write], asks: Sequence[Ask]
) -> Generator[Wait, Ready, Answer]:
    """Send all, then read all."""
    told = [[*_told(write)] for write in writes]
    said = [one for each in told for one in each]
    said += [(ask.sql, _values(ask.row)) for ask in asks]
    pgconn: pq.abc.PGconn = connection.pgconn
    memory = _memory(connection)
    pgconn.enter_pipeline_mode()
    if connection.prepare_threshold is None:
        sent = _send_plain(pgconn, said)
    else:
        sent = _send_prepared(pgconn, memory, said)
    pgconn.pipeline_sync()
    results = yield from _received(pgconn)
    pgconn.exit_pipeline_mode()
    done = _done(memory, sent, results)
    found = [_rows(memory, result) for result in done[len(done) - len(asks) :]]
    written = done[: len(done) - len(asks)]
    last = written[-len(told[-1]) :] if told else []
    return Answer(found, sum(result.command_tuples or 0 for result in last))


def _memory(connection: Any) -> _Memory:
    memory = MEMORIES.get(connection)
    if memory is None:
        spoken = connection.pgconn.parameter_status(b"client_encoding")
        if spoken != b"UTF8":
            raise ConfigurationError(
                "marketpay speaks UTF-8 with PostgreSQL; this connection's client_encoding is "
                f"{(spoken or b'unknown').decode()}."
            )
        memory = MEMORIES[connection] = _Memory()
    return memory


@cache
def _name(sql: str) -> bytes:
    """Of one statement alone, whoever prepares it: behind a pooler others may have, too."""
    return b"marketpay_" + hashlib.sha256(sql.encode()).hexdigest()[:32].encode()


def _told(write: Write) -> Iterator[tuple[str, Values]]:
    """The statements of a write: one for each row, or for some rows where they are inserted."""
    rows = write.rows
    if len(rows) == 1 or _insert_of(write.sql, 1) is None:
        yield from ((write.sql, _values(row)) for row in rows)
        return
    for first in range(0, len(rows), MOST):
        some = rows[first : first + MOST]
        sql = _insert_of(write.sql, len(some))
        yield str(sql), [text for row in some for text in _values(row)]


@cache
def _insert_of(sql: str, rows: int) -> str | None:
    """The INSERT of so many rows, if this is the plain one of one row.

    At each statement the server makes the table's constraints and indexes ready, which takes it
    longer than a row does.
    """
    plain = INSERT.fullmatch(sql)
    if plain is None:
        return None
    many = plain["row"].count("$")

    def numbered(row: int) -> str:
        return PLACE.sub(lambda place: f"${int(place[1]) + row * many}", plain["row"])

    return plain["into"] + ", ".join(map(numbered, range(rows)))


Sent = list[tuple[str, bytes] | None]  # for each result to come: what it prepares, or None


def _send_plain(pgconn: pq.abc.PGconn, said: list[tuple[str, Values]]) -> Sent:
    """For hosts that told the driver to prepare nothing, as some connection poolers want."""
    for sql, values in said:
        pgconn.send_query_params(sql.encode(), values, result_format=BINARY)
    return [None] * len(said)


def _send_prepared(pgconn: pq.abc.PGconn, memory: _Memory, said: list[tuple[str, Values]]) -> Sent:
    sent: Sent = []
    names = dict[str, bytes]()
    for sql, values in said:
        name = memory.names.get(sql) or names.get(sql)
        if name is None:
            name = names[sql] = _name(sql)
            pgconn.send_prepare(name, sql.encode())
            sent.append((sql, name))
        pgconn.send_query_prepared(name, values, result_format=BINARY)
        sent.append(None)
    return sent


def _values(row: Row) -> Values:
    return [TEXTS[type(value)](value) for value in row]


def _text(value: str) -> bytes:
    text = value.encode()
    if b"\x00" in text:
        raise psycopg.DataError("PostgreSQL's texts cannot have a NUL in them")
    return text


class _Texts(dict[type, Callable[[Any], bytes | None]]):
    """By the type of a value, or by what that is derived from."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes | None]:
        for base in kind.__mro__[1:]:
            if base in self:
                self[kind] = self[base]
                return self[base]
        raise TypeError(f"PostgreSQL is told no {kind.__name__}")


# What PostgreSQL reads as a value; the statement says its type.
TEXTS: Final = _Texts(
    {
        str: _text,
        int: lambda value: b"%d" % value,
        datetime: lambda value: value.isoformat().encode(),
        type(None): lambda _: None,
    }
)


def _received(pgconn: pq.abc.PGconn) -> Generator[Wait, Ready, list[Result]]:
    """Everything until the server has come to the end of the batch."""
    results: list[Result] = []
    while pgconn.flush():
        ready = yield Wait.RW
        if ready and ready & Ready.R:  # None where a wait that was interrupted goes on
            pgconn.consume_input()
    while True:
        while pgconn.is_busy():
            if (yield Wait.R):
                pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # there was nothing to come
            raise psycopg.OperationalError("the connection is lost")
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        if result.status in COPYING:  # it would be told so for ever
            raise psycopg.NotSupportedError("nothing can be copied in a batch")
        results.append(result)
        pgconn.get_result()  # the end of this statement's results, which is at hand


def _done(memory: _Memory, sent: Sent, results: list[Result]) -> list[Result]:
    """The results of what was run; the first error, if there is one, is raised."""
    done = []
    for prepares, result in zip(sent, results, strict=True):
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise _error(memory, result)
        if prepares is None:
            done.append(result)
        else:
            sql, name = prepares
            memory.names[sql] = name
    return done


def _rows(memory: _Memory, result: Result) -> Rows:
    memory.reader.set_pgresult(result)
    rows: Rows = memory.reader.load_rows(0, result.ntuples, tuple)
    return rows


FORGOTTEN: Final = ("26000", "0A000")  # by somebody who discarded all, or changed the tables


def _error(memory: _Memory, result: Result) -> psycopg.Error:
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
    if state in FORGOTTEN:
        memory.names.clear()
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    error = kind(message, info=result)
    error.sqlstate = state
    return error
