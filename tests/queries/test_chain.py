"""The chain, walked: whatever was done to its rows is found, and said of the right row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from marketpay.ports.chain import GENESIS, EntryRow, Link, link
from marketpay.ports.journal import JournalRecord
from marketpay.queries.chain import ChainWalk

AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
CHANGED = "it or its ledger entries are not what was chained"
LENGTH = 40


def rechained(rows: Sequence[Link], previous: str = GENESIS) -> list[Link]:
    """The rows with links that are right, as somebody would make them who rewrites the chain."""
    made = []
    for row in rows:
        assert row.record is not None
        previous = link(previous, row.position, row.number, row.record, row.entries)
        made.append(evolve(row, link=previous))
    return made


def a_row(position: int) -> Link:
    """With a number that is not its position, and an entry in every second."""
    number = 100 + position
    record = JournalRecord(
        attempt=f"a{number}",
        at=AT + timedelta(seconds=number),
        actor="cus_17",
        role="customer",
        key=None,
        command="AcceptOffer",
        body="{}",
        events="[]",
        result=None,
        error=None,
    )
    entry = EntryRow(
        number=2 * number,
        journal=number,
        at=record.at,
        debit_kind="processor",
        debit_owner="",
        credit_kind="escrow",
        credit_owner="",
        amount=1000,
        currency="USD",
        payment=None,
    )
    entries = (entry,) if position % 2 else ()
    return Link(position=position, number=number, record=record, entries=entries, link="")


def a_chain(length: int = LENGTH) -> list[Link]:
    return rechained([a_row(position) for position in range(1, length + 1)])


def problems(rows: Sequence[Link], position: int = 0, start: str = GENESIS) -> list[str]:
    return [*ChainWalk(position, start).problems(iter(rows))]


def edited(row: Link) -> Link:
    assert row.record is not None
    return evolve(row, record=evolve(row.record, body='{"price":1}'))


@pytest.mark.parametrize("length", [0, 1, 2, 9, LENGTH])
def test_a_chain_as_it_was_made_is_right(length: int) -> None:
    rows = a_chain(length)
    walk = ChainWalk(0, GENESIS)

    assert [*walk.problems(iter(rows))] == []
    assert (walk.position, walk.link) == (length, rows[-1].link if rows else GENESIS)


@pytest.mark.parametrize("place", [1, 2, 20, LENGTH - 1, LENGTH])
def test_a_changed_row_is_one_problem(place: int) -> None:
    rows = a_chain()
    rows[place - 1] = edited(rows[place - 1])

    name = f"journal row {100 + place} (AcceptOffer, position {place})"
    assert problems(rows) == [f"{name}: {CHANGED}."]


def test_a_changed_an_added_and_a_missing_entry_are_found() -> None:
    rows = a_chain()
    [entry] = rows[0].entries
    rows[0] = evolve(rows[0], entries=(evolve(entry, amount=1001),))
    rows[2] = evolve(rows[2], entries=())
    rows[3] = evolve(rows[3], entries=(entry,))

    assert problems(rows) == [
        f"journal row 101 (AcceptOffer, position 1): {CHANGED}.",
        f"journal row 103 (AcceptOffer, position 3): {CHANGED}.",
        f"journal row 104 (AcceptOffer, position 4): {CHANGED}.",
    ]


@pytest.mark.parametrize("place", [1, 20, LENGTH - 1])
def test_a_changed_link_is_told_from_a_changed_row(place: int) -> None:
    rows = a_chain()
    rows[place - 1] = evolve(rows[place - 1], link="f" * 64)

    name = f"journal row {100 + place} (AcceptOffer, position {place})"
    assert problems(rows) == [f"{name}: its link was changed."]


def test_a_journal_row_that_is_gone_is_said() -> None:
    rows = a_chain()
    rows[4] = evolve(rows[4], record=None, entries=())

    assert problems(rows) == ["journal row 105 (position 5): the journal row is gone."]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (slice(0, 1), "Position 1 is missing from the feed"),
        (slice(4, 5), "Position 5 is missing from the feed"),
        (slice(4, 30), "Positions 5 to 30 are missing from the feed"),
    ],
)
def test_rows_that_were_taken_out_are_said(gone: slice, said: str) -> None:
    rows = a_chain()
    del rows[gone]

    [problem] = problems(rows)
    assert problem.startswith(f"{said}; what stands at position ")


@pytest.mark.parametrize("gone", [1, 20])
def test_rows_that_moved_up_are_said_once(gone: int) -> None:
    rows = a_chain()
    del rows[9 : 9 + gone]
    rows = [evolve(row, position=place) for place, row in enumerate(rows, start=1)]

    assert problems(rows) == [
        f"journal row {110 + gone} (AcceptOffer, position 10): {CHANGED}.",
        (
            f"journal row {111 + gone} (AcceptOffer, position 11): "
            f"it was chained at position {11 + gone}, before rows were taken out."
        ),
    ]


def test_a_row_that_was_put_in_is_said() -> None:
    rows = a_chain()
    rows = [*rows[:9], *rechained([evolve(edited(a_row(10)), number=999)], rows[8].link), *rows[9:]]
    rows = [evolve(row, position=place) for place, row in enumerate(rows, start=1)]

    assert problems(rows) == [
        "journal row 110 (AcceptOffer, position 11): it was chained at position 10.",
        (
            "journal row 111 (AcceptOffer, position 12): "
            "it was chained at position 11, before rows were put in."
        ),
    ]


def test_rows_that_changed_places_are_said() -> None:
    rows = a_chain()
    fifth, sixth = rows[4], rows[5]
    rows[4], rows[5] = evolve(sixth, position=5), evolve(fifth, position=6)

    assert problems(rows) == [
        "journal row 106 (AcceptOffer, position 5): it was chained at position 6.",
        "journal row 105 (AcceptOffer, position 6): it was chained at position 5.",
        (
            "journal row 107 (AcceptOffer, position 7): "
            "it was not chained to the row that stands before it."
        ),
    ]


def test_rows_that_changed_places_without_their_links_are_said() -> None:
    rows = a_chain()
    fifth, eighth = rows[4], rows[7]
    rows[4] = evolve(eighth, position=5, link=fifth.link)
    rows[7] = evolve(fifth, position=8, link=eighth.link)

    assert problems(rows) == [
        "journal row 108 (AcceptOffer, position 5): it was chained at position 8.",
        "journal row 105 (AcceptOffer, position 8): it was chained at position 5.",
    ]


def test_a_row_at_a_position_that_nobody_reads_is_found() -> None:
    rows = a_chain()
    hidden = evolve(edited(a_row(1)), position=-5, number=999, link="f" * 64)

    assert problems([hidden, *rows]) == [
        "journal row 999 (AcceptOffer, position -5): nothing is ever chained there."
    ]


def test_a_part_of_the_chain_made_anew_shows_where_it_ends() -> None:
    rows = a_chain()
    rows[9:20] = rechained([edited(row) for row in rows[9:20]], rows[8].link)

    assert problems(rows) == [f"journal row 121 (AcceptOffer, position 21): {CHANGED}."]


def test_many_wrong_rows_are_each_said() -> None:
    rows = [edited(row) for row in a_chain(300)]

    assert len(problems(rows)) == 300


def test_the_walk_can_start_anywhere() -> None:
    rows = a_chain()

    assert problems(rows[10:], 10, rows[9].link) == []
    assert len(problems(rows[10:], 10, rows[8].link)) == 1
    assert len(problems(rows[11:], 10, rows[9].link)) == 1
