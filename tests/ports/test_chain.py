"""The link: what it is made of, and that nothing of it can be exchanged unseen."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from attrs import evolve

from marketpay.ports.chain import GENESIS, EntryRow, digest, join, link
from marketpay.ports.journal import JournalRecord

AT = datetime(2026, 3, 29, 1, 30, 0, 123_456, tzinfo=UTC)
RECORD = JournalRecord(
    attempt="a1",
    at=AT,
    actor="cus_17",
    role="customer",
    key=None,
    command="AcceptOffer",
    body='{"title":"Zaun streichen, größer"}',
    events="[]",
    result=None,
    error=None,
)
ENTRY = EntryRow(
    number=31,
    journal=17,
    at=AT,
    debit_kind="processor",
    debit_owner="",
    credit_kind="escrow",
    credit_owner="",
    amount=1000_00,
    currency="USD",
    payment="pay_1",
)
LATER = AT + timedelta(microseconds=1)


def linked(record: JournalRecord = RECORD, *entries: EntryRow) -> str:
    return link(GENESIS, 12, 17, record, entries)


def other(value: Any) -> Any:
    match value:
        case datetime():
            return LATER
        case int():
            return value + 1
        case None:
            return ""
    return f"{value} "


def test_a_link_stays_what_it_is_for_ever() -> None:
    assert digest(17, RECORD, [ENTRY]) == (
        "f0065a237b9141e2778168773040fccf459dd7400933c2bc95846ffb8d517539"
    )
    assert linked(RECORD, ENTRY) == (
        "90d9f38ca95977eb478daaad3284c7f08c1789eb70fa2d8904757fb085c2ba60"
    )


@pytest.mark.parametrize("name", [f.name for f in attrs.fields(JournalRecord)])
def test_every_field_of_a_record_counts_but_what_is_personal(name: str) -> None:
    changed = evolve(RECORD, **{name: other(getattr(RECORD, name))})

    assert (linked(changed) == linked()) == (name == "personal")


@pytest.mark.parametrize("name", [f.name for f in attrs.fields(EntryRow) if f.name != "journal"])
def test_every_field_of_an_entry_counts(name: str) -> None:
    changed = evolve(ENTRY, **{name: other(getattr(ENTRY, name))})

    assert linked(RECORD, changed) != linked(RECORD, ENTRY)


def test_place_number_order_and_what_came_before_count() -> None:
    second = evolve(ENTRY, number=32)
    links = {
        link(GENESIS, 12, 17, RECORD, [ENTRY, second]),
        link(linked(), 12, 17, RECORD, [ENTRY, second]),
        link(GENESIS, 13, 17, RECORD, [ENTRY, second]),
        link(GENESIS, 12, 18, RECORD, [ENTRY, second]),
        link(GENESIS, 12, 17, RECORD, [second, ENTRY]),
        link(GENESIS, 12, 17, RECORD, [ENTRY]),
        link(GENESIS, 12, 17, RECORD, []),
    }

    assert len(links) == 7


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"actor": "ab", "role": "c"}, {"actor": "a", "role": "bc"}),
        ({"actor": 'a","b', "role": "c"}, {"actor": "a", "role": 'b","c'}),
        ({"key": None, "error": "x"}, {"key": "x", "error": None}),
        ({"key": None}, {"key": "null"}),
        ({"body": "\\u00e9"}, {"body": "\u00e9"}),
    ],
)
def test_what_stands_in_one_field_cannot_move_to_the_next(one: Any, two: Any) -> None:
    assert linked(evolve(RECORD, **one)) != linked(evolve(RECORD, **two))


def test_the_same_moment_is_the_same_in_every_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert linked(evolve(RECORD, at=elsewhere)) == linked()


def test_a_link_joins_a_digest_to_the_link_before() -> None:
    assert linked(RECORD, ENTRY) == join(GENESIS, 12, digest(17, RECORD, [ENTRY]))


def test_half_a_character_is_hashed_too() -> None:
    assert len(linked(evolve(RECORD, body="\ud83d"))) == len(GENESIS)
