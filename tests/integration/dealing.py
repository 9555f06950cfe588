"""Deals that go on while something happens to the database, and what came of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

from attrs import define, field

from marketpay import (
    CommitUnknown,
    DatabaseBusy,
    Forbidden,
    IllegalTransition,
    Job,
    JobStatus,
    Offer,
    Refused,
)
from marketpay.domain.errors import DatabaseUnavailable
from marketpay.ports.gateway import Authorize, Capture
from tests.integration import acts
from tests.integration.acts import Told
from tests.integration.crowd import raise_any
from tests.integration.scene import Scene
from tests.servers.process import wait_until

ENOUGH = 6  # deals
S = JobStatus
REACHED = (None, S.OPEN, S.OPEN, S.ASSIGNED, S.IN_PROGRESS, S.COMPLETED)  # by answers
PAID = (S.ASSIGNED, S.IN_PROGRESS, S.COMPLETED)
MEANWHILE = (DatabaseUnavailable, DatabaseBusy, CommitUnknown)


@define
class Dealing:
    """Inside the block all processes make deals; after it, they have said what they were told."""

    scene: Scene
    told: list[Told] = field(factory=list)

    def __enter__(self) -> None:
        crowd = self.scene.crowd
        crowd.begin(acts.deals, *((self._end,) for _ in range(len(crowd))))
        self.go_on()

    def __exit__(self, *_: object) -> None:
        self._end.touch()
        outcomes = self.scene.crowd.end()
        raise_any(outcomes)
        self.told = [one for each in outcomes for one in each]

    @property
    def _end(self) -> Path:
        return self.scene.place.folder / "end"

    def go_on(self) -> None:
        """Wait until there are some more deals."""
        captured = self.scene.gateway.effects(Capture)
        wait_until(lambda: self.scene.gateway.effects(Capture) >= captured + ENOUGH, "going on")

    def came_to_what_was_told(self) -> None:
        """What was answered is there, once; what failed is there or not, as the error says."""
        self.scene.advance(timedelta(minutes=10))  # what was left in the middle is anybody's again
        self.scene.rest()
        read = self.scene.market.store.read
        jobs = read(lambda records: records.find(Job))
        offers = read(lambda records: records.find(Offer))
        assert max(Counter(job.title for job in jobs).values()) == 1
        assert max(Counter(offer.job for offer in offers).values()) == 1
        status = {job.title: job.status for job in jobs}
        assert status.keys() <= {deal.title for deal in self.told}
        for deal in self.told:
            assert status.get(deal.title) in possible(deal), deal
        gateway = self.scene.gateway
        assert gateway.effects(Capture) == len([job for job in jobs if job.status in PAID])
        assert gateway.effects(Authorize) == len(offers)


def possible(deal: Told) -> tuple[JobStatus | None, ...]:
    """How the job of a deal can stand, after what its parties were told."""
    reached = REACHED[deal.answers :]
    if deal.error is None:
        assert not reached[1:], deal
        return reached
    if isinstance(deal.error, Refused | IllegalTransition | Forbidden):
        assert deal.was_pending, deal  # what it needed was left for `work()`
        return reached[:1]
    assert isinstance(deal.error, MEANWHILE), deal
    return reached[:2] if isinstance(deal.error, CommitUnknown) else reached[:1]
