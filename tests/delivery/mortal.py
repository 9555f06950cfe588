"""Dying at any point: wrappers around store and gateway, a deal to live through, and its end.

A process dies by `Death`, which no `except Exception` catches, or by `os._exit`.  What was
committed is committed; everything in memory is lost, so a fresh marketplace goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from attrs import field, frozen

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    CancelJob,
    Command,
    CompleteJob,
    Job,
    Marketplace,
    MemoryStore,
    Money,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentTransaction,
    PayoutAccount,
    PostJob,
    Refund,
    Rules,
    SendOffer,
    SqlStore,
    StartJob,
)
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    GatewayReply,
    GatewayRequest,
    OpenAccount,
    RefundPayment,
    Transfer,
    Void,
)
from marketpay.ports.store import Records, Store, Work
from marketpay.testing import SimulatedGateway, VirtualClock

R = TypeVar("R")

CUSTOMER = Actor.customer("cus_17")
ANN, BEN = Actor.contractor("ann"), Actor.contractor("ben")
ACTING: tuple[type[ActingRequest], ...] = (
    Authorize, Capture, Void, RefundPayment, Transfer, OpenAccount,
)  # fmt: skip


class Death(BaseException):
    """The process is gone."""


class Fate:
    """Counts the points at which a process can die, and lets it die at one of them."""

    def __init__(self, at: int | None = None, die: Callable[[], None] | None = None) -> None:
        self.at = at
        self.passed = 0
        self.commits = 0
        self._die = die

    def point(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            if self._die is not None:
                self._die()
            raise Death


@frozen
class MortalStore:
    """Dies before a transaction begins, before it commits, or after."""

    store: Store
    fate: Fate

    def run(self, use: Callable[[Work], R], /) -> R:
        def mortal(work: Work) -> R:
            result = use(work)
            self.fate.point()
            return result

        self.fate.point()
        result = self.store.run(mortal)
        self.fate.commits += 1
        self.fate.point()
        return result

    def read(self, use: Callable[[Records], R], /) -> R:
        return self.store.read(use)

    def close(self) -> None:
        self.store.close()


@frozen
class MortalGateway:
    """Dies before a request is made, or after it took effect."""

    gateway: SimulatedGateway
    fate: Fate

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.fate.point()
        reply = self.gateway.perform(request, key=key)
        self.fate.point()
        return reply


@frozen(kw_only=True)
class Place:
    """What outlives a process: the clock, the processor and the store (or its file)."""

    clock: VirtualClock = field(factory=VirtualClock)
    gateway: SimulatedGateway
    open_store: Callable[[], Store]

    def market(self, fate: Fate | None = None) -> Marketplace:
        store, fate = self.open_store(), fate or Fate()
        rules = Rules(now=self.clock)
        return Marketplace(
            store=MortalStore(store, fate), gateway=MortalGateway(self.gateway, fate), rules=rules
        )


def in_memory() -> Place:
    clock, store = VirtualClock(), MemoryStore()
    return Place(clock=clock, gateway=SimulatedGateway(now=clock), open_store=lambda: store)


def in_files(folder: Path) -> Place:
    """Everything in files, so that another process can go on."""
    clock = VirtualClock()
    return Place(
        clock=clock,
        gateway=SimulatedGateway(folder / "gateway.db", now=clock),
        open_store=lambda: SqlStore.connect(f"sqlite:///{folder / 'market.db'}"),
    )


def rest(market: Marketplace) -> None:
    """Work until there is nothing more to do."""
    while market.work():
        pass


def recover(place: Place) -> Marketplace:
    """A fresh process that comes when every lease is over, and has nothing left to do."""
    market = place.market()
    place.clock.advance(minutes=6)
    rest(market)
    place.clock.advance(minutes=6)  # what failed a moment ago comes up again
    rest(market)
    return market


Said = dict[str, Any]
Step = tuple[str, Callable[[Said], Command[Any] | None]]


def _offer(said: Said, to: Actor) -> SendOffer:
    return SendOffer(
        by=CUSTOMER, job=said["job"].id, contractor=to.id, price=Money("1000", "USD"),
        payment_method="pm_card_visa",
    )  # fmt: skip


POSTED: tuple[Step, ...] = (
    ("job", lambda _: PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")),
    ("application", lambda said: ApplyToJob(by=BEN, job=said["job"].id)),
    ("ann", lambda said: _offer(said, ANN)),
    ("ben", lambda said: _offer(said, BEN)),
)
ACCEPTED: tuple[Step, ...] = (
    *POSTED,
    ("accepted", lambda said: AcceptOffer(by=ANN, offer=said["ann"].offer.id)),
)
STORIES: dict[str, tuple[Step, ...]] = {
    "completed": (
        ("account", lambda _: OpenPayoutAccount(by=ANN)),
        ("activation", lambda _: None),
        *ACCEPTED,
        ("started", lambda said: StartJob(by=ANN, job=said["job"].id)),
        ("completed", lambda said: CompleteJob(by=CUSTOMER, job=said["job"].id)),
    ),
    "onboarded late": (
        *ACCEPTED,
        ("started", lambda said: StartJob(by=ANN, job=said["job"].id)),
        ("completed", lambda said: CompleteJob(by=CUSTOMER, job=said["job"].id)),
        ("account", lambda _: OpenPayoutAccount(by=ANN)),
        ("activation", lambda _: None),
    ),
    "refunded": (
        *ACCEPTED,
        ("cancelled", lambda said: CancelJob(by=CUSTOMER, job=said["job"].id)),
    ),
    "withdrawn": (
        *POSTED,
        ("cancelled", lambda said: CancelJob(by=CUSTOMER, job=said["job"].id)),
    ),
}


def live(place: Place, market: Marketplace, story: tuple[Step, ...], said: Said) -> None:
    """Say what was not said yet, each command with its key, and work after each."""
    for name, make in story:
        if name in said:
            continue
        said["now"] = name
        if name == "activation":
            account = said["account"]
            place.gateway.activate(account)
            said[name] = True
        else:
            command = make(said)
            assert command is not None
            said[name] = market.execute(command, key=name)
        said["now"] = None
        rest(market)


def tell(place: Place, story: tuple[Step, ...], fate: Fate, said: Said) -> None:
    """Live through it until death or the end."""
    market = place.market(fate)
    try:
        live(place, market, story, said)
    finally:
        market.close()


def summary(market: Marketplace, gateway: SimulatedGateway) -> dict[str, Any]:
    """All that counts in the end, by names that are the same in every run."""

    def look(records: Records) -> dict[str, Any]:
        who = {str(payment.id): payment.contractor for payment in records.find(Payment)}
        operations = records.find(PaymentTransaction)
        return {
            "jobs": [(job.status, job.contractor) for job in records.find(Job)],
            "offers": {offer.contractor: offer.status for offer in records.find(Offer)},
            "payments": {
                payment.contractor: (payment.status, payment.refunded, payment.transferred,
                                     payment.transfer_blocked, payment.split)
                for payment in records.find(Payment)
            },
            "operations": Counter((who[str(o.payment)], o.kind, o.status) for o in operations),
            "refunds": [(refund.amount, refund.status) for refund in records.find(Refund)],
            "accounts": [(one.contractor, one.status) for one in records.find(PayoutAccount)],
            "books": {str(t.account): (t.kept, t.summed) for t in records.accounts()},
        }  # fmt: skip

    seen = market.store.read(look)
    seen["problems"] = market.verify().problems
    seen["processor"] = gateway.balance("USD")
    seen["connected"] = gateway.connected_balance("ann", "USD")
    seen["held"] = gateway.held("USD")
    seen["effects"] = {kind.__name__: gateway.effects(kind) for kind in ACTING}
    return seen


def die_at_once() -> None:
    """As a power cut would have it: no `finally`, no flush."""
    os._exit(9)
