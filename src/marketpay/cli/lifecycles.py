"""`marketpay lifecycles`: the process on paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from marketpay.domain.errors import InvalidInput
from marketpay.domain.lifecycles import ALL
from marketpay.domain.state_machine import Lifecycle


def draw(names: Sequence[str], *, as_json: bool, as_mermaid: bool) -> str:
    """The lifecycles of these names, or all of them: as a table, a diagram or JSON."""
    if as_json and as_mermaid:
        raise InvalidInput("Print JSON or Mermaid, not both.")
    found = [_named(name) for name in names] or [*ALL]
    if as_json:
        return json.dumps([lifecycle.to_dict() for lifecycle in found], indent=2) + "\n"
    if as_mermaid:
        return "\n".join(f"%% {one.name}\n{one.to_mermaid()}\n" for one in found)
    return "\n".join(_table(lifecycle) for lifecycle in found)


def _named(name: str) -> Lifecycle[Any]:
    for lifecycle in ALL:
        if lifecycle.name == name:
            return lifecycle
    known = ", ".join(lifecycle.name for lifecycle in ALL)
    raise InvalidInput(f"{name!r} is not one of: {known}.")


def _table(lifecycle: Lifecycle[Any]) -> str:
    said = lifecycle.to_dict()
    begin = {"source": "", **said["begin"]}
    rows = [[row[key] for key in ("source", "event", "target")] for row in [begin, *said["rows"]]]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    who = [", ".join(row["who"]) for row in [begin, *said["rows"]]]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), by])
        for row, by in zip(rows, who, strict=True)
    ]
    return "\n".join([said["name"], *(f"  {line}" for line in lines), ""])
