"""Run the benchmarks: `python -m benchmarks [--json] [--rounds N] [NAME ...]`."""

import json
import sys
from argparse import ArgumentParser
from importlib import import_module

from benchmarks.harness import Comparison, data, table

MODULES = ("money",)  # each a module of this package with `run(rounds) -> list[Comparison]`


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

    everything: list[Comparison] = []
    for name in options.names or MODULES:
        for comparison in import_module(f"benchmarks.{name}").run(options.rounds):
            everything.append(comparison)
            if not options.json:
                print(table(comparison), end="\n\n", flush=True)
    if options.json:
        print(json.dumps([data(comparison) for comparison in everything], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
