"""The whole main job over HTTP, against its calls of Stripe made with the bare SDK.

A deal is posted, applied for, offered with a hold, accepted (captured), started, completed, and
its money transferred by `work()`: every step is a durable commit to a file in TMPDIR.  The floor
makes the same three calls of the same server, and keeps nothing.  Beside both, the floor with as
many commits as a deal needs, of a row each: the least that anybody pays who keeps books there.
The goal is of a quiet machine: where those commits miss it as well, the disk was busy.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Final

import stripe
from attrs import frozen

from benchmarks.figures import Figures
from benchmarks.floor_driver import PRAGMAS
from benchmarks.harness import Comparison
from benchmarks.stripe_market import (
    CARD,
    CUSTOMER,
    KEY,
    PRICE,
    in_a_process_of_its_own,
    in_this_process,
    stripe_market,
)
from benchmarks.turns import OURS, Turns, medians
from marketpay.domain.ids import new_id

BARE, KEPT = "the bare SDK", "the bare SDK and bare commits"
COMMITS: Final = 12  # that a deal writes, and a worker for it
PLACES: Final = {
    "a server in a process of its own": in_a_process_of_its_own,
    "a server in the same process": in_this_process,
}
GOAL: Final = 40.0  # deals a second, the server on a core of its own

DEALT: Final = 60  # deals a side and round
TURN: Final = 5  # deals until it is the other side's turn
WARM: Final = 3  # deals before anything is measured


class Unequal(Exception):
    """The two sides did not do the same: their times cannot be compared."""


def run(rounds: int = 5) -> list[Comparison | Figures]:
    """Each comparison, as the medians of so many interleaved rounds."""
    found: list[Comparison | Figures] = []
    for where, served in PLACES.items():
        turns = [_round(served) for _ in range(rounds)]
        wall = medians([one.wall for one in turns], DEALT)
        processor = medians([one.processor for one in turns], DEALT)
        title = f"A whole deal over HTTP, {where}"
        rates = {name: 1 / seconds for name, seconds in wall.items()}
        least = {OURS: GOAL} if served is in_a_process_of_its_own else {}
        found += [
            Comparison(f"{title}, on {gettempdir()}", BARE, wall),
            Comparison(f"{title}, this process's processor time", BARE, processor),
            Figures(f"Deals over HTTP, {where}", "/s", rates, least=least),
        ]
    return found


def _round(served: Callable[[], AbstractContextManager[str]]) -> Turns:
    turns = Turns()
    with (
        served() as url,
        TemporaryDirectory(prefix="marketpay-bench-") as folder,
        stripe_market(Path(folder, "market.db"), url) as ours,
    ):
        client = stripe.StripeClient(KEY, base_addresses={"api": url})
        bare = Bare(client, ours.account)
        with keeping(Path(folder, "floor.db"), bare) as kept:
            sides = {OURS: ours.deal, BARE: bare.deal, KEPT: kept.deal}
            for n in range(WARM):
                for deal in sides.values():
                    deal(n)
            turns.take(DEALT, TURN, sides)
        _check_alike(client, ours.market.verify().problems, len(sides))
    return turns


@frozen
class Bare:
    """The calls of a deal, with the parameters that marketpay gives them."""

    client: stripe.StripeClient
    account: str  # of the contractor

    def deal(self, _number: int) -> None:
        """Hold, capture, transfer."""
        api, group = self.client.v1, {"transfer_group": new_id("job")}
        price = {"amount": PRICE.minor, "currency": "usd"}
        params: dict[str, Any] = price | group | {
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "metadata": _ours() | {
                "marketpay_subject": new_id("pay"), "marketpay_payer": CUSTOMER.id,
            },
            "expand": ["latest_charge"],
            "payment_method": CARD,
            "confirm": True,
            "off_session": True,
        }  # fmt: skip
        held: Any = api.payment_intents.create(_any(params), _once())
        params = {"amount_to_capture": PRICE.minor}
        taken: Any = api.payment_intents.capture(held.id, _any(params), _once())
        params = price | group | {
            "amount": PRICE.minor * 7 // 10,
            "destination": self.account,
            "source_transaction": taken.latest_charge,
            "metadata": _ours(),
        }  # fmt: skip
        api.transfers.create(_any(params), _once())


@frozen
class Kept:
    """The same, and as many durable commits."""

    bare: Bare
    connection: sqlite3.Connection

    def deal(self, number: int) -> None:
        """The commits of before and of after, all at the end."""
        self.bare.deal(number)
        for n in range(COMMITS):
            self.connection.execute("INSERT INTO step (deal, number) VALUES (?, ?)", (number, n))


@contextmanager
def keeping(path: Path, bare: Bare) -> Iterator[Kept]:
    """In a fresh file at `path`, with the settings that marketpay gives its own."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, deal INTEGER, number INTEGER)")
    yield Kept(bare, connection)
    connection.close()


def _ours() -> dict[str, str]:
    return {"marketpay_reference": new_id("ptx")}


def _once() -> Any:
    return {"idempotency_key": new_id("ptx")}


def _any(params: dict[str, Any]) -> Any:
    """As the SDK's typed dictionaries have it."""
    return params


def _check_alike(client: stripe.StripeClient, problems: Any, sides: int) -> None:
    """Raise unless all have transferred as often, and as much, and the books are right."""
    transfers = client.v1.transfers.list(_any({"limit": 100})).auto_paging_iter()
    amounts = [transfer.amount for transfer in transfers]
    if amounts != [PRICE.minor * 7 // 10] * sides * (DEALT + WARM) or problems:
        raise Unequal(f"{len(amounts)} transfers of {sorted(set(amounts))}, {problems}")
