"""Disputes: opening, responding, bringing before an administrator, taking back."""

from datetime import timedelta

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    CompleteJob,
    DisputeStatus,
    EscalateDispute,
    Forbidden,
    GetDispute,
    GetPayment,
    IllegalTransition,
    IssueRefund,
    JobStatus,
    ListDisputes,
    Marketplace,
    OpenDispute,
    PaymentStatus,
    Reason,
    Refused,
    RespondToDispute,
    Role,
    StartJob,
    WithdrawDispute,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    OTHER_CUSTOMER,
    PRICE,
    RIVAL,
    SERVICE,
    assigned,
    books_are_right,
    completed,
    heard,
    in_progress,
    journal,
    nothing_changes,
    send,
    usd,
)
from tests.disputes import PARTIES, disputed, other, resolved, under_review
from tests.hearing import stated, tell

D = DisputeStatus


@pytest.mark.covers("A171")
@pytest.mark.parametrize("by", PARTIES, ids=str)
def test_either_side_opens_a_dispute_about_all_that_is_left(
    market: Marketplace, clock: VirtualClock, by: Actor
) -> None:
    deal = in_progress(market)
    market.execute(IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("100")))
    with heard(market) as told:
        dispute = disputed(market, by, deal)

    assert (dispute.status, dispute.opened_by, dispute.opener) == (D.OPEN, by.role, by)
    assert (dispute.customer, dispute.contractor) == (CUSTOMER.id, CONTRACTOR.id)
    assert (dispute.payment, dispute.job) == (deal.payment.id, deal.job.id)
    assert (dispute.at_stake, dispute.reason) == (usd("900"), "Half is missing")
    assert dispute.respond_by == clock() + timedelta(days=7)
    assert market.query(GetPayment(deal.payment.id)).contested == dispute.id
    assert market.query(GetDispute(dispute.id)) == dispute
    assert told.names == ["payment.contested", "dispute.opened"]


def test_the_reason_can_be_erased(market: Marketplace) -> None:
    disputed(market)
    record = journal(market)[-1]

    assert "Half is missing" not in record.body
    assert "Half is missing" in str(record.personal)


@pytest.mark.parametrize("by", [who for who in EVERYBODY if who not in PARTIES], ids=str)
def test_nobody_else_opens_one(market: Marketplace, gateway: SimulatedGateway, by: Actor) -> None:
    deal = in_progress(market)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        disputed(market, by, deal)


def test_one_at_a_time_for_each_payment(market: Marketplace, gateway: SimulatedGateway) -> None:
    deal = in_progress(market)
    dispute = disputed(market, CUSTOMER, deal)
    for by in PARTIES:
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            disputed(market, by, deal)
        assert refused.value.reason is Reason.DISPUTE_OPEN

    market.execute(WithdrawDispute(by=CUSTOMER, dispute=dispute.id))
    again = disputed(market, CONTRACTOR, deal)
    assert [one.id for one in market.query(ListDisputes(payment=deal.payment.id)).items] == [
        again.id,
        dispute.id,
    ]


def test_what_is_not_held_in_escrow_cannot_be_disputed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    emptied = in_progress(market)
    market.execute(IssueRefund(by=ADMIN, payment=emptied.payment.id, amount=PRICE))
    for payment in (send(market).payment, completed(market).payment, emptied.payment):
        command = OpenDispute(by=CUSTOMER, payment=payment.id, reason="No")
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.NOT_DISPUTABLE


def test_what_is_on_its_way_back_cannot_be_disputed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = assigned(market)
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=deal.job.id))
    assert cancelled.payment is not None
    assert cancelled.payment.status is PaymentStatus.CAPTURED
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        disputed(market, CONTRACTOR, deal)

    assert refused.value.reason is Reason.NOT_DISPUTABLE


def test_it_can_be_taken_back_while_a_bank_disputes_it(market: Marketplace) -> None:
    dispute = disputed(market)
    payment = market.query(GetPayment(dispute.payment))
    tell(market, stated(market, payment, "needs_response", "400"))
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=dispute.id))

    assert market.query(GetPayment(dispute.payment)).contested is None


def test_not_while_a_bank_disputes_it(market: Marketplace, gateway: SimulatedGateway) -> None:
    deal = in_progress(market)
    tell(market, stated(market, deal.payment, "needs_response", "400"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        disputed(market, CUSTOMER, deal)

    assert refused.value.reason is Reason.CHARGEBACK_OPEN


def test_while_it_goes_on_nothing_of_the_payment_moves(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    dispute = disputed(market, CONTRACTOR, deal)
    for command in (
        CompleteJob(by=CUSTOMER, job=deal.job.id),
        CompleteJob(by=ADMIN, job=deal.job.id),
        CancelJob(by=ADMIN, job=deal.job.id),
        IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("1")),
    ):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.DISPUTE_OPEN

    market.execute(WithdrawDispute(by=CONTRACTOR, dispute=dispute.id))
    done = market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id))
    assert done.job.status is JobStatus.COMPLETED
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    books_are_right(market, gateway)


def test_work_may_begin_and_other_deals_go_on(market: Marketplace) -> None:
    deal, another = assigned(market), in_progress(market, RIVAL)
    disputed(market, CUSTOMER, deal)

    started = market.execute(StartJob(by=CONTRACTOR, job=deal.job.id))
    assert started.status is JobStatus.IN_PROGRESS
    assert market.execute(CompleteJob(by=CUSTOMER, job=another.job.id)).payment.is_released


@pytest.mark.parametrize("by", PARTIES, ids=str)
def test_a_response_brings_it_before_an_administrator(
    market: Marketplace, clock: VirtualClock, by: Actor
) -> None:
    dispute = disputed(market, by)
    clock.advance(days=3)
    responded = market.execute(
        RespondToDispute(by=other(by), dispute=dispute.id, message="All is there")
    )

    assert responded.status is D.UNDER_REVIEW
    assert (responded.response, responded.responded_at) == ("All is there", clock())
    assert responded.respond_by == clock() + timedelta(days=14)
    assert market.query(ListDisputes(status=D.UNDER_REVIEW)).items == (responded,)


def test_only_the_other_side_responds(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = disputed(market)
    for by in (CUSTOMER, OTHER_CUSTOMER, RIVAL, ADMIN, SERVICE, Actor.SYSTEM):
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(RespondToDispute(by=by, dispute=dispute.id, message="Hm"))


def test_one_responds_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    again = RespondToDispute(by=CONTRACTOR, dispute=dispute.id, message="All is there")
    assert market.execute(again) == dispute

    more = RespondToDispute(by=CONTRACTOR, dispute=dispute.id, message="And more")
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(more)
    assert refused.value.reason is Reason.ALREADY_RESPONDED


@pytest.mark.parametrize("by", [*PARTIES, ADMIN], ids=str)
def test_either_side_or_an_administrator_escalates(
    market: Marketplace, clock: VirtualClock, by: Actor
) -> None:
    dispute = disputed(market)
    clock.advance(days=1)
    escalated = market.execute(EscalateDispute(by=by, dispute=dispute.id))

    assert escalated.status is D.UNDER_REVIEW
    assert escalated.respond_by == clock() + timedelta(days=14)
    assert escalated.responded_at is None
    clock.advance(days=1)
    assert market.execute(EscalateDispute(by=by, dispute=dispute.id)) == escalated


def test_a_response_to_what_is_reviewed_leaves_its_deadline(
    market: Marketplace, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    escalated = market.execute(EscalateDispute(by=CUSTOMER, dispute=dispute.id))
    clock.advance(days=5)
    command = RespondToDispute(by=CONTRACTOR, dispute=dispute.id, message="All is there")
    responded = market.execute(command)

    assert responded.responded_at == clock()
    assert responded.respond_by == escalated.respond_by


def test_who_opened_it_takes_it_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market, CONTRACTOR)
    for by in (CUSTOMER, RIVAL, ADMIN, SERVICE):
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(WithdrawDispute(by=by, dispute=dispute.id))

    withdrawn = market.execute(WithdrawDispute(by=CONTRACTOR, dispute=dispute.id))
    assert (withdrawn.status, withdrawn.closed_at) == (D.WITHDRAWN, market.rules.now())
    assert market.query(GetPayment(dispute.payment)).contested is None
    assert market.execute(WithdrawDispute(by=CONTRACTOR, dispute=dispute.id)) == withdrawn


def test_what_is_over_stays_over(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    resolved(market, dispute, "400", "600")
    for command in (
        RespondToDispute(by=CONTRACTOR, dispute=dispute.id, message="More"),
        EscalateDispute(by=CUSTOMER, dispute=dispute.id),
        WithdrawDispute(by=CUSTOMER, dispute=dispute.id),
    ):
        with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
            market.execute(command)
        assert illegal.value.status == "resolved"


def test_disputes_are_listed_by_what_they_have_in_common(market: Marketplace) -> None:
    mine = disputed(market)
    sent = send(market, to=RIVAL)
    market.execute(AcceptOffer(by=RIVAL, offer=sent.offer.id))
    opening = OpenDispute(by=RIVAL, payment=sent.payment.id, reason="No answer")
    theirs = market.execute(opening)

    assert theirs.opened_by is Role.CONTRACTOR
    assert market.query(ListDisputes(customer=CUSTOMER.id)).items == (theirs, mine)
    for question in (
        ListDisputes(contractor=RIVAL.id),
        ListDisputes(job=theirs.job),
        ListDisputes(payment=theirs.payment),
    ):
        assert market.query(question).items == (theirs,)
    assert market.query(ListDisputes(status="expired")).items == ()  # type: ignore[arg-type]
