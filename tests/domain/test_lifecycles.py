"""Every status, every event and every role of every lifecycle: what moves, and what does not."""

import itertools
from typing import Any

import pytest

from marketpay.domain import lifecycles
from marketpay.domain.actor import Role
from marketpay.domain.errors import IllegalTransition
from marketpay.domain.event import Event
from marketpay.domain.events import WalletEvent
from marketpay.domain.lifecycles import ALL
from marketpay.domain.state_machine import Lifecycle

C, N, A, V, S = Role.CUSTOMER, Role.CONTRACTOR, Role.ADMIN, Role.SERVICE, Role.SYSTEM

by_name = pytest.mark.parametrize("lifecycle", ALL, ids=[lifecycle.name for lifecycle in ALL])

STATUSES = {
    "job": "open assigned in_progress submitted completed cancelled",
    "application": "pending accepted rejected withdrawn",
    "offer": "pending countered accepting accepted rejected withdrawn expired superseded",
    "payment": "pending awaiting_confirmation authorized captured released refunded failed "
    "canceled expired charged_back",
    "payment_transaction": "pending awaiting_confirmation success failed canceled unknown",
    "refund": "requested pending succeeded failed",
    "payout_account": "pending active restricted rejected",
    "adjustment": "proposed approved rejected withdrawn expired",
    "withdrawal": "requested approved processing paid failed canceled",
    "chargeback": "inquiry needs_response under_review won lost closed",
    "upgrade": "active expired revoked",
    "incident": "open resolved",
    "webhook": "received applied ignored deferred dead",
    "dispute": "open under_review resolved withdrawn expired",
    "milestone": "pending funded in_progress submitted released refunded cancelled",
}

# Written down a second time, so that no move changes by accident.
MOVES: dict[str, dict[tuple[str, str], tuple[str, set[Role]]]] = {
    "job": {
        ("open", "updated"): ("open", {C, A}),
        ("open", "assigned"): ("assigned", {S}),
        ("open", "cancelled"): ("cancelled", {C, A, S}),
        ("assigned", "started"): ("in_progress", {C, N}),
        ("assigned", "overdue"): ("assigned", {S}),
        ("assigned", "completed"): ("completed", {S}),
        ("assigned", "cancelled"): ("cancelled", {C, N, A, S}),
        ("in_progress", "submitted"): ("submitted", {N}),
        ("in_progress", "overdue"): ("in_progress", {S}),
        ("in_progress", "completed"): ("completed", {C, A, S}),
        ("in_progress", "cancelled"): ("cancelled", {C, A, S}),
        ("in_progress", "cancellation_proposed"): ("in_progress", {C, N}),
        ("in_progress", "cancellation_declined"): ("in_progress", {C, N}),
        ("submitted", "cancellation_proposed"): ("submitted", {C, N}),
        ("submitted", "cancellation_declined"): ("submitted", {C, N}),
        ("submitted", "changes_requested"): ("in_progress", {C}),
        ("submitted", "completed"): ("completed", {C, A, S}),
        ("submitted", "cancelled"): ("cancelled", {A, S}),
    },
    "application": {
        ("pending", "accepted"): ("accepted", {C, S}),
        ("pending", "rejected"): ("rejected", {C, S}),
        ("pending", "withdrawn"): ("withdrawn", {N}),
        ("accepted", "rejected"): ("rejected", {C, S}),
        ("accepted", "withdrawn"): ("withdrawn", {N}),
    },
    "offer": {
        ("pending", "funded"): ("pending", {S}),
        ("pending", "claimed"): ("accepting", {N}),
        ("pending", "rejected"): ("rejected", {N}),
        ("pending", "withdrawn"): ("withdrawn", {C, A, S}),
        ("pending", "expired"): ("expired", {S}),
        ("pending", "superseded"): ("superseded", {S}),
        ("pending", "countered"): ("countered", {N}),
        ("pending", "revision_started"): ("pending", {C}),
        ("pending", "revised"): ("pending", {S}),
        ("pending", "revision_failed"): ("pending", {S}),
        ("countered", "funded"): ("countered", {S}),
        ("countered", "claimed"): ("accepting", {N}),
        ("countered", "rejected"): ("rejected", {N}),
        ("countered", "withdrawn"): ("withdrawn", {C, A, S}),
        ("countered", "expired"): ("expired", {S}),
        ("countered", "superseded"): ("superseded", {S}),
        ("countered", "countered"): ("countered", {N}),
        ("countered", "revision_started"): ("countered", {C}),
        ("countered", "revised"): ("pending", {S}),
        ("countered", "revision_failed"): ("countered", {S}),
        ("accepting", "accepted"): ("accepted", {S}),
        ("accepting", "acceptance_failed"): ("pending", {S}),
        ("accepting", "expired"): ("expired", {S}),
    },
    "payment": {
        ("pending", "authorized"): ("authorized", {S}),
        ("pending", "action_required"): ("awaiting_confirmation", {S}),
        ("pending", "failed"): ("failed", {S}),
        ("awaiting_confirmation", "authorized"): ("authorized", {S}),
        ("awaiting_confirmation", "failed"): ("failed", {S}),
        ("awaiting_confirmation", "canceled"): ("canceled", {S}),
        ("authorized", "expiring"): ("authorized", {S}),
        ("authorized", "flagged"): ("authorized", {S}),
        ("authorized", "still_flagged"): ("authorized", {A, S}),
        ("authorized", "cleared"): ("authorized", {A, S}),
        ("authorized", "split_frozen"): ("authorized", {N}),
        ("authorized", "captured"): ("captured", {S}),
        ("authorized", "failed"): ("failed", {S}),
        ("authorized", "canceled"): ("canceled", {S}),
        ("authorized", "expired"): ("expired", {S}),
        ("failed", "retried"): ("pending", {C}),
        ("pending", "credit_freed"): ("pending", {S}),
        ("awaiting_confirmation", "credit_freed"): ("awaiting_confirmation", {S}),
        ("authorized", "credit_freed"): ("authorized", {S}),
        ("failed", "credit_freed"): ("failed", {S}),
        ("canceled", "credit_freed"): ("canceled", {S}),
        ("expired", "credit_freed"): ("expired", {S}),
        ("captured", "flagged"): ("captured", {S}),
        ("captured", "still_flagged"): ("captured", {A, S}),
        ("captured", "cleared"): ("captured", {A, S}),
        ("captured", "contested"): ("captured", {C, N}),
        ("released", "contested"): ("released", {C, N}),
        **{
            (status, "freed"): (status, {S})
            for status in ("captured", "released", "refunded", "charged_back")
        },
        ("captured", "fee_kept"): ("captured", {S}),
        ("captured", "released"): ("released", {C, A, S}),
        ("captured", "refund_requested"): ("captured", {C, N, A, V, S}),
        ("captured", "partly_refunded"): ("captured", {S}),
        ("captured", "refunded"): ("refunded", {S}),
        ("captured", "charged_back"): ("charged_back", {S}),
        ("released", "refund_requested"): ("released", {A, V, S}),
        ("released", "partly_refunded"): ("released", {S}),
        ("released", "refunded"): ("refunded", {S}),
        ("released", "charged_back"): ("charged_back", {S}),
        ("charged_back", "chargeback_changed"): ("charged_back", {S}),
        ("charged_back", "refund_requested"): ("charged_back", {S}),
        ("charged_back", "partly_refunded"): ("charged_back", {S}),
        ("charged_back", "still_flagged"): ("charged_back", {A, S}),
        ("charged_back", "cleared"): ("charged_back", {A, S}),
        ("charged_back", "held_again"): ("captured", {S}),
        ("charged_back", "released_again"): ("released", {S}),
        ("refunded", "held_again"): ("captured", {S}),
        ("refunded", "released_again"): ("released", {S}),
        **{
            (status, "clearance_ended"): (status, {S})
            for status in ("released", "charged_back", "refunded")
        },
        **{
            (status, f"transfer{event}"): (status, {S})
            for status in ("released", "charged_back", "refunded")
            for event in ("red", "_blocked", "_reversed")
        },
        **{
            (status, "transfer_started"): (status, {S, A})
            for status in ("released", "charged_back", "refunded")
        },
    },
    "payment_transaction": {
        **{
            (status, event): (target, {S})
            for status in ("pending", "unknown")
            for event, target in {
                "action_required": "awaiting_confirmation",
                "accepted": "awaiting_confirmation",
                "succeeded": "success",
                "failed": "failed",
                "canceled": "canceled",
                "unanswered": "unknown",
                "stuck": "unknown",
            }.items()
        },
        ("unknown", "abandoned"): ("failed", {A}),
        ("awaiting_confirmation", "succeeded"): ("success", {S}),
        ("awaiting_confirmation", "failed"): ("failed", {S}),
        ("awaiting_confirmation", "canceled"): ("canceled", {S}),
    },
    "refund": {
        ("requested", "pending"): ("pending", {S}),
        ("requested", "held_back"): ("requested", {S}),
        ("requested", "retried"): ("requested", {S}),
        ("pending", "held_back"): ("requested", {S}),
        ("requested", "succeeded"): ("succeeded", {S}),
        ("requested", "failed"): ("failed", {S}),
        ("pending", "succeeded"): ("succeeded", {S}),
        ("pending", "failed"): ("failed", {S}),
        ("succeeded", "failed"): ("failed", {S}),
        **{(status, "offset"): (status, {S}) for status in ("pending", "succeeded", "failed")},
    },
    "payout_account": {
        ("pending", "connected"): ("pending", {S}),
        ("pending", "activated"): ("active", {S}),
        ("pending", "restricted"): ("restricted", {S}),
        ("pending", "rejected"): ("rejected", {S}),
        ("active", "restricted"): ("restricted", {S}),
        ("active", "rejected"): ("rejected", {S}),
        ("restricted", "activated"): ("active", {S}),
        ("restricted", "rejected"): ("rejected", {S}),
    },
    "adjustment": {
        ("proposed", "approved"): ("approved", {A}),
        ("proposed", "rejected"): ("rejected", {A}),
        ("proposed", "withdrawn"): ("withdrawn", {A}),
        ("proposed", "expired"): ("expired", {S}),
    },
    "withdrawal": {
        ("requested", "approved"): ("approved", {A, S}),
        ("requested", "canceled"): ("canceled", {N, A}),
        ("approved", "canceled"): ("canceled", {N, A}),
        ("requested", "failed"): ("failed", {S}),
        ("approved", "failed"): ("failed", {S, A}),
        ("approved", "started"): ("processing", {S}),
        ("processing", "started"): ("processing", {S}),
        ("processing", "paid"): ("paid", {S}),
        ("processing", "failed"): ("failed", {S, A}),
        ("paid", "returned"): ("failed", {S}),
    },
    "chargeback": {
        **{
            (status, "changed"): (status, {S})
            for status in ("inquiry", "needs_response", "under_review", "won", "lost", "closed")
        },
        ("inquiry", "escalated"): ("needs_response", {S}),
        ("inquiry", "closed"): ("closed", {S}),
        ("needs_response", "under_review"): ("under_review", {S}),
        **{
            (status, end): (end, {S})
            for status in ("needs_response", "under_review")
            for end in ("won", "lost", "closed")
        },
        ("lost", "won"): ("won", {S}),
    },
    "upgrade": {
        ("active", "extended"): ("active", {S}),
        ("active", "expired"): ("expired", {S}),
        ("active", "shortened"): ("active", {A, V, S}),
        ("active", "revoked"): ("revoked", {A, V, S}),
    },
    "incident": {
        ("open", "resolved"): ("resolved", {A}),
    },
    "webhook": {
        **{
            (status, event): (target, {S})
            for status in ("received", "deferred")
            for event, target in {
                "applied": "applied",
                "ignored": "ignored",
                "deferred": "deferred",
                "died": "dead",
            }.items()
        },
        **{(status, "replayed"): ("received", {A}) for status in ("applied", "ignored", "dead")},
    },
    "dispute": {
        **{
            (status, event): (target or status, who)
            for status in ("open", "under_review")
            for event, target, who in (
                ("evidence_added", None, {C, N, A}),
                ("settlement_proposed", None, {C, N}),
                ("responded", "under_review", {C, N}),
                ("settled", "resolved", {C, N}),
                ("resolved", "resolved", {A}),
                ("withdrawn", "withdrawn", {C, N}),
                ("expired", "expired", {S}),
            )
        },
        ("open", "escalated"): ("under_review", {C, N, A, S}),
    },
    "milestone": {
        ("pending", "funding_started"): ("pending", {C}),
        ("pending", "funding_failed"): ("pending", {S}),
        ("pending", "funded"): ("funded", {S}),
        ("pending", "cancelled"): ("cancelled", {C, N, A, S}),
        ("funded", "started"): ("in_progress", {N}),
        ("in_progress", "submitted"): ("submitted", {N}),
        ("submitted", "changes_requested"): ("in_progress", {C}),
        **{
            (status, event): (event, who)
            for status in ("funded", "in_progress", "submitted")
            for event, who in (("released", {C, A, S}), ("refunded", {N, A, S}))
        },
    },
}


def test_these_are_all_the_lifecycles() -> None:
    found = {value for value in vars(lifecycles).values() if isinstance(value, Lifecycle)}

    assert found == set(ALL)
    assert {lifecycle.name for lifecycle in ALL} == STATUSES.keys() == MOVES.keys()


@pytest.mark.covers("A051", "B026")
@by_name
def test_the_statuses_are_called_so(lifecycle: Lifecycle[Any]) -> None:
    assert [str(status) for status in lifecycle.statuses] == STATUSES[lifecycle.name].split()


@pytest.mark.covers("A015", "B068")
@by_name
@pytest.mark.parametrize("role", Role)
def test_what_is_in_the_table_moves_and_nothing_else_does(
    lifecycle: Lifecycle[Any], role: Role
) -> None:
    moves = MOVES[lifecycle.name]
    for status, event in itertools.product(lifecycle.statuses, Event.kinds.values()):
        subject, fact = event.name.split(".")
        target, who = moves.get((status.value, fact), ("", set()))
        if subject == lifecycle.name and role in who:
            assert lifecycle.after(event, status, role, "id_1") == target
        else:
            with pytest.raises(IllegalTransition) as caught:
                lifecycle.after(event, status, role, "id_1")
            assert caught.value.status == status.value
            assert caught.value.event == event.name
            assert (caught.value.kind, caught.value.id) == (lifecycle.name, "id_1")


@by_name
@pytest.mark.parametrize("role", Role)
def test_an_interface_is_told_what_can_be_done(lifecycle: Lifecycle[Any], role: Role) -> None:
    for status in lifecycle.statuses:
        expected = {
            f"{lifecycle.name}.{fact}"
            for (source, fact), (_, who) in MOVES[lifecycle.name].items()
            if source == status.value and role in who
        }
        possible = lifecycle.possible(status, role)

        assert {event.name for event in possible} == expected
        for event in possible:
            lifecycle.after(event, status, role, "id_1")


@by_name
def test_an_error_names_what_is_possible_instead(lifecycle: Lifecycle[Any]) -> None:
    for status, role in itertools.product(lifecycle.statuses, Role):
        with pytest.raises(IllegalTransition) as caught:
            lifecycle.after(WalletEvent, status, role, "id_1")
        possible = tuple(sorted(event.name for event in lifecycle.possible(status, role)))
        assert caught.value.possible == possible


@by_name
def test_every_event_of_an_entity_is_in_its_table(lifecycle: Lifecycle[Any]) -> None:
    named = {name for name in Event.kinds if name.split(".")[0] == lifecycle.name}
    used = {row.event.name for row in lifecycle.rows} | {lifecycle.begin.event.name}

    assert used == named


@by_name
def test_roles_are_all_who_may_ever_cause_an_event(lifecycle: Lifecycle[Any]) -> None:
    assert lifecycle.roles(lifecycle.begin.event) == lifecycle.begin.who
    for row in lifecycle.rows:
        who = [other.who for other in lifecycle.rows if other.event is row.event]
        assert lifecycle.roles(row.event) == frozenset().union(*who)


@by_name
def test_a_diagram_has_every_move_once(lifecycle: Lifecycle[Any]) -> None:
    lines = lifecycle.to_mermaid().splitlines()

    assert lines[0] == "stateDiagram-v2"
    drawn = [line for line in lines if " --> " in line]
    assert len(drawn) == len(set(drawn)) == 1 + len(lifecycle.rows) + len(lifecycle.final)
    for (source, fact), (target, who) in MOVES[lifecycle.name].items():
        label = f"{fact} ({', '.join(sorted(who))})"
        assert f"    {source} --> {target}: {label}" in lines
    begun = f"    [*] --> {lifecycle.begin.status}: {lifecycle.begin.event.name.split('.')[1]}"
    assert sum(line.startswith(begun) for line in lines) == 1
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == lifecycle.final


def test_what_is_final_is_told() -> None:
    assert {lifecycle.name: {str(s) for s in lifecycle.final} for lifecycle in ALL} == {
        "job": {"completed", "cancelled"},
        "application": {"accepted", "rejected", "withdrawn"},
        "offer": {"accepted", "rejected", "withdrawn", "expired", "superseded"},
        "payment": {"released", "refunded", "failed", "canceled", "expired", "charged_back"},
        "payment_transaction": {"success", "failed", "canceled"},
        "refund": {"succeeded", "failed"},
        "payout_account": set(),
        "adjustment": {"approved", "rejected", "withdrawn", "expired"},
        "withdrawal": {"paid", "failed", "canceled"},
        "chargeback": {"won", "lost", "closed"},
        "upgrade": {"expired", "revoked"},
        "incident": {"resolved"},
        "webhook": {"applied", "ignored", "dead"},
        "dispute": {"resolved", "withdrawn", "expired"},
        "milestone": {"released", "refunded", "cancelled"},
    }
