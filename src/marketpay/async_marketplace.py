"""The front door for asynchronous hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import evolve

from marketpay.adapters.threaded import ThreadedStore
from marketpay.commands.base import ClientAction, Command
from marketpay.commands.cancellation import CancelJob
from marketpay.commands.cancellation_quote import CancellationQuote, quote
from marketpay.commands.possible import possible
from marketpay.delivery import bulk, flows, reconciling, webhooks, working
from marketpay.delivery.bulk import Done, Failed
from marketpay.delivery.doorway import (
    TakesClock,
    account_id,
    check_command,
    check_commands,
    check_key,
    check_limit,
    check_question,
    checked,
    job_id,
    payment_id,
    read_webhook,
    within_limits,
)
from marketpay.delivery.joining import AsyncJoinedMarketplace
from marketpay.delivery.loops import AsyncWorld
from marketpay.delivery.reconciling import Reconciliation, check_window
from marketpay.delivery.webhooks import Received
from marketpay.delivery.working import WorkReport
from marketpay.domain import quoting
from marketpay.domain.actor import Actor
from marketpay.domain.commission import Split
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Living
from marketpay.domain.errors import ConfigurationError, MissingDependency
from marketpay.domain.ids import JobId, PaymentId, PayoutAccountId
from marketpay.domain.job import Job
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.ports.gateway import (
    AsyncPaymentGateway,
    Link,
    PaymentGateway,
)
from marketpay.ports.joining import CANNOT_BE_JOINED, AsyncJoinable
from marketpay.ports.publisher import AsyncPublisher, Publisher
from marketpay.ports.store import AsyncStore
from marketpay.queries.base import Question
from marketpay.queries.credit import CreditBalance, GetCredit
from marketpay.queries.money import GetRevenue, GetWallet, Revenue, WalletBalance
from marketpay.queries.verification import Verification, Verify

R = TypeVar("R")


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
        self.rules = within_limits(checked(rules), gateway)
        self.store = store
        if isinstance(gateway, TakesClock):
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
        prefix: str = "marketpay_",
        schema: str | None = None,
        **engine_options: Any,
    ) -> Self:
        """See `Marketplace.connect`.  `sqlite://` runs in a thread of its own, which is faster
        than `sqlite+aiosqlite://`.
        """
        store: AsyncStore
        try:
            if url.startswith("sqlite:"):
                from marketpay.adapters.sql.store import SqlStore

                opened = await asyncio.to_thread(
                    SqlStore.connect, url, prefix=prefix, schema=schema, **engine_options
                )
                store = ThreadedStore(opened)
            else:
                from marketpay.adapters.sql.async_store import AsyncSqlStore

                store = await AsyncSqlStore.connect(
                    url, prefix=prefix, schema=schema, **engine_options
                )
        except ModuleNotFoundError as error:
            raise MissingDependency(str(error.name), "async") from error
        return cls(gateway=gateway, store=store, rules=rules, publisher=publisher)

    async def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """See `Marketplace.execute`."""
        check_key(key)
        check_command(command)
        return await self._world.drive(flows.execute(command, key, self.rules))

    async def execute_many(
        self, commands: Sequence[Command[R]], *, keys: Sequence[str | None] | None = None
    ) -> tuple[Done[R] | Failed, ...]:
        """See `Marketplace.execute_many`."""
        flow = bulk.execute_many(*check_commands(commands, keys), self.rules)
        return await self._world.drive(flow)

    async def preview(self, command: Command[R]) -> Decision[R]:
        """See `Marketplace.preview`."""
        check_command(command)
        return await self.store.read(lambda records: command.decide(records, self.rules))

    async def query(self, question: Question[R]) -> R:
        """See `Marketplace.query`."""
        check_question(question)
        return await self.store.read(question.answer)

    async def wallet(self, owner: str, currency: str) -> WalletBalance:
        """See `Marketplace.wallet`."""
        return await self.query(GetWallet(owner=owner, currency=currency))

    async def credit(self, customer: str, currency: str) -> CreditBalance:
        """See `Marketplace.credit`."""
        return await self.query(GetCredit(customer=customer, currency=currency))

    async def revenue(self, currency: str) -> Revenue:
        """See `Marketplace.revenue`."""
        return await self.query(GetRevenue(currency=currency))

    async def quote_fees(self, price: Money) -> Split:
        """See `Marketplace.quote_fees`."""
        return quoting.fees(price, self.rules)

    async def quote_cancellation(self, job: Job | JobId, by: Actor) -> CancellationQuote:
        """See `Marketplace.quote_cancellation`."""
        command = CancelJob(by=by, job=job_id(job))
        return await self.store.read(lambda records: quote(command, records, self.rules))

    def possible(self, entity: Living, actor: Actor) -> frozenset[str]:
        """See `Marketplace.possible`; it reads nothing, and is not awaited."""
        return possible(entity, actor)

    def within(self, host: object) -> AsyncJoinedMarketplace:
        """See `Marketplace.within`; `host` is SQLAlchemy's `AsyncConnection` or `AsyncSession`."""
        if not isinstance(self.store, AsyncJoinable):
            raise ConfigurationError(CANNOT_BE_JOINED)
        store = self.store.within_async(host, attempts=self.rules.attempts)
        return AsyncJoinedMarketplace(evolve(self._world, store=store), self.rules)

    async def client_action(self, payment: Payment | PaymentId) -> ClientAction | None:
        """See `Marketplace.client_action`."""
        return await self._world.drive(flows.client_action(payment_id(payment), self.rules))

    async def receive(
        self, payload: bytes, headers: Mapping[str, str], *, at_once: bool = True
    ) -> Received:
        """See `Marketplace.receive`."""
        event = read_webhook(self._world.gateway, payload, headers)
        flow = webhooks.receive(event, payload, self.rules, at_once=at_once)
        return await self._world.drive(flow)

    async def work(self, limit: int = 100) -> WorkReport:
        """See `Marketplace.work`."""
        flow = working.work(self.rules, check_limit(limit), has_publisher=self._has_publisher)
        return await self._world.drive(flow)

    async def reconcile(self, since: datetime, until: datetime) -> Reconciliation:
        """See `Marketplace.reconcile`."""
        check_window(since, until)
        return await self._world.drive(reconciling.reconcile(since, until, self.rules))

    async def onboarding_link(
        self, account: PayoutAccount | PayoutAccountId, *, return_url: str, refresh_url: str
    ) -> Link:
        """See `Marketplace.onboarding_link`."""
        flow = flows.onboarding_link(account_id(account), return_url, refresh_url)
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
