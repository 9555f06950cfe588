"""The house rules: their defaults, their limits and the times they give."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.commission import Commission
from marketpay.domain.errors import InvalidInput
from marketpay.domain.rules import Rules

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = st.text(min_size=1, max_size=30)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def test_the_clock_is_aware_and_in_utc() -> None:
    assert Rules().now().utcoffset() == timedelta(0)
    assert abs(Rules().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_usual_rules() -> None:
    rules = Rules()

    assert rules.commission == Commission("0.10", "0.20")
    assert not rules.require_application
    assert rules.retry_window == timedelta(hours=23)
    assert rules.new_id("job").startswith("job_")


@pytest.mark.parametrize(
    "name", ["lease", "lookup_every", "retry_base", "retry_cap", "retry_window"]
)
@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(seconds=-1)])
def test_a_time_is_above_zero(name: str, wrong: timedelta) -> None:
    given: dict[str, Any] = {name: wrong}
    with pytest.raises(InvalidInput, match="above zero") as caught:
        Rules(**given)
    assert caught.value.field == name


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_command_is_decided_at_least_once(wrong: int) -> None:
    with pytest.raises(InvalidInput, match="above zero"):
        Rules(attempts=wrong)


@given(id=IDS)
def test_what_went_unanswered_is_sent_again_at_once(id: str) -> None:
    assert Rules().retry_at(1, NOW, id) == NOW


@given(attempts=st.integers(2, 10_000), id=IDS)
def test_then_ever_later_up_to_the_cap(attempts: int, id: str) -> None:
    rules = Rules()
    wait = rules.retry_at(attempts, NOW, id) - NOW

    whole = min(rules.retry_cap, rules.retry_base * (2 ** min(attempts - 1, 20) - 1))
    assert whole / 2 <= wait <= whole
    assert wait <= rules.retry_at(attempts + 1, NOW, id) - NOW <= rules.retry_cap


def test_what_failed_together_does_not_come_back_together() -> None:
    rules = Rules()

    assert len({rules.retry_at(5, NOW, f"ptx_{n}") for n in range(32)}) > 10


@given(waited=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_somebody_who_has_to_act_is_asked_after_ever_more_seldom(waited: timedelta) -> None:
    rules = Rules()

    assert rules.lookup_at(NOW - waited, NOW) - NOW == max(
        min(waited, rules.lookup_every), waited / 24
    )
