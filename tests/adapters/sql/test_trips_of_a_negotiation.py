"""A revision, and an acceptance, go to the database as often however many offers a job has."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from marketpay import AcceptOffer, Actor, CounterOffer, Marketplace, OfferFunding, ReviseOffer
from marketpay.adapters.sql.line import Ask, CursorLine, Rows, Write
from marketpay.testing import SimulatedGateway
from tests.deals import CONTRACTOR, CUSTOMER, GOOD, post, send, usd

Trips = list[int]


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    """How many questions each exchange with the database asked."""
    seen: Trips = []
    go = CursorLine.exchange

    def counted(line: CursorLine, writes: Sequence[Write], asks: Sequence[Ask] = ()) -> list[Rows]:
        seen.append(len(asks))
        return go(line, writes, asks)

    monkeypatch.setattr(CursorLine, "exchange", counted)
    return seen


@contextmanager
def offered(siblings: int) -> Iterator[tuple[Marketplace, OfferFunding]]:
    """An offer beside so many others, each of which was countered and revised."""
    with Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as market:
        job = post(market)
        for number in range(siblings):
            other = send(market, job, to=Actor.contractor(f"ctr_{number + 100}"))
            revise(market, other)
        mine = send(market, job)
        yield market, mine


def revise(market: Marketplace, sent: OfferFunding) -> None:
    by = Actor.contractor(sent.offer.contractor)
    market.execute(CounterOffer(by=by, offer=sent.offer.id, price=usd("1200")))
    command = ReviseOffer(by=CUSTOMER, offer=sent.offer.id, price=usd("1200"), payment_method=GOOD)
    market.execute(command)


@pytest.mark.parametrize("act", ["revise", "accept"])
def test_twenty_other_offers_cost_no_more_trips_than_one(trips: Trips, act: str) -> None:
    taken: list[Trips] = []
    for siblings in (1, 20):
        with offered(siblings) as (market, mine):
            trips.clear()
            if act == "revise":
                revise(market, mine)
            else:
                market.execute(AcceptOffer(by=CONTRACTOR, offer=mine.offer.id))
            taken.append([*trips])

    assert taken[0] == taken[1]
    assert 0 < len(taken[0]) <= (11 if act == "revise" else 7)
