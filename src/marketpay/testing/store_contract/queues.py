"""What waits for its time or its turn: leases, the feed and its readers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from marketpay.domain.errors import Conflict
from marketpay.domain.lifecycles import WebhookStatus
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.webhook import Webhook
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Store
from marketpay.testing.store_contract.further_samples import a_webhook
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    a_job,
    a_record,
    a_transaction,
    an_account,
    an_offer,
    ids,
    kept,
    write,
)

SECOND = timedelta(seconds=1)


def _transactions(store: Store, *due: datetime | None) -> list[PaymentTransaction]:
    job = a_job()
    offer, payment = an_offer(job)
    made = [a_transaction(payment, due_at=at) for at in due]
    _, _, _, *saved = write(store, job, offer, payment, *made)
    return saved


def _lease(
    store: Store, now: datetime = LATER, until: datetime = LATER + SECOND, limit: int = 99
) -> list[PaymentTransaction]:
    return store.run(
        lambda work: work.lease(PaymentTransaction, lambda _: until, now=now, limit=limit)
    )


def _record(store: Store, record: JournalRecord) -> JournalRecord:
    store.run(lambda work: work.record(record))
    return record


def _take(store: Store, name: str, now: datetime, until: datetime) -> int | None:
    return store.run(lambda work: work.take_cursor(name, now=now, until=until))


class QueuesContract:
    """Nothing comes up too early, is taken twice, or gets lost."""

    def test_who_leases_what_is_due_has_it(self, store: Store) -> None:
        """Nobody else until the time that was said."""
        [due] = _transactions(store, AT)

        [leased] = _lease(store, LATER, LATER + SECOND)

        assert leased == kept(store, due)
        assert leased == evolve(due, due_at=LATER + SECOND, sent_at=LATER, version=due.version + 1)
        assert _lease(store, LATER) == []
        assert _lease(store, LATER + SECOND - timedelta(microseconds=1)) == []
        assert ids(_lease(store, LATER + SECOND, LATER + 2 * SECOND)) == [due.id]

    def test_only_what_is_due_is_leased_the_oldest_first(self, store: Store) -> None:
        """At most so many; what is never due never."""
        late, never, now, soon = _transactions(store, LATER, None, AT, AT + SECOND)
        [future] = _transactions(store, LATER + timedelta(microseconds=1))

        first = _lease(store, LATER, limit=2)
        rest = _lease(store, LATER)

        assert ids(first) == ids([now, soon])
        assert ids(rest) == [late.id]
        assert kept(store, never) == never
        assert kept(store, future) == future

    def test_when_something_was_first_sent_is_told_once(self, store: Store) -> None:
        """The first lease says it, a later one does not."""
        _transactions(store, AT)
        [first] = _lease(store, LATER, LATER + SECOND)
        [again] = _lease(store, LATER + SECOND, LATER + 2 * SECOND)

        assert (first.sent_at, again.sent_at) == (LATER, LATER)

    def test_how_long_a_lease_lasts_may_depend_on_what_is_leased(self, store: Store) -> None:
        """Each gets its own."""
        one, two = sorted(_transactions(store, AT, AT), key=lambda t: t.id)
        until = {one.id: LATER, two.id: LATER + SECOND}

        leased = store.run(
            lambda work: work.lease(PaymentTransaction, lambda t: until[t.id], now=AT, limit=9)
        )

        assert {t.id: t.due_at for t in leased} == until
        assert {t.id: kept(store, t).due_at for t in leased} == until

    def test_a_lease_is_a_change(self, store: Store) -> None:
        """Who read the operation before has to decide again."""
        [stale] = _transactions(store, AT)
        _lease(store)

        with pytest.raises(Conflict):
            write(store, evolve(stale, gateway_id="pi_1"))

    def test_payout_accounts_are_leased_too(self, store: Store) -> None:
        """Kinds apart."""
        [account] = write(store, an_account(due_at=AT))
        _transactions(store, AT)

        [leased] = store.run(
            lambda work: work.lease(PayoutAccount, lambda _: LATER, now=AT, limit=9)
        )

        assert leased == evolve(account, due_at=LATER, sent_at=AT, version=account.version + 1)
        assert kept(store, account) == leased

    def test_webhooks_are_leased_too(self, store: Store) -> None:
        """The oldest first; what was applied is due no more."""
        first, second = (a_webhook(f"s::evt_{n}", due_at=AT + n * SECOND) for n in range(2))
        over = a_webhook("s::evt_3", status=WebhookStatus.APPLIED)
        for webhook in (second, over, first):
            store.run(lambda work, one=webhook: work.put(one))  # type: ignore[misc]

        def lease() -> list[Webhook]:
            return store.run(lambda w: w.lease(Webhook, lambda _: LATER, now=LATER, limit=1))

        [leased] = lease()

        assert leased == evolve(first, due_at=LATER, sent_at=LATER, version=2)
        assert kept(store, first) == leased
        store.run(lambda work: work.put(evolve(leased, due_at=None)))
        assert ids(lease()) == [second.id]
        assert kept(store, over).version == 1

    def test_each_record_gets_one_place_in_the_feed(self, store: Store) -> None:
        """Without gaps, and for good."""
        records = [_record(store, a_record(key=f"k{n}")) for n in range(5)]
        given = store.run(lambda work: work.sequence(3))
        before = store.read(lambda read: read.feed(0, limit=99))
        records += [_record(store, a_record(personal='{"salt":"s"}'))]
        given += store.run(lambda work: work.sequence(99))

        feed = store.read(lambda read: read.feed(0, limit=99))

        assert given == 6
        assert [item.position for item in feed] == [1, 2, 3, 4, 5, 6]
        assert feed[:3] == before
        attempts = sorted(item.record.attempt for item in feed)
        assert attempts == sorted(record.attempt for record in records)
        assert store.run(lambda work: work.sequence(99)) == 0

    def test_the_feed_has_what_the_record_says_of_the_event(self, store: Store) -> None:
        """Who, what and when."""
        record = _record(store, a_record(key="k", events='[{"name":"job.posted"}]'))
        store.run(lambda work: work.sequence(1))

        [item] = store.read(lambda read: read.feed(0, limit=1))

        assert evolve(item.record, personal=None) == record

    def test_the_feed_is_read_from_any_position_on(self, store: Store) -> None:
        """In parts."""
        for _ in range(5):
            _record(store, a_record())
        store.run(lambda work: work.sequence(99))

        def positions(after: int, limit: int) -> list[int]:
            return [i.position for i in store.read(lambda read: read.feed(after, limit=limit))]

        assert positions(0, 2) == [1, 2]
        assert positions(2, 2) == [3, 4]
        assert positions(4, 2) == [5]
        assert positions(5, 2) == []

    def test_one_reader_at_a_time_has_the_cursor(self, store: Store) -> None:
        """Until it lets go, or its time is over."""
        assert _take(store, "mail", AT, LATER) == 0
        assert _take(store, "mail", AT, LATER) is None
        assert _take(store, "search", AT, LATER) == 0

        assert store.run(lambda work: work.move_cursor("mail", 7, LATER))

        assert _take(store, "mail", AT, LATER) == 7
        assert _take(store, "mail", LATER - timedelta(microseconds=1), LATER) is None
        assert _take(store, "mail", LATER, LATER + SECOND) == 7
        assert _take(store, "search", LATER, LATER + SECOND) == 0

    def test_a_reader_whose_time_is_over_does_not_move_the_cursor_of_another(
        self, store: Store
    ) -> None:
        """Nor lets go of it."""
        _take(store, "mail", AT, LATER)
        _take(store, "mail", LATER, LATER + SECOND)

        assert not store.run(lambda work: work.move_cursor("mail", 7, LATER))
        assert _take(store, "mail", LATER, LATER + 2 * SECOND) is None
        assert store.run(lambda work: work.move_cursor("mail", 5, LATER + SECOND))
        assert _take(store, "mail", LATER, LATER + SECOND) == 5

    def test_what_is_to_be_skipped_is_not_leased(self, store: Store) -> None:
        """It stays due."""
        one, two, three = _transactions(store, AT, AT + SECOND, AT + 2 * SECOND)

        leased = store.run(
            lambda work: work.lease(
                PaymentTransaction, lambda _: LATER, now=LATER, limit=1, skip=(one.id, three.id)
            )
        )

        assert ids(leased) == [two.id]
        assert kept(store, one) == one
