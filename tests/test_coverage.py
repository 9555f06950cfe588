"""Each thing that marketpay is meant to do is shown somewhere, or said not to be there yet."""

import re

from tests import covering

IDS = [f"A{n:03}" for n in range(1, 178)] + [f"B{n:03}" for n in range(1, 103)]
NOT_YET: set[int] = set()  # edge cases of what does not exist

ITEMS = covering.items()
SHOWN = covering.shown()


def test_every_item_has_its_title_and_its_place() -> None:
    assert list(ITEMS.titles) == IDS
    assert all(title == title.strip() != "" for title in ITEMS.titles.values())


def test_what_is_said_to_be_shown_is_an_item() -> None:
    assert {id: where for id, where in SHOWN.items() if id not in ITEMS.titles} == {}


def test_every_item_is_shown_or_not_there_yet() -> None:
    assert set(ITEMS.titles) - set(SHOWN) - set(ITEMS.not_yet) == set()


def test_what_is_not_there_yet_is_shown_nowhere() -> None:
    assert {id: SHOWN[id] for id in ITEMS.not_yet if id in SHOWN} == {}
    assert set(ITEMS.not_yet) < set(ITEMS.titles)


def test_of_what_is_there_in_part_something_is_shown() -> None:
    assert set(ITEMS.in_part) - set(SHOWN) == set()


def test_nothing_is_shown_twice_by_the_same() -> None:
    assert {id: where for id, where in SHOWN.items() if len(set(where)) < len(where)} == {}


def test_the_table_has_one_row_for_each_item() -> None:
    rows = [re.match(r"\| ([AB]\d{3}) \| \S.* \| \S.* \|$", row) for row in covering.table()]

    assert [row[1] for row in rows if row] == IDS


def test_a_test_that_shows_something_is_one_that_is_run() -> None:
    for marker in ("covers", "edge"):
        found = list(covering.marked(marker))
        assert len(found) == covering.count_of_markers(marker)
        for _, name in found:
            assert re.fullmatch(r"tests/[\w/]*test_\w+\.py(::Test\w+)?(::test_\w+)?", name), name


def test_every_edge_case_has_its_test() -> None:
    assert {number for number, _ in covering.marked("edge")} == set(range(1, 51)) - NOT_YET
