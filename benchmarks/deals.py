"""AcceptOffer, a whole deal, and a whole file of deals, against the same by hand (`floor`).

On SQLite and on PostgreSQL, both sides write the same rows in as many durable commits to fresh
databases side by side, and call simulated gateways of the same kind; what they left is compared
before anything is told.  They take turns every few operations.  Where a disk is slow to sync, it
hides what is computed: so the processor's time alone is given as well (this process's, that is
without a server's).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from attrs import field, frozen

from benchmarks.alike import check_alike
from benchmarks.dealings import COMPLETED, DEALS, Dealer, Hand, Ours, catch_up, run_deal, run_line
from benchmarks.harness import Comparison, Goal
from benchmarks.places import PLACES, Place
from benchmarks.turns import FLOOR, OURS, Turns, medians
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway

TIMES = 1.5  # what an operation may take, beside the floor's
PACE = 0.45  # of the floor's deals a second, over the whole file

ACCEPTED = 160  # offers a side and round
DEALT = 60  # deals a side and round
TURN = 10  # operations until it is the other side's turn


@frozen
class Sides:
    """A fresh file for each side, and what each has spent."""

    dealers: dict[str, Dealer]
    turns: Turns = field(factory=Turns)

    def take_turns(self, number: int, act: Callable[[str, int], object]) -> None:
        sides = {name: partial(act, name) for name in self.dealers}
        self.turns.take(number, TURN, sides)


@contextmanager
def sides(place: Place) -> Iterator[Sides]:
    """Both, warm, in databases beside each other, which must be alike at the end."""
    with place.databases("marketpay", "floor") as (ours, floor):
        market = Marketplace.connect(ours, gateway=SimulatedGateway())
        by_hand = place.by_hand(floor)
        dealers: dict[str, Dealer] = {OURS: Ours(market), FLOOR: Hand(by_hand)}
        for dealer in dealers.values():
            run_deal(dealer, COMPLETED[-1])  # statements are compiled and kept at their first use
        yield Sides(dealers)
        market.close()
        by_hand.close()
        check_alike(place, ours, floor)


def run(rounds: int = 5) -> list[Comparison]:
    """Each comparison, as the medians of so many interleaved rounds."""
    return [found for place in PLACES for found in on(place, rounds)]


def on(place: Place, rounds: int) -> list[Comparison]:
    """What there is to tell of one engine."""
    _check_all_outcomes(place)
    compared = partial(_compared, place, rounds)
    dealing = f"A whole deal on {place.name}: post, offer, accept, start, complete"
    filing = f"A file of {len(DEALS)} deals on {place.name}, for each deal"
    return [
        *_comparisons(f"AcceptOffer on {place.name}", compared(_accept_round, ACCEPTED), TIMES),
        *_comparisons(dealing, compared(_deal_round, DEALT), TIMES),
        *_comparisons(filing, compared(_file_round, len(DEALS)), 1 / PACE),
    ]


def _comparisons(
    title: str, found: tuple[dict[str, float], dict[str, float]], times: float
) -> list[Comparison]:
    goal = (Goal(OURS, FLOOR, times),)
    wall, processor = found
    return [
        Comparison(title, FLOOR, wall, goal),
        Comparison(f"{title}, the processor's time alone", FLOOR, processor),
    ]


def _compared(
    place: Place, rounds: int, round_: Callable[[Sides], None], number: int
) -> tuple[dict[str, float], dict[str, float]]:
    """The medians of what one operation takes, by the clock on the wall and by the processor's."""
    walls: list[dict[str, float]] = []
    processors: list[dict[str, float]] = []
    for _ in range(rounds):
        with sides(place) as both:
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


def _check_all_outcomes(place: Place) -> None:
    """A file of every outcome, on both sides: `sides` compares what there is at its end."""
    with sides(place) as both:
        for dealer in both.dealers.values():
            for number in range(100):
                run_line(dealer, number)
