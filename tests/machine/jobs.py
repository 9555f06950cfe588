"""Jobs are posted, applied for, started, submitted, sent back, completed."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    AcceptApplication,
    Actor,
    Application,
    ApplyToJob,
    CompleteJob,
    Job,
    JobStatus,
    PostJob,
    RejectApplication,
    RequestChanges,
    StartJob,
    SubmitWork,
    UpdateJob,
    WithdrawApplication,
)
from tests.machine.machine import (
    CONTRACTORS,
    CUSTOMERS,
    NUMBER,
    Machine,
    goes_on,
    said_by,
    there_is,
)

DEADLINE = st.sampled_from((None, None, 2, 10))  # days from now


@rule(by=st.sampled_from(CUSTOMERS), days=DEADLINE)
def post_job(machine: Machine, by: Actor, days: int | None) -> None:
    due = None if days is None else machine.clock() + timedelta(days=days)
    machine.say(PostJob(by=by, title="Paint the fence", currency="USD", deadline=due))


@there_is(Job, status=JobStatus.OPEN)
@rule(number=NUMBER, role=said_by("customer"), title=st.sampled_from(("Paint", "Mend")))
def update_job(machine: Machine, number: int, role: str, title: str) -> None:
    job = machine.pick(Job, number)
    machine.say(UpdateJob(by=machine.who(role, job), job=job.id, title=title))


@there_is(Job, status=JobStatus.OPEN)
@rule(number=NUMBER, by=st.sampled_from(CONTRACTORS))
def apply_for_job(machine: Machine, number: int, by: Actor) -> None:
    job = machine.pick(Job, number, status=JobStatus.OPEN)
    machine.say(ApplyToJob(by=by, job=job.id, message="I have the brushes"))


@there_is(Application)
@rule(
    number=NUMBER,
    what=st.sampled_from((AcceptApplication, RejectApplication, WithdrawApplication)),
    role=said_by("customer", "contractor"),
)
def answer_application(machine: Machine, number: int, what: Any, role: str) -> None:
    application = machine.pick(Application, number)
    job = machine.sight.get(Job, application.job)
    about = job if role == "customer" else application
    machine.say(what(by=machine.who(role, about), application=application.id))


@there_is(Job, status=JobStatus.ASSIGNED)
@rule(number=NUMBER, role=said_by("customer", "contractor"))
def start_job(machine: Machine, number: int, role: str) -> None:
    job = machine.pick(Job, number, status=JobStatus.ASSIGNED)
    machine.say(StartJob(by=machine.who(role, job), job=job.id))


@there_is(Job, status=JobStatus.IN_PROGRESS)
@rule(number=NUMBER, role=said_by("contractor"))
def submit_work(machine: Machine, number: int, role: str) -> None:
    job = machine.pick(Job, number, status=JobStatus.IN_PROGRESS)
    machine.say(SubmitWork(by=machine.who(role, job), job=job.id, message="There it is"))


@there_is(Job, status=JobStatus.SUBMITTED)
@rule(number=NUMBER, role=said_by("customer"))
def request_changes(machine: Machine, number: int, role: str) -> None:
    job = machine.pick(Job, number, status=JobStatus.SUBMITTED)
    machine.say(RequestChanges(by=machine.who(role, job), job=job.id, message="The other side"))


@there_is(Job)
@rule(number=NUMBER, role=said_by("customer", "admin"))
def complete_job(machine: Machine, number: int, role: str) -> None:
    job = machine.prefer(Job, number, goes_on)
    machine.say(CompleteJob(by=machine.who(role, job), job=job.id))
