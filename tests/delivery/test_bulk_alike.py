"""Many commands at once leave what the same commands leave one after the other."""

from collections.abc import Sequence
from typing import Any, cast

from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptCancellation,
    AcceptOffer,
    Actor,
    ApplyToJob,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    Command,
    CompleteJob,
    CounterOffer,
    DeclineCancellation,
    Done,
    Failed,
    Job,
    MarketpayError,
    Marketplace,
    MemoryStore,
    Money,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentTransaction,
    PayoutAccount,
    PostJob,
    ProposeCancellation,
    Refund,
    RejectOffer,
    ReviseOffer,
    Rules,
    SendOffer,
    SqlStore,
    StartJob,
    TransferPolicy,
    UpdateJob,
    Wallet,
    WithdrawOffer,
)
from marketpay.ports.store import Records, Store
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import books_are_right
from tests.servers.mariadb import MariadbDatabases
from tests.servers.postgres import PostgresDatabases

CUSTOMERS, CONTRACTORS = ("cus_1", "cus_2"), ("ann", "ben")
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required")
VERBS = (
    "post", "send", "send", "accept", "accept", "start", "complete", "complete", "cancel", "reject",
    "withdraw", "apply", "account", "update", "propose", "agree", "decline", "counter", "revise",
    "revise",
)  # fmt: skip
PLAIN = {
    "complete": CompleteJob,
    "cancel": CancelJob,
    "propose": ProposeCancellation,
    "agree": AcceptCancellation,
    "decline": DeclineCancellation,
}
DIVIDING = CancellationPolicy(
    CancellationTier(stage=stage, to_customer="0.50", to_contractor="0.30")
    for stage in ("assigned", "in_progress")
)
Act = tuple[str, int, int, bool]  # what, about which, how, and with a key
numbers = st.integers(0, 7)
acts = st.tuples(st.sampled_from(VERBS), numbers, numbers, st.booleans())
policies = st.sampled_from((TransferPolicy.ON_RELEASE, TransferPolicy.ON_WITHDRAWAL))
batches = st.lists(st.lists(acts, min_size=1, max_size=12), min_size=1, max_size=7)


@define
class World:
    """A marketplace, and what has been made in it, in the order in which it was asked for."""

    market: Marketplace
    gateway: SimulatedGateway
    jobs: list[Job] = field(factory=list)
    offers: list[Offer] = field(factory=list)
    said: list[Any] = field(factory=list)

    def commands(self, batch: Sequence[Act], first: int) -> list[tuple[Command[Any], str | None]]:
        """What the acts mean here; what there is not yet nobody can ask for."""
        made = (
            (self._command(act, first + number), act, number) for number, act in enumerate(batch)
        )
        return [
            (command, f"{act[0]}{act[1]}{act[2]}{first}" if act[3] else None)
            for command, act, _ in made
            if command is not None
        ]

    def _command(self, act: Act, number: int) -> Command[Any] | None:
        verb, which, how, _ = act
        worker = Actor.contractor(CONTRACTORS[how % 2])
        if verb == "post":
            by = Actor.customer(CUSTOMERS[how % 2])
            return PostJob(by=by, title=f"{number}", currency="USD")
        if verb == "account":
            return OpenPayoutAccount(by=worker)
        if verb in ("accept", "reject", "withdraw", "counter", "revise"):
            offer = self.offers[which % len(self.offers)] if self.offers else None
            return None if offer is None else self._of_offer(verb, offer, how, number)
        if not self.jobs:
            return None
        job = self.jobs[which % len(self.jobs)]
        by = Actor.customer(job.customer if how else CUSTOMERS[0])
        if verb in PLAIN:
            kind: Any = PLAIN[verb]
            return cast("Command[Any]", kind(by=worker if which % 2 else by, job=job.id))
        match verb:
            case "start":
                return StartJob(by=worker, job=job.id)
            case "apply":
                return ApplyToJob(by=worker, job=job.id)
            case "update":
                return UpdateJob(by=by, job=job.id, description=f"{number}")
        return SendOffer(
            by=by,
            job=job.id,
            contractor=worker.id,
            price=Money.from_minor(1000 + number, "USD"),
            payment_method=CARDS[how // 2],
        )

    def _of_offer(self, verb: str, offer: Offer, how: int, number: int) -> Command[Any]:
        by = Actor.contractor(offer.contractor if how else CONTRACTORS[0])
        match verb:
            case "accept":
                return AcceptOffer(by=by, offer=offer.id)
            case "reject":
                return RejectOffer(by=by, offer=offer.id)
            case "counter":
                price = Money.from_minor(9000 + number, "USD")
                return CounterOffer(by=by, offer=offer.id, price=price)
            case "revise":
                return ReviseOffer(
                    by=Actor.customer(offer.customer),
                    offer=offer.id,
                    price=Money.from_minor(5000 + number, "USD"),
                    payment_method=CARDS[how // 2],
                )
        return WithdrawOffer(by=Actor.customer(offer.customer), offer=offer.id)

    def heard(self, outcome: Done[Any] | Failed) -> None:
        """Remember what a command came to, and what it made."""
        if isinstance(outcome, Failed):
            error = outcome.error
            assert isinstance(error, MarketpayError), error
            offer = getattr(error, "offer", None)
            self.said.append((error.code, offer and offer.status))
        else:
            result = outcome.result
            job, offer = (result if isinstance(result, Job) else None), None
            offer = result if isinstance(result, Offer) else getattr(result, "offer", None)
            if job is not None and all(job.id != one.id for one in self.jobs):
                self.jobs.append(job)
            action = type(getattr(result, "next_action", None)).__name__
            status = getattr(result, "status", None)
            payment = getattr(getattr(result, "payment", None), "status", None)
            self.said.append((type(result).__name__, status, payment, action))
        if isinstance(offer, Offer) and all(offer.id != one.id for one in self.offers):
            self.offers.append(offer)


def world(store: Store, policy: TransferPolicy) -> World:
    gateway = SimulatedGateway()
    rules = Rules(now=VirtualClock(), transfers=policy, cancellation=DIVIDING)
    return World(Marketplace(store=store, gateway=gateway, rules=rules), gateway)


def one_by_one(here: World, commands: list[tuple[Command[Any], str | None]]) -> None:
    for command, key in commands:
        try:
            here.heard(Done(here.market.execute(command, key=key)))
        except MarketpayError as error:
            here.heard(Failed(error))


def together(here: World, commands: list[tuple[Command[Any], str | None]]) -> None:
    keys = [key for _, key in commands]
    for outcome in here.market.execute_many([one for one, _ in commands], keys=keys):
        here.heard(outcome)


def told(here: World) -> list[Any]:
    """All that there is, without ids and numbers."""

    def tell(read: Records) -> list[Any]:
        names: dict[str, str] = {}
        for job in read.find(Job):
            names[job.id] = f"job {job.title}"
        for offer in read.find(Offer):
            names[offer.id] = f"offer {offer.price}"
        for payment in read.find(Payment):
            names[payment.id] = f"payment {payment.amount}"
        facts: list[Any] = [
            (str(one.account), one.account.currency, one.kept, one.summed)
            for one in read.accounts()
        ]
        for kind, fields in SHOWN.items():
            for one in read.find(kind):
                shown = [getattr(one, name) for name in fields]
                name = [names.get(value, str(value)) for value in shown]
                story = sorted([
                    (entry.record.command, entry.record.actor, entry.record.key is None)
                    for entry in read.journal(one.id, before=None, limit=99)
                ])  # fmt: skip
                facts.append((kind.__name__, one.version, name, story))
        due = read.due(here.market.rules.now().replace(year=2999), limit=999)
        timers = [(one.kind, names.get(one.subject, "")) for one in due]
        return sorted([repr(fact) for fact in (*facts, *timers)])

    return here.market.store.read(tell)


SHOWN: dict[type[Any], tuple[str, ...]] = {
    Job: ("title", "description", "status", "contractor", "cancellation_by",
          "cancellation_to_customer", "cancellation_of", "cancellation_kept"),
    Offer: ("id", "job", "status", "contractor", "price", "payment", "counter", "revision",
            "revising"),
    Payment: ("id", "status", "amount", "split", "refunded", "kept", "transferring", "transferred",
              "withheld", "transfer_blocked", "failure"),
    PaymentTransaction: ("payment", "kind", "amount", "status", "failure", "attempts"),
    Refund: ("payment", "amount", "status"),
    Wallet: ("owner", "pending", "available", "reserved", "receivable"),
    PayoutAccount: ("contractor", "status"),
}  # fmt: skip


def settled(examples: int) -> settings:
    """So many examples, however long each takes."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


def compare(store: Store, histories: list[list[Act]], policy: TransferPolicy) -> None:
    """Live through it twice: in batches on this store, and one after the other."""
    bulk, single = world(store, policy), world(MemoryStore(), policy)
    for number, batch in enumerate(histories):
        together(bulk, bulk.commands(batch, 100 * number))
        one_by_one(single, single.commands(batch, 100 * number))
        assert bulk.said == single.said
        assert told(bulk) == told(single)
    books_are_right(bulk.market, bulk.gateway)
    store.close()


@settled(100)
@given(batches=batches, policy=policies)
def test_the_same_comes_of_it_as_of_one_after_the_other(
    batches: list[list[Act]], policy: TransferPolicy
) -> None:
    compare(MemoryStore(), batches, policy)


@settled(20)
@given(batches=batches, policy=policies)
def test_the_same_comes_of_it_on_sqlite(batches: list[list[Act]], policy: TransferPolicy) -> None:
    compare(SqlStore.connect("sqlite://"), batches, policy)


@settled(8)
@given(batches=batches, policy=policies)
def test_the_same_comes_of_it_on_postgresql(
    postgres: PostgresDatabases, batches: list[list[Act]], policy: TransferPolicy
) -> None:
    url = postgres.fresh_database()
    compare(SqlStore.connect(url), batches, policy)
    postgres.drop_database(url)


@settled(4)
@given(batches=batches, policy=policies)
def test_the_same_comes_of_it_on_mariadb(
    mariadb: MariadbDatabases, batches: list[list[Act]], policy: TransferPolicy
) -> None:
    url = mariadb.fresh_database()
    compare(SqlStore.connect(url), batches, policy)
    mariadb.drop_database(url)
