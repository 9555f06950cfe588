"""The server: HTTP in front, the simulated processor behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import chain
from random import Random
from types import TracebackType
from typing import Final, Self

from marketpay.testing.processor import Processor
from marketpay.testing.shelf import MemoryShelf
from marketpay.testing.stripe_server import (
    accounts,
    balance_settings,
    balances,
    charges,
    checkouts,
    control,
    customers,
    disputes,
    events,
    pages_to_click,
    payment_intents,
    thin_events,
    transfers,
)
from marketpay.testing.stripe_server.api import Api, ApiKeys
from marketpay.testing.stripe_server.clock import RunningClock
from marketpay.testing.stripe_server.faults import Fault, Faults, Slow
from marketpay.testing.stripe_server.http import HttpServer
from marketpay.testing.stripe_server.messages import HangUp, Request, Response
from marketpay.testing.stripe_server.webhooks import (
    Channel,
    Delivery,
    Endpoint,
    Webhook,
    channel_of,
    disturbed,
    signed,
)
from marketpay.testing.stripe_server.world import World
from marketpay.testing.terms import Terms

ROUTES: Final = tuple(
    chain.from_iterable(
        module.ROUTES
        for module in (
            accounts,
            balance_settings,
            balances,
            charges,
            checkouts,
            customers,
            disputes,
            events,
            payment_intents,
            thin_events,
            transfers,
        )
    )
)


class StripeServer:
    """A Stripe of your own, on this machine: what a marketplace uses of it, over HTTP.

    Point the real SDK at it; a fixture is two lines:

    ```python
    @pytest.fixture
    def stripe_server() -> Iterator[StripeServer]:
        with StripeServer() as server:
            yield server
    ```

    and `stripe.StripeClient(server.api_key, base_addresses={"api": server.url})` speaks to it.
    All state is in `processor`, which a `SimulatedGateway` or a test may use as well.  What the
    API refuses, it refuses as Stripe does; parameters that Stripe has and this server does not
    act on are refused, too, with a sentence that says so.
    """

    def __init__(
        self,
        processor: Processor | None = None,
        *,
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        terms: Terms | None = None,
        api_key: str = "sk_test_marketpay",
        publishable_key: str = "pk_test_marketpay",
        webhook_secret: str = "whsec_marketpay",  # noqa: S107 - it opens nothing
        connect_webhook_secret: str = "whsec_marketpay_connect",  # noqa: S107 - likewise
        thin_webhook_secret: str = "whsec_marketpay_thin",  # noqa: S107 - likewise
    ) -> None:
        """Stand before `processor`, or one of its own that lives by `now` and on `terms`."""
        self.processor = processor or Processor(
            MemoryShelf(), now or RunningClock(), terms=terms or Terms()
        )
        self.api_key = api_key
        self.publishable_key = publishable_key
        self.webhook_secret = webhook_secret
        self.connect_webhook_secret = connect_webhook_secret
        self.thin_webhook_secret = thin_webhook_secret
        self._world = World(processor=self.processor, url=lambda: self.url)
        self._faults = Faults()
        self._delivery = Delivery(self.processor.now)
        self._posted = 0  # the number of the last event that was
        self._handed_out = {False: 0, True: 0}  # the same, of the snapshots and the thin ones
        self._secrets = {
            Channel.PLATFORM: webhook_secret,
            Channel.CONNECTED: connect_webhook_secret,
            Channel.THIN: thin_webhook_secret,
        }
        keys = ApiKeys(secret=api_key, publishable=publishable_key)
        self._api = Api(
            self._world, ROUTES, api_keys=keys, faults=self._faults, publish=self._publish
        )
        self._http = HttpServer(port, self._answer)
        self._running = False

    @property
    def url(self) -> str:
        """Where it listens, e.g. `http://127.0.0.1:53187`."""
        return self._http.url

    @property
    def faults_left(self) -> int:
        """How many faults nobody has met yet."""
        return self._faults.left

    def start(self) -> Self:
        """Answer from now on.  `with` does it, too."""
        self._running = True
        self._http.start()
        return self

    def close(self) -> None:
        """Hang up on everybody; the processor is left as it is."""
        self._api.close()
        if self._running:
            self._http.stop()
        else:
            self._http.server_close()
        self._delivery.close()

    def __enter__(self) -> Self:
        """Answer from now on."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up on everybody."""
        self.close()

    def fault(self, method: str, path: str, *faults: Fault | Slow | str) -> None:
        """Let the next requests like `POST /v1/payment_intents/*/capture` meet these faults.

        One each, in order; `*` stands for anything.  `slow:0.5` is a text for `Slow(0.5)`.
        """
        self._faults.add(method, path, faults)

    def tick(self) -> int:
        """Let happen what is due by the clock: holds expire, payouts arrive, money settles.

        How many things that were.  A request does the same before it looks at anything.
        """
        with self._api.lock:
            count = self.processor.tick()
            self._publish()
        return count

    def webhooks_to(
        self,
        url: str,
        *,
        secret: str | None = None,
        connected: bool = False,
        thin: bool = False,
        seed: int | None = None,
    ) -> None:
        """Post the events from now on to `url`, again and again until it answers 2xx.

        With `connected` those of connected accounts, with `thin` those that the second API tells,
        else the platform's; each with a secret of their own.  With a `seed` some come twice and
        not in their order.
        """
        channel = Channel.CONNECTED if connected else Channel.PLATFORM
        channel = Channel.THIN if thin else channel
        endpoint = Endpoint(
            url=url,
            secret=secret or self._secrets[channel],
            channel=channel,
            random=None if seed is None else Random(seed),
        )
        with self._api.lock:
            self._publish()
            endpoints = self._delivery.add(endpoint)
            self._world.note("webhooks", endpoints=endpoints)

    def webhooks_delivered(self, timeout: float = 10.0) -> bool:
        """Wait until all webhooks were taken, at most so many seconds; whether they were."""
        with self._api.lock:
            self._publish()
        return self._delivery.wait(timeout)

    def webhooks(
        self, *, connected: bool | None = None, thin: bool = False, seed: int | None = None
    ) -> list[Webhook]:
        """The webhooks since the last call, without any HTTP, signed now.

        `connected` leaves out the platform's, or the others; with `thin` they are those that the
        second API tells, which are counted by themselves.  With a `seed` some are doubled and all
        are shuffled.
        """
        with self._api.lock:
            news = self.processor.events(self._handed_out[thin])
            self._handed_out[thin] += len(news)
            told = [each for each in news if connected in (None, each.account is not None)]
            if thin:
                shown = thin_events.thin_events(self._world, told)
            else:
                shown = [events.event(self._world, each) for each in told]
        if seed is not None:
            shown = disturbed(shown, Random(seed))
        now = self.processor.now()
        return [signed(each, self._secrets[channel_of(each)], now) for each in shown]

    def _publish(self) -> None:
        """Render what has happened since, as it is told, and let it be delivered."""
        news = self.processor.events(self._posted)
        if news:
            self._posted += len(news)
            told = [events.event(self._world, each) for each in news]
            self._delivery.send(told + thin_events.thin_events(self._world, news))

    def _answer(self, request: Request) -> Response | HangUp:
        if request.path.startswith(pages_to_click.PREFIX):
            with self._api.lock:
                answer = pages_to_click.answer_page(self._world, request)
                self._publish()
            return answer
        if request.path.startswith(control.PREFIX):
            return control.answer_control(self, request)
        return self._api.answer(request)
