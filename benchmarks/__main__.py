"""Run the benchmarks: `python -m benchmarks [--json | --write PAGE] [--rounds N] [NAME ...]`."""

import json
import sys
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.harness import Comparison, data, table
from benchmarks.page import write

# Each a module of this package with `run(rounds) -> list[Comparison]` (or of `Figures`).
MODULES = (
    "money", "imports", "deals", "scaling", "platform_account", "growth", "bulk", "tasks",
    "webhooks", "stripe", "memory", "peers",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of tables")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures into it")
    parser.add_argument("--rounds", type=int, default=5, help="the medians are of so many (5)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(MODULES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")

    measured: dict[str, list[Comparison | Figures]] = {}
    for name in options.names or MODULES:
        measured[name] = list(import_module(f"benchmarks.{name}").run(options.rounds))
        for found in [] if options.json else measured[name]:
            text = table(found) if isinstance(found, Comparison) else found.table()
            print(text, end="\n\n", flush=True)
        if options.write:
            write(options.write, {name: measured[name]})
    if options.json:
        everything = [one for found in measured.values() for one in found]
        said = [data(one) if isinstance(one, Comparison) else one.data() for one in everything]
        print(json.dumps(said, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
