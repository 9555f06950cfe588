"""Taking away what is personal and kept beside the journal."""

from __future__ import annotations

from collections.abc import Iterator

from marketpay.adapters.sql.line import Write
from marketpay.adapters.sql.sql import Sql
from marketpay.domain.decision import Forgetting


def forgotten(sql: Sql, forgets: Forgetting | None) -> Iterator[Write]:
    """One row for each of its subjects."""
    if forgets is not None and forgets.subjects:
        gone, person = sql.journal.personal_delete, forgets.person
        rows = [gone.row({"person": person, "subject": one}) for one in forgets.subjects]
        yield Write(gone.sql, rows)
