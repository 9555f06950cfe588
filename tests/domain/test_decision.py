"""A decision is a value: what it changes, and when it changes nothing."""

from datetime import UTC, datetime

import attrs
import pytest
from attrs import evolve

from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change
from marketpay.domain.events import JobUpdated
from marketpay.domain.ids import JobId
from marketpay.domain.job import Job
from marketpay.domain.timer import Timer, TimerKind

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job(
    id=JobId("job_1"),
    customer="cus_17",
    title="Paint",
    description="",
    currency="USD",
    created_at=AT,
)


def test_a_decision_that_only_answers_is_empty() -> None:
    assert Decision(JOB).is_empty
    assert Decision(JOB, waives=(JOB,)).is_empty


def test_a_decision_that_changes_relies_or_sets_a_timer_is_not() -> None:
    assert not Decision(JOB, changes=(JOB.begun(AT),)).is_empty
    assert not Decision(JOB, relies_on=(JOB,)).is_empty
    assert not Decision(JOB, timers=(Timer(TimerKind.OFFER_EXPIRY, "off_1", AT),)).is_empty


def test_the_last_change_of_an_entity_is_what_is_kept() -> None:
    event = JOB.fact(JobUpdated, AT)
    second = evolve(JOB, title="Second")
    decision = Decision(None, changes=(JOB.begun(AT), Change(second, event)))

    assert decision.latest() == {"job_1": second}


def test_a_decision_does_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Decision(JOB).result = None  # type: ignore[misc,assignment]
