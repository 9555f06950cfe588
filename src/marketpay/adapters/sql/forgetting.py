"""Taking away what is personal and kept beside the journal."""

from __future__ import annotations

from collections.abc import Iterator

from marketpay.adapters.sql.line import Write
from marketpay.adapters.sql.sql import Sql
from marketpay.domain.decision import Forgetting


def forgotten(sql: Sql, forgets: Forgetting | None) -> Iterator[Write]:
    """What they said themselves, then what staff said: a row for each of the subjects."""
    if forgets is None:
        return
    own, about = sql.journal.personal_delete_of, sql.journal.personal_delete_about
    yield Write(own.sql, [own.row({"person": forgets.person})])
    if forgets.subjects:
        yield Write(about.sql, [about.row({"subject": one}) for one in forgets.subjects])
