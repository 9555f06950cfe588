"""What is looked at from outside while a crowd is at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from attrs import frozen

from marketpay import Actor, Marketplace, OpenPayoutAccount
from marketpay.testing import SimulatedGateway
from tests.deals import books_are_right
from tests.integration import acts
from tests.integration.crowd import Clock, Crowd, Place, keys_of, raise_any


@frozen
class Scene:
    """A crowd with the marketplace and the gateway that it shares."""

    crowd: Crowd
    place: Place
    market: Marketplace
    gateway: SimulatedGateway
    clock: Clock

    def advance(self, by: timedelta) -> None:
        """Everybody lives that much later."""
        self.clock.ahead += by
        self.crowd.advance(by)

    def payee(self, by: Actor) -> None:
        """A contractor whose payout account is open."""
        self.gateway.activate(self.market.execute(OpenPayoutAccount(by=by)))
        self.rest()

    def rest(self) -> None:
        """Work, all at once, until there is nothing more to do; nothing of it may fail."""
        outcomes = self.crowd.all(acts.work)
        raise_any(outcomes)
        reports = [*(report for each in outcomes for report in each), self.market.work()]
        while reports[-1]:  # what one has sequenced last, nobody else may have seen
            reports.append(self.market.work())
        assert [failure for report in reports for failure in report.failures] == []

    def is_right(self) -> None:
        """Nothing is left to do, the books are right, the feed is told in order and once."""
        books_are_right(self.market, self.gateway)
        items = self.market.store.read(lambda records: records.feed(0, limit=100_000))
        assert [item.position for item in items] == [*range(1, len(items) + 1)]
        told = self.place.paper.told()
        assert told == sorted(set(told))
        assert {position for position, _ in told} <= {item.position for item in items}

    def asked_once(self) -> None:
        """The gateway was asked for nothing twice."""
        asked = Counter([*self.crowd.asked(), *keys_of(self.gateway)])
        assert [key for key, times in asked.items() if times > 1] == []


@contextmanager
def scene(crowd: Crowd, *places: Place, roaming: bool = False) -> Iterator[Scene]:
    """All at work in one database, to be reached at these places."""
    crowd.open(*places, roaming=roaming)
    gateway, clock = places[0].gateway(), Clock()
    with places[0].open(gateway, clock) as market:
        yield Scene(crowd, places[0], market, gateway, clock)
    gateway.close()
    crowd.close()


def split(outcomes: Sequence[Any]) -> tuple[list[Any], list[Exception]]:
    """What was done, and what was raised instead."""
    done = [one for one in outcomes if not isinstance(one, Exception)]
    raised = [one for one in outcomes if isinstance(one, Exception)]
    return done, raised
