"""The lifecycles as plain values, for front ends and other programs."""

from __future__ import annotations

from typing import Any

from marketpay.domain.lifecycles import ALL


def lifecycles() -> list[dict[str, Any]]:
    """Every table: its name, its statuses, how it begins, which are final, and each move.

    >>> job = lifecycles()[0]
    >>> tuple(row["event"] for row in job["rows"] if row["source"] == "open")
    ('job.updated', 'job.assigned', 'job.cancelled')
    """
    return [lifecycle.to_dict() for lifecycle in ALL]
