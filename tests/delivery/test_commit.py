"""Deciding and writing: what is tried again, how often, and what is not."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest
from attrs import evolve, frozen

from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    CancelJob,
    Command,
    CommitUnknown,
    ConfigurationError,
    Conflict,
    DatabaseBusy,
    DatabaseUnavailable,
    Decision,
    GatewayUnavailable,
    ListJobs,
    Marketplace,
    MemoryStore,
    Money,
    PaymentTransaction,
    Pending,
    PostJob,
    Rules,
    SendOffer,
    ThreadedStore,
)
from marketpay.domain.entity import Entity
from marketpay.ports.gateway import LookUp, RefundPayment
from marketpay.ports.store import Reader, Records, Work
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import journal

POST = PostJob(by=Actor.customer("cus_17"), title="Paint the fence", currency="USD")


def raised(mood: type[Exception]) -> Exception:
    if mood is CommitUnknown:
        return mood()
    return mood("gone") if mood is DatabaseUnavailable else mood("Job", "job_1")


class Moody(MemoryStore):
    """Raises what it is told to, one for each transaction, instead of or after running it."""

    def __init__(self, *moods: type[Exception] | None, commits: bool = False) -> None:
        super().__init__()
        self.moods = [*moods]
        self.commits = commits
        self.reads_too = False
        self.runs = 0

    def run(self, use: Callable[[Work], Any], /) -> Any:
        self.runs += 1
        mood = self.moods.pop(0) if self.moods else None
        result = super().run(use) if mood is None or self.commits else None
        if mood is not None:
            raise raised(mood)
        return result

    def read(self, use: Callable[[Records], Any], /) -> Any:
        mood = self.moods.pop(0) if self.moods and self.reads_too else None
        if mood is not None:
            raise raised(mood)
        return super().read(use)


def market(store: Moody, **rules: Any) -> Marketplace:
    return Marketplace(store=store, gateway=SimulatedGateway(), rules=Rules(**rules))


def test_a_lost_race_is_run_again() -> None:
    store = Moody(Conflict, Conflict)

    market(store).execute(POST)

    assert store.runs == 3


def test_but_not_for_ever() -> None:
    store = Moody(*[Conflict] * 9)

    with pytest.raises(Conflict):
        market(store, attempts=3).execute(POST)
    assert store.runs == 3


def test_a_busy_database_is_the_callers_to_try_again() -> None:
    store = Moody(DatabaseBusy)

    with pytest.raises(DatabaseBusy) as busy:
        market(store).execute(POST)
    assert (store.runs, busy.value.retryable) == (1, True)


def test_a_commit_that_was_lost_is_run_again() -> None:
    house = market(Moody(CommitUnknown))

    job = house.execute(POST)

    assert house.query(ListJobs()).items == (job,)


def test_a_commit_that_took_effect_is_not() -> None:
    house = market(Moody(CommitUnknown, commits=True))

    job = house.execute(POST)

    assert house.query(ListJobs()).items == (job,)


@pytest.mark.parametrize("mood", [Conflict, CommitUnknown, DatabaseUnavailable])
def test_finding_out_is_tried_until_it_is_known(mood: type[Exception]) -> None:
    store = Moody(CommitUnknown, mood, mood)
    house = market(store)

    job = house.execute(POST)

    assert house.query(ListJobs()).items == (job,)
    assert store.runs == 5  # lost, asked three times, run again


def test_an_attempt_that_was_given_up_is_on_record_so_that_it_can_never_commit() -> None:
    house = market(Moody(CommitUnknown))
    job = house.execute(POST, key="k")

    given_up, done = journal(house)

    assert (given_up.command, given_up.error, given_up.events) == ("PostJob", "abandoned", "[]")
    assert (given_up.key, done.key, done.error) == (None, "k", None)
    assert given_up.attempt != done.attempt
    assert house.execute(POST, key="k") == job


def test_a_commit_that_is_given_up_is_not_taken_for_one_that_took_effect() -> None:
    house = market(Moody(CommitUnknown, CommitUnknown, commits=True))
    store: Any = house.store
    store.run = partial(first_lost, store, store.run)

    job = house.execute(POST)

    assert house.query(ListJobs()).items == (job,)


def first_lost(store: Moody, run: Callable[..., Any], use: Callable[[Work], Any]) -> Any:
    """The first COMMIT never arrived; of the second, which gives it up, the answer was lost."""
    store.commits = store.runs > 0
    return run(use)


def test_a_database_that_was_away_is_tried_again() -> None:
    store = Moody(DatabaseUnavailable, DatabaseUnavailable)

    market(store).execute(POST)

    assert store.runs == 3


@pytest.mark.parametrize(("attempts", "runs"), [(3, 3), (20, 8)])
def test_but_callers_do_not_wait_long_for_it(attempts: int, runs: int) -> None:
    store = Moody(*[DatabaseUnavailable] * 30)
    house = market(store, attempts=attempts)

    with pytest.raises(DatabaseUnavailable) as away:
        house.execute(POST)
    assert (store.runs, away.value.retryable) == (runs, True)
    with pytest.raises(DatabaseUnavailable):
        house.work()


def test_what_cannot_be_found_out_is_said_to_be_unknown() -> None:
    house = market(Moody(*[CommitUnknown] * 9, commits=True), attempts=3)

    with pytest.raises(CommitUnknown, match="same idempotency key"):
        house.execute(POST, key="k")

    house.store.moods.clear()  # type: ignore[attr-defined]
    job = house.execute(POST, key="k")
    assert house.query(ListJobs()).items == (job,)


def test_a_command_whose_commits_are_all_lost_gives_up() -> None:
    moods = [CommitUnknown, None] * 3  # lost, and found not to have taken effect
    with pytest.raises(Conflict):
        market(Moody(*moods), attempts=3).execute(POST)


@pytest.mark.parametrize("races", [1, 4])
def test_a_worker_tries_a_lost_race_again(races: int) -> None:
    store = Moody()
    house = market(store, attempts=5)
    house.execute(POST)
    store.moods = [Conflict] * races

    assert house.work().sequenced == 1


def test_a_worker_does_not_for_ever_either() -> None:
    store = Moody(*[Conflict] * 9)

    with pytest.raises(Conflict):
        market(store, attempts=3).work()


def test_a_worker_leaves_a_busy_database_alone() -> None:
    store = Moody(DatabaseBusy)

    with pytest.raises(DatabaseBusy):
        market(store).work()
    assert store.runs == 1


@frozen(kw_only=True)
class Count(Command[Any]):
    """A command of a host's own, that answers whatever it is given."""

    answer: Any

    def decide(self, read: Reader, rules: Rules) -> Decision[Any]:
        """Nothing but the answer."""
        return Decision(self.answer)


@pytest.mark.parametrize("answer", [None, 3, True, "three"])
def test_a_plain_answer_is_found_again_by_its_key(answer: Any) -> None:
    house = market(Moody())
    command = Count(by=Actor.admin("adm_1"), answer=answer)

    assert [house.execute(command, key="k") for _ in range(2)] == [answer, answer]


def test_an_answer_that_the_journal_cannot_keep_is_refused() -> None:
    command = Count(by=Actor.admin("adm_1"), answer=Money("1", "USD"))

    with pytest.raises(ConfigurationError, match="result is an entity"):
        market(Moody()).execute(command)


def test_a_key_is_one_actors_own() -> None:
    house = market(Moody())
    first = house.execute(POST, key="k")

    other = house.execute(evolve(POST, by=Actor.customer("cus_18")), key="k")

    assert other.id != first.id


def test_what_was_erased_cannot_be_guessed_from_the_journal() -> None:
    store = Moody()
    house = market(store)
    job = house.execute(POST)

    [entry] = store.read(lambda records: records.journal(job.id, before=None, limit=9))

    personal = entry.record.personal
    assert personal is not None
    assert "Paint the fence" in personal
    kept = evolve(entry.record, personal=None)
    assert "Paint the fence" not in str(kept)
    salt = personal.split('"salt":"')[1].split('"')[0]
    assert salt not in str(kept)


def test_what_a_key_was_used_for_is_found_whatever_classes_there_once_were() -> None:
    """attrs makes a second class of each; the first stays until it is collected."""
    gc.disable()
    try:
        attrs.define(type("Job", (Entity,), {"__annotations__": {"more": str}}))
        house = market(Moody())
        assert house.execute(POST, key="k") == house.execute(POST, key="k")
    finally:
        gc.enable()


def offered(house: Marketplace, card: str) -> SendOffer:
    job = house.execute(POST)
    return SendOffer(
        by=POST.by, job=job.id, contractor="ann", price=Money("1", "USD"), payment_method=card
    )


@pytest.mark.parametrize("reads_too", [False, True])
@pytest.mark.parametrize("mood", [DatabaseBusy, DatabaseUnavailable, CommitUnknown, Conflict])
def test_what_was_sent_but_could_not_be_settled_is_pending(
    mood: type[Exception], *, reads_too: bool
) -> None:
    store = Moody()
    house = market(store, attempts=2)
    send = offered(house, "pm_card_visa")
    store.reads_too = reads_too
    store.moods = [None, *[mood] * 9]  # the command commits, and nothing after it does

    sent = house.execute(send)

    assert isinstance(sent.next_action, Pending)
    store.moods = []
    [hold] = store.read(lambda records: records.find(PaymentTransaction))
    assert hold.due_at is not None  # a worker takes it up


def test_a_client_action_that_nobody_answers_is_unavailable() -> None:
    gateway = SimulatedGateway()
    house = Marketplace(gateway=gateway)
    sent = house.execute(offered(house, "pm_card_threeDSecure2Required"))
    gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)

    with pytest.raises(GatewayUnavailable):
        house.client_action(sent.payment)

    assert house.client_action(sent.payment) == sent.next_action


def test_a_lost_race_is_run_again_async() -> None:
    store = Moody(Conflict, Conflict)
    house = AsyncMarketplace(store=ThreadedStore(store), gateway=SimulatedGateway())

    asyncio.run(house.execute(POST))

    assert store.runs == 3


def test_a_repeat_whose_commit_is_lost_sends_nothing_of_what_it_finds_under_way() -> None:
    store, clock = Moody(), VirtualClock()
    gateway = SimulatedGateway(now=clock)
    house = Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))
    sent = house.execute(offered(house, "pm_card_visa"))
    house.execute(AcceptOffer(by=Actor.contractor("ann"), offer=sent.offer.id))
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    cancel = CancelJob(by=POST.by, job=sent.offer.job)
    house.execute(cancel)
    clock.advance(days=3)  # the gateway may have forgotten the key by now

    store.moods, store.commits = [CommitUnknown], True
    repeated = house.execute(cancel, key="k")

    assert isinstance(repeated.next_action, Pending)
    assert gateway.count(RefundPayment) == 1
    assert house.verify().ok
