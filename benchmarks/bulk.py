"""Bringing in many deals at once by `execute_many`, on PostgreSQL.

A deal is posted, offered, accepted, started and completed, so a batch of deals is five calls.
Beside it, the same deals one command after the other, by the same marketplace.
"""

from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any, Final, Protocol, cast

from benchmarks.alike import Unequal
from benchmarks.dealings import COMPLETED, GOOD, Deal, Ours, run_deal
from benchmarks.figures import Figures
from benchmarks.places import POSTGRESQL
from marketpay import (
    AcceptOffer,
    Actor,
    Command,
    CompleteJob,
    Marketplace,
    Money,
    PostJob,
    SendOffer,
    StartJob,
)
from marketpay.testing import SimulatedGateway

BATCH: Final = 500  # deals
BATCHES: Final = 4  # a round
SINGLY: Final = 100  # deals a round
LEAST: Final = 20_000.0  # deals a minute
MANY, ONE = "execute_many, 500 deals at once", "execute, one command after the other"


class Bulk(Protocol):
    """A marketplace, as far as it takes many commands at once."""

    def execute_many(self, commands: Sequence[Command[Any]], /) -> Sequence[Any]: ...


def run(rounds: int = 5) -> list[Figures]:
    """Deals a minute, both ways, as medians."""
    many: list[float] = []
    singly: list[float] = []
    for _ in range(rounds):
        with (
            POSTGRESQL.databases("marketpay") as (url,),
            Marketplace.connect(url, gateway=SimulatedGateway()) as market,
        ):
            bulk, dealer = cast("Bulk", market), Ours(market)
            deal_all(bulk, _some(BATCH)[:10])  # statements are prepared at their first use
            run_deal(dealer, COMPLETED[0])
            start = perf_counter()
            for _ in range(BATCHES):
                deal_all(bulk, _some(BATCH))
            between = perf_counter()
            for deal in _some(SINGLY):
                run_deal(dealer, deal)
            many.append(60 * BATCH * BATCHES / (between - start))
            singly.append(60 * SINGLY / (perf_counter() - between))
            _check(market)
    rates = {MANY: median(many), ONE: median(singly)}
    return [Figures("Deals brought in on PostgreSQL", "/min", rates, least={MANY: LEAST})]


def deal_all(market: Bulk, deals: Sequence[Deal]) -> None:
    """Each stage of all of them, and then the next."""
    customers = [Actor.customer(deal.customer) for deal in deals]
    contractors = [Actor.contractor(deal.contractor) for deal in deals]
    posted = market.execute_many([
        PostJob(by=by, title=deal.title, currency=deal.currency)
        for by, deal in zip(customers, deals, strict=True)
    ])  # fmt: skip
    jobs = [_result(one).id for one in posted]
    sent = market.execute_many([
        SendOffer(
            by=by, job=job, contractor=deal.contractor,
            price=Money.from_minor(deal.price, deal.currency), payment_method=GOOD,
        )
        for by, job, deal in zip(customers, jobs, deals, strict=True)
    ])  # fmt: skip
    offers = [_result(one).offer.id for one in sent]
    for stage in (
        [AcceptOffer(by=by, offer=offer) for by, offer in zip(contractors, offers, strict=True)],
        [StartJob(by=by, job=job) for by, job in zip(contractors, jobs, strict=True)],
        [CompleteJob(by=by, job=job) for by, job in zip(customers, jobs, strict=True)],
    ):
        for outcome in market.execute_many(stage):
            _result(outcome)


def _result(outcome: Any) -> Any:
    """What a command came to; an error is raised."""
    error = getattr(outcome, "error", None)
    if error is not None:
        raise error
    return getattr(outcome, "result", outcome)


def _some(number: int) -> list[Deal]:
    return [COMPLETED[n % len(COMPLETED)] for n in range(number)]


def _check(market: Marketplace) -> None:
    problems = market.verify().problems
    if problems:
        raise Unequal("; ".join(map(str, problems)))
