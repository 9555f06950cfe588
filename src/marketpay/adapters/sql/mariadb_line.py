"""MariaDB's line: a change of many rows is one statement, where its drivers send each by itself.

    UPDATE jobs SET version=%s WHERE jobs.id = %s

becomes, for two rows,

    UPDATE (SELECT NULL AS p0, NULL AS p1 FROM DUAL WHERE FALSE UNION ALL VALUES (%s, %s), (%s, %s))
    AS given STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = given.p1 SET version=given.p0
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain, count
from typing import Any, Final

from attrs import frozen

from marketpay.adapters.sql.line import Ask, CursorLine, Rows, Write
from marketpay.domain.errors import Conflict

CHANGE: Final = re.compile(
    r"(?:DELETE FROM (?P<gone>\S+)|UPDATE (?P<changed>\S+) SET (?P<set>.+?))"
    r" WHERE (?P<where>(?:(?! RETURNING ).)+)"
)
PARAMETER: Final = "%s"
TOGETHER: Final = 200  # rows in one statement, which the server takes up to some size only


@frozen
class Many:
    """A change of one row, as one of all rows that are given, in their order.

    The join is straight and by the key, so that no other row is locked, however few there are.
    """

    head: str
    row: str
    tail: str

    def sql(self, rows: int) -> str:
        """It, for so many rows."""
        return f"{self.head}{', '.join([self.row] * rows)}{self.tail}"


@cache
def many(sql: str) -> Many | None:
    """A statement for many rows, if this is a change of one: the drivers merge inserts."""
    found = CHANGE.fullmatch(sql)
    if found is None:
        return None
    numbers = count()

    def given(part: str) -> str:
        return re.sub(PARAMETER, lambda _: f"given.p{next(numbers)}", part)

    # Of what the compiler has written: no value is in it.
    if found["gone"]:
        table = found["gone"]
        begin, end = f"DELETE {table} FROM", ""
    else:
        table = found["changed"]
        begin, end = "UPDATE", f" SET {given(found['set'])}"
    where = given(found["where"])
    names = [f"p{number}" for number in range(sql.count(PARAMETER))]
    nothing = ", ".join(f"NULL AS {name}" for name in names)
    return Many(
        f"{begin} (SELECT {nothing} FROM DUAL WHERE FALSE UNION ALL VALUES ",  # noqa: S608
        f"({', '.join([PARAMETER] * len(names))})",
        f") AS given STRAIGHT_JOIN {table} FORCE INDEX (PRIMARY) ON {where}{end}",
    )


@frozen
class MariadbLine:
    """A line to MariaDB: a change of many rows goes over it as one statement."""

    line: CursorLine

    @property
    def connection(self) -> Any:
        """See `Line.connection`."""
        return self.line.connection

    def exchange(self, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        """See `Line.exchange`."""
        for write in writes:
            change = many(write.sql) if len(write.rows) > 1 else None
            if change is None:
                self.line.exchange([write])
            else:
                hit = self._change(change, write)
                if write.guarded is not None and hit != len(write.rows):
                    raise Conflict(type(write.guarded).__name__, write.guarded.id)
        return self.line.exchange((), asks)

    def count(self, write: Write) -> int:
        """See `Line.count`."""
        change = many(write.sql) if len(write.rows) > 1 else None
        return self.line.count(write) if change is None else self._change(change, write)

    def insert(self, writes: Sequence[Write]) -> int:
        """See `Line.insert`."""
        self.exchange(writes[:-1])
        return self.line.insert(writes[-1:])

    def drop(self) -> None:
        """See `Line.drop`."""
        self.line.drop()

    def _change(self, change: Many, write: Write) -> int:
        """How many rows it hit: each is hit once at most, whoever names it."""
        hit = 0
        for start in range(0, len(write.rows), TOGETHER):
            rows = write.rows[start : start + TOGETHER]
            flat = tuple(chain.from_iterable(rows))
            hit += self.line.count(Write(change.sql(len(rows)), [flat]))
        return hit
