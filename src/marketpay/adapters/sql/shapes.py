"""What is looked for, as a statement needs it: names, and with how many values each is compared."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from marketpay.adapters.sql.arrays import array
from marketpay.adapters.sql.entity_sql import ARRAY, Shape

FEW = 8  # values that are written out in a statement


def shape_of(
    equal: Mapping[str, object],
) -> tuple[Shape, dict[str, Any]]:
    """The names and how many values each is compared with, and the parameters for those."""
    shape: list[tuple[str, int]] = []
    values: dict[str, Any] = {}
    for name, wanted in equal.items():
        options = wanted if isinstance(wanted, tuple) else () if wanted is None else (wanted,)
        options += options[-1:] * (_rounded_up(len(options)) - len(options))
        shape.append((name, len(options)))
        values |= {f"{name}_{n}": _plain(one) for n, one in enumerate(options)}
    return tuple(shape), values


def as_arrays(
    shape: Shape, values: dict[str, Any], equal: Mapping[str, object]
) -> tuple[Shape, dict[str, Any]]:
    """The same, with one array for what is compared with more than a few values."""
    long = {name for name, many in shape if many > FEW}
    for name in long:
        options: Any = equal[name]  # a tuple, or it would be one value
        values[name] = array([_plain(one) for one in options])
    return tuple((name, ARRAY if name in long else many) for name, many in shape), values


def _rounded_up(number: int) -> int:
    """To a power of two: so there are few statements, however many values are asked for."""
    return 1 << (number - 1).bit_length() if number else 0


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value
