"""Jobs are called off: by the policy, or as both sides agree."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    AcceptCancellation,
    CancelJob,
    DeclineCancellation,
    Job,
    JobStatus,
    Offer,
    OfferStatus,
    ProposeCancellation,
)
from tests.machine.machine import NUMBER, PERCENT, Machine, goes_on, part_of, said_by, there_is

SIDES = ("customer", "contractor")


@there_is(Job)
@rule(number=NUMBER, role=said_by("customer", "contractor", "admin"))
def cancel_job(machine: Machine, number: int, role: str) -> None:
    job = machine.prefer(Job, number, goes_on)
    machine.say(CancelJob(by=machine.who(role, job), job=job.id))


@there_is(Job, status=JobStatus.IN_PROGRESS)
@rule(number=NUMBER, role=said_by(*SIDES), percent=st.none() | PERCENT)
def propose_cancellation(machine: Machine, number: int, role: str, percent: int | None) -> None:
    job = machine.pick(Job, number, status=JobStatus.IN_PROGRESS)
    [accepted] = machine.sight.of(Offer, claimed_job=job.id)
    amount = None if percent is None else part_of(accepted.price, percent)
    by = machine.who(role, job)
    machine.say(ProposeCancellation(by=by, job=job.id, to_customer=amount))


@there_is(Offer, status=OfferStatus.ACCEPTED)
@rule(number=NUMBER, is_other=st.sampled_from((True, True, True, False)), agrees=st.booleans())
def answer_cancellation(machine: Machine, number: int, is_other: bool, agrees: bool) -> None:
    """The other side of a proposal agrees, or turns it down; where there is none, somebody."""
    job = machine.prefer(Job, number, _is_proposed)
    mine = SIDES.index(job.cancellation_by or "customer")
    by = machine.who(SIDES[1 - mine] if is_other else SIDES[mine], job)
    if agrees:
        amount = job.cancellation_to_customer
        machine.say(AcceptCancellation(by=by, job=job.id, to_customer=amount))
    else:
        machine.say(DeclineCancellation(by=by, job=job.id))


def _is_proposed(job: Job) -> bool:
    return job.cancellation_by is not None
