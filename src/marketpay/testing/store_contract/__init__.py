"""The parts of `marketpay.testing.StoreContract`, one file for each topic."""

from __future__ import annotations

import pytest

PARTS = (
    "writing", "writing_many", "putting", "claims", "reading", "exactness", "books", "queues",
    "timers", "chain", "threads", "forgetting",
)  # fmt: skip

# So that a failed assertion shows what was compared, as in a test of one's own.
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in PARTS))
