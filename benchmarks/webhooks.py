"""Taking in webhooks as Stripe signs them, against the same by hand (`floor_webhooks`).

The payloads are those that a Stripe server tells of whole deals, again and again under new ids;
both sides verify them and write the same rows, each in a durable commit, to fresh SQLite files
side by side in TMPDIR.  Then every one of them comes a second time; then `work()` applies them,
and asks the server, which runs in this process, wherever there is something to look at.  How many
a second depends on the disk, so the goals are of a quiet machine: where the floor misses one as
well, the disk was busy.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Final

from attrs import field, frozen

from benchmarks.figures import Figures
from benchmarks.floor_webhooks import inbox
from benchmarks.harness import Comparison
from benchmarks.stripe_market import CONNECT_SECRET, KEY, PLATFORM_SECRET, stripe_market
from benchmarks.turns import FLOOR, OURS, Turns, medians
from marketpay import Marketplace
from marketpay.testing import StripeServer
from marketpay.testing.stripe_server import Webhook
from marketpay.testing.stripe_server.webhooks import signed

NEW: Final = 1500.0  # a second
AGAIN: Final = 5000.0  # a second

DEALT: Final = 12  # deals that there is news of, a round
RECEIVED: Final = 600  # webhooks a side and round
TURN: Final = 20  # webhooks until it is the other side's turn

SAME: Final = (
    "SELECT delivery, event_type, event, body, status, version, attempts, due_at = created_at"
    " FROM marketpay_webhooks ORDER BY delivery"
)


class Unequal(Exception):
    """The two sides did not do the same: their times cannot be compared."""


@frozen
class Round:
    """What a round took."""

    new: Turns = field(factory=Turns)
    again: Turns = field(factory=Turns)
    work: Turns = field(factory=Turns)


def run(rounds: int = 5) -> list[Comparison | Figures]:
    """Each comparison, as the medians of so many interleaved rounds."""
    done = [_round() for _ in range(rounds)]
    work = medians([one.work.wall for one in done], RECEIVED)
    where = f", on {gettempdir()}"
    return [
        *_figures(f"A new webhook received{where}", [one.new for one in done], NEW),
        *_figures(f"A webhook received again{where}", [one.again for one in done], AGAIN),
        Figures("Webhooks applied by work()", "/s", {OURS: 1 / work[OURS]}),
    ]


def _figures(title: str, turns: Sequence[Turns], least: float) -> Iterator[Comparison | Figures]:
    wall = medians([one.wall for one in turns], RECEIVED)
    rates = {name: 1 / seconds for name, seconds in wall.items()}
    yield Comparison(title, FLOOR, wall)
    processor = medians([one.processor for one in turns], RECEIVED)
    yield Comparison(f"{title}, the processor's time alone", FLOOR, processor)
    yield Figures(f"{title}, how many", "/s", rates, least={OURS: least})


def _round() -> Round:
    secrets = (PLATFORM_SECRET, CONNECT_SECRET)
    with (
        StripeServer(api_key=KEY) as server,
        TemporaryDirectory(prefix="marketpay-bench-") as folder,
        stripe_market(Path(folder, "marketpay.db"), server.url) as ours,
        inbox(Path(folder, "floor.db"), secrets) as by_hand,
    ):
        for n in range(DEALT):
            ours.deal(n)
        webhooks = [*islice(_copies(server.webhooks()), RECEIVED)]
        round_ = Round()

        def receive(n: int) -> None:
            ours.market.receive(webhooks[n].payload, webhooks[n].headers, at_once=False)

        def keep(n: int) -> None:
            by_hand.receive(webhooks[n].payload, webhooks[n].headers)

        for turns in (round_.new, round_.again):
            turns.take(RECEIVED, TURN, {OURS: receive, FLOOR: keep})
        _check_alike(Path(folder))
        round_.work.measure(OURS, lambda: _apply(ours.market))
    return round_


def _copies(told: Sequence[Webhook]) -> Iterator[Webhook]:
    """Every event, signed now, under one new id after the other."""
    now = datetime.now(UTC)
    for copy in count():
        for one in told:
            event: dict[str, Any] = json.loads(one.payload)
            event["id"] = f"{event['id']}_{copy}"
            yield signed(event, CONNECT_SECRET if "account" in event else PLATFORM_SECRET, now)


def _apply(market: Marketplace) -> None:
    applied = 0
    while report := market.work():
        applied += report.webhooks
    if applied != RECEIVED:
        raise Unequal(f"{applied} of {RECEIVED} applied")


def _check_alike(folder: Path) -> None:
    """Raise unless both files hold the same webhooks, each once."""
    ours, theirs = (_rows(folder / name) for name in ("marketpay.db", "floor.db"))
    if len(ours) != RECEIVED or ours != theirs:
        different = [both for both in zip(ours, theirs, strict=False) if both[0] != both[1]]
        raise Unequal(f"{len(ours)} and {len(theirs)} webhooks; {different[:1]}")


def _rows(path: Path) -> list[Any]:
    connection = sqlite3.connect(path)
    rows = connection.execute(SAME).fetchall()
    connection.close()
    return rows
