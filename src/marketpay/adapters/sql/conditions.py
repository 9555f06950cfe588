"""What is true of every row, as each engine is told it.

PostgreSQL keeps a condition as a tree, in text, and reads that anew for every statement that
writes to the table.  A list of words is a branch for each there; an array of them is one leaf.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles

CURRENCY: Final = (
    "currency BETWEEN 'A' AND 'ZZZZZZZZZZZZ' AND currency = UPPER(currency)"
    " AND LENGTH(currency) BETWEEN 3 AND 12"
)
MATCHED: Final = "currency ~ '^[A-Z][A-Z0-9]{2,11}$'"
LISTED: Final = re.compile(r"(?P<name>\w+) (?P<without>NOT )?IN \((?P<words>'[^()]+')\)")


class Condition(ColumnElement[bool]):
    """A condition in SQL that all engines have."""

    inherit_cache: bool | None = False

    def __init__(self, text: str) -> None:
        self.text = text
        self.type = Boolean()


@compiles(Condition)
def _said(condition: Condition, _compiler: Any, **_options: Any) -> str:
    return condition.text


@compiles(Condition, "postgresql")
def _shortened(condition: Condition, _compiler: Any, **_options: Any) -> str:
    return shortened(condition.text)


def shortened(text: str) -> str:
    """The same for PostgreSQL, in fewer parts."""
    return LISTED.sub(_array, text.replace(CURRENCY, MATCHED))


def _array(listed: re.Match[str]) -> str:
    words = ",".join(re.findall(r"'([^']*)'", listed["words"]))
    how = "<> ALL" if listed["without"] else "= ANY"
    return f"{listed['name']} {how} ('{{{words}}}')"
