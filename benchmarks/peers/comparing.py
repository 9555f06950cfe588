"""marketpay beside its peers and beside what is written by hand, on SQLite and on PostgreSQL.

The work is the same for all: post one balanced transaction of three legs, durably, on one
connection, and read the contractor's balance afterwards.  Each side does it as its documentation
advises, in an environment and a process of its own, on a fresh database beside the others'; they
take turns every few transactions.  A round before the first warms them up, and nothing is said
unless all books hold what was posted.  Each transaction waits for the disk, so the goals are of a
quiet machine: where it is busy, all look alike.

Some peers read all that was ever posted at each posting (a-ledger) or balance (django-hordak,
python-accounting), so they grow slower with every transaction.  Few are posted here: this is the
best that can be seen of those.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from attrs import frozen

from benchmarks.figures import Figures
from benchmarks.harness import Comparison, Goal
from benchmarks.peers.environments import (
    A_LEDGER,
    EVENTSOURCING,
    HORDAK,
    PYTHON_ACCOUNTING,
    NotInstalled,
    OurOwn,
)
from benchmarks.peers.side import Side, running
from benchmarks.turns import FLOOR, OURS
from tests.servers.postgres import PostgresServer

TURNS: Final = 10  # of each side, a round
MANY, FEW = 40, 5  # transactions a turn
FUNCTION: Final = "a PL/pgSQL function, then a SELECT"
SOURCED, HORDAKS = "eventsourcing, cached", "django-hordak"
LEDGER, ACCOUNTING = "a-ledger", "python-accounting"

# Shown beside those, and no goals.  A cache that does not ask the database what is new reads
# balances from memory, and is right only while no other process posts.  Plain statements are what
# eventsourcing does unless its functions are asked for.  Legs in bulk are not checked by hordak.
ALONE: Final = "eventsourcing, cached for one process"
PLAIN: Final = "eventsourcing, cached, plain statements"
BULK: Final = "django-hordak, legs in bulk"

# pgledger, the quickest ledger in SQL for PostgreSQL, cannot be installed from a registry.  Where
# such a function made 1693 transactions a second it made 767, so ours must make 900 of the 1693.
OF_FUNCTION: Final = 900 / 1693


@frozen
class Field:
    """One database engine, who is measured on it, and what marketpay has to reach."""

    engine: str
    is_embedded: bool  # whether a side's own processor does all of the work
    floor: str
    sides: tuple[Side, ...]
    goals: tuple[Goal, ...]


def _sourced(name: str, *arguments: str) -> Side:
    return Side(name, "eventsourcing", arguments, EVENTSOURCING, MANY)


ON_SQLITE: Final = Field(
    engine="SQLite",
    is_embedded=True,
    floor=FLOOR,
    sides=(
        Side(FLOOR, "by_hand", ("{place}",), OurOwn(), MANY),
        Side(OURS, "marketpay", ("sqlite:///{place}",), OurOwn(), MANY),
        _sourced(SOURCED, "sqlite", "{place}"),
        _sourced(ALONE, "sqlite", "{place}", "alone"),
        Side(LEDGER, "a_ledger", ("{place}",), A_LEDGER, FEW),
        Side(ACCOUNTING, "python_accounting", ("{place}",), PYTHON_ACCOUNTING, FEW),
    ),
    goals=(Goal(OURS, SOURCED, 1 / 2), Goal(OURS, LEDGER, 1 / 5), Goal(OURS, ACCOUNTING, 1 / 5)),
)
ON_POSTGRES: Final = Field(
    engine="PostgreSQL",
    is_embedded=False,
    floor=FUNCTION,
    sides=(
        Side(FUNCTION, "function", ("postgresql://{place}",), OurOwn(), MANY),
        Side(
            "a PL/pgSQL function alone",
            "function",
            ("postgresql://{place}", "at_once"),
            OurOwn(),
            MANY,
        ),
        Side(OURS, "marketpay", ("postgresql+psycopg://{place}",), OurOwn(), MANY),
        _sourced(SOURCED, "postgres", "postgresql://{place}"),
        _sourced(ALONE, "postgres", "postgresql://{place}", "alone"),
        _sourced(PLAIN, "postgres", "postgresql://{place}", "statements"),
        Side(HORDAKS, "hordak", ("postgresql://{place}",), HORDAK, MANY),
        Side(BULK, "hordak", ("postgresql://{place}", "bulk"), HORDAK, MANY),
    ),
    goals=(
        Goal(OURS, FUNCTION, 1 / OF_FUNCTION),
        Goal(OURS, SOURCED, 1 / 2),
        Goal(OURS, HORDAKS, 1 / 5),
    ),
)


def compare(rounds: int) -> list[Comparison | Figures]:
    """Each comparison, as the medians of so many interleaved rounds."""
    with TemporaryDirectory(prefix="marketpay-bench-") as folder, PostgresServer() as server:
        places = (str(Path(folder, f"{number}.db")) for number in count())
        on_sqlite = _measured(ON_SQLITE, rounds, lambda: next(places))
        found = _comparison(ON_SQLITE, on_sqlite)
        on_postgres = _measured(
            ON_POSTGRES, rounds, lambda: server.fresh_database().partition("://")[2]
        )
        return [*found, *_comparison(ON_POSTGRES, on_postgres)]


@frozen
class Measured:
    """What one transaction took each side, in seconds, and why some sides are missing."""

    wall: dict[str, float]
    processor: dict[str, float]
    missing: tuple[str, ...]


def _measured(where: Field, rounds: int, fresh: Callable[[], str]) -> Measured:
    installed, missing = _installed(where.sides)
    with ExitStack() as stack:
        sides = [stack.enter_context(running(side, fresh())) for side in installed]
        for _ in range(rounds + 1):  # the first warms up
            for side in sides:
                side.begin()
            for turn in range(TURNS):
                for side in sides[:: 1 if turn % 2 == 0 else -1]:
                    side.measure()
        medians = {one.side.name: one.medians() for one in sides}
    wall = {name: both[0] for name, both in medians.items()}
    processor = {name: both[1] for name, both in medians.items()}
    return Measured(wall, processor, missing)


def _installed(sides: Sequence[Side]) -> tuple[list[Side], tuple[str, ...]]:
    """The sides that can be run here, and why the others cannot."""
    able, missing = [], []
    for side in sides:
        try:
            side.environment.python()
        except NotInstalled as reason:
            missing.append(str(reason))
        else:
            able.append(side)
    return able, tuple(dict.fromkeys(missing))


def _comparison(where: Field, measured: Measured) -> Iterator[Comparison | Figures]:
    title = f"Three legs posted and a balance read, on {where.engine}, files in {gettempdir()}"
    goals = [goal for goal in where.goals if goal.than in measured.wall]
    without = "".join(f"; not installed here: {reason}" for reason in measured.missing)
    yield Comparison(title + without, where.floor, measured.wall, goals)
    if where.is_embedded:
        alone = f"{title}, the processor's time alone"
        yield Comparison(alone, where.floor, measured.processor)
    rates = {name: 1 / seconds for name, seconds in measured.wall.items()}
    yield Figures(f"{title}, how many", "/s", rates)
