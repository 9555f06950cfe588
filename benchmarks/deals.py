"""AcceptOffer, a whole deal, and a whole file of deals, against the same by hand (`floor`).

Both sides write the same rows in as many durable commits to fresh SQLite files side by side in
TMPDIR, and call simulated gateways of the same kind; what they left is compared before anything
is measured.  They take turns every few operations.  Where a disk is slow to sync, it hides what
is computed: so the processor's time alone is given as well.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from attrs import field, frozen

from benchmarks.dealings import COMPLETED, DEALS, Dealer, Hand, Ours, catch_up, run_deal, run_line
from benchmarks.floor import Floor
from benchmarks.harness import Comparison, Goal
from benchmarks.turns import FLOOR, OURS, Turns, medians
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway

TIMES = 2.0  # what an operation may take, beside the floor's
PACE = 0.45  # of the floor's deals a second, over the whole file

ACCEPTED = 160  # offers a side and round
DEALT = 60  # deals a side and round
TURN = 10  # operations until it is the other side's turn

ENTITIES = (
    "jobs", "offers", "payments", "payment_transactions", "refunds", "payout_accounts",
    "applications",
)  # fmt: skip
LENGTHS = "SELECT sum(length(body)), sum(length(events)), sum(length(result)) FROM marketpay_{}"


class Unequal(Exception):
    """The two sides did not do the same: their times cannot be compared."""


@frozen
class Sides:
    """A fresh file for each side, and what each has spent."""

    dealers: dict[str, Dealer]
    turns: Turns = field(factory=Turns)

    def take_turns(self, number: int, act: Callable[[str, int], object]) -> None:
        sides = {name: partial(act, name) for name in self.dealers}
        self.turns.take(number, TURN, sides)


@contextmanager
def sides() -> Iterator[Sides]:
    """Both, warm, in files beside each other; the files must be alike at the end."""
    with TemporaryDirectory(prefix="marketpay-bench-") as folder:
        ours, floor = Path(folder, "marketpay.db"), Path(folder, "floor.db")
        market = Marketplace.connect(f"sqlite:///{ours}", gateway=SimulatedGateway())
        by_hand = Floor(floor, SimulatedGateway())
        dealers: dict[str, Dealer] = {OURS: Ours(market), FLOOR: Hand(by_hand)}
        for dealer in dealers.values():
            run_deal(dealer, COMPLETED[-1])  # statements are compiled and kept at their first use
        yield Sides(dealers)
        market.close()
        by_hand.close()
        check_alike(ours, floor)


def run(rounds: int = 5) -> list[Comparison]:
    """Each comparison, as the medians of so many interleaved rounds."""
    _check_all_outcomes()
    accepting = _compared(rounds, _accept_round, ACCEPTED)
    dealing = _compared(rounds, _deal_round, DEALT)
    filing = _compared(rounds, _file_round, len(DEALS))
    return [
        *_comparisons("AcceptOffer", accepting, TIMES),
        *_comparisons("A whole deal: post, offer, accept, start, complete", dealing, TIMES),
        *_comparisons(f"A file of {len(DEALS)} deals, for each deal", filing, 1 / PACE),
    ]


def _comparisons(
    title: str, found: tuple[dict[str, float], dict[str, float]], times: float
) -> list[Comparison]:
    goal = (Goal(OURS, FLOOR, times),)
    wall, processor = found
    return [
        Comparison(f"{title}, on {gettempdir()}", FLOOR, wall, goal),
        Comparison(f"{title}, the processor's time alone", FLOOR, processor),
    ]


def _compared(
    rounds: int, round_: Callable[[Sides], None], number: int
) -> tuple[dict[str, float], dict[str, float]]:
    """The medians of what one operation takes, by the clock on the wall and by the processor's."""
    walls: list[dict[str, float]] = []
    processors: list[dict[str, float]] = []
    for _ in range(rounds):
        with sides() as both:
            round_(both)
        walls.append(both.turns.wall)
        processors.append(both.turns.processor)
    return medians(walls, number), medians(processors, number)


def _accept_round(both: Sides) -> None:
    dealers, deals = both.dealers, COMPLETED[:ACCEPTED]
    offers = {
        name: [dealer.send_offer(deal, dealer.post_job(deal)) for deal in deals]
        for name, dealer in dealers.items()
    }
    both.take_turns(ACCEPTED, lambda name, n: dealers[name].accept(deals[n], offers[name][n]))


def _deal_round(both: Sides) -> None:
    both.take_turns(DEALT, lambda name, n: run_deal(both.dealers[name], COMPLETED[n]))


def _file_round(both: Sides) -> None:
    both.take_turns(len(DEALS), lambda name, n: run_line(both.dealers[name], n))
    for name, dealer in both.dealers.items():
        both.turns.measure(name, lambda: catch_up(dealer))  # noqa: B023  # called at once


def _check_all_outcomes() -> None:
    """A file of every outcome, on both sides: `sides` compares what there is at its end."""
    with sides() as both:
        for dealer in both.dealers.values():
            for number in range(100):
                run_line(dealer, number)


def check_alike(ours: Path, floor: Path) -> None:
    """Raise unless both files hold as many rows of every kind, and books that are right."""
    for path in (ours, floor):
        with Marketplace.connect(f"sqlite:///{path}", gateway=SimulatedGateway()) as market:
            verification = market.verify()
        if not verification.ok:
            raise Unequal(f"{path.name}: {'; '.join(verification.problems)}")
    mine, theirs = _contents(ours), _contents(floor)
    for what, found in mine.items():
        if found != theirs[what]:
            raise Unequal(f"{what}: {OURS} {found}, {FLOOR} {theirs[what]}")
    for what, found in _texts(ours).items():
        if not 0.95 <= _texts(floor)[what] / found <= 1.05:
            raise Unequal(f"text of {what}: {OURS} {found}, {FLOOR} {_texts(floor)[what]}")


def _contents(path: Path) -> dict[str, Any]:
    """What has to be the same: how often each column is filled, statuses, what was moved."""
    connection = sqlite3.connect(path)

    def rows(sql: str) -> list[Any]:
        return connection.execute(sql).fetchall()

    tables = [name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, Any] = {}
    for name in tables:
        every = [column for _, column, *_ in rows(f"PRAGMA table_info({name})")]
        filled = ", ".join(f'count("{column}")' for column in every)
        [counts] = rows(f"SELECT count(*), {filled} FROM {name}")
        found[name] = dict(zip(["rows", *every], counts, strict=True))
    for name in ENTITIES:
        sql = f"SELECT status, version, count(*) FROM marketpay_{name} GROUP BY 1, 2 ORDER BY 1, 2"
        found[f"{name} by status"] = rows(sql)
    for name, columns, amount in (
        ("ledger_entries", "debit_kind, credit_kind, currency", "amount"),
        ("account_deltas", "kind, currency", "amount"),
        ("account_balances", "kind, currency", "balance"),
        ("wallets", "owner, currency, version", "available"),
        ("timers", "kind", "1"),
        ("journal", "command, actor, role", "1"),
    ):
        sql = f"SELECT {columns}, count(*), sum({amount}) FROM marketpay_{name}"
        found[f"{name} summed"] = rows(f"{sql} GROUP BY {columns} ORDER BY {columns}")
    connection.close()
    return found


def _texts(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    [row] = connection.execute(LENGTHS.format("journal")).fetchall()
    connection.close()
    return dict(zip(("body", "events", "result"), row, strict=True))
