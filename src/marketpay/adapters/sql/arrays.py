"""PostgreSQL's arrays, written as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any


def array(values: Sequence[Any]) -> str:
    """What PostgreSQL reads as an array of these; the statement says of what type."""
    kinds = {*map(type, values)}
    if kinds == {str}:
        return _texts(values)
    if kinds == {int}:
        return f"{{{','.join(map(str, values))}}}"
    return f"{{{','.join([_item(value) for value in values])}}}"


def _texts(values: Sequence[str]) -> str:
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):
        joined = '","'.join([_escaped(value) for value in values])
    return f'{{"{joined}"}}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _item(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return f'"{_escaped(value)}"'
        case datetime():
            return f'"{value.isoformat()}"'
        case _:
            return str(int(value))
