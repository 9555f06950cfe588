"""Unique values, keys and attempts: what belongs to one at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from marketpay.domain.entity import Entity
from marketpay.domain.errors import Conflict
from marketpay.domain.lifecycles import ApplicationStatus, OfferStatus, WithdrawalStatus
from marketpay.domain.offer import Offer
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Store
from marketpay.testing.store_contract.further_samples import (
    a_charge,
    a_chargeback,
    a_dispute,
    a_fee,
    a_payer_account,
    a_withdrawal,
    an_upgrade,
)
from marketpay.testing.store_contract.samples import (
    AT,
    a_job,
    a_record,
    a_wallet,
    an_account,
    an_application,
    an_offer,
    kept,
    write,
)

Two = Callable[[Store], tuple[Entity, Entity]]


def _live_offers(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    (first, payment), (second, other) = an_offer(job), an_offer(job)
    write(store, first, payment)
    write(store, evolve(second, status=OfferStatus.REJECTED), other)
    return first, evolve(kept(store, second), status=OfferStatus.PENDING)


def _claimed_offers(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    (first, payment), (second, other) = an_offer(job, "ctr_1"), an_offer(job, "ctr_2")
    write(store, first, payment, second, other)
    write(store, evolve(kept(store, first), status=OfferStatus.ACCEPTED))
    return first, evolve(kept(store, second), status=OfferStatus.ACCEPTING)


def _gateway_payments(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    (one, first), (two, second) = an_offer(job, "ctr_1"), an_offer(job, "ctr_2")
    write(store, one, evolve(first, gateway_payment="pi_1"), two, second)
    return first, evolve(kept(store, second), gateway_payment="pi_1")


def _gateway_accounts(store: Store) -> tuple[Entity, Entity]:
    first, second = an_account("ctr_1", gateway_account="acct_1"), an_account("ctr_2")
    write(store, first, second)
    return first, evolve(kept(store, second), gateway_account="acct_1")


def _payout_accounts(store: Store) -> tuple[Entity, Entity]:
    first = an_account()
    write(store, first)
    return first, an_account()


def _wallets(store: Store) -> tuple[Entity, Entity]:
    first = a_wallet()
    write(store, first)
    return first, a_wallet()


def _applications(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    first = an_application(job, status=ApplicationStatus.ACCEPTED)
    write(store, first)
    return first, an_application(job)


def _withdrawals(store: Store) -> tuple[Entity, Entity]:
    first = a_withdrawal()
    write(store, first)
    return first, a_withdrawal(status=WithdrawalStatus.REQUESTED)


def _payouts(store: Store) -> tuple[Entity, Entity]:
    first = a_withdrawal("ctr_1", gateway_payout="po_1")
    second = a_withdrawal("ctr_2")
    write(store, first, second)
    return first, evolve(kept(store, second), gateway_payout="po_1")


def _customers(store: Store) -> tuple[Entity, Entity]:
    first, second = a_payer_account("cus_17"), a_payer_account("cus_18")
    write(store, first, second)
    taken = kept(store, first).gateway_customer
    return first, evolve(kept(store, second), gateway_customer=taken)


def _chargebacks(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    offer, payment = an_offer(job)
    first = a_chargeback(payment)
    write(store, offer, payment, first)
    return first, a_chargeback(payment, gateway_id=first.gateway_id)


def _disputes(store: Store) -> tuple[Entity, Entity]:
    [job] = write(store, a_job())
    offer, payment = an_offer(job)
    first = a_dispute(payment)
    write(store, offer, payment, first)
    return first, a_dispute(payment)


def _fees(store: Store) -> tuple[Entity, Entity]:
    first = a_fee()
    write(store, first)
    return first, a_fee(gateway_id=first.gateway_id)


def _purchases(store: Store) -> tuple[Entity, Entity]:
    first = a_charge()
    write(store, first)
    return first, a_charge()


def _upgrades(store: Store) -> tuple[Entity, Entity]:
    first = an_upgrade()
    write(store, first)
    return first, an_upgrade()


TAKEN: dict[str, Two] = {
    "open_wallet": _withdrawals,
    "gateway_payout": _payouts,
    "gateway_customer": _customers,
    "gateway_id of chargebacks": _chargebacks,
    "open_payment": _disputes,
    "gateway_id of fees": _fees,
    "open_purchase": _purchases,
    "active_listing": _upgrades,
    "live_pair": _live_offers,
    "claimed_job": _claimed_offers,
    "gateway_payment": _gateway_payments,
    "gateway_account": _gateway_accounts,
    "contractor": _payout_accounts,
    "holder": _wallets,
    "live_pair of applications": _applications,
}


class ClaimsContract:
    """The value of a unique field belongs to one entity of its kind at a time."""

    @pytest.mark.parametrize("two", TAKEN.values(), ids=TAKEN)
    def test_a_unique_value_that_is_taken_is_a_conflict(self, store: Store, two: Two) -> None:
        """Nothing else of the decision is written either."""
        first, second = two(store)
        before, other = kept(store, first), a_job()

        with pytest.raises(Conflict):
            write(store, other, second)

        assert kept(store, first) == before
        assert store.read(lambda records: records.find(type(other), id=other.id)) == []

    def test_two_of_one_decision_cannot_have_the_same_either(self, store: Store) -> None:
        """However they are written."""
        with pytest.raises(Conflict):
            write(store, a_wallet(), a_wallet())

    def test_any_number_can_have_none(self, store: Store) -> None:
        """None is no value."""
        [job] = write(store, a_job())
        offers = [an_offer(job, f"ctr_{n}") for n in range(3)]

        write(store, *(one for pair in offers for one in pair))

        assert len(store.read(lambda records: records.find(Offer, job=job.id))) == 3

    def test_a_value_that_was_given_up_can_be_taken(self, store: Store) -> None:
        """The offer of another, after the first was declined."""
        first, second = _claimed_offers(store)
        write(store, evolve(kept(store, first), status=OfferStatus.EXPIRED))  # type: ignore[call-arg]

        [claimed] = write(store, second)

        assert kept(store, second) == claimed

    def test_an_entity_keeps_its_own_value_when_it_changes(self, store: Store) -> None:
        """From accepting to accepted, say."""
        [job] = write(store, a_job())
        offer, payment = an_offer(job, status=OfferStatus.ACCEPTING)
        [claimed, _] = write(store, offer, payment)

        [accepted] = write(store, evolve(claimed, status=OfferStatus.ACCEPTED))

        assert kept(store, offer) == accepted

    def test_a_key_belongs_to_one_record_of_an_actor(self, store: Store) -> None:
        """The second writes nothing."""
        write(store, record=a_record(key="k"))
        job = a_job()

        with pytest.raises(Conflict):
            write(store, job, record=a_record(key="k"))

        assert store.read(lambda records: records.find(type(job))) == []

    def test_others_and_the_same_actor_in_another_role_have_keys_of_their_own(
        self, store: Store
    ) -> None:
        """A key is scoped to who uses it."""
        mine, theirs = a_record(key="k"), a_record(key="k", actor="cus_18")
        other = a_record(key="k", role="contractor")
        for record in (mine, theirs, other):
            write(store, record=record)

        assert store.run(lambda work: work.recorded("cus_17", "customer", "k")) == mine
        assert store.run(lambda work: work.recorded("cus_18", "customer", "k")) == theirs
        assert store.run(lambda work: work.recorded("cus_17", "contractor", "k")) == other
        assert store.run(lambda work: work.recorded("cus_18", "contractor", "k")) is None

    def test_any_number_of_records_can_have_no_key(self, store: Store) -> None:
        """None is no key."""
        write(store, record=a_record())
        write(store, record=a_record())

        assert store.run(lambda work: work.sequence(9)) == 2

    def test_a_record_is_found_by_its_attempt_as_it_was_written(self, store: Store) -> None:
        """With what is personal in it."""
        text = '{"salt":"s","texts":{"title":"Größe ✓\\n"}}'
        record = a_record(key="k", personal=text, result=None, error="forbidden")
        store.run(lambda work: work.record(record))

        assert store.run(lambda work: work.attempted(record.attempt)) == record
        assert store.run(lambda work: work.recorded("cus_17", "customer", "k")) == record
        assert store.run(lambda work: work.attempted("another")) is None

    def test_the_journal_of_a_subject_is_paged_from_the_newest(self, store: Store) -> None:
        """By a number that grows."""
        records = [a_record(at=AT) for _ in range(5)]
        for record in records:
            store.run(lambda work, record=record: work.record(record, ("job_1", "off_1")))  # type: ignore[misc]
        store.run(lambda work: work.record(a_record(), ("job_2",)))

        first = store.read(lambda read: read.journal("job_1", before=None, limit=3))
        rest = store.read(lambda read: read.journal("job_1", before=first[-1].number, limit=3))

        found = [entry.record.attempt for entry in (*first, *rest)]
        assert found == [record.attempt for record in records[::-1]]
        assert store.read(lambda read: read.journal("job_3", before=None, limit=3)) == []

    def test_the_record_of_a_decision_is_found_by_all_that_it_changed(self, store: Store) -> None:
        """And by nothing that it only relied on."""
        [job] = write(store, a_job())
        offer, payment = an_offer(job)
        record = a_record(key="k")
        write(store, offer, payment, relies_on=(job,), record=record)

        def about(subject: str) -> list[JournalRecord]:
            found = store.read(lambda read: read.journal(subject, before=None, limit=9))
            return [entry.record for entry in found]

        assert about(offer.id) == about(payment.id) == [record]
        assert record not in about(job.id)

    def test_a_record_of_what_changed_nothing_is_found_by_what_it_is_about(
        self, store: Store
    ) -> None:
        """A denied command, say; by nothing, if nothing is said."""
        record, other = a_record(error="forbidden"), a_record()
        store.run(lambda work: work.record(record, ("job_1",)))
        store.run(lambda work: work.record(other))

        [entry] = store.read(lambda read: read.journal("job_1", before=None, limit=9))

        assert entry.record == record
