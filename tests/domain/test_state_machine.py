"""The engine refuses, at import, a table that somebody could get stuck in."""

from enum import StrEnum

import pytest

from marketpay.domain.actor import Role
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.events import (
    JobAssigned,
    JobCancelled,
    JobCompleted,
    JobPosted,
    JobStarted,
    JobUpdated,
)
from marketpay.domain.state_machine import Begin, Lifecycle, Row

CUSTOMER, CONTRACTOR = frozenset({Role.CUSTOMER}), frozenset({Role.CONTRACTOR})
SYSTEM, ADMIN, SERVICE = (frozenset({role}) for role in (Role.SYSTEM, Role.ADMIN, Role.SERVICE))


class Light(StrEnum):
    RED = "red"
    AMBER = "amber"
    GREEN = "green"


RED, AMBER, GREEN = Light
BEGIN = Begin(JobPosted, RED, CUSTOMER)


def lights(*rows: Row[Light], final: frozenset[Light] = frozenset({GREEN})) -> Lifecycle[Light]:
    return Lifecycle("light", BEGIN, *rows, final=final)


def test_a_sound_table_is_built() -> None:
    sound = lights(Row(RED, JobStarted, AMBER, CUSTOMER), Row(AMBER, JobCompleted, GREEN, SYSTEM))

    assert sound.after(JobStarted, RED, Role.CUSTOMER, "1") is AMBER
    assert sound.possible(AMBER, Role.SYSTEM) == {JobCompleted}
    assert sound.possible(GREEN, Role.CUSTOMER) == frozenset()


@pytest.mark.parametrize("target", [AMBER, GREEN])
def test_a_move_cannot_be_given_twice(target: Light) -> None:
    with pytest.raises(ConfigurationError, match="light: a move is given twice"):
        lights(
            Row(RED, JobStarted, AMBER, CUSTOMER),
            Row(AMBER, JobCompleted, GREEN, SYSTEM),
            Row(RED, JobStarted, target, CONTRACTOR),
        )


def test_every_status_must_be_reachable() -> None:
    with pytest.raises(ConfigurationError, match=r"light: unreachable: amber\."):
        lights(Row(RED, JobCompleted, GREEN, CUSTOMER), Row(AMBER, JobCompleted, GREEN, CUSTOMER))


def test_all_that_is_unreachable_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"unreachable: amber, green\."):
        lights(Row(RED, JobUpdated, RED, CUSTOMER), final=frozenset({RED}))


def test_what_is_reachable_only_from_what_is_not_is_not() -> None:
    with pytest.raises(ConfigurationError, match="unreachable: amber, green"):
        lights(
            Row(AMBER, JobStarted, GREEN, CUSTOMER),
            Row(GREEN, JobUpdated, AMBER, CUSTOMER),
            final=frozenset({RED}),
        )


def test_a_status_without_a_way_out_must_be_final() -> None:
    with pytest.raises(ConfigurationError, match="no one party can end it from amber"):
        lights(Row(RED, JobStarted, AMBER, CUSTOMER), Row(RED, JobCompleted, GREEN, CUSTOMER))


def test_a_circle_is_no_way_out() -> None:
    with pytest.raises(ConfigurationError, match="no one party can end it"):
        lights(
            Row(RED, JobStarted, AMBER, CUSTOMER),
            Row(AMBER, JobUpdated, AMBER, CUSTOMER),
            Row(RED, JobCompleted, GREEN, CUSTOMER),
        )


def test_where_both_parties_are_needed_either_can_lock_the_other_in() -> None:
    with pytest.raises(ConfigurationError, match="no one party can end it from red"):
        lights(Row(RED, JobStarted, AMBER, CUSTOMER), Row(AMBER, JobCompleted, GREEN, CONTRACTOR))


@pytest.mark.parametrize("authority", [SYSTEM, ADMIN, SERVICE])
def test_one_party_with_a_timer_or_an_administrator_is_enough(authority: frozenset[Role]) -> None:
    lights(Row(RED, JobStarted, AMBER, CONTRACTOR), Row(AMBER, JobCompleted, GREEN, authority))


def test_a_final_status_may_keep_exceptional_exits() -> None:
    lights(
        Row(RED, JobCompleted, GREEN, CUSTOMER),
        Row(GREEN, JobCancelled, AMBER, ADMIN),
        Row(AMBER, JobAssigned, GREEN, ADMIN),
    )


def test_a_final_status_whose_exit_leads_nowhere_is_no_help_to_those_there() -> None:
    with pytest.raises(ConfigurationError, match="from amber"):
        lights(Row(RED, JobCompleted, GREEN, CUSTOMER), Row(GREEN, JobCancelled, AMBER, ADMIN))


def test_a_lifecycle_that_says_so_never_ends() -> None:
    endless = Lifecycle(
        "light",
        BEGIN,
        Row(RED, JobStarted, AMBER, CUSTOMER),
        Row(AMBER, JobAssigned, GREEN, CUSTOMER),
        Row(GREEN, JobUpdated, RED, CUSTOMER),
        final=(),
        endless=True,
    )

    assert endless.final == frozenset()
    assert "[*]" not in endless.to_mermaid().splitlines()[-1]


def test_the_diagram_is_mermaid() -> None:
    drawn = lights(
        Row(RED, JobStarted, AMBER, CUSTOMER | CONTRACTOR), Row(AMBER, JobCompleted, GREEN, SYSTEM)
    ).to_mermaid()

    assert drawn == (
        "stateDiagram-v2\n"
        "    [*] --> red: posted (customer)\n"
        "    red --> amber: started (contractor, customer)\n"
        "    amber --> green: completed (system)\n"
        "    green --> [*]"
    )
