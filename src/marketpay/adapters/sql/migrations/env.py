"""What Alembic runs around the revisions.  `upgrading` says where, and for which tables."""

from __future__ import annotations

from typing import Final

from alembic import context

IN_ALEMBIC: Final = "env_py"  # the name under which it runs this file


def run() -> None:
    """Run the revisions, on the connection that was handed over, or down to a file."""
    given = context.config.attributes
    context.configure(**given["options"])
    with context.begin_transaction():
        context.run_migrations()


if __name__ == IN_ALEMBIC:
    run()
