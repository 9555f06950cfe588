"""The `marketpay` command.  What it needs (typer, rich) is imported when it runs."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Final

from marketpay.errors import MissingDependency

_NEEDED: Final = ("typer", "rich")


def main() -> None:
    """Run the command line; without the extra `cli` it says what to install."""
    try:
        from marketpay.cli.app import app
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in _NEEDED:
            raise
        print(MissingDependency(missing, "cli"), file=sys.stderr)
        raise SystemExit(1) from None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not know every character
    app()
