"""`marketpay verify`: whether the books of a database are right, and as they were chained."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from marketpay.adapters.sql.store import SqlStore
from marketpay.domain.errors import ConfigurationError
from marketpay.queries.verification import ChainHead, Verification, Verify


def verify(url: str, head: str | None, prefix: str, schema: str | None, *, as_json: bool) -> bool:
    """Print what is wrong with the database at `url`.  Whether nothing is."""
    question = Verify(expect=None if head is None else ChainHead.parse(head))
    _check_is_there(url)
    store = SqlStore.existing(url, prefix=prefix, schema=schema)
    try:
        found = store.read(question.answer)
    finally:
        store.close()
    if as_json:
        facts = {"ok": found.ok, "problems": found.problems, "head": str(found.head)}
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    else:
        _show(found)
    return found.ok


def _check_is_there(url: str) -> None:
    """To connect would make an SQLite file that is not there, and find nothing wrong with it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return  # which connecting says better
    if parsed.get_backend_name() != "sqlite" or parsed.query:
        return
    if parsed.database and parsed.database != ":memory:" and not Path(parsed.database).exists():
        raise ConfigurationError(f"There is no database at {url}.")


def _show(found: Verification) -> None:
    if found.ok:
        sys.stdout.write(f"The books are right. The chain ends at {found.head}\n")
        return
    for problem in found.problems:
        sys.stdout.write(f"{_printable(problem)}\n")


def _printable(text: str) -> str:
    """On one line, whatever somebody wrote into a row."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
