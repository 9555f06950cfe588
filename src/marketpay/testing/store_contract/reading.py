"""Finding what was written."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from attrs import evolve

from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Entity
from marketpay.domain.errors import NotFound
from marketpay.domain.ids import JobId, MilestoneId, OfferId, PaymentId, TransactionId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import ApplicationStatus, JobStatus, MilestoneStatus, OfferStatus
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader, Store, Work
from marketpay.testing.store_contract.further_samples import a_charge, a_milestone, a_plan
from marketpay.testing.store_contract.samples import (
    a_job,
    a_record,
    a_transaction,
    a_wallet,
    an_application,
    an_offer,
    deciding,
    ids,
    write,
)


def deal_of(store: Store, transaction: TransactionId) -> Deal:
    """The deal that this operation is for."""
    return store.read(lambda records: records.deal(transaction=transaction))


def _deal_of_payment(payment: PaymentId, read: Reader) -> Deal:
    return read.deal(payment=payment)


class ReadingContract:
    """By id, by fields, as a deal and in pages."""

    @pytest.mark.parametrize("kind", [Job, Offer, Payment, Wallet], ids=lambda k: k.__name__)
    def test_what_is_not_there_is_not_found(self, store: Store, kind: type[Entity]) -> None:
        """The error names what and which."""
        with pytest.raises(NotFound) as caught:
            store.read(lambda records: records.get(kind, "none"))

        assert caught.value.kind.lower() == kind.__name__.lower()
        assert caught.value.id == "none"

    def test_an_id_of_another_kind_is_not_found(self, store: Store) -> None:
        """Kinds do not share their ids."""
        [job] = write(store, a_job())

        with pytest.raises(NotFound):
            store.read(lambda records: records.get(Offer, job.id))

    def test_entities_are_found_by_the_values_of_fields_in_order_of_id(self, store: Store) -> None:
        """Of several fields, all; of a tuple of values, any."""
        open_one, done, other, euros = jobs = [
            a_job(),
            a_job(status=JobStatus.CANCELLED),
            a_job(customer="cus_18"),
            a_job(currency="EUR"),
        ]
        write(store, *jobs[::-1])

        def found(**equal: object) -> list[str]:
            return ids(store.read(lambda records: records.find(Job, **equal)))

        assert found() == sorted(ids(jobs))
        assert found(customer="cus_17") == sorted(ids([open_one, done, euros]))
        assert found(customer="cus_17", currency="USD") == sorted(ids([open_one, done]))
        assert found(currency=("EUR", "GBP")) == [euros.id]
        assert found(status=(JobStatus.OPEN, JobStatus.CANCELLED)) == sorted(ids(jobs))
        assert found(id=(other.id, done.id), status=JobStatus.OPEN) == [other.id]
        assert found(customer="cus_19") == []
        assert found(status=()) == []

    def test_entities_are_found_by_a_field_that_has_no_value(self, store: Store) -> None:
        """None is found by None."""
        job, assigned = a_job(), a_job(status=JobStatus.ASSIGNED, contractor="ctr_42")
        write(store, job, assigned)

        found = store.read(lambda records: records.find(Job, contractor=None))

        assert ids(found) == [job.id]

    def test_a_change_moves_an_entity_to_its_new_values(self, store: Store) -> None:
        """It is no longer found by the old ones."""
        [job] = write(store, a_job())
        write(store, evolve(job, status=JobStatus.ASSIGNED, contractor="ctr_42"))

        def found(**equal: object) -> list[str]:
            return ids(store.read(lambda records: records.find(Job, **equal)))

        assert found(status=JobStatus.OPEN) == []
        assert found(status=JobStatus.ASSIGNED) == [job.id]
        assert found(contractor="ctr_42") == [job.id]

    def test_a_deal_has_its_live_offers_their_payments_and_the_live_applications(
        self, store: Store
    ) -> None:
        """And nothing of another job."""
        job, other = a_job(), a_job()
        pending, accepting = (an_offer(job, f"ctr_{n}") for n in range(2))
        accepting = evolve(accepting[0], status=OfferStatus.ACCEPTING), accepting[1]
        over = an_offer(job, "ctr_3", status=OfferStatus.WITHDRAWN)
        applied = [
            an_application(job, f"ctr_{n}", status=status)
            for n, status in enumerate(ApplicationStatus)
        ]
        elsewhere = (*an_offer(other), an_application(other))
        write(store, job, other, *pending, *accepting, *over, *applied, *elsewhere)

        deal = store.read(lambda records: records.deal(job=job.id))

        assert deal.job.id == job.id
        assert sorted(ids(deal.offers)) == sorted([pending[0].id, accepting[0].id])
        assert sorted(ids(deal.payments)) == sorted([pending[1].id, accepting[1].id])
        assert {one.status for one in deal.applications} == {
            ApplicationStatus.PENDING,
            ApplicationStatus.ACCEPTED,
        }
        assert all(one.version == 1 for one in deal.rest())

    def test_a_deal_has_the_milestones_of_an_offer_that_was_accepted_in_parts(
        self, store: Store
    ) -> None:
        """In their order; of no other job, and of no offer that is not accepted yet."""
        job, other = a_job(), a_job()
        offer, payment = an_offer(job, status=OfferStatus.ACCEPTED, plan=a_plan())
        claimed, held = an_offer(other, status=OfferStatus.ACCEPTING, plan=a_plan())
        later: dict[str, Any] = {"status": MilestoneStatus.PENDING, "submitted_at": None}
        second = a_milestone(offer, 2, id=MilestoneId("mst_a"), payment=None, **later)
        first = a_milestone(offer, 1, id=MilestoneId("mst_b"))
        write(store, job, other, offer, payment, claimed, held, first, second)

        deal = store.read(lambda records: records.deal(job=job.id))
        waiting = store.read(lambda records: records.deal(offer=claimed.id))

        assert ids(deal.milestones) == [first.id, second.id]
        assert deal.milestones[0] == evolve(first, version=1)
        assert deal.offers[0].plan == a_plan()
        assert {first.id, second.id} <= {one.id for one in deal.rest()}
        assert (waiting.milestones, waiting.offers[0].plan) == ((), a_plan())

    def test_an_offer_or_payment_that_was_asked_for_is_in_its_deal_though_it_has_ended(
        self, store: Store
    ) -> None:
        """Once."""
        job = a_job()
        live, over = an_offer(job, "ctr_1"), an_offer(job, "ctr_2", status=OfferStatus.EXPIRED)
        write(store, job, *live, *over)

        by_offer = store.read(lambda records: records.deal(offer=over[0].id))
        by_payment = store.read(lambda records: records.deal(payment=over[1].id))
        by_live = store.read(lambda records: records.deal(offer=live[0].id))

        assert by_offer == by_payment
        assert sorted(ids(by_offer.offers)) == sorted([live[0].id, over[0].id])
        assert sorted(ids(by_offer.payments)) == sorted([live[1].id, over[1].id])
        assert ids(by_live.offers) == [live[0].id]

    def test_a_deal_is_found_by_an_operation_for_one_of_its_payments(self, store: Store) -> None:
        """As by the payment."""
        job = a_job()
        live, over = an_offer(job, "ctr_1"), an_offer(job, "ctr_2", status=OfferStatus.EXPIRED)
        operations = [a_transaction(live[1]), a_transaction(over[1])]
        write(store, job, *live, *over, *operations)

        for operation, payment in zip(operations, (live[1], over[1]), strict=True):
            found = deal_of(store, operation.id)
            assert found == store.read(partial(_deal_of_payment, payment.id))

    def test_an_operation_that_is_for_no_payment_has_no_deal(self, store: Store) -> None:
        """It is a payout, or for a listing."""
        charge = a_charge()
        write(store, charge)

        with pytest.raises(NotFound, match=charge.id):
            deal_of(store, charge.id)
        with pytest.raises(NotFound, match="txn_none"):
            deal_of(store, TransactionId("txn_none"))

    def test_what_is_expected_is_found_as_if_it_were_not(self, store: Store) -> None:
        """Whether it is looked for then, or not, or twice, and before or after a change."""
        job, wallet = a_job(), a_wallet()
        offer, payment = an_offer(job)
        operation = a_transaction(payment)
        write(store, job, wallet, offer, payment, operation)

        def look(read: Reader) -> tuple[object, ...]:
            read.expect(Wallet, owner=wallet.owner)
            read.expect(Wallet, owner="nobody")
            read.expect(Job, id=job.id)
            read.expect_deal(transaction=operation.id)
            found = read.find(Wallet, owner=wallet.owner)
            deal = read.deal(transaction=operation.id)
            read.expect(Wallet, owner=wallet.owner)
            again = read.find(Wallet, owner=wallet.owner)
            return ids(found), deal.job.id, ids(again), ids(read.find(Wallet, owner=wallet.owner))

        wanted = ([wallet.id], job.id, [wallet.id], [wallet.id])
        assert store.read(look) == wanted
        assert store.run(look) == wanted

    def test_what_is_expected_before_a_change_is_found_as_it_was_read(self, store: Store) -> None:
        """A transaction reads before it writes; what it wrote it reads anew."""
        [job] = write(store, a_job())

        def change(work: Work) -> tuple[Job, Job]:
            work.expect(Job, id=job.id)
            read = work.get(Job, job.id)
            work.write(deciding(evolve(read, title="Another")), a_record())
            return read, work.get(Job, job.id)

        before, after = store.run(change)
        assert (before.title, after.title) == (job.title, "Another")

    def test_a_deal_of_nothing_is_not_found(self, store: Store) -> None:
        """Whatever it is asked by."""
        with pytest.raises(NotFound, match="job"):
            store.read(lambda records: records.deal(job=JobId("job_none")))
        with pytest.raises(NotFound, match="off"):
            store.read(lambda records: records.deal(offer=OfferId("off_none")))
        with pytest.raises(NotFound, match="pay"):
            store.read(lambda records: records.deal(payment=PaymentId("pay_none")))

    def test_pages_lead_from_the_newest_to_the_oldest(self, store: Store) -> None:
        """Whatever comes meanwhile."""
        jobs = [a_job() for _ in range(7)]
        write(store, *jobs, a_job(customer="cus_18"))
        seen: list[str] = []
        after: str | None = None

        for size in (3, 3, 1):
            page = store.read(
                lambda read, after=after: read.page(  # type: ignore[misc]
                    Job, {"customer": "cus_17"}, after=after, limit=3
                )
            )
            assert len(page) == size
            seen += ids(page)
            after = page[-1].id
            write(store, a_job())

        assert seen == sorted(ids(jobs), reverse=True)

    def test_a_page_filters_by_any_field(self, store: Store) -> None:
        """As `find` does."""
        job = a_job()
        applications = [an_application(job, f"ctr_{n}") for n in range(3)]
        rejected = evolve(applications[1], status=ApplicationStatus.REJECTED)
        write(store, job, applications[0], rejected, applications[2])
        wanted = {"job": job.id, "status": (ApplicationStatus.REJECTED,)}

        found = store.read(lambda records: records.page(Application, wanted, after=None, limit=9))

        assert ids(found) == [rejected.id]
