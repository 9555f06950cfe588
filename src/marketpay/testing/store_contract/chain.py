"""The chain: each row of the feed has the link that its content and the row before give it."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.ports.chain import GENESIS, EntryRow, Link, link
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Store, Work
from marketpay.testing.store_contract.samples import (
    LATER,
    a_job,
    a_record,
    an_offer,
    write,
)

PROCESSOR, ESCROW, PLATFORM_FEE = (
    Account(kind, "USD")
    for kind in (AccountKind.PROCESSOR, AccountKind.ESCROW, AccountKind.PLATFORM_FEE)
)


def _chain(store: Store, after: int = 0, limit: int = 99) -> list[Link]:
    return store.read(lambda records: records.chain(after, limit=limit))


def _sequence(store: Store, limit: int = 99) -> int:
    return store.run(lambda work: work.sequence(limit))


def _payment(store: Store) -> PaymentId:
    job = a_job()
    offer, payment = an_offer(job)
    write(store, job, offer, payment)
    return payment.id


def _captured(payment: PaymentId, minor: int = 1000) -> tuple[LedgerEntry, ...]:
    return (
        LedgerEntry(PROCESSOR, ESCROW, Money.from_minor(minor, "USD"), payment=payment),
        LedgerEntry(ESCROW, PLATFORM_FEE, Money.from_minor(minor // 10, "USD")),
    )


def _record(store: Store, record: JournalRecord) -> JournalRecord:
    store.run(lambda work: work.record(record))
    return record


def _right(row: Link, previous: str) -> str:
    assert row.record is not None
    return link(previous, row.position, row.number, row.record, row.entries)


class ChainContract:
    """Whoever reads it can make every link again from what it is said to vouch for."""

    def test_an_empty_chain_has_no_rows(self, store: Store) -> None:
        """Nor is anything astray."""
        assert _chain(store) == []
        assert store.read(lambda records: records.unchained(0, limit=9)) == []
        assert store.read(lambda records: records.orphans(0, limit=9)) == []

    def test_every_row_is_chained_to_the_one_before(self, store: Store) -> None:
        """The first to the fixed beginning, and across the parts in which they were placed."""
        payment = _payment(store)
        for _ in range(3):
            write(store, entries=_captured(payment))
            _record(store, a_record())
        placed = [_sequence(store, 2), _sequence(store, 3), _sequence(store)]

        rows = _chain(store)

        assert placed == [2, 3, 2]
        assert [row.position for row in rows] == [1, 2, 3, 4, 5, 6, 7]
        before = [GENESIS, *(row.link for row in rows)]
        assert [row.link for row in rows] == [*map(_right, rows, before)]

    def test_a_row_vouches_for_the_record_as_it_was_written(self, store: Store) -> None:
        """In every field but what is personal, which may be erased."""
        first = _record(store, a_record(key="k", at=LATER, result=None, error="refused"))
        text = 'Grüße, "Ana"\n\\ 日本 \U0001f58c \x7f'
        second = _record(store, a_record(body=text, events=text, personal='{"salt":"s"}'))
        _sequence(store)

        rows = _chain(store)

        assert [row.record for row in rows] == [first, evolve(second, personal=None)]

    def test_a_row_vouches_for_the_ledger_entries_of_its_record(self, store: Store) -> None:
        """For each with all that it says, by number; a row without entries for none."""
        payment = _payment(store)
        mine = Account(AccountKind.CONNECTED, "USD", "ctr_42")
        there = (LedgerEntry(mine, PROCESSOR, Money.from_minor(7, "USD"), payment=payment),)
        write(store, entries=_captured(payment), record=a_record(at=LATER))
        write(store, entries=there)
        _sequence(store)

        deal, first, second = _chain(store)

        assert deal.entries == ()
        for row, entries in ((first, _captured(payment)), (second, there)):
            assert row.record is not None
            assert row.entries == tuple(
                EntryRow.of(kept.number, row.number, row.record.at, entry)
                for kept, entry in zip(row.entries, entries, strict=True)
            )
        numbers = [entry.number for row in (first, second) for entry in row.entries]
        assert len({*numbers}) == 3
        assert numbers[:2] == sorted(numbers[:2])
        posted = store.read(lambda records: records.entries(payment))
        assert {one.number for one in posted} <= {*numbers}

    def test_the_feed_tells_the_same_links(self, store: Store) -> None:
        """So that a publisher can pass them on."""
        for _ in range(3):
            _record(store, a_record())
        _sequence(store)

        feed = store.read(lambda records: records.feed(0, limit=99))

        assert [(i.position, i.link) for i in feed] == [(r.position, r.link) for r in _chain(store)]

    def test_the_chain_is_read_from_any_position_on(self, store: Store) -> None:
        """In parts, the entries of each row complete, whatever the limit."""
        payment = _payment(store)
        for _ in range(4):
            write(store, entries=_captured(payment))
        _sequence(store)
        whole = _chain(store)

        assert _chain(store, -(2**63), 2) == whole[:2]
        assert _chain(store, 2, 2) == whole[2:4]
        assert _chain(store, 4, 2) == whole[4:]
        assert _chain(store, 5, 2) == []
        assert [len(row.entries) for row in whole] == [0, 2, 2, 2, 2]

    def test_rows_stay_as_they_are_when_others_come(self, store: Store) -> None:
        """A link is given once."""
        payment = _payment(store)
        _sequence(store)
        before = _chain(store)
        write(store, entries=_captured(payment))
        _sequence(store)

        assert _chain(store)[:1] == before

    def test_what_waits_for_its_place_is_not_astray(self, store: Store) -> None:
        """Nor is what has its place."""
        payment = _payment(store)
        _sequence(store)
        write(store, entries=_captured(payment))

        assert store.read(lambda records: records.unchained(0, limit=9)) == []
        assert store.read(lambda records: records.orphans(0, limit=9)) == []
        assert len(_chain(store)) == 1

    def test_a_place_given_in_a_transaction_that_fails_was_not_given(self, store: Store) -> None:
        """The next one gives the same link."""
        _record(store, a_record())

        def use(work: Work) -> None:
            assert work.sequence(9) == 1
            raise LookupError

        with pytest.raises(LookupError):
            store.run(use)
        assert _chain(store) == []

        assert _sequence(store) == 1
        [row] = _chain(store)
        assert row.link == _right(row, GENESIS)
