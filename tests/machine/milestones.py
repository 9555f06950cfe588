"""Deals in parts: planned, negotiated, paid one by one, done, released, given back."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    CancelMilestone,
    CounterOffer,
    FundMilestone,
    Job,
    JobStatus,
    Milestone,
    MilestonePlan,
    MilestoneStatus,
    Money,
    Offer,
    RefundMilestone,
    ReleaseMilestone,
    RequestMilestoneChanges,
    ReviseOffer,
    SendOffer,
    StartMilestone,
    SubmitMilestone,
)
from tests.machine.credit import CREDIT, some_credit
from tests.machine.machine import (
    CARD,
    CARDS,
    CONTRACTORS,
    CUSTOMERS,
    NUMBER,
    Machine,
    said_by,
    there_is,
)
from tests.machine.offers import is_open

PARTS = st.sampled_from(((1, 2), (99, 1), (50_001, 33_335, 7), (1001, 1001)))
PAID = (MilestoneStatus.FUNDED, MilestoneStatus.IN_PROGRESS, MilestoneStatus.SUBMITTED)
PENDING = MilestoneStatus.PENDING


def planned(parts: tuple[int, ...]) -> dict[str, Any]:
    """The parts of so many cents each, and their price."""
    plan = [
        MilestonePlan(f"Part {number}", Money.from_minor(minor, "USD"))
        for number, minor in enumerate(parts, 1)
    ]
    return {"milestones": plan, "price": Money.from_minor(sum(parts), "USD")}


@there_is(Job, status=JobStatus.OPEN)
@rule(number=NUMBER, to=st.sampled_from(CONTRACTORS), parts=PARTS, card=CARD, percent=CREDIT)
def offer_in_parts(
    machine: Machine, number: int, to: Actor, parts: tuple[int, ...], card: str, percent: int | None
) -> None:
    job = machine.pick(Job, number, status=JobStatus.OPEN)
    credit = some_credit(machine, job.customer, parts[0], percent)
    machine.say(
        SendOffer(
            by=machine.who("customer", job), job=job.id, contractor=to.id, credit=credit,
            payment_method=CARDS[card], **planned(parts),
        )
    )  # fmt: skip


@there_is(Offer)
@rule(number=NUMBER, role=said_by("contractor"), parts=PARTS)
def counter_in_parts(machine: Machine, number: int, role: str, parts: tuple[int, ...]) -> None:
    offer = machine.prefer(Offer, number, is_open)
    machine.say(CounterOffer(by=machine.who(role, offer), offer=offer.id, **planned(parts)))


@there_is(Offer)
@rule(number=NUMBER, role=said_by("customer"), parts=PARTS, card=CARD, percent=CREDIT)
def revise_in_parts(
    machine: Machine, number: int, role: str, parts: tuple[int, ...], card: str, percent: int | None
) -> None:
    """As the contractor asks for, if they do."""
    offer = machine.prefer(Offer, number, is_open)
    asked = offer.counter_plan
    cents = parts if asked is None else tuple(one.amount.minor for one in asked.parts)
    machine.say(
        ReviseOffer(
            by=machine.who(role, offer), offer=offer.id, payment_method=CARDS[card],
            credit=some_credit(machine, offer.customer, cents[0], percent), **planned(cents),
        )
    )  # fmt: skip


@rule(
    by=st.sampled_from(CUSTOMERS),
    to=st.sampled_from(CONTRACTORS),
    parts=PARTS,
    steps=st.sampled_from((1, 2, 3, 3, 3)),
    percent=CREDIT,
)
def strike_in_parts(
    machine: Machine,
    by: Actor,
    to: Actor,
    parts: tuple[int, ...],
    steps: int,
    percent: int | None,
) -> None:
    """Mostly accepted and begun."""
    credit = some_credit(machine, by.id, parts[0], percent)
    plan = planned(parts)
    price = plan.pop("price")
    machine.strike(by, to, price, CARDS["good"], steps, credit=credit, **plan)


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("customer"), card=CARD)
def fund_milestone(machine: Machine, number: int, role: str, card: str) -> None:
    milestone = _one(machine, number, PENDING)
    by, method = machine.who(role, milestone), CARDS[card]
    machine.say(FundMilestone(by=by, milestone=milestone.id, payment_method=method))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("contractor"), also_submits=st.booleans())
def start_milestone(machine: Machine, number: int, role: str, also_submits: bool) -> None:
    milestone = _one(machine, number, MilestoneStatus.FUNDED)
    by = machine.who(role, milestone)
    machine.say(StartMilestone(by=by, milestone=milestone.id))
    if also_submits:
        machine.say(SubmitMilestone(by=by, milestone=milestone.id))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("contractor"))
def submit_milestone(machine: Machine, number: int, role: str) -> None:
    milestone = _one(machine, number, MilestoneStatus.IN_PROGRESS)
    machine.say(SubmitMilestone(by=machine.who(role, milestone), milestone=milestone.id))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("customer"))
def request_milestone_changes(machine: Machine, number: int, role: str) -> None:
    milestone = _one(machine, number, MilestoneStatus.SUBMITTED)
    machine.say(RequestMilestoneChanges(by=machine.who(role, milestone), milestone=milestone.id))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("customer", "admin"))
def release_milestone(machine: Machine, number: int, role: str) -> None:
    milestone = _one(machine, number, *PAID)
    machine.say(ReleaseMilestone(by=machine.who(role, milestone), milestone=milestone.id))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("contractor", "admin"))
def refund_milestone(machine: Machine, number: int, role: str) -> None:
    milestone = _one(machine, number, *PAID)
    machine.say(RefundMilestone(by=machine.who(role, milestone), milestone=milestone.id))


@there_is(Milestone)
@rule(number=NUMBER, role=said_by("customer", "contractor", "admin"))
def cancel_milestone(machine: Machine, number: int, role: str) -> None:
    milestone = _one(machine, number, PENDING)
    machine.say(CancelMilestone(by=machine.who(role, milestone), milestone=milestone.id))


def _one(machine: Machine, number: int, *statuses: MilestoneStatus) -> Milestone:
    return machine.prefer(Milestone, number, lambda one: one.status in statuses)
