"""Applying to a job, and answering an application."""

from typing import Any

import pytest

from marketpay import (
    AcceptApplication,
    AcceptOffer,
    Actor,
    Application,
    ApplicationStatus,
    ApplyToJob,
    CancelJob,
    IllegalTransition,
    Marketplace,
    OfferStatus,
    PaymentStatus,
    Reason,
    Refused,
    RejectApplication,
    RejectOffer,
    WithdrawApplication,
)
from marketpay.ports.gateway import Capture, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    RIVAL,
    applied,
    assigned,
    heard,
    nothing_changes,
    now,
    post,
    send,
)

Answer = type[AcceptApplication] | type[RejectApplication]


def refusal(market: Marketplace, gateway: SimulatedGateway, command: Any) -> Reason:
    """Why a command is refused; it must change nothing."""
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(command)
    assert refused.value.code == refused.value.reason.value
    assert refused.value.status_hint == 409
    return refused.value.reason


@pytest.mark.covers("A035", "A053")
def test_an_application_waits_for_an_answer(market: Marketplace, clock: VirtualClock) -> None:
    job = post(market)
    with heard(market) as told:
        made = market.execute(ApplyToJob(by=CONTRACTOR, job=job.id, message="I can"))

    assert made == Application(
        id=made.id,
        version=1,
        job=job.id,
        customer="cus_17",
        contractor="ctr_42",
        message="I can",
        status=ApplicationStatus.PENDING,
        created_at=clock(),
    )
    assert now(market, made) == made
    assert told.names == ["application.submitted"]


@pytest.mark.covers("A052")
def test_one_application_for_each_contractor(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    applied(market, job)
    applied(market, job, by=RIVAL)

    again = ApplyToJob(by=CONTRACTOR, job=job.id)
    assert refusal(market, gateway, again) is Reason.APPLICATION_EXISTS


def test_an_accepted_application_is_still_the_one(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    mine = applied(market, job)
    market.execute(AcceptApplication(by=CUSTOMER, application=mine.id))

    again = ApplyToJob(by=CONTRACTOR, job=job.id)
    assert refusal(market, gateway, again) is Reason.APPLICATION_EXISTS


@pytest.mark.parametrize("end", [WithdrawApplication, RejectApplication])
def test_after_the_end_of_one_another_can_be_sent(market: Marketplace, end: Any) -> None:
    job = post(market)
    first = applied(market, job)
    by = CONTRACTOR if end is WithdrawApplication else CUSTOMER
    market.execute(end(by=by, application=first.id))

    assert applied(market, job).id != first.id


def test_the_customer_cannot_apply_to_their_own_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    command = ApplyToJob(by=Actor.contractor(CUSTOMER.id), job=job.id)

    assert refusal(market, gateway, command) is Reason.OWN_JOB


def test_only_an_open_job_takes_applications(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    taken, gone = assigned(market).job, post(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.id))

    for job in (taken, gone):
        command = ApplyToJob(by=RIVAL, job=job.id)
        assert refusal(market, gateway, command) is Reason.JOB_NOT_OPEN


@pytest.mark.covers("A005", "A056")
@pytest.mark.parametrize(
    ("answer", "status", "event"),
    [
        (AcceptApplication, ApplicationStatus.ACCEPTED, "application.accepted"),
        (RejectApplication, ApplicationStatus.REJECTED, "application.rejected"),
    ],
)
def test_the_customer_answers(
    market: Marketplace, answer: Answer, status: ApplicationStatus, event: str
) -> None:
    application = applied(market, post(market))
    with heard(market) as told:
        answered = market.execute(answer(by=CUSTOMER, application=application.id))

    assert answered.status is status
    assert now(market, application) == answered
    assert told.names == [event]


def test_the_customer_may_think_again_of_an_accepted_one(market: Marketplace) -> None:
    application = applied(market, post(market))
    market.execute(AcceptApplication(by=CUSTOMER, application=application.id))

    rejected = market.execute(RejectApplication(by=CUSTOMER, application=application.id))
    assert rejected.status is ApplicationStatus.REJECTED


@pytest.mark.covers("A055")
@pytest.mark.parametrize("answer", [AcceptApplication, RejectApplication, WithdrawApplication])
def test_what_has_ended_gets_no_answer(
    market: Marketplace, gateway: SimulatedGateway, answer: Any
) -> None:
    job = post(market)
    gone, refused = applied(market, job), applied(market, job, by=RIVAL)
    market.execute(WithdrawApplication(by=CONTRACTOR, application=gone.id))
    market.execute(RejectApplication(by=CUSTOMER, application=refused.id))
    of = refused if answer is not RejectApplication else gone
    by = RIVAL if answer is WithdrawApplication else CUSTOMER

    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
        market.execute(answer(by=by, application=of.id))
    assert (illegal.value.kind, illegal.value.possible) == ("application", ())


def test_a_withdrawn_application_takes_the_offer_made_for_it_along(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    mine, theirs = applied(market, job), applied(market, job, by=RIVAL)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    with heard(market) as told:
        withdrawn = market.execute(WithdrawApplication(by=CONTRACTOR, application=mine.id))

    assert withdrawn.status is ApplicationStatus.WITHDRAWN
    assert told.names == [
        "application.withdrawn",
        "offer.withdrawn",
        "payment_transaction.started",
    ]
    assert now(market, sent.offer).status is OfferStatus.WITHDRAWN
    assert now(market, other.offer).status is OfferStatus.PENDING
    assert now(market, theirs).status is ApplicationStatus.PENDING
    market.work()
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Void) == 1
    assert gateway.held("USD") == other.payment.amount


def test_a_rejected_application_leaves_the_offer_made_for_it(market: Marketplace) -> None:
    job = post(market)
    application = applied(market, job)
    sent = send(market, job)
    market.execute(RejectApplication(by=CUSTOMER, application=application.id))

    assert now(market, sent.offer).status is OfferStatus.PENDING
    assert market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job.contractor


def test_who_has_the_job_has_no_application_to_withdraw_or_reject(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    application = applied(market, job)
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    for command in (
        WithdrawApplication(by=CONTRACTOR, application=application.id),
        RejectApplication(by=CUSTOMER, application=application.id),
    ):
        assert refusal(market, gateway, command) is Reason.JOB_ALREADY_ASSIGNED


def test_nothing_is_answered_while_an_acceptance_is_under_way(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    mine, theirs = applied(market, job), applied(market, job, by=RIVAL)
    sent = send(market, job)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    for command in (
        WithdrawApplication(by=CONTRACTOR, application=mine.id),
        WithdrawApplication(by=RIVAL, application=theirs.id),
        RejectApplication(by=CUSTOMER, application=theirs.id),
    ):
        assert refusal(market, gateway, command) is Reason.ACCEPTANCE_IN_PROGRESS


def test_only_an_open_jobs_applications_can_be_accepted(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    application = applied(market, job, by=RIVAL)
    market.execute(CancelJob(by=CUSTOMER, job=job.id))

    command = AcceptApplication(by=CUSTOMER, application=application.id)
    assert refusal(market, gateway, command) is Reason.JOB_NOT_OPEN


@pytest.mark.covers("A056")
def test_hiring_accepts_one_application_and_rejects_the_others_even_accepted_ones(
    market: Marketplace,
) -> None:
    job = post(market)
    mine, theirs = applied(market, job), applied(market, job, by=RIVAL)
    market.execute(AcceptApplication(by=CUSTOMER, application=theirs.id))
    sent = send(market, job, contractor=None, application=mine.id)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert now(market, mine).status is ApplicationStatus.ACCEPTED
    assert now(market, theirs).status is ApplicationStatus.REJECTED


def test_an_application_accepted_before_stays_so(market: Marketplace) -> None:
    job = post(market)
    mine = applied(market, job)
    market.execute(AcceptApplication(by=CUSTOMER, application=mine.id))
    sent = send(market, job)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert now(market, mine).status is ApplicationStatus.ACCEPTED


def test_a_rejected_offer_leaves_the_application(market: Marketplace) -> None:
    job = post(market)
    mine = applied(market, job)
    sent = send(market, job)
    market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert now(market, mine).status is ApplicationStatus.PENDING
