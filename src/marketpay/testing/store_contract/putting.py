"""What is saved without a record: nothing of the books, and in the same way."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketpay.domain.errors import Conflict, NotFound
from marketpay.domain.ids import WebhookId
from marketpay.domain.lifecycles import WebhookStatus
from marketpay.domain.webhook import Webhook
from marketpay.ports.store import Store, Work
from marketpay.testing.store_contract.further_samples import a_webhook
from marketpay.testing.store_contract.samples import AT, LATER, kept


def put(store: Store, webhook: Webhook) -> Webhook:
    """Save it in a transaction of its own, and give it back as it is kept."""
    return store.run(lambda work: work.put(webhook))


class PuttingContract:
    """Versions and unique values hold for `put` as they do for `write`."""

    def test_what_is_put_is_read_again(self, store: Store) -> None:
        """As it was given back, and its version counted up."""
        webhook = a_webhook(due_at=LATER, sent_at=AT, failure="Traceback", attempts=3)

        saved = put(store, webhook)

        assert saved == evolve(webhook, version=1)
        assert kept(store, webhook) == saved

    def test_what_is_put_again_has_changed(self, store: Store) -> None:
        """It is found by its new values, and by the old ones no more."""
        received = put(store, a_webhook(due_at=AT))
        applied = put(store, evolve(received, status=WebhookStatus.APPLIED, due_at=None))

        assert kept(store, received) == applied
        assert applied.version == 2
        found = store.read(lambda records: records.find(Webhook, status=WebhookStatus.APPLIED))
        assert found == [applied]
        assert store.read(lambda r: r.find(Webhook, status=WebhookStatus.RECEIVED)) == []

    def test_what_is_put_leaves_no_record(self, store: Store) -> None:
        """The feed has nothing to tell of it."""
        webhook = put(store, a_webhook())

        assert store.run(lambda work: work.sequence(9)) == 0
        assert store.read(lambda records: records.journal(webhook.id, before=None, limit=9)) == []

    def test_to_put_over_what_was_changed_meanwhile_is_a_conflict(self, store: Store) -> None:
        """Even if it would say the same."""
        stale = put(store, a_webhook())
        newer = put(store, evolve(stale, attempts=1))

        with pytest.raises(Conflict):
            put(store, evolve(stale, attempts=1))

        assert kept(store, stale) == newer

    def test_to_put_what_is_not_there_and_says_that_it_was_is_a_conflict(
        self, store: Store
    ) -> None:
        """Nothing is made of it."""
        webhook = a_webhook(version=3)

        with pytest.raises(Conflict):
            put(store, webhook)

        with pytest.raises(NotFound):
            kept(store, webhook)

    def test_a_new_one_never_takes_the_place_of_an_old_one(self, store: Store) -> None:
        """Its version says that it is new."""
        first = put(store, a_webhook())

        with pytest.raises(Conflict):
            put(store, a_webhook("stripe::evt_2", id=WebhookId(first.id)))

        assert kept(store, first) == first

    def test_a_unique_value_is_put_once(self, store: Store) -> None:
        """Who comes second is told, and the first stays."""
        first = put(store, a_webhook("stripe::evt_1"))
        second = a_webhook("stripe::evt_1")

        with pytest.raises(Conflict):
            put(store, second)

        assert store.read(lambda r: r.find(Webhook, delivery="stripe::evt_1")) == [first]

    def test_what_conflicts_undoes_its_whole_transaction(self, store: Store) -> None:
        """What was put before it too."""
        put(store, a_webhook("stripe::evt_1"))
        other = a_webhook("stripe::evt_2")

        def use(work: Work) -> None:
            work.put(other)
            work.put(a_webhook("stripe::evt_1"))

        with pytest.raises(Conflict):
            store.run(use)

        with pytest.raises(NotFound):
            kept(store, other)

    def test_a_transaction_sees_what_it_put(self, store: Store) -> None:
        """And can put it again."""

        def use(work: Work) -> Webhook:
            first = work.put(a_webhook())
            assert work.get(Webhook, first.id) == first
            return work.put(evolve(first, attempts=1))

        saved = store.run(use)

        assert (saved.version, saved.attempts) == (2, 1)
        assert kept(store, saved) == saved
