"""Ids say of what they are."""

import re
from typing import Any

import pytest

from marketpay.domain.errors import InvalidInput
from marketpay.domain.ids import PREFIXES, check_id, new_id


@pytest.mark.covers("B090")
@pytest.mark.parametrize("prefix", sorted(PREFIXES.values()))
def test_a_new_id_is_a_typeid_of_a_uuid_7(prefix: str) -> None:
    made = new_id(prefix)

    assert re.fullmatch(rf"{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}", made)
    from typeid import TypeID

    assert TypeID.from_string(made).uuid.version == 7


def test_ids_are_never_the_same() -> None:
    assert len({new_id("job") for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("kind", PREFIXES)
def test_an_id_of_its_kind_is_accepted(kind: str) -> None:
    check_id("field", new_id(PREFIXES[kind]), kind)


@pytest.mark.parametrize("kind", PREFIXES)
@pytest.mark.parametrize("other", PREFIXES)
def test_an_id_of_another_kind_is_refused(kind: str, other: str) -> None:
    if kind == other:
        return
    with pytest.raises(InvalidInput, match=f"is not the id of {kind}") as caught:
        check_id("subject", new_id(PREFIXES[other]), kind)
    assert caught.value.field == "subject"


@pytest.mark.parametrize(
    "wrong", ["", "job", "jobx_1", "JOB_1", " job_1", None, 1, b"job_1", "job_" + "x" * 90]
)
def test_what_is_no_id_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInput):
        check_id("job", wrong, "Job")


def test_no_prefix_begins_another() -> None:
    prefixes = list(PREFIXES.values())

    assert len(set(prefixes)) == len(prefixes)
    assert all(len(prefix) == 3 for prefix in prefixes)
