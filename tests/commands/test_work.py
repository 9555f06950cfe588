"""The work: submitted, sent back, released by time, overdue."""

from datetime import datetime, timedelta

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    ClearPayment,
    CompleteJob,
    IllegalTransition,
    InvalidInput,
    Job,
    JobStatus,
    Marketplace,
    PaymentStatus,
    PostJob,
    ReleaseAutomatically,
    RequestChanges,
    StartJob,
    SubmitWork,
    UpdateJob,
)
from marketpay.commands.incidents import FlagPayment
from marketpay.commands.work import PassDeadline
from marketpay.domain.timer import Timer, TimerKind
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    FOR_EVER,
    RIVAL,
    applied,
    assigned,
    books_are_right,
    completed,
    heard,
    in_progress,
    nothing_changes,
    now,
    post,
    send,
    usd,
)
from tests.money import hear, work_off

WEEK = timedelta(days=7)


def submit(market: Marketplace, job: Job, message: str = "") -> Job:
    return market.execute(SubmitWork(by=CONTRACTOR, job=job.id, message=message))


def submitted(market: Marketplace) -> Job:
    """A job whose work was submitted."""
    return submit(market, in_progress(market).job)


def sent_back(market: Marketplace, job: Job) -> Job:
    return market.execute(RequestChanges(by=CUSTOMER, job=job.id, message="The gate too"))


def timers(market: Marketplace, kind: TimerKind) -> list[Timer]:
    due = market.store.read(lambda records: records.due(FOR_EVER, limit=500))
    return [timer for timer in due if timer.kind is kind]


# submitted, and sent back


@pytest.mark.covers("A038")
def test_work_is_submitted_by_its_contractor(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = in_progress(market)
    with heard(market) as told:
        job = submit(market, accepted.job, "All painted")

    assert (job.status, job.submitted_at) == (JobStatus.SUBMITTED, clock())
    assert now(market, job) == job
    assert told.names == ["job.submitted"]
    assert market.wallet("ctr_42", "USD").total == usd("0")
    assert timers(market, TimerKind.AUTO_RELEASE) == []
    clock.advance(days=1)
    assert submit(market, job) == job


def test_what_is_said_of_the_work_is_not_in_the_journal_itself(market: Marketplace) -> None:
    accepted = in_progress(market)
    with heard(market) as told:
        job = submit(market, accepted.job, "The key is under the mat")
        sent_back(market, job)

    assert all("mat" not in one.body and "gate" not in one.body for one in told.records)
    assert ["mat" in str(one.personal) for one in told.records] == [True, False]


def test_work_is_submitted_only_while_in_progress(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    jobs = (assigned(market).job, completed(market).job)
    with nothing_changes(market, gateway):
        for job in jobs:
            with pytest.raises(IllegalTransition):
                submit(market, job)


def test_changes_are_requested_by_its_customer_and_the_work_goes_on(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = submitted(market)
    with heard(market) as told:
        again = sent_back(market, job)

    assert (again.status, again.submitted_at) == (JobStatus.IN_PROGRESS, job.submitted_at)
    assert told.names == ["job.changes_requested"]
    assert sent_back(market, job) == again
    assert submit(market, job).status is JobStatus.SUBMITTED


def test_changes_are_requested_only_of_what_was_submitted(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    jobs = (in_progress(market).job, completed(market).job)
    with nothing_changes(market, gateway):
        for job in jobs:
            with pytest.raises(IllegalTransition):
                sent_back(market, job)


@pytest.mark.parametrize("by", [CUSTOMER, ADMIN], ids=str)
def test_submitted_work_is_completed(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    job = submitted(market)
    done = market.execute(CompleteJob(by=by, job=job.id))

    assert (done.job.status, done.payment.status) == (
        JobStatus.COMPLETED,
        PaymentStatus.RELEASED,
    )
    assert market.wallet("ctr_42", "USD").available == usd("700")
    books_are_right(market, gateway)


def test_submitted_work_is_cancelled_by_an_admin_alone(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = submitted(market)
    with nothing_changes(market, gateway):
        for by in (CUSTOMER, CONTRACTOR):
            with pytest.raises(IllegalTransition):
                market.execute(CancelJob(by=by, job=job.id))

    assert market.execute(CancelJob(by=ADMIN, job=job.id)).job.status is JobStatus.CANCELLED
    books_are_right(market, gateway)


# released by time


@pytest.mark.covers("A170")
def test_a_silent_customer_has_so_long_to_look_at_the_work(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    job = submitted(market)
    assert timers(market, TimerKind.AUTO_RELEASE) == [
        Timer(TimerKind.AUTO_RELEASE, job.id, clock() + WEEK)
    ]
    clock.advance(days=6, hours=23)
    market.work()
    assert now(market, job).status is JobStatus.SUBMITTED
    clock.advance(hours=1)
    with heard(market) as told:
        market.work()

    assert now(market, job).status is JobStatus.COMPLETED
    assert told.names == ["job.completed", "payment.released", "wallet.credited"]
    assert told.records[0].role == "system"
    assert market.wallet("ctr_42", "USD").available == usd("700")
    assert market.revenue("USD").total == usd("300")
    books_are_right(market, gateway)


def test_changes_requested_stop_the_clock_and_new_work_sets_it_anew(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    job = submitted(market)
    clock.advance(days=5)
    sent_back(market, job)
    clock.advance(days=3)
    market.work()
    assert now(market, job).status is JobStatus.IN_PROGRESS
    submit(market, job)
    clock.advance(days=6)
    market.work()
    assert now(market, job).status is JobStatus.SUBMITTED
    clock.advance(days=1)
    market.work()

    assert now(market, job).status is JobStatus.COMPLETED


@on_both_stores
def test_the_timer_of_an_earlier_submission_releases_nothing(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    job = submitted(market)
    clock.advance(days=5)
    submit(market, sent_back(market, job))
    clock.advance(days=2)
    late = ReleaseAutomatically(by=Actor.SYSTEM, job=job.id)

    with heard(market) as told:
        assert market.execute(late).status is JobStatus.SUBMITTED
    assert told.names == []
    clock.advance(days=5)
    for _ in range(2):
        assert market.execute(late).status is JobStatus.COMPLETED
    assert market.wallet("ctr_42", "USD").available == usd("700")
    books_are_right(market, gateway)


@on_both_stores
def test_a_rule_that_came_later_holds_for_what_is_submitted_too(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    job = submitted(open_market(auto_release=WEEK))
    clock.advance(days=7)
    market = open_market(auto_release=2 * WEEK)
    market.work()
    assert now(market, job).status is JobStatus.SUBMITTED
    clock.advance(days=7)
    market.work()

    assert now(market, job).status is JobStatus.COMPLETED


@on_both_stores
def test_nothing_is_released_by_time_where_no_rule_says_so(
    open_market: OpenMarket, clock: VirtualClock
) -> None:
    job = submitted(open_market(auto_release=WEEK))
    market = open_market()
    clock.advance(days=30)
    market.work()

    assert now(market, job).status is JobStatus.SUBMITTED


@on_both_stores
@pytest.mark.parametrize("how", ["disputed", "flagged"])
def test_what_the_bank_doubts_is_released_once_it_no_longer_does(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, how: str
) -> None:
    market = open_market(auto_release=WEEK)
    accepted = in_progress(market)
    job, payment = submit(market, accepted.job), accepted.payment
    disputes = [gateway.dispute(payment)] if how == "disputed" else []
    hear(market, gateway)
    if how == "flagged":
        market.execute(FlagPayment(by=Actor.SYSTEM, payment=payment.id, detail="issfr_1"))
    clock.advance(days=7)
    assert market.work().failures == ()
    assert now(market, job).status is JobStatus.SUBMITTED
    assert [timer.due_at for timer in timers(market, TimerKind.AUTO_RELEASE)] == [
        clock() + market.rules.lookup_every
    ]
    for opened in disputes:
        gateway.win(opened.id)
        hear(market, gateway)
    if how == "flagged":
        market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    clock.advance(minutes=5)
    work_off(market)

    assert now(market, job).status is JobStatus.COMPLETED
    assert now(market, payment).status is PaymentStatus.RELEASED
    books_are_right(market, gateway)


@on_both_stores
def test_a_job_whose_money_is_all_gone_is_completed_without_any(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(auto_release=WEEK)
    accepted = in_progress(market)
    job = submit(market, accepted.job)
    opened = gateway.dispute(accepted.payment)
    hear(market, gateway)
    gateway.lose(opened.id)
    hear(market, gateway)
    clock.advance(days=7)
    work_off(market)

    assert now(market, job).status is JobStatus.COMPLETED
    assert market.wallet("ctr_42", "USD").total == usd("0")
    books_are_right(market, gateway)


# deadlines


def wanted_by(market: Marketplace, deadline: datetime) -> Job:
    """An open job with a deadline."""
    command = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD", deadline=deadline)
    return market.execute(command)


def begun(market: Marketplace, job: Job) -> Job:
    """The same, being done."""
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    return market.execute(StartJob(by=CONTRACTOR, job=job.id))


def test_work_that_is_not_submitted_by_its_deadline_is_overdue_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = begun(market, wanted_by(market, clock() + WEEK))
    clock.advance(days=7)
    with heard(market) as told:
        market.work()

    late = now(market, job)
    assert (late.status, late.overdue_at) == (JobStatus.IN_PROGRESS, clock())
    assert told.names == ["job.overdue"]
    clock.advance(days=1)
    with nothing_changes(market, gateway):
        assert market.execute(PassDeadline(by=Actor.SYSTEM, job=job.id)) == late


def test_a_job_that_nobody_started_is_overdue_too(market: Marketplace, clock: VirtualClock) -> None:
    job = wanted_by(market, clock() + WEEK)
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    clock.advance(days=7)
    market.work()

    late = now(market, job)
    assert (late.status, late.overdue_at) == (JobStatus.ASSIGNED, clock())


@pytest.mark.parametrize("how", ["open", "submitted", "completed", "cancelled"])
def test_a_deadline_that_passes_otherwise_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str
) -> None:
    job = wanted_by(market, clock() + WEEK)
    if how != "open":
        begun(market, job)
    if how == "submitted":
        submit(market, job)
    if how == "completed":
        market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    if how == "cancelled":
        market.execute(CancelJob(by=ADMIN, job=job.id))
    clock.advance(days=7)
    with nothing_changes(market, gateway):
        market.execute(PassDeadline(by=Actor.SYSTEM, job=job.id))


def test_a_deadline_is_moved_while_the_job_is_open(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = wanted_by(market, clock() + WEEK)
    later = clock() + 2 * WEEK
    with heard(market) as told:
        moved = market.execute(UpdateJob(by=CUSTOMER, job=job.id, deadline=later))
    assert (moved.deadline, moved.title) == (later, job.title)
    assert told.names == ["job.updated"]
    begun(market, job)
    clock.advance(days=7)
    market.work()
    assert now(market, job).overdue_at is None
    clock.advance(days=7)
    market.work()

    assert now(market, job).overdue_at == later
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(UpdateJob(by=CUSTOMER, job=job.id, deadline=later + WEEK))


def test_other_words_leave_the_deadline_as_it_was(market: Marketplace, clock: VirtualClock) -> None:
    job = wanted_by(market, clock() + WEEK)
    updated = market.execute(UpdateJob(by=CUSTOMER, job=job.id, title="Paint it red"))

    assert (updated.title, updated.deadline) == ("Paint it red", job.deadline)


def test_a_deadline_lies_in_the_future(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    with nothing_changes(market, gateway):
        with pytest.raises(InvalidInput) as bad:
            wanted_by(market, clock())
        assert bad.value.field == "deadline"
        with pytest.raises(InvalidInput):
            market.execute(UpdateJob(by=CUSTOMER, job=job.id, deadline=clock()))
        with pytest.raises(InvalidInput):
            wanted_by(market, datetime(2030, 1, 1))  # noqa: DTZ001  # it knows no zone


def test_the_customer_of_an_overdue_job_can_call_it_off_alone(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = begun(market, wanted_by(market, clock() + WEEK))
    cancel = CancelJob(by=CUSTOMER, job=job.id)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as early:
        market.execute(cancel)
    assert "job.completed" in early.value.possible
    assert "job.cancelled" not in early.value.possible
    clock.advance(days=7)
    market.work()
    cancelled = market.execute(cancel)

    assert cancelled.job.status is JobStatus.CANCELLED
    assert market.execute(cancel) == cancelled
    assert gateway.balance("USD") == usd("0")
    books_are_right(market, gateway)


def test_its_contractor_cannot(market: Marketplace, clock: VirtualClock) -> None:
    job = begun(market, wanted_by(market, clock() + WEEK))
    clock.advance(days=7)
    market.work()

    with pytest.raises(IllegalTransition):
        market.execute(CancelJob(by=CONTRACTOR, job=job.id))


def test_late_work_is_work(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = begun(market, wanted_by(market, clock() + WEEK))
    clock.advance(days=7)
    market.work()
    sent_back(market, submit(market, job))

    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(CancelJob(by=CUSTOMER, job=job.id))


def test_a_job_without_a_deadline_is_never_overdue(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    accepted = in_progress(market)
    applied(market, post(market), by=RIVAL)
    clock.advance(days=300)
    with nothing_changes(market, gateway):
        market.execute(PassDeadline(by=Actor.SYSTEM, job=accepted.job.id))
