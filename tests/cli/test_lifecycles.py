"""`marketpay lifecycles`: what it prints, and that every form says the same."""

import json
from typing import Any

import pytest

import marketpay as package
from marketpay.domain.lifecycles import ALL
from tests.cli.test_demo import marketpay

TABLES: tuple[Any, ...] = ALL
NAMES = [lifecycle.name for lifecycle in ALL]


def test_json_is_what_the_package_says() -> None:
    done = marketpay("lifecycles", "--json")
    assert done.status == 0
    assert json.loads(done.out) == package.lifecycles()
    assert [one["name"] for one in json.loads(done.out)] == NAMES


def test_json_says_what_the_tables_say() -> None:
    for lifecycle, said in zip(TABLES, package.lifecycles(), strict=True):
        assert said["statuses"] == [status.value for status in lifecycle.statuses]
        assert set(said["final"]) == {status.value for status in lifecycle.final}
        begin = lifecycle.begin
        assert said["begin"] == {
            "event": begin.event.name,
            "target": begin.status.value,
            "who": sorted(begin.who),
        }
        assert [tuple(row.values()) for row in said["rows"]] == [
            (row.source.value, row.event.name, row.target.value, sorted(row.who))
            for row in lifecycle.rows
        ]
        assert all(list(row) == ["source", "event", "target", "who"] for row in said["rows"])


def test_a_front_end_finds_in_json_what_the_engine_allows() -> None:
    for lifecycle, said in zip(TABLES, package.lifecycles(), strict=True):
        for status in lifecycle.statuses:
            for role in package.Role:
                found = {
                    row["event"]
                    for row in said["rows"]
                    if row["source"] == status and role in row["who"]
                }
                assert found == {event.name for event in lifecycle.possible(status, role)}


def test_mermaid_is_the_diagrams() -> None:
    done = marketpay("lifecycles", "--mermaid", "job")
    [job] = [one for one in ALL if one.name == "job"]
    assert (done.status, done.out) == (0, f"%% job\n{job.to_mermaid()}\n")
    assert marketpay("lifecycles", "--mermaid").out.count("stateDiagram-v2") == len(ALL)


def test_without_an_option_it_is_a_table_for_people() -> None:
    done = marketpay("lifecycles", "withdrawal", "job")
    assert done.status == 0
    lines = done.out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == ["withdrawal", "job"]
    assert any(
        line.split() == ["open", "job.cancelled", "cancelled", "admin,", "customer,", "system"]
        for line in lines
    )


@pytest.mark.parametrize("args", [["nothing"], ["--json", "--mermaid"], ["job", "nothing"]])
def test_what_cannot_be_drawn_is_said(args: list[str]) -> None:
    done = marketpay("lifecycles", *args)
    assert (done.status, done.out) == (2, "")
    assert done.err.strip().endswith(".")
