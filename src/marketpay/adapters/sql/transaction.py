"""One transaction on a line: it begins with its first statement, and commits with its last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from marketpay.adapters.sql.backend import Backend
from marketpay.adapters.sql.line import Ask, Bounds, Line, Row, Rows, Write
from marketpay.domain.errors import (
    CommitUnknown,
    Conflict,
    DatabaseUnavailable,
    MarketpayError,
)

R = TypeVar("R")


class Stale(DatabaseUnavailable):
    """The connection was lost before it was first used: another may be well."""


class Forgotten(Conflict):
    """The connection's prepared statements were gone; by now it knows, and makes them anew."""


class AskedAgain(Exception):
    """More than one question was asked where one alone was to be: a transaction is needed."""


class Transaction:
    """Writes wait until something is asked, or for the commit."""

    def __init__(self, line: Line, bounds: Bounds) -> None:
        self._line = line
        self._bounds = bounds
        self._queue: list[Write] = [*bounds.begin]
        self.is_sent = False
        self.has_begun = False
        self.has_written = False
        self._is_lone = bounds.is_lone
        self._asked = 0
        self._expected: list[Ask] = []
        self._known: dict[Ask, Rows] = {}

    def expect(self, *asks: Ask) -> None:
        """To be sent with what is asked next, and kept until it is asked itself."""
        self._expected.extend(asks)

    def ask(self, sql: str, row: Row = ()) -> Rows:
        """The rows of one statement."""
        return self.ask_all(Ask(sql, row))[0]

    def ask_all(self, *asks: Ask) -> list[Rows]:
        """The rows of each, asked together.  `AskedAgain` where only one was to be."""
        if self._known or self._expected:
            return self._ask_ahead(asks)
        return self._ask(asks)

    def _ask_ahead(self, asks: Sequence[Ask]) -> list[Rows]:
        """With what is expected, unless it is among these; or what came so before."""
        if self._known and all(ask in self._known for ask in asks):
            return [self._known.pop(ask) for ask in asks]
        for ask in asks:
            self._known.pop(ask, None)
        ahead = [one for one in dict.fromkeys(self._expected) if one not in asks]
        self._expected.clear()
        answers = self._ask((*asks, *ahead))
        self._known.update(zip(ahead, answers[len(asks) :], strict=True))
        return answers[: len(asks)]

    def _ask(self, asks: Sequence[Ask]) -> list[Rows]:
        self._asked += len(asks)
        if self._is_lone and self._asked > 1:
            raise AskedAgain
        writes, self._queue = self._queue, []
        self.is_sent = True
        answers = self._line.exchange(writes, asks)
        self.has_begun = True
        return answers

    def write(self, writes: Iterable[Write]) -> None:
        """To be sent with what comes next."""
        waiting = len(self._queue)
        self._queue.extend(writes)
        self.has_written |= len(self._queue) > waiting
        self._known.clear()  # it may be otherwise now

    def change(self, sql: str, row: Row) -> Rows:
        """Run one write that answers by the rows it hit."""
        self.has_written = True
        self._known.clear()
        return self._ask((Ask(sql, row),))[0]

    def insert(self, write: Write) -> int:
        """The number that the engine gave to its one row."""
        writes, self._queue = [*self._queue, write], []
        self.is_sent = self.has_written = True
        self._known.clear()
        number = self._line.insert(writes)
        self.has_begun = True
        return number

    def count(self, write: Write) -> int:
        """How many rows a write hit."""
        self._ask(())
        self.has_written = True
        self._known.clear()
        return self._line.count(write)

    def commit(self) -> None:
        """Send what waits, then COMMIT; on a pipeline both go together."""
        if self._is_lone:
            if self._asked > 1:
                raise AskedAgain  # which somebody caught
            return
        if not self.is_sent and len(self._queue) == len(self._bounds.begin):
            return  # nothing was asked and nothing written
        writes, self._queue = self._queue, []
        self.is_sent = True
        self._line.exchange([*writes, *self._bounds.commit])

    def roll_back(self) -> bool:
        """Undo what was sent; whether that is sure."""
        if not self.is_sent or self._is_lone:
            return True
        try:
            self._line.exchange(self._bounds.roll_back)
        except Exception:  # noqa: BLE001  # whatever it is, the first error says what happened
            return False
        except BaseException:  # an interruption: the answer is still on its way
            self._line.drop()
            raise
        return True


def transact(line: Line, bounds: Bounds, backend: Backend, use: Callable[[Transaction], R]) -> R:
    """BEGIN, use, COMMIT; ROLLBACK if anything is raised.  The same for sync and async.

    `CommitUnknown` where the connection was lost after COMMIT of what was written may have
    been sent.
    """
    transaction = Transaction(line, bounds)
    is_committing = False
    try:
        result = use(transaction)
        is_committing = transaction.has_written
        transaction.commit()
    except Exception as error:
        failure = _failed(transaction, line, backend, error, is_committing=is_committing)
        if failure is error:
            raise
        raise failure from error
    except BaseException:  # an interruption, perhaps in the middle of an answer
        line.drop()
        raise
    return result


def _failed(
    transaction: Transaction, line: Line, backend: Backend, error: Exception, *, is_committing: bool
) -> Exception:
    """Undo it; what to raise.  An error that the server has told is sure: it did not commit."""
    is_lost = backend.is_lost(error, line.connection)
    explained = backend.explain(error)
    is_undone = not is_lost and transaction.roll_back()
    if not is_undone:
        line.drop()
    if is_committing and (is_lost or (not is_undone and explained is error)):
        return CommitUnknown()
    if is_lost and not transaction.has_begun:
        return Stale(str(error))
    if is_lost and not isinstance(explained, MarketpayError):
        return DatabaseUnavailable(str(error))
    return explained
