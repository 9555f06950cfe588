"""The front door: a marketplace, sync and async."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

from attrs import evolve

from marketpay.adapters.threaded import ThreadedStore
from marketpay.commands.base import ClientAction, Command
from marketpay.delivery import flows, reconciling, webhooks, working
from marketpay.delivery.loops import AsyncWorld, World
from marketpay.delivery.reconciling import Reconciliation, check_window
from marketpay.delivery.webhooks import Received
from marketpay.delivery.working import WorkReport
from marketpay.domain.decision import Decision
from marketpay.domain.errors import ConfigurationError, InvalidInput, MissingDependency
from marketpay.domain.ids import PaymentId, PayoutAccountId, check_id
from marketpay.domain.limits import no_limits
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.ports.gateway import (
    AsyncPaymentGateway,
    HasLimits,
    Link,
    PaymentGateway,
    ReadsWebhooks,
)
from marketpay.ports.gateway_events import GatewayEvent
from marketpay.ports.publisher import AsyncPublisher, Publisher
from marketpay.ports.store import AsyncStore, Store
from marketpay.queries.base import Question
from marketpay.queries.money import GetRevenue, GetWallet, Revenue, WalletBalance
from marketpay.queries.verification import Verification, Verify

R = TypeVar("R")


@runtime_checkable
class _TakesClock(Protocol):
    """A gateway that lives by the marketplace's clock, as a simulated one does."""

    def use_clock(self, now: Any, /) -> None: ...


def _check_key(key: str | None) -> None:
    if key is None:
        return
    if not isinstance(key, str):
        raise TypeError(f"key must be a str, not {type(key).__name__}")
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise InvalidInput("must be 1 to 255 printable characters.", "key")


def _checked(rules: Rules | None) -> Rules:
    rules = rules or Rules()
    if rules.now().utcoffset() is None:
        raise ConfigurationError("Rules.now must return times with a time zone (UTC).")
    return rules


def _check_command(command: object) -> None:
    if not isinstance(command, Command):
        raise TypeError(f"a Command is executed, such as PostJob(...), not {command!r}")


def _check_question(question: object) -> None:
    if not isinstance(question, Question):
        raise TypeError(f"a Question is asked, such as GetJob(...), not {question!r}")


def _check_limit(limit: int) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit must be an int, not {type(limit).__name__}")
    if limit < 1:
        raise InvalidInput("must be above zero.", "limit")
    return limit


def _payment_id(payment: Payment | PaymentId) -> PaymentId:
    if isinstance(payment, Payment):
        return payment.id
    check_id("payment", payment, "Payment")
    return payment


def _account_id(account: PayoutAccount | PayoutAccountId) -> PayoutAccountId:
    if isinstance(account, PayoutAccount):
        return account.id
    check_id("account", account, "PayoutAccount")
    return account


def _read_webhook(gateway: object, payload: bytes, headers: Mapping[str, str]) -> GatewayEvent:
    if not isinstance(gateway, ReadsWebhooks):
        raise ConfigurationError("This gateway reads no webhooks: it has no read_webhook.")
    return gateway.read_webhook(payload, headers)


def _within_limits(rules: Rules, gateway: object) -> Rules:
    if rules.limits is no_limits and isinstance(gateway, HasLimits):
        return evolve(rules, limits=gateway.limits)
    return rules


class Marketplace:
    """Jobs, offers and the money between them.

    Keeps everything in `store` (in memory, if none is given) and moves money by `gateway`.
    Safe to share between threads.  A context manager: leaving it closes the store.
    """

    def __init__(
        self,
        *,
        gateway: PaymentGateway,
        store: Store | None = None,
        rules: Rules | None = None,
        publisher: Publisher | None = None,
    ) -> None:
        if store is None:
            from marketpay.adapters.memory.store import MemoryStore

            store = MemoryStore()
        if inspect.iscoroutinefunction(gateway.perform):
            raise ConfigurationError("An async gateway needs an AsyncMarketplace.")
        if publisher is not None and inspect.iscoroutinefunction(publisher.publish):
            raise ConfigurationError("An async publisher needs an AsyncMarketplace.")
        self.rules = _within_limits(_checked(rules), gateway)
        self.store = store
        if isinstance(gateway, _TakesClock):
            gateway.use_clock(self.rules.now)
        self._has_publisher = publisher is not None
        self._world = World(store=store, gateway=gateway, publisher=publisher)

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        gateway: PaymentGateway,
        rules: Rules | None = None,
        publisher: Publisher | None = None,
        **engine_options: Any,
    ) -> Self:
        """A marketplace in the database at `url`: `sqlite://` or `sqlite:///market.db`.

        An empty database gets the tables (safely, when several processes start at once); one
        with tables of another version is a `ConfigurationError` that says which.
        """
        try:
            from marketpay.adapters.sql.store import SqlStore
        except ModuleNotFoundError as error:
            raise MissingDependency(str(error.name), "sql") from error
        store = SqlStore.connect(url, **engine_options)
        return cls(gateway=gateway, store=store, rules=rules, publisher=publisher)

    def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """Carry out a command and return its result as it stands then.

        With a `key`, the same actor's repetition of the same command finds what came of it;
        another command under the same key is `IdempotencyConflict`.
        """
        _check_key(key)
        _check_command(command)
        return self._world.drive(flows.execute(command, key, self.rules))

    def preview(self, command: Command[R]) -> Decision[R]:
        """What `execute` would do.  Nothing is written and nobody is called."""
        _check_command(command)
        return self.store.read(lambda records: command.decide(records, self.rules))

    def query(self, question: Question[R]) -> R:
        """The answer to a question."""
        _check_question(question)
        return self.store.read(question.answer)

    def wallet(self, owner: str, currency: str) -> WalletBalance:
        """What the platform owes `owner`."""
        return self.query(GetWallet(owner=owner, currency=currency))

    def revenue(self, currency: str) -> Revenue:
        """What the platform has earned."""
        return self.query(GetRevenue(currency=currency))

    def client_action(self, payment: Payment | PaymentId) -> ClientAction | None:
        """What the customer's client has to do for a payment, fetched afresh; None: nothing.

        `GatewayUnavailable` if the gateway does not answer.
        """
        return self._world.drive(flows.client_action(_payment_id(payment), self.rules))

    def receive(
        self, payload: bytes, headers: Mapping[str, str], *, at_once: bool = True
    ) -> Received:
        """Take in a webhook: verified and stored in one commit, then applied.

        Answer the sender 200 for whatever comes back, and 400 for `WebhookRejected` (nothing is
        stored then).  What cannot be applied now, and all of it without `at_once`, is left to
        `work()`.  `headers` are those of the request, by names in any case.
        """
        event = _read_webhook(self._world.gateway, payload, headers)
        flow = webhooks.receive(event, payload, self.rules, at_once=at_once)
        return self._world.drive(flow)

    def work(self, limit: int = 100) -> WorkReport:
        """Do what is due: webhooks, gateway operations, timers, publishing.

        Call it every few seconds.

        Safe from many workers at once.  At most `limit` timers and so many operations of a kind;
        the report is true if anything was done.
        """
        flow = working.work(self.rules, _check_limit(limit), has_publisher=self._has_publisher)
        return self._world.drive(flow)

    def reconcile(self, since: datetime, until: datetime) -> Reconciliation:
        """The processor's balance transactions from `since` until before `until`, and the books.

        Books the processor's fees; corrects nothing.  `GatewayUnavailable` where it does not
        answer, and then it can be called again: no fee is booked twice.
        """
        check_window(since, until)
        return self._world.drive(reconciling.reconcile(since, until, self.rules))

    def onboarding_link(
        self, account: PayoutAccount | PayoutAccountId, *, return_url: str, refresh_url: str
    ) -> Link:
        """A page of the gateway's on which a contractor gives their details, once and soon.

        `IllegalTransition` while the gateway has not opened the account.
        """
        flow = flows.onboarding_link(_account_id(account), return_url, refresh_url)
        return self._world.drive(flow)

    def verify(self) -> Verification:
        """The ledger against itself."""
        return self.query(Verify())

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncMarketplace:
    """A `Marketplace` whose methods are awaited.  Its gateway may be sync or async."""

    def __init__(
        self,
        *,
        gateway: PaymentGateway | AsyncPaymentGateway,
        store: AsyncStore | None = None,
        rules: Rules | None = None,
        publisher: Publisher | AsyncPublisher | None = None,
    ) -> None:
        if store is None:
            from marketpay.adapters.memory.store import MemoryStore

            store = ThreadedStore(MemoryStore())
        self.rules = _within_limits(_checked(rules), gateway)
        self.store = store
        if isinstance(gateway, _TakesClock):
            gateway.use_clock(self.rules.now)
        self._has_publisher = publisher is not None
        self._world = AsyncWorld(store=store, gateway=gateway, publisher=publisher)

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        gateway: PaymentGateway | AsyncPaymentGateway,
        rules: Rules | None = None,
        publisher: Publisher | AsyncPublisher | None = None,
        **engine_options: Any,
    ) -> Self:
        """See `Marketplace.connect`.  `sqlite://` runs in a thread of its own, which is faster
        than `sqlite+aiosqlite://`.
        """
        store: AsyncStore
        try:
            if url.startswith("sqlite:"):
                from marketpay.adapters.sql.store import SqlStore

                opened = await asyncio.to_thread(SqlStore.connect, url, **engine_options)
                store = ThreadedStore(opened)
            else:
                from marketpay.adapters.sql.async_store import AsyncSqlStore

                store = await AsyncSqlStore.connect(url, **engine_options)
        except ModuleNotFoundError as error:
            raise MissingDependency(str(error.name), "async") from error
        return cls(gateway=gateway, store=store, rules=rules, publisher=publisher)

    async def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """See `Marketplace.execute`."""
        _check_key(key)
        _check_command(command)
        return await self._world.drive(flows.execute(command, key, self.rules))

    async def preview(self, command: Command[R]) -> Decision[R]:
        """See `Marketplace.preview`."""
        _check_command(command)
        return await self.store.read(lambda records: command.decide(records, self.rules))

    async def query(self, question: Question[R]) -> R:
        """See `Marketplace.query`."""
        _check_question(question)
        return await self.store.read(question.answer)

    async def wallet(self, owner: str, currency: str) -> WalletBalance:
        """See `Marketplace.wallet`."""
        return await self.query(GetWallet(owner=owner, currency=currency))

    async def revenue(self, currency: str) -> Revenue:
        """See `Marketplace.revenue`."""
        return await self.query(GetRevenue(currency=currency))

    async def client_action(self, payment: Payment | PaymentId) -> ClientAction | None:
        """See `Marketplace.client_action`."""
        return await self._world.drive(flows.client_action(_payment_id(payment), self.rules))

    async def receive(
        self, payload: bytes, headers: Mapping[str, str], *, at_once: bool = True
    ) -> Received:
        """See `Marketplace.receive`."""
        event = _read_webhook(self._world.gateway, payload, headers)
        flow = webhooks.receive(event, payload, self.rules, at_once=at_once)
        return await self._world.drive(flow)

    async def work(self, limit: int = 100) -> WorkReport:
        """See `Marketplace.work`."""
        flow = working.work(self.rules, _check_limit(limit), has_publisher=self._has_publisher)
        return await self._world.drive(flow)

    async def reconcile(self, since: datetime, until: datetime) -> Reconciliation:
        """See `Marketplace.reconcile`."""
        check_window(since, until)
        return await self._world.drive(reconciling.reconcile(since, until, self.rules))

    async def onboarding_link(
        self, account: PayoutAccount | PayoutAccountId, *, return_url: str, refresh_url: str
    ) -> Link:
        """See `Marketplace.onboarding_link`."""
        flow = flows.onboarding_link(_account_id(account), return_url, refresh_url)
        return await self._world.drive(flow)

    async def verify(self) -> Verification:
        """See `Marketplace.verify`."""
        return await self.query(Verify())

    async def close(self) -> None:
        """Wait for what is under way, then let go of the store."""
        await self._world.finish()
        await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
