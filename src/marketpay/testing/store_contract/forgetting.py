"""What is personal goes when somebody is to be forgotten, and nothing else."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketpay.domain.decision import Decision, Forgetting
from marketpay.domain.errors import Conflict
from marketpay.domain.job import Job
from marketpay.ports.chain import GENESIS, link
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Store
from marketpay.testing.store_contract.samples import a_job, a_record, deciding, write


def _said(store: Store, by: str = "cus_17", role: str = "customer") -> Job:
    """A job about which somebody said something."""
    personal = f'{{"salt":"{by}"}}'
    [job] = write(store, a_job(), record=a_record(actor=by, role=role, personal=personal))
    assert isinstance(job, Job)
    return job


def _personal(store: Store, job: Job) -> list[str | None]:
    """What is kept beside the records of a job, the oldest first."""
    found = store.read(lambda records: records.journal(job.id, before=None, limit=99))
    return [one.record.personal for one in reversed(found)]


def _forget(store: Store, *jobs: Job, person: str = "cus_17") -> None:
    forgets = Forgetting(person, tuple(job.id for job in jobs))
    decision: Decision[None] = Decision(None, forgets=forgets)
    store.run(lambda work: work.write(decision, a_record(actor="adm_1", role="admin")))


class ForgettingContract:
    """By whom it was said, and about what."""

    def test_all_that_a_person_said_is_gone(self, store: Store) -> None:
        """As a customer or contractor, whatever it was about, and if it was about nothing."""
        about, other = _said(store), _said(store, role="contractor")
        denied = a_record(actor="cus_17", role="customer", personal='{"salt":"denied"}')
        store.run(lambda work: work.record(denied))
        anothers = _said(store, by="cus_18")
        _forget(store, about)
        assert _personal(store, about) == _personal(store, other) == [None]
        assert _personal(store, anothers) == ['{"salt":"cus_18"}']
        kept = store.run(lambda work: work.attempted(denied.attempt))
        assert kept is not None
        assert kept.personal is None

    def test_what_staff_said_about_others_is_not(self, store: Store) -> None:
        """Also where they are called the same."""
        job = _said(store, by="cus_17", role="admin")
        _forget(store)
        assert _personal(store, job) == ['{"salt":"cus_17"}']

    def test_what_staff_said_without_effect_is_gone(self, store: Store) -> None:
        """It is found by what it names."""
        job = a_job()
        said: Decision[None] = Decision(None, names=(job.id,))
        record = a_record(actor="adm_1", role="admin", personal='{"salt":"adm_1"}')
        more = a_record(actor="adm_1", role="admin", personal='{"salt":"adm_2"}')
        store.run(lambda work: work.write(said, record))
        store.run(lambda work: work.write_many([(said, more)]))
        assert _personal(store, job) == ['{"salt":"adm_1"}', '{"salt":"adm_2"}']
        _forget(store, job)
        assert _personal(store, job) == [None, None]

    def test_what_staff_said_is_gone_and_what_others_said_is_not(self, store: Store) -> None:
        """Staff are administrators and services."""
        job = _said(store)
        for version, (by, role) in enumerate(
            [("adm_1", "admin"), ("srv_1", "service"), ("ctr_42", "contractor")], start=1
        ):
            said = a_record(actor=by, role=role, personal=f'{{"salt":"{by}"}}')
            write(store, evolve(job, version=version), record=said)
        _forget(store, job)
        assert _personal(store, job) == [None, None, None, '{"salt":"ctr_42"}']

    def test_the_chain_holds(self, store: Store) -> None:
        """Nothing of what a link vouches for is touched."""
        job = _said(store)
        store.run(lambda work: work.sequence(99))
        [before] = store.read(lambda records: records.chain(0, limit=99))
        _forget(store, job)
        [after] = store.read(lambda records: records.chain(0, limit=99))
        assert before == after
        assert isinstance(after.record, JournalRecord)
        assert link(GENESIS, 1, after.number, after.record, after.entries) == after.link

    def test_nothing_is_forgotten_by_a_decision_that_loses(self, store: Store) -> None:
        """It is written whole or not at all."""
        job = _said(store)
        forgets = Forgetting("cus_17", (job.id,))
        late = deciding(evolve(job, version=7), forgets=forgets)
        with pytest.raises(Conflict):
            store.run(lambda work: work.write(late, a_record()))
        assert _personal(store, job) == ['{"salt":"cus_17"}']

    def test_it_is_the_same_among_many(self, store: Store) -> None:
        """What is said in the same go, before it, is gone too."""
        job = _said(store)
        said = a_record(personal='{"salt":"now"}')
        forgets = Forgetting("cus_17", (job.id,))
        written = [
            (deciding(job), said),
            (Decision(None, forgets=forgets), a_record(actor="adm_1", role="admin")),
        ]
        store.run(lambda work: work.write_many(written))
        assert _personal(store, job) == [None, None]

    def test_nobody_elses_words_are_gone(self, store: Store) -> None:
        """Nor what others said about the same."""
        job = _said(store)
        _forget(store)
        assert _personal(store, job) == [None]
        job = _said(store)
        _forget(store, job, person="cus_18")
        assert _personal(store, job) == ['{"salt":"cus_17"}']
