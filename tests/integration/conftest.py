"""A crowd for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.crowd import Crowd, crowd

collect_ignore = ["django_host.py"]  # a program of its own
pytest.register_assert_rewrite(
    *(f"tests.integration.{name}" for name in ("nodes", "races", "scene"))
)


@pytest.fixture(scope="session")
def everybody() -> Iterator[Crowd]:
    """Sixteen processes."""
    with crowd(16) as processes:
        yield processes
