"""What can go wrong with one request to the gateway, and the places where it does.

A place is all that outlives a process: the clock, the store and whoever is at the other end,
which is a simulated gateway, or Stripe's API spoken over HTTP by the real adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any, Literal, Protocol, TypeVar

from attrs import define, field, frozen

from marketpay import AsyncMarketplace, Marketplace, Rules, ThreadedStore
from marketpay.adapters.stripe import StripeGateway
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    GatewayEvent,
    GatewayReply,
    GatewayRequest,
    OpenAccount,
    PaymentGateway,
    PayOut,
    ReadsWebhooks,
    RefundPayment,
    ReverseTransfer,
    Transfer,
    Void,
)
from marketpay.ports.store import Records, Store, Work
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.processor import Processor
from marketpay.testing.stripe_server import Fault as HttpFault
from marketpay.testing.stripe_server import StripeServer
from tests.conftest import Blocking
from tests.delivery.mortal import Death
from tests.testing.stripe_server.client import Client

R = TypeVar("R")
Call = Callable[[], GatewayReply]
Hook = tuple[bytes, Mapping[str, str]]

MINUTES, HOURS, DAYS = 60, 3600, 86_400
SOON = (6 * MINUTES,)  # past a lease
# Past every lease, then past every pause between two tries, then past a payout's two days.
WAITS = (6 * MINUTES, 6 * MINUTES, *[2 * HOURS] * 3, *[14 * HOURS] * 4)


class Fault(StrEnum):
    """What the next request meets."""

    REFUSED = "refused"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    ERROR_500_BEFORE = "error_500"
    ERROR_500_AFTER = "error_500_after_the_effect"
    CONFLICT = "conflict_409"
    RATE_LIMIT = "rate_limit_429"
    CRASH_BEFORE = "crash_before_the_call"
    CRASH_AFTER = "crash_after_the_call"
    CRASH_BEFORE_SETTLING = "crash_before_settling"
    WEBHOOK_FIRST = "webhook_before_the_reply"
    WEBHOOK_TWICE = "webhook_twice"
    WEBHOOK_NEVER = "webhook_never"


OUTCOMES = {
    Fault.REFUSED: Outcome.DECLINE,
    Fault.TIMEOUT_BEFORE: Outcome.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER: Outcome.TIMEOUT_AFTER,
    Fault.ERROR_500_BEFORE: Outcome.ERROR_500_BEFORE,
    Fault.ERROR_500_AFTER: Outcome.ERROR_500,
}
HTTP_FAULTS = {
    Fault.TIMEOUT_BEFORE: HttpFault.DROP_BEFORE,
    Fault.TIMEOUT_AFTER: HttpFault.DROP_AFTER,
    Fault.ERROR_500_BEFORE: HttpFault.ERROR_500_BEFORE,
    Fault.ERROR_500_AFTER: HttpFault.ERROR_500,
    Fault.CONFLICT: HttpFault.CONFLICT,
    Fault.RATE_LIMIT: HttpFault.RATE_LIMIT,
}
PATHS: dict[type[ActingRequest], str] = {
    Authorize: "/v1/payment_intents",
    Capture: "/v1/payment_intents/*/capture",
    Void: "/v1/payment_intents/*/cancel",
    RefundPayment: "/v1/refunds",
    Transfer: "/v1/transfers",
    ReverseTransfer: "/v1/transfers/*/reversals",
    PayOut: "/v1/payouts",
    OpenAccount: "/v?/*accounts",  # of either interface
}


class OtherEnd(Protocol):
    """Who is at the other end."""

    @property
    def processor(self) -> Processor: ...

    @property
    def gateway(self) -> PaymentGateway: ...

    def let_meet(self, request: type[ActingRequest], fault: Fault) -> None:
        """The next such request meets what only the other end can do to it."""
        ...

    def webhooks(self) -> list[Hook]:
        """What was not taken yet of what it tells."""
        ...

    def close(self) -> None: ...


class Simulated:
    """The simulated gateway."""

    def __init__(self, clock: VirtualClock) -> None:
        self.gateway = SimulatedGateway(now=clock)
        self.processor = self.gateway.processor

    def let_meet(self, request: type[ActingRequest], fault: Fault) -> None:
        self.gateway.script(request, OUTCOMES[fault])

    def webhooks(self) -> list[Hook]:
        return [(one.payload, one.headers) for one in self.gateway.webhooks()]

    def close(self) -> None:
        self.gateway.close()


class OverHttp:
    """The adapter for Stripe, and a server that answers as Stripe does.

    The SDK repeats nothing by itself, so that every fault reaches the marketplace.
    """

    def __init__(self, clock: VirtualClock, *, accounts: Literal["v1", "v2"] = "v2") -> None:
        self.server = StripeServer(now=clock).start()
        self.processor = self.server.processor
        self.gateway = StripeGateway(
            self.server.api_key,
            base_url=self.server.url,
            webhook_secrets=(self.server.webhook_secret, self.server.connect_webhook_secret),
            accounts=accounts,
            max_network_retries=0,
            now=clock,
        )

    def let_meet(self, request: type[ActingRequest], fault: Fault) -> None:
        self.server.fault("POST", PATHS[request], HTTP_FAULTS[fault])

    def webhooks(self) -> list[Hook]:
        return [(one.payload, one.headers) for one in self.server.webhooks()]

    def payout_interval(self, account: str) -> str:
        """How often Stripe pays out what is on an account, asked or not."""
        client = Client.at(self.server.url, self.server.api_key)
        settings = client.send("GET", "/v1/balance_settings", Stripe_Account=account).body
        client.connection.close()
        return str(settings["payments"]["payouts"]["schedule"]["interval"])

    def close(self) -> None:
        self.gateway.close()
        self.server.close()


@define
class Line:
    """The way to the gateway, on which something may happen to one request."""

    gateway: PaymentGateway
    struck: type[ActingRequest] | None = None  # the first of these ...
    strike: Callable[[Call], GatewayReply] | None = None  # ... meets this
    is_met: bool = False

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        call = partial(self.gateway.perform, request, key=key)
        if self.is_met or type(request) is not self.struck:
            return call()
        self.is_met = True
        return call() if self.strike is None else self.strike(call)

    def read_webhook(self, payload: bytes, headers: Mapping[str, str], /) -> GatewayEvent:
        assert isinstance(self.gateway, ReadsWebhooks)
        return self.gateway.read_webhook(payload, headers)


@define
class Doomed:
    """A store that may die with its next transaction, before the commit."""

    store: Store
    dies: bool = False

    def run(self, use: Callable[[Work], R], /) -> R:
        def mortal(work: Work) -> R:
            result = use(work)
            if self.dies:
                raise Death
            return result

        return self.store.run(mortal)

    def read(self, use: Callable[[Records], R], /) -> R:
        return self.store.read(use)

    def close(self) -> None:
        self.store.close()


@frozen(kw_only=True)
class Place:
    """What outlives a process; `market` is one more process."""

    clock: VirtualClock
    other_end: OtherEnd
    store: Store
    is_async: bool = False
    opened: list[Marketplace] = field(factory=list)
    lines: list[Line] = field(factory=list)

    @property
    def processor(self) -> Processor:
        return self.other_end.processor

    def market(self) -> Marketplace:
        """A process that nothing happens to."""
        gateway = Line(self.other_end.gateway)
        return Marketplace(store=self.store, gateway=gateway, rules=Rules(now=self.clock))

    def stricken(self, request: type[ActingRequest], fault: Fault) -> Marketplace:
        """A process whose next such request meets the fault."""
        store = Doomed(self.store)
        line = Line(self.other_end.gateway, request, self._strike(fault, store))
        self.lines.append(line)
        if fault in (*OUTCOMES, *HTTP_FAULTS):
            self.other_end.let_meet(request, fault)
        house: dict[str, Any] = {"gateway": line, "rules": Rules(now=self.clock)}
        if self.is_async:

            async def begin() -> AsyncMarketplace:
                return AsyncMarketplace(store=ThreadedStore(store), **house)

            made = Blocking.market(begin)
            self.opened.append(made)
            return made
        return Marketplace(store=store, **house)

    def _strike(self, fault: Fault, store: Doomed) -> Callable[[Call], GatewayReply] | None:
        def die_before(call: Call) -> GatewayReply:
            raise Death

        def die_after(call: Call) -> GatewayReply:
            call()
            raise Death

        def doom(call: Call) -> GatewayReply:
            reply = call()
            store.dies = True
            return reply

        def tell_first(call: Call) -> GatewayReply:
            reply = call()
            assert self.tell()
            return reply

        return {
            Fault.CRASH_BEFORE: die_before,
            Fault.CRASH_AFTER: die_after,
            Fault.CRASH_BEFORE_SETTLING: doom,
            Fault.WEBHOOK_FIRST: tell_first,
        }.get(fault)

    def tell(self, *, times: int = 1, seed: int | None = None) -> int:
        """Another process takes in so many webhooks, with a `seed` in any order."""
        hooks = self.other_end.webhooks() * times
        if seed is not None:
            Random(seed).shuffle(hooks)
        market = self.market()
        for payload, headers in hooks:
            market.receive(payload, headers)
        return len(hooks)

    def recover(self, waits: tuple[int, ...] = WAITS) -> Marketplace:
        """A process that works on until nothing can be left to do."""
        market = self.market()
        rest(market)
        for seconds in waits:
            self.clock.advance(seconds=seconds)
            rest(market)
        return market

    def close(self) -> None:
        for market in self.opened:
            market.close()
        self.store.close()
        self.other_end.close()


def rest(market: Marketplace) -> None:
    """Work until there is nothing more to do; nothing may fail meanwhile."""
    while report := market.work():
        assert not report.failures, report.failures


def survive(step: Callable[[], R]) -> R | None:
    """What it comes to, or nothing if the process dies of it."""
    try:
        return step()
    except Death:
        return None
