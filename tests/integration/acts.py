"""What the processes of a crowd do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from attrs import define

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    Command,
    CompleteJob,
    Job,
    JobId,
    MarketpayError,
    Money,
    OfferId,
    Pending,
    PostJob,
    RequestWithdrawal,
    SendOffer,
    StartJob,
    WorkReport,
)
from tests.integration.crowd import Desk

R = TypeVar("R")
PRICE = Money("1000", "USD")


def execute(desk: Desk, command: Command[Any], key: str | None = None) -> Any:
    """One command."""
    return desk.market.execute(command, key=key)


def work(desk: Desk) -> list[WorkReport]:
    """Work until there is nothing more to do."""
    reports = [desk.market.work()]
    while reports[-1]:
        reports.append(desk.market.work())
    return reports


def post(desk: Desk, times: int) -> list[str]:
    """So many jobs; their ids."""
    by = Actor.customer(f"cus_{desk.number}")
    posted = PostJob(by=by, title="Paint the fence", currency="USD")
    return [desk.market.execute(posted).id for _ in range(times)]


Offers = Sequence[tuple[JobId, OfferId, Actor]]  # each with whom it was sent to


def anything(desk: Desk, customer: Actor, offers: Offers, seconds: float) -> list[MarketpayError]:
    """Whatever comes to mind about these offers, for some time; what it was refused with."""
    by_chance, refused = Random(desk.number), []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        act = by_chance.choice(ACTS)
        job, offer, to = by_chance.choice(offers)
        try:
            act(desk, customer, job, offer, to)
        except MarketpayError as error:
            refused.append(error)
    return refused


def _accept(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    desk.market.execute(AcceptOffer(by=to, offer=offer))


def _start(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    desk.market.execute(StartJob(by=to, job=job))


def _complete(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    desk.market.execute(CompleteJob(by=customer, job=job))


def _cancel(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    if offer.endswith(("0", "8", "g", "r")):  # an eighth of them: most get further
        desk.market.execute(CancelJob(by=customer, job=job))


def _withdraw(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    desk.market.execute(RequestWithdrawal(by=to, amount=Money("150", "USD")))


def _work(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    desk.market.work()


def _offer(desk: Desk, customer: Actor, job: JobId, offer: OfferId, to: Actor) -> None:
    """To the same contractor, for a job of this process's own."""
    by = Actor.customer(f"cus_{desk.number}")
    posted = desk.market.execute(PostJob(by=by, title="Paint the fence", currency="USD"))
    desk.market.execute(_offering(posted, to))


def _offering(job: Job, to: Actor) -> SendOffer:
    by, card = Actor.customer(job.customer), "pm_card_visa"
    return SendOffer(by=by, job=job.id, contractor=to.id, price=PRICE, payment_method=card)


ACTS: Sequence[Callable[[Desk, Actor, JobId, OfferId, Actor], None]] = (
    _accept, _start, _complete, _cancel, _withdraw, _work, _offer
)  # fmt: skip


@define
class Told:
    """What a process was told about a deal: how much was answered, and why no more."""

    title: str
    answers: int = 0
    was_pending: bool = False  # something was left for `work()`
    error: MarketpayError | None = None

    def take(self, answer: R) -> R:
        """One more answer."""
        self.answers += 1
        self.was_pending |= isinstance(getattr(answer, "next_action", None), Pending)
        return answer


def deals(desk: Desk, end: Path) -> list[Told]:
    """One deal after the other until the file `end` is there, somewhere else when one fails."""
    told = list[Told]()
    while not end.exists():
        deal = Told(f"{desk.number}.{len(told)}")
        told.append(deal)
        try:
            _deal(desk, deal)
        except MarketpayError as error:
            deal.error = error
            desk.move_on()
    return told


def _deal(desk: Desk, deal: Told) -> None:
    by, to = Actor.customer(f"cus_{desk.number}"), Actor.contractor(f"ctr_{desk.number}")
    execute = desk.market.execute
    job = deal.take(execute(PostJob(by=by, title=deal.title, currency="USD")))
    offer = deal.take(execute(_offering(job, to))).offer
    deal.take(execute(AcceptOffer(by=to, offer=offer.id)))
    deal.take(execute(StartJob(by=to, job=job.id)))
    deal.take(execute(CompleteJob(by=by, job=job.id)))
