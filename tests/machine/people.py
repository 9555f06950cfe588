"""People are forgotten, once nothing of theirs goes on."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    ErasePerson,
    Job,
    Milestone,
    Offer,
    Payment,
    Upgrade,
    UpgradeStatus,
)
from tests.machine.machine import ADMIN, CONTRACTORS, CUSTOMERS, Machine, said_by
from tests.machine.sight import Sight

HOLDING = (
    "wallet.pending",
    "wallet.available",
    "wallet.reserved",
    "receivable",
    "credit.available",
    "credit.reserved",
)


@rule(person=st.sampled_from((*CUSTOMERS, *CONTRACTORS)), role=said_by("admin", "service"))
def erase_person(machine: Machine, person: Actor, role: str) -> None:
    """The books are as they were, and nothing else of theirs is to be done."""
    before = machine.sight
    by = machine.who(role, machine.pick(Job, 0))
    if machine.say(ErasePerson(by=by, person=person.id)) == "ok":
        check_forgotten(person, before, machine.sight)


def everybody_goes(machine: Machine) -> None:
    """At the end of every deal nothing keeps anybody but what is theirs."""
    for person in (*CUSTOMERS, *CONTRACTORS):
        before = machine.sight
        code = machine.say(ErasePerson(by=ADMIN, person=person.id))
        assert code == ("person_active" if _has_something(person, before) else "ok"), person
        if code == "ok":
            check_forgotten(person, before, machine.sight)


def _has_something(person: Actor, sight: Sight) -> bool:
    """Money here, points aside; a payment on its way to a contractor; an upgrade."""
    for kind in HOLDING:
        if any(owner == person.id for owner, unit in sight.balance(kind) if unit != "PTS"):
            return True
    mine = [one for one in sight.of(Payment) if person.id in (one.customer, one.contractor)]
    moves = any(one.transferring.minor > 0 for one in mine)
    return moves or bool(sight.of(Upgrade, customer=person.id, status=UpgradeStatus.ACTIVE))


def check_forgotten(person: Actor, before: Sight, after: Sight) -> None:
    """Who has no job, no money and no words here any more."""
    assert (after.totals, after.entries, after.timers) == (
        before.totals,
        before.entries,
        before.timers,
    )
    for job in after.of(Job, customer=person.id):
        assert job.status in job.lifecycle.final, job
        assert (job.title, job.description) == ("erased", ""), job
    for job in after.of(Job, contractor=person.id):
        assert job.status in job.lifecycle.final, job
        assert job.contractor_erased_at is not None, job
    for part in after.of(Milestone, customer=person.id):
        assert (part.title, part.is_open) == ("erased", False), part
    for offer in after.of(Offer, customer=person.id):
        assert not offer.message, offer
        titles = [one.title for one in offer.plan.parts] if offer.plan is not None else []
        assert set(titles) <= {"erased"}, offer
    for kind in HOLDING:
        assert (person.id, "USD") not in after.balance(kind), kind
