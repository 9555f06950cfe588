"""A decision is written whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from marketpay.domain.errors import Conflict, NotFound
from marketpay.domain.ids import PaymentId, new_id
from marketpay.domain.job import Job
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.lifecycles import OfferStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Store, Work
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    PRICE,
    a_job,
    a_record,
    an_offer,
    deciding,
    kept,
    write,
)
from marketpay.testing.store_contract.whole_deals import everything


class Interrupted(BaseException):
    """What ends a transaction without being an error."""


class WritingContract:
    """Versions, what is relied on, and all or nothing."""

    def test_what_is_written_is_read_again(self, store: Store) -> None:
        """Every kind of entity, with every field."""
        entities = everything()

        saved = write(store, *entities)

        assert saved == [evolve(entity, version=1) for entity in entities]
        assert [kept(store, entity) for entity in entities] == saved

    def test_what_an_offer_is_countered_and_revised_with_comes_and_goes(self, store: Store) -> None:
        """An amount that need not be there, and terms that change."""
        asked: dict[str, Any] = {
            "counter": Money("12.34", "USD"),
            "counter_message": "It is a long fence.",
            "revising": PaymentId(new_id("pay")),
            "revising_message": "",
            "revising_until": LATER,
        }
        job = a_job()
        offer, payment = an_offer(job, status=OfferStatus.COUNTERED, **asked)
        first = write(store, job, offer, payment)[1]
        assert kept(store, first) == evolve(offer, version=1)

        terms: dict[str, Any] = {"price": Money("0.01", "USD"), "revision": 7}
        terms |= {**dict.fromkeys(asked), "payment": asked["revising"]}
        [second] = write(store, evolve(first, status=OfferStatus.PENDING, **terms))
        assert kept(store, second) == second
        assert (second.counter, second.price) == (None, terms["price"])

    def test_each_save_counts_the_version_up(self, store: Store) -> None:
        """From 0, never saved."""
        [first] = write(store, a_job())
        [second] = write(store, evolve(first, title="Paint the wall"))

        assert (first.version, second.version) == (1, 2)
        assert kept(store, first) == second

    def test_two_changes_of_one_entity_are_one_save(self, store: Store) -> None:
        """The last one is kept."""
        job = a_job()

        [_, saved] = write(store, job, evolve(job, title="Paint the wall"))

        assert saved == evolve(job, title="Paint the wall", version=1)
        assert kept(store, job) == saved

    def test_a_save_over_another_save_is_a_conflict(self, store: Store) -> None:
        """Even if it would say the same."""
        [job] = write(store, a_job())
        [newer] = write(store, evolve(job, title="Paint the wall"))

        with pytest.raises(Conflict):
            write(store, evolve(job, title="Paint the wall"))

        assert kept(store, job) == newer

    def test_a_new_entity_never_replaces_an_old_one(self, store: Store) -> None:
        """Its version says that it is new."""
        [job] = write(store, a_job())

        with pytest.raises(Conflict):
            write(store, a_job(id=job.id, title="Another"))

        assert kept(store, job) == job

    def test_an_entity_that_is_not_there_cannot_be_changed(self, store: Store) -> None:
        """Its version says that it was."""
        job = a_job(version=3)

        with pytest.raises(Conflict):
            write(store, job)

        with pytest.raises(NotFound):
            kept(store, job)

    def test_relying_on_an_entity_counts_its_version_up_and_changes_nothing_else(
        self, store: Store
    ) -> None:
        """So that whoever changes it at the same time is told."""
        [job] = write(store, a_job())

        write(store, *an_offer(job), relies_on=(job,))

        assert kept(store, job) == evolve(job, version=job.version + 1)

    def test_relying_on_what_was_changed_meanwhile_is_a_conflict(self, store: Store) -> None:
        """And nothing of the decision is written."""
        [job] = write(store, a_job())
        [newer] = write(store, evolve(job, title="Paint the wall"))
        offer, payment = an_offer(job)

        with pytest.raises(Conflict):
            write(store, offer, payment, relies_on=(job,))

        assert kept(store, job) == newer
        with pytest.raises(NotFound):
            kept(store, offer)

    def test_changing_what_was_relied_on_meanwhile_is_a_conflict(self, store: Store) -> None:
        """The other way round."""
        [job] = write(store, a_job())
        write(store, *an_offer(job), relies_on=(job,))

        with pytest.raises(Conflict):
            write(store, evolve(job, title="Paint the wall"))

    def test_two_cannot_rely_on_the_same_version(self, store: Store) -> None:
        """The second decides again."""
        [job] = write(store, a_job())
        write(store, *an_offer(job, "ctr_1"), relies_on=(job,))

        with pytest.raises(Conflict):
            write(store, *an_offer(job, "ctr_2"), relies_on=(job,))

    def test_changing_and_relying_on_the_same_entity_is_one_save(self, store: Store) -> None:
        """The change says all."""
        [job] = write(store, a_job())

        [newer] = write(store, evolve(job, title="Paint the wall"), relies_on=(job,))

        assert newer.version == job.version + 1
        assert kept(store, job) == newer

    def test_of_a_decision_that_conflicts_nothing_is_written(self, store: Store) -> None:
        """No other entity, entry, timer or record, and no key is used up."""
        [job] = write(store, a_job())
        stale, [job] = job, write(store, evolve(job, title="Paint the wall"))
        offer, payment = an_offer(job)
        record = a_record(key="k")

        with pytest.raises(Conflict):
            write(
                store,
                offer,
                payment,
                evolve(stale, title="Lost"),
                entries=(_capture(payment.id),),
                timers=(Timer(TimerKind.OFFER_EXPIRY, offer.id, AT),),
                record=record,
            )

        assert kept(store, job) == job
        assert store.read(lambda records: records.find(Offer, job=job.id)) == []
        assert store.read(lambda records: records.accounts()) == []
        assert store.read(lambda records: records.due(AT, limit=9)) == []
        assert store.read(lambda records: records.journal(offer.id, before=None, limit=9)) == []
        assert store.run(lambda work: work.recorded("cus_17", "customer", "k")) is None
        assert store.run(lambda work: work.attempted(record.attempt)) is None

    @pytest.mark.parametrize("error", [ValueError, Interrupted])
    def test_whatever_ends_a_transaction_undoes_all_of_it(
        self, store: Store, error: type[BaseException]
    ) -> None:
        """Also what had been written before in the same transaction."""
        [job] = write(store, a_job())
        offer, payment = an_offer(job)
        decision = deciding(offer, payment, relies_on=(job,), entries=(_capture(offer.payment),))

        def use(work: Work) -> None:
            work.write(decision, a_record())
            work.sequence(9)
            raise error

        with pytest.raises(error):
            store.run(use)

        assert kept(store, job) == job
        assert store.read(lambda records: records.find(Offer)) == []
        assert store.read(lambda records: records.accounts()) == []
        assert store.read(lambda records: records.feed(0, limit=9)) == []
        assert store.run(lambda work: work.sequence(9)) == 1

    def test_a_transaction_sees_what_it_wrote(self, store: Store) -> None:
        """Before it commits."""
        job = a_job()

        def use(work: Work) -> Job:
            work.write(deciding(job), a_record())
            return work.get(Job, job.id)

        assert store.run(use) == evolve(job, version=1)

    def test_an_empty_decision_leaves_only_its_record(self, store: Store) -> None:
        """A repeat without effect is on record too."""
        record = a_record()

        write(store, record=record)

        assert store.run(lambda work: work.attempted(record.attempt)) == record


def _capture(payment: str) -> LedgerEntry:
    processor, escrow = (
        Account(kind, "USD") for kind in (AccountKind.PROCESSOR, AccountKind.ESCROW)
    )
    return LedgerEntry(processor, escrow, PRICE, payment=payment)  # type: ignore[arg-type]
