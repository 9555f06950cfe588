"""Posting a job, changing its words, starting the work."""

from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    CancelJob,
    GetJob,
    IllegalTransition,
    Job,
    JobStatus,
    Marketplace,
    PostJob,
    Reason,
    Refused,
    StartJob,
    UpdateJob,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    assigned,
    completed,
    heard,
    in_progress,
    nothing_changes,
    now,
    post,
    send,
)


@pytest.mark.covers("A004", "A047")
def test_a_posted_job_is_open_and_as_it_was_said(market: Marketplace, clock: VirtualClock) -> None:
    with heard(market) as told:
        job = market.execute(
            PostJob(by=CUSTOMER, title="Paint", description="White,\nboth sides", currency="EUR")
        )

    assert job == Job(
        id=job.id,
        version=1,
        customer="cus_17",
        title="Paint",
        description="White,\nboth sides",
        currency="EUR",
        status=JobStatus.OPEN,
        contractor=None,
        created_at=clock(),
    )
    assert market.query(GetJob(job.id)) == job
    assert told.names == ["job.posted"]


@pytest.mark.covers("B092")
def test_words_of_every_alphabet_come_back_as_they_were(market: Marketplace) -> None:
    words = "Zaun streichen — 塗る 🎨 'quoted\" \\ %s {x}"

    job = market.execute(PostJob(by=CUSTOMER, title=words, description=words, currency="USD"))
    assert (now(market, job).title, now(market, job).description) == (words, words)


@pytest.mark.parametrize(
    ("changes", "title", "description"),
    [
        ({"title": "Paint it red"}, "Paint it red", "white"),
        ({"description": "by June"}, "Paint the fence", "by June"),
        ({"title": "Mow", "description": "it all"}, "Mow", "it all"),
    ],
)
def test_what_is_not_said_stays(
    market: Marketplace, changes: dict[str, Any], title: str, description: str
) -> None:
    job = market.execute(
        PostJob(by=CUSTOMER, title="Paint the fence", description="white", currency="USD")
    )
    with heard(market) as told:
        updated = market.execute(UpdateJob(by=CUSTOMER, job=job.id, **changes))

    assert (updated.title, updated.description) == (title, description)
    assert now(market, job) == updated
    assert told.names == ["job.updated"]


def test_a_description_can_be_taken_away(market: Marketplace) -> None:
    job = post(market)
    market.execute(UpdateJob(by=ADMIN, job=job.id, description="x"))

    assert market.execute(UpdateJob(by=CUSTOMER, job=job.id, description="")).description == ""


def test_an_assigned_job_keeps_its_words(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = assigned(market).job
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
        market.execute(UpdateJob(by=CUSTOMER, job=job.id, title="More work"))

    assert (illegal.value.status, illegal.value.event) == ("assigned", "job.updated")
    assert illegal.value.possible == ("job.cancelled", "job.started")


def test_a_job_keeps_its_words_while_an_acceptance_is_under_way(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(UpdateJob(by=CUSTOMER, job=sent.offer.job, title="More work"))
    assert refused.value.reason is Reason.ACCEPTANCE_IN_PROGRESS
    assert refused.value.retryable


@pytest.mark.covers("A051")
@pytest.mark.parametrize("by", [CONTRACTOR, CUSTOMER], ids=str)
def test_either_side_starts_the_work(market: Marketplace, by: object) -> None:
    job = assigned(market).job
    with heard(market) as told:
        started = market.execute(StartJob(by=by, job=job.id))  # type: ignore[arg-type]

    assert started.status is JobStatus.IN_PROGRESS
    assert now(market, job) == started
    assert told.names == ["job.started"]


def test_a_job_without_contractor_cannot_be_started(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
        market.execute(StartJob(by=CUSTOMER, job=job.id))

    assert (illegal.value.kind, illegal.value.id) == ("job", job.id)
    assert illegal.value.possible == ("job.cancelled", "job.updated")


def test_what_is_over_cannot_be_started(market: Marketplace, gateway: SimulatedGateway) -> None:
    done, gone = completed(market).job, post(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.id))

    with nothing_changes(market, gateway):
        for job in (done, gone):
            with pytest.raises(IllegalTransition):
                market.execute(StartJob(by=CUSTOMER, job=job.id))


def test_a_job_that_was_started_by_one_side_is_started_for_the_other(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = in_progress(market).job
    before = now(market, job)

    assert market.execute(StartJob(by=CUSTOMER, job=job.id)) == before
