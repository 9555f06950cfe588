"""Run the benchmarks: `python -m benchmarks [--json] [--rounds N] [NAME ...]`."""

import json
import sys
from argparse import ArgumentParser
from importlib import import_module

from benchmarks.figures import Figures
from benchmarks.harness import Comparison, data, table

# Each a module of this package with `run(rounds) -> list[Comparison]` (or of `Figures`).
MODULES = ("money", "imports", "deals", "webhooks", "stripe", "memory")


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of tables")
    parser.add_argument("--rounds", type=int, default=5, help="the medians are of so many (5)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(MODULES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")

    everything: list[Comparison | Figures] = []
    for name in options.names or MODULES:
        for found in import_module(f"benchmarks.{name}").run(options.rounds):
            everything.append(found)
            if not options.json:
                text = table(found) if isinstance(found, Comparison) else found.table()
                print(text, end="\n\n", flush=True)
    if options.json:
        said = [data(one) if isinstance(one, Comparison) else one.data() for one in everything]
        print(json.dumps(said, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
