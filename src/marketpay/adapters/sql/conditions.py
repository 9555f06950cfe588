"""What is true of every row, as each engine is told it.

PostgreSQL keeps a condition as a tree, in text, and reads that anew for every statement that
writes to the table.  A list of words is a branch for each there; an array of them is one leaf.
SQLite makes a table of such a list for every row; comparing one by one takes it a quarter.
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
WORD: Final = re.compile("'[^']*'")


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
def _of_arrays(condition: Condition, _compiler: Any, **_options: Any) -> str:
    return LISTED.sub(_array, condition.text.replace(CURRENCY, MATCHED))


@compiles(Condition, "sqlite")
def _of_comparisons(condition: Condition, _compiler: Any, **_options: Any) -> str:
    return LISTED.sub(_comparisons, condition.text)


def _array(listed: re.Match[str]) -> str:
    words = ",".join(word.strip("'") for word in WORD.findall(listed["words"]))
    how = "<> ALL" if listed["without"] else "= ANY"
    return f"{listed['name']} {how} ('{{{words}}}')"


def _comparisons(listed: re.Match[str]) -> str:
    words = WORD.findall(listed["words"])
    how, between = ("<>", " AND ") if listed["without"] else ("=", " OR ")
    name = listed["name"]
    return f"({between.join(f'{name} {how} {word}' for word in words)})"
