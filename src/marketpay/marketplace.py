"""The front door: a marketplace."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import evolve

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
from marketpay.delivery.joining import JoinedMarketplace
from marketpay.delivery.loops import World
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
    Link,
    PaymentGateway,
)
from marketpay.ports.joining import CANNOT_BE_JOINED, Joinable
from marketpay.ports.publisher import Publisher
from marketpay.ports.store import Store
from marketpay.queries.base import Question
from marketpay.queries.credit import CreditBalance, GetCredit
from marketpay.queries.money import GetRevenue, GetWallet, Revenue, WalletBalance
from marketpay.queries.verification import Verification, Verify

R = TypeVar("R")


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
        self.rules = within_limits(checked(rules), gateway)
        self.store = store
        if isinstance(gateway, TakesClock):
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
        prefix: str = "marketpay_",
        schema: str | None = None,
        **engine_options: Any,
    ) -> Self:
        """A marketplace in the database at `url`, such as `sqlite:///market.db`, `sqlite://` (in
        memory), `postgresql+psycopg://user@host/name` or `mariadb+pymysql://user@host/name`.

        An empty database gets the tables (safely, when several processes start at once); one
        with tables of another version is a `ConfigurationError` that says which.
        """
        try:
            from marketpay.adapters.sql.store import SqlStore
        except ModuleNotFoundError as error:
            raise MissingDependency(str(error.name), "sql") from error
        store = SqlStore.connect(url, prefix=prefix, schema=schema, **engine_options)
        return cls(gateway=gateway, store=store, rules=rules, publisher=publisher)

    def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """Carry out a command and return its result as it stands then.

        With a `key`, the same actor's repetition of the same command finds what came of it;
        another command under the same key is `IdempotencyConflict`.
        """
        check_key(key)
        check_command(command)
        return self._world.drive(flows.execute(command, key, self.rules))

    def execute_many(
        self, commands: Sequence[Command[R]], *, keys: Sequence[str | None] | None = None
    ) -> tuple[Done[R] | Failed, ...]:
        """Carry out many commands, with few transactions: for imports and backfills.

        The same comes of it as of `execute` for one after the other, except that one that
        fails stops none: what it would have raised is in its `Failed`.  `keys` are as many as
        the commands.  Some hundred commands at a time are best.
        """
        flow = bulk.execute_many(*check_commands(commands, keys), self.rules)
        return self._world.drive(flow)

    def preview(self, command: Command[R]) -> Decision[R]:
        """What `execute` would do.  Nothing is written and nobody is called."""
        check_command(command)
        return self.store.read(lambda records: command.decide(records, self.rules))

    def query(self, question: Question[R]) -> R:
        """The answer to a question."""
        check_question(question)
        return self.store.read(question.answer)

    def wallet(self, owner: str, currency: str) -> WalletBalance:
        """What the platform owes `owner`."""
        return self.query(GetWallet(owner=owner, currency=currency))

    def credit(self, customer: str, currency: str) -> CreditBalance:
        """What `customer` has here, and can pay with."""
        return self.query(GetCredit(customer=customer, currency=currency))

    def revenue(self, currency: str) -> Revenue:
        """What the platform has earned."""
        return self.query(GetRevenue(currency=currency))

    def quote_fees(self, price: Money) -> Split:
        """What the commission on an offer of this price would be now."""
        return quoting.fees(price, self.rules)

    def quote_cancellation(self, job: Job | JobId, by: Actor) -> CancellationQuote:
        """Who would get what, if `by` cancelled the job now; raises what `CancelJob` would."""
        command = CancelJob(by=by, job=job_id(job))
        return self.store.read(lambda records: quote(command, records, self.rules))

    def possible(self, entity: Living, actor: Actor) -> frozenset[str]:
        """The names of the commands that can move an entity on now, if this actor gives them.

        For buttons.  Nothing is read: it is told from the entity as it is given.
        """
        return possible(entity, actor)

    def within(self, host: object) -> JoinedMarketplace:
        """The marketplace in a transaction of the host's, which commits or rolls back both.

        `host` is a SQLAlchemy `Connection` or `Session` (which is flushed first), or the
        driver's own connection, to the database that the marketplace is in.  On the host's
        rollback nothing has happened.  After its commit `work()` makes the calls.
        """
        if not isinstance(self.store, Joinable):
            raise ConfigurationError(CANNOT_BE_JOINED)
        store = self.store.within(host, attempts=self.rules.attempts)
        return JoinedMarketplace(evolve(self._world, store=store), self.rules)

    def client_action(self, payment: Payment | PaymentId) -> ClientAction | None:
        """What the customer's client has to do for a payment, fetched afresh; None: nothing.

        `GatewayUnavailable` if the gateway does not answer.
        """
        return self._world.drive(flows.client_action(payment_id(payment), self.rules))

    def receive(
        self, payload: bytes, headers: Mapping[str, str], *, at_once: bool = True
    ) -> Received:
        """Take in a webhook: verified and stored in one commit, then applied.

        Answer the sender 200 for whatever comes back, and 400 for `WebhookRejected` (nothing is
        stored then).  What cannot be applied now, and all of it without `at_once`, is left to
        `work()`.  `headers` are those of the request, by names in any case.
        """
        event = read_webhook(self._world.gateway, payload, headers)
        flow = webhooks.receive(event, payload, self.rules, at_once=at_once)
        return self._world.drive(flow)

    def work(self, limit: int = 100) -> WorkReport:
        """Do what is due: webhooks, gateway operations, timers, publishing.

        Call it every few seconds.

        Safe from many workers at once.  At most `limit` timers and so many operations of a kind;
        the report is true if anything was done.
        """
        flow = working.work(self.rules, check_limit(limit), has_publisher=self._has_publisher)
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
        flow = flows.onboarding_link(account_id(account), return_url, refresh_url)
        return self._world.drive(flow)

    def verify(self) -> Verification:
        """The ledger against itself, and the journal against its chain; see `Verify`."""
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
