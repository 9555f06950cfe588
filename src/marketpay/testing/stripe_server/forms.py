"""The form encoding of nested parameters: `metadata[order]=6735&expand[]=customer`.

A list is read as a mapping from its indexes; whoever expects a list makes one of it, so that
nothing is guessed from keys that happen to be numbers.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from marketpay.testing.stripe_server.errors import invalid
from marketpay.testing.stripe_server.messages import Json

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DEEPEST: Final = 12


def read_form(*texts: str) -> Json:
    """The parameters of a query or a form, those of all texts together."""
    form: Json = {}
    for text in texts:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
            _put(form, name, value)
    return form


def _put(form: Json, name: str, value: str) -> None:
    if "[" not in name:
        form[name] = value
        return
    match = _NAME.fullmatch(name)
    if match is None:
        raise invalid(f"Invalid parameter name: {name}", param=name)
    keys = [match[1], *match[2][1:-1].split("][")]
    if len(keys) > _DEEPEST:
        raise invalid(f"Parameters are nested too deeply: {name}", param=match[1])
    for depth, key in enumerate(keys[:-1], 1):
        deeper = form.setdefault(_place(form, key, keys[depth:]), {})
        if not isinstance(deeper, dict):
            raise invalid(f"Invalid object: {name} was given twice, in two shapes", param=name)
        form = deeper
    form[_place(form, keys[-1], [])] = value


def _place(form: Json, key: str, rest: list[str]) -> str:
    """The index that `[]` stands for: the next one, or the last if that lacks `rest` yet."""
    if key:
        return key
    last = form.get(str(len(form) - 1))
    is_new = not rest or not isinstance(last, dict) or _has(last, rest)
    return str(len(form) if is_new else len(form) - 1)


def _has(form: object, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(form, dict) or key not in form:
            return False
        form = form[key]
    return True
