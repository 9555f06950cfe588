"""Workers in processes of their own, all at the same work for the same while.

Threads would take turns at Python's lock, on one side more than on the other; so both sides have
processes.  A worker counts the deals that it has finished when the time is up.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any, Final

from attrs import evolve, frozen

from benchmarks.dealings import COMPLETED, Deal, Dealer, Hand, Ours, run_deal
from benchmarks.places import Place
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway

# A fresh interpreter that has imported all this is forked for each worker.
PROCESSES: Final = get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])

Open = Callable[[], tuple[Dealer, Callable[[], None]]]


def ours(url: str) -> tuple[Dealer, Callable[[], None]]:
    """A marketplace in that database, and what closes it."""
    market = Marketplace.connect(url, gateway=SimulatedGateway())
    return Ours(market), market.close


def by_hand(place: Place, url: str) -> tuple[Dealer, Callable[[], None]]:
    """The floor there."""
    floor = place.by_hand(url)
    return Hand(floor), floor.close


@frozen
class Crew:
    """Its workers wait until they are asked."""

    _workers: tuple[Connection, ...]

    def rate(self, seconds: float, workers: int, *currencies: str) -> float:
        """Deals a second that the first so many of them make together.

        Each in a currency of its own, the first in the first, if there are enough of them.
        """
        asked = self._workers[:workers]
        for worker, currency in zip(asked, cycle(currencies or ("USD",)), strict=False):
            worker.send((seconds, currency))
        rates: list[float] = [worker.recv() for worker in asked]
        return sum(rates)


@contextmanager
def crew(number: int, open_: Open) -> Iterator[Crew]:
    """So many, with a connection each."""
    with ExitStack() as stack:
        started = [stack.enter_context(_started(n, open_)) for n in range(number)]
        for worker in started:
            worker.recv()  # it has made its first deal
        yield Crew(tuple(started))


@contextmanager
def _started(number: int, open_: Open) -> Iterator[Connection]:
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_work, args=(number, open_, there), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join()


def _work(number: int, open_: Open, asked: Any) -> None:
    """Until the other end is closed."""
    dealer, close = open_()
    deals = partial(next, _deals(number))
    run_deal(dealer, deals())  # statements are prepared at their first use
    asked.send(None)
    while True:
        try:
            seconds, currency = asked.recv()
        except EOFError:
            break
        done, start = 0, perf_counter()
        while (now := perf_counter()) < start + seconds:
            run_deal(dealer, evolve(deals(), currency=currency))
            done += 1
        asked.send(done / (now - start))
    close()


def _deals(worker: int) -> Iterator[Deal]:
    """Without end; no two workers have the same people."""
    for n in count():
        deal = COMPLETED[n % len(COMPLETED)]
        customer, contractor = f"{deal.customer}_{worker}", f"{deal.contractor}_{worker}"
        yield evolve(deal, customer=customer, contractor=contractor)
