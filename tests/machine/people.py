"""People are forgotten, once nothing of theirs goes on."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import Actor, ErasePerson, Job, Milestone, Offer
from tests.machine.machine import CONTRACTORS, CUSTOMERS, Machine, said_by
from tests.machine.sight import Sight


@rule(person=st.sampled_from((*CUSTOMERS, *CONTRACTORS)), role=said_by("admin", "service"))
def erase_person(machine: Machine, person: Actor, role: str) -> None:
    """The books are as they were, and nothing else of theirs is to be done."""
    before = machine.sight
    by = machine.who(role, machine.pick(Job, 0))
    if machine.say(ErasePerson(by=by, person=person.id)) == "ok":
        check_forgotten(person, before, machine.sight)


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
    for part in after.of(Milestone, customer=person.id):
        assert (part.title, part.is_open) == ("erased", False), part
    for offer in after.of(Offer, customer=person.id):
        assert not offer.message, offer
        titles = [one.title for one in offer.plan.parts] if offer.plan is not None else []
        assert set(titles) <= {"erased"}, offer
    for kind in ("wallet.pending", "wallet.available", "wallet.reserved", "receivable"):
        assert (person.id, "USD") not in after.balance(kind), kind
    for kind in ("credit.available", "credit.reserved"):
        assert (person.id, "USD") not in after.balance(kind), kind
