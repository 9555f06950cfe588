"""Many at once: nothing is lost, nothing is there twice, nobody sees half of anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

from attrs import evolve

from marketpay.domain.errors import Conflict
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Records, Store, Work
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    a_job,
    a_record,
    a_transaction,
    a_wallet,
    an_offer,
    deciding,
    kept,
    write,
)

T = TypeVar("T")

THREADS, TIMES = 4, 10


def _at_once(do: Callable[[int], T], threads: int = THREADS) -> list[T]:
    """What `do` gives in so many threads that start together."""
    start = Barrier(threads)

    def one(n: int) -> T:
        start.wait(timeout=60)
        return do(n)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def _until_it_goes_through(store: Store, use: Callable[[Work], T]) -> T:
    for _ in range(10_000):
        try:
            return store.run(use)
        except Conflict:
            continue
    raise AssertionError("every try was a conflict")


def _removed(timer: Timer, work: Work) -> bool:
    return work.remove(timer)


class ThreadsContract:
    """Safe from any number of threads."""

    def test_no_update_is_lost(self, store: Store) -> None:
        """Each thread adds to the same wallet; who loses a race tries again."""
        [job] = write(store, a_job())
        [_, payment, wallet] = write(store, *an_offer(job), a_wallet())
        escrow = Account(AccountKind.ESCROW, "USD")
        owed = Account(AccountKind.WALLET_AVAILABLE, "USD", wallet.owner)
        cent = LedgerEntry(escrow, owed, Money("0.01", "USD"), payment=payment.id)

        def add(work: Work) -> None:
            change = work.get(Wallet, wallet.id).post((cent,), AT)
            work.write(deciding(change.entity, entries=(cent,)), a_record())

        _at_once(lambda _: [_until_it_goes_through(store, add) for _ in range(TIMES)])

        assert kept(store, wallet).available.minor == THREADS * TIMES
        assert store.read(lambda records: records.balance(owed)) == THREADS * TIMES
        assert store.read(lambda records: records.balance(escrow)) == -THREADS * TIMES

    def test_no_record_is_lost_and_none_comes_twice(self, store: Store) -> None:
        """While one of them gives out places in the feed."""
        written: list[str] = []

        def record_or_sequence(n: int) -> None:
            for _ in range(TIMES):
                if n:
                    record = a_record()
                    _until_it_goes_through(store, lambda work, r=record: work.record(r))  # type: ignore[misc]
                    written.append(record.attempt)
                else:
                    _until_it_goes_through(store, lambda work: work.sequence(3))

        _at_once(record_or_sequence)
        _at_once(lambda _: _until_it_goes_through(store, lambda work: work.sequence(99)))
        feed = store.read(lambda read: read.feed(0, limit=999))

        assert sorted(item.record.attempt for item in feed) == sorted(written)
        assert [item.position for item in feed] == list(range(1, len(written) + 1))

    def test_one_of_many_gets_what_is_unique(self, store: Store) -> None:
        """The others conflict."""

        def take(_: int) -> bool:
            try:
                write(store, a_wallet())
            except Conflict:
                return False
            return True

        assert sum(_at_once(take)) == 1
        assert len(store.read(lambda records: records.find(Wallet))) == 1

    def test_one_of_many_gets_the_key(self, store: Store) -> None:
        """And the one command it was meant for is there once."""

        def post(_: int) -> bool:
            job = a_job()
            try:
                write(store, job, record=a_record(key="k"))
            except Conflict:
                return False
            return True

        assert sum(_at_once(post)) == 1
        assert len(store.read(lambda records: records.find(Job))) == 1

    def test_of_two_that_rely_on_what_the_other_changes_one_goes_through(
        self, store: Store
    ) -> None:
        """Write skew: each read a state that the other was about to end."""
        for _ in range(TIMES):
            one, two = write(store, a_job(), a_job())

            def use(n: int, pair: tuple[Job, Job] = (one, two)) -> bool:
                changed, relied = pair[n], pair[1 - n]
                try:
                    write(store, evolve(changed, title="Taken"), relies_on=(relied,))
                except Conflict:
                    return False
                return True

            assert sum(_at_once(use, 2)) == 1

    def test_what_is_due_is_leased_to_one(self, store: Store) -> None:
        """However many workers there are."""
        job = a_job()
        offer, payment = an_offer(job)
        due = [a_transaction(payment) for _ in range(12)]
        write(store, job, offer, payment, *due)

        def lease(_: int) -> list[str]:
            mine: list[str] = []
            while leased := _until_it_goes_through(
                store,
                lambda work: work.lease(PaymentTransaction, lambda _: LATER, now=AT, limit=2),
            ):
                mine += [one.id for one in leased]
            return mine

        taken = sorted(id for ids in _at_once(lease) for id in ids)

        assert taken == sorted(one.id for one in due)

    def test_timers_that_are_due_are_taken_up_by_one_and_removed_once(self, store: Store) -> None:
        """However many workers there are."""
        due = [Timer(TimerKind.OFFER_EXPIRY, f"off_{n}", AT) for n in range(12)]
        write(store, timers=due)

        def lease(n: int) -> list[Timer]:
            until = LATER + timedelta(seconds=n)  # each its own

            def take(work: Work) -> list[Timer]:
                return work.lease_timers(until, now=AT, limit=2)

            taken = (_until_it_goes_through(store, take) for _ in due)
            return [timer for timers in taken for timer in timers]

        taken = [timer for timers in _at_once(lease) for timer in timers]
        removed = _at_once(
            lambda _: [_until_it_goes_through(store, partial(_removed, timer)) for timer in taken]
        )

        assert sorted(one.subject for one in taken) == sorted(one.subject for one in due)
        assert [sum(by) for by in zip(*removed, strict=True)] == [1] * len(due)

    def test_a_reader_sees_all_of_a_decision_or_nothing_of_it(self, store: Store) -> None:
        """One consistent state, whatever is written meanwhile."""
        one, two = write(store, a_job(title="0"), a_job(title="0"))
        done = Event()

        def change_both() -> None:
            first, second = one, two
            for n in range(1, 3 * TIMES):
                first, second = write(
                    store, evolve(first, title=str(n)), evolve(second, title=str(n))
                )
            done.set()

        def look(records: Records) -> tuple[str, str, str]:
            before = records.get(Job, one.id).title
            return before, records.get(Job, two.id).title, records.get(Job, one.id).title

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(change_both)
            seen = {store.read(look)}
            while not done.is_set() and not writing.done():
                seen.add(store.read(look))
            writing.result(timeout=60)

        assert all(len(set(titles)) == 1 for titles in seen)
