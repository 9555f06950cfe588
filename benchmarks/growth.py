"""What is asked most, and accepting an offer, where the ledger is long and where it is short.

Two databases on one PostgreSQL, one with five million ledger entries and one with ten thousand,
filled with deals long done (`growth_filling`).  Every question is put to both in turn, many
times; the figures are the medians of all its calls.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.dealings import COMPLETED, Ours
from benchmarks.growth_filling import BUSY, fill
from benchmarks.harness import Comparison, Goal
from benchmarks.places import POSTGRESQL, of_libpq
from marketpay import Marketplace
from marketpay.domain.ledger import Account, AccountKind
from marketpay.queries.money import GetBalance, WalletStatement
from marketpay.testing import SimulatedGateway

SIZES: Final = {"10 thousand entries": 10_000, "5 million entries": 5_000_000}
FEW, MANY = SIZES
TIMES: Final = 1.2  # what a call may take with many, of what it takes with few
CALLS: Final = 100  # a size and round
DEEP: Final = 4  # the last quarter of a statement begins there: a page of old entries

Call = Callable[[], object]


def run(rounds: int = 5) -> list[Comparison]:
    """Each question, as the median of all calls of so many rounds."""
    with POSTGRESQL.empty_databases(*SIZES) as urls:
        sized = dict(zip(SIZES, urls, strict=True))
        for name, url in sized.items():
            fill(of_libpq(url), SIZES[name])
        with _market(sized[FEW]) as few, _market(sized[MANY]) as many:
            markets = {FEW: few, MANY: many}
            asked = {name: _questions(market, SIZES[name]) for name, market in markets.items()}
            found = {
                title: _medians({name: asked[name][title] for name in SIZES}, rounds * CALLS)
                for title in asked[FEW]
            }
            accepting = _accepting(markets, rounds * CALLS)
    return [
        Comparison(f"{title}, by length of the ledger", FEW, medians, (Goal(MANY, FEW, TIMES),))
        for title, medians in (found | {"AcceptOffer": accepting}).items()
    ]


@contextmanager
def _market(url: str) -> Iterator[Marketplace]:
    with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
        yield market


def _questions(market: Marketplace, entries: int) -> dict[str, Call]:
    ask = partial(partial, market.query)
    earned = Account(AccountKind.PLATFORM_FEE, "USD")
    statement = partial(WalletStatement, owner=BUSY, currency="USD")
    # `WalletStatement` pages by the number of an entry.
    deep = urlsafe_b64encode(f"WalletStatement:{entries // DEEP}".encode()).decode()
    found: dict[str, Call] = {
        "A wallet's balance": partial(market.wallet, BUSY, "USD"),
        "A platform account's balance": ask(GetBalance(earned)),
        "A statement's first page": ask(statement()),
        "A statement's page deep down": ask(statement(cursor=deep)),
    }
    return found


def _medians(calls: dict[str, Call], number: int) -> dict[str, float]:
    """Of so many calls of each, one of this and one of that; what is first is not measured."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(number // 10):
        for call in calls.values():
            call()
    for turn in range(number):
        for name in [*calls][:: 1 if turn % 2 == 0 else -1]:
            start = perf_counter()
            calls[name]()
            taken[name].append(perf_counter() - start)
    return {name: median(times) for name, times in taken.items()}


def _accepting(markets: dict[str, Marketplace], number: int) -> dict[str, float]:
    needed = number + number // 10
    calls: dict[str, Call] = {}
    for name, market in markets.items():
        dealer, deals = Ours(market), [COMPLETED[n % len(COMPLETED)] for n in range(needed)]
        offers = [dealer.send_offer(deal, dealer.post_job(deal)) for deal in deals]
        calls[name] = partial(_next, map(dealer.accept, deals, offers))
    return _medians(calls, number)


def _next(done: Iterator[None]) -> None:
    next(done)
