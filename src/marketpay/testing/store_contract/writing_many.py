"""Decisions that are written together leave what they would have left one by one."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketpay.domain.decision import Decision
from marketpay.domain.errors import Conflict
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Store, Written
from marketpay.testing.store_contract.further_samples import a_payer_account
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    a_job,
    a_record,
    a_wallet,
    an_offer,
    deciding,
    kept,
    write,
)

ODD = ('"', "\\", '\\"', "{}", "NULL", "", " ", "a,b", "'", "$1", "%s", "line\nline", "Grüße 🎨")
MANY = 1200


def _together(store: Store, *written: Written) -> None:
    store.run(lambda work: work.write_many(written))


def _captured(payment: Payment, minor: int) -> tuple[LedgerEntry, ...]:
    processor, escrow = (
        Account(kind, "USD") for kind in (AccountKind.PROCESSOR, AccountKind.ESCROW)
    )
    amount = Money.from_minor(minor, "USD")
    return (LedgerEntry(processor, escrow, amount, payment=payment.id),)


class WritingManyContract:
    """An entity once, however often it was changed; all or nothing of the whole."""

    def test_each_decision_counts_the_versions_up(self, store: Store) -> None:
        """Made, changed, relied on and changed again in one go."""
        job = a_job()
        first, second, third = (evolve(job, version=n) for n in (1, 2, 3))
        offer, payment = an_offer(job)

        _together(
            store,
            (deciding(job), a_record()),
            (deciding(evolve(first, title="Paint the wall")), a_record()),
            (deciding(offer, payment, relies_on=(evolve(second, title="Paint"),)), a_record()),
            (deciding(evolve(third, title="Paint it all")), a_record()),
        )

        assert kept(store, job) == evolve(job, title="Paint it all", version=4)
        assert kept(store, offer) == evolve(offer, version=1)
        assert kept(store, payment) == evolve(payment, version=1)

    def test_what_was_there_before_is_changed(self, store: Store) -> None:
        """Each in fields of its own; what they do not name stays."""
        jobs = write(store, *(a_job(title=f"Fence {n}") for n in range(5)))
        renamed, described, relied, *untouched = jobs

        _together(
            store,
            (deciding(evolve(renamed, title="Wall")), a_record()),
            (deciding(evolve(described, description="Only one side.")), a_record()),
            (deciding(relies_on=(relied,)), a_record()),
        )

        assert [kept(store, one) for one in jobs] == [
            evolve(renamed, title="Wall", version=2),
            evolve(described, description="Only one side.", version=2),
            evolve(relied, version=2),
            *untouched,
        ]

    def test_every_text_is_kept_as_it_is(self, store: Store) -> None:
        """Whatever it means to the engine, and next to none."""
        jobs = [a_job(title=text, description=text, customer=f"c{text}") for text in ODD]
        records = [a_record(body=text, personal=text, key=f"k{text}") for text in ODD]
        accounts = [a_payer_account(f"c{n}", gateway_customer=f"g{n}") for n in range(2)]

        _together(
            store,
            *((deciding(job), record) for job, record in zip(jobs, records, strict=True)),
            (deciding(*accounts), a_record()),
        )

        assert [kept(store, job) for job in jobs] == [evolve(job, version=1) for job in jobs]
        names = [record.attempt for record in records]
        assert store.run(lambda work: [*map(work.attempted, names)]) == records

    def test_every_record_is_found(self, store: Store) -> None:
        """By its key, by its attempt and by what it changed, in the order that was given."""
        job = a_job()
        records = [
            a_record(key="a", personal="secret"),
            a_record(),
            a_record(key="c", role="admin"),
        ]

        _together(
            store,
            (deciding(job), records[0]),
            (deciding(evolve(job, title="Wall", version=1)), records[1]),
            (deciding(relies_on=(evolve(job, title="Wall", version=2),)), records[2]),
        )

        told = store.read(lambda read: read.journal(job.id, before=None, limit=9))
        assert [entry.record for entry in told] == [records[1], records[0]]
        assert store.run(lambda work: work.sequence(9)) == 3
        assert store.run(lambda work: work.recorded("cus_17", "admin", "c")) == records[2]

    def test_what_keys_were_used_for_is_asked_together(self, store: Store) -> None:
        """One that was not used, and one that somebody else used, are not in it."""
        record = a_record(key="a")
        _together(store, (deciding(a_job()), record), (deciding(a_job()), a_record(key="b")))
        used = ("cus_17", "customer", "a")
        others = [
            ("cus_17", "customer", "z"),
            ("cus_18", "customer", "a"),
            ("cus_17", "admin", "b"),
        ]

        found = store.run(lambda work: work.recorded_many([*others, used]))

        assert found == {used: record}
        assert store.run(lambda work: work.recorded_many([])) == {}

    def test_the_books_have_every_entry(self, store: Store) -> None:
        """With its payment, its number and its time; accounts have the sum of them."""
        job = a_job()
        deals = [an_offer(job, f"ctr_{n}") for n in range(3)]
        made = [
            (deciding(offer, payment, entries=_captured(payment, 100 + n)), a_record())
            for n, (offer, payment) in enumerate(deals)
        ]

        _together(store, (deciding(job), a_record()), *made)

        payments = [payment.id for _, payment in deals]
        posted = store.read(lambda read: [*map(read.entries, payments)])
        assert [one.entry for [one] in posted] == [
            entry for decision, _ in made for entry in decision.entries
        ]
        assert {one.at for [one] in posted} == {AT}
        numbers = [one.number for [one] in posted]
        assert numbers == sorted(numbers)
        totals = store.read(lambda read: read.accounts())
        assert {(str(one.account), one.kept, one.summed) for one in totals} == {
            ("escrow", 303, 303),
            ("processor", 303, 303),
        }

    def test_of_a_timer_that_is_set_twice_the_last_counts(self, store: Store) -> None:
        """Also over one that was there before."""
        timer = Timer(TimerKind.OFFER_EXPIRY, "off_1", AT)
        write(store, timers=(evolve(timer, due_at=LATER),))
        other = Timer(TimerKind.OFFER_EXPIRY, "off_2", LATER)

        _together(
            store,
            (deciding(timers=(evolve(timer, due_at=LATER),)), a_record()),
            (deciding(timers=(other, timer)), a_record()),
        )

        assert store.read(lambda read: read.due(LATER, limit=9)) == [timer, other]

    def test_one_that_comes_too_late_undoes_all(self, store: Store) -> None:
        """Whether it changes what was changed meanwhile, or relies on it."""
        stale, other = write(store, a_job(), a_job())
        [newer] = write(store, evolve(stale, title="Paint the wall"))
        lost: tuple[Decision[None], ...] = (
            deciding(evolve(stale, title="Lost")),
            deciding(relies_on=(stale,)),
        )

        for decision in lost:
            with pytest.raises(Conflict):
                _together(
                    store,
                    (deciding(evolve(other, title="Lost")), a_record(key="k")),
                    (decision, a_record()),
                )

        assert [kept(store, one) for one in (stale, other)] == [newer, other]
        assert store.run(lambda work: work.recorded_many([("cus_17", "customer", "k")])) == {}

    def test_a_unique_value_is_taken_once(self, store: Store) -> None:
        """By one of those that are written together, too."""
        with pytest.raises(Conflict):
            _together(store, (deciding(a_wallet()), a_record()), (deciding(a_wallet()), a_record()))

    def test_a_key_is_used_once(self, store: Store) -> None:
        """By one of those that are written together, too."""
        with pytest.raises(Conflict):
            _together(
                store,
                (deciding(a_job()), a_record(key="k")),
                (deciding(a_job()), a_record(key="k")),
            )

    def test_nothing_is_written_of_nothing(self, store: Store) -> None:
        """As of a loop over nothing."""
        _together(store)

        assert store.run(lambda work: work.sequence(9)) == 0

    def test_there_can_be_many(self, store: Store) -> None:
        """And as many can be asked for at once."""
        jobs = [a_job(title=f"Fence {n}") for n in range(MANY)]
        offers = [an_offer(job) for job in jobs]

        _together(store, *((deciding(job), a_record()) for job in jobs))
        _together(
            store,
            *(
                (deciding(*made, relies_on=(evolve(job, version=1),)), a_record())
                for job, made in zip(jobs, offers, strict=True)
            ),
        )

        ids = tuple(job.id for job in jobs)
        found = store.read(lambda read: read.find(Job, id=ids))
        assert found == [evolve(job, version=2) for job in sorted(jobs, key=lambda job: job.id)]
        assert len(store.read(lambda read: read.find(Offer, job=ids, contractor="ctr_42"))) == MANY
