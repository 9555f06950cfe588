"""The page of documentation that tells the figures.

What was measured stands between `<!-- measured: NAME -->` and `<!-- end -->`, a table for each
benchmark, and `machine`; what stands between those is written by people and stays.
"""

import os
import platform
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from benchmarks.figures import Figures
from benchmarks.harness import Comparison, time_text
from benchmarks.places import server

PART: Final = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
MACHINE: Final = "machine"
PROCESSORS: Final = Path("/") / "proc" / "cpuinfo"

Found = Comparison | Figures


class NoPlace(Exception):
    """The page has no part for what was measured."""


def write(page: Path, measured: Mapping[str, Sequence[Found]]) -> None:
    """Put these figures in the place of older ones, and say of which machine they are."""
    text = page.read_text()
    missing = {*measured, MACHINE} - {name for _, name, _ in PART.findall(text)}
    if missing:
        raise NoPlace(f"{page.name} has no place for {', '.join(sorted(missing))}")
    tables = {name: "\n".join(_table(found)) for name, found in measured.items()}
    tables[MACHINE] = "\n".join(_machine())

    def replaced(part: re.Match[str]) -> str:
        begin, name, end = part.groups()
        return f"{begin}\n{tables[name]}\n\n{end}" if name in tables else part[0]

    page.write_text(PART.sub(replaced, text))


def _table(found: Sequence[Found]) -> Iterator[str]:
    compared = [one for one in found if isinstance(one, Comparison)]
    if compared:
        yield "| | beside | which takes | takes | goal |"
        yield "|---|---|---|---|---|"
        for comparison in compared:
            yield from _compared(comparison)
    figures = [one for one in found if isinstance(one, Figures)]
    if compared and figures:
        yield ""
    if figures:
        yield "| | | measured | goal |"
        yield "|---|---|---|---|"
        for figure in figures:
            yield from _told(figure)


def _compared(one: Comparison) -> Iterator[str]:
    """A row for each candidate but the one that it is measured against."""
    goals = {
        goal.candidate: f"at most {goal.times:.3g}x"
        f"{_of(goal.than, one.floor)}{_verdict(is_met=one.met(goal))}"
        for goal in one.goals
    }
    takes = time_text(one.medians[one.floor])
    for name in one.medians:
        if name != one.floor:
            goal = goals.get(name, "")
            row = (_plain(one.title), one.floor, takes, f"{name} {one.ratio(name):.2f}x", goal)
            yield _row(*row)


def _told(one: Figures) -> Iterator[str]:
    goals = {
        name: f"{how} {much:g} {one.unit}{_verdict(is_met=is_met)}"
        for name, how, much, is_met in one.goals()
    }
    for name, value in one.values.items():
        yield _row(_plain(one.title), name, f"{value:,.2f} {one.unit}", goals.get(name, ""))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _of(than: str, floor: str) -> str:
    return "" if than == floor else f" of {than}"


def _verdict(*, is_met: bool) -> str:
    return "" if is_met else " (missed)"


def _plain(title: str) -> str:
    """Without this machine's folder."""
    return title.replace(f", on {gettempdir()}", "")


def _machine() -> Iterator[str]:
    postgresql = server().run("SHOW server_version")[0][0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"- Measured: {datetime.now(UTC):%d %B %Y}"
    yield f"- Machine: {os.cpu_count()} cores{_processor()}, {memory:.0f} GiB of memory"
    yield f"- System: {platform.system()} {platform.machine()}"
    yield f"- Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')}"
    yield f"- SQLite {sqlite3.sqlite_version}"
    yield f"- PostgreSQL {postgresql}, psycopg {version('psycopg')}"


def _processor() -> str:
    """What they are called, where the system tells."""
    told = PROCESSORS.read_text() if PROCESSORS.exists() else ""
    name = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return f" ({name[1]})" if name else ""
