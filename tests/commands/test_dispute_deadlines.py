"""What the rules decide when the time of a dispute is over."""

from datetime import timedelta

import pytest

from marketpay import (
    Actor,
    ClearPayment,
    DisputeDefault,
    DisputeStatus,
    EscalateDispute,
    ExpireDispute,
    FlagPayment,
    Forbidden,
    GetDispute,
    GetPayment,
    JobStatus,
    Marketplace,
    PaymentStatus,
    ProposeSettlement,
    Reason,
    RefundStatus,
    Refused,
    RespondToDispute,
    WithdrawDispute,
)
from marketpay.ports.gateway import LookUp, RefundPayment
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    assigned,
    books_are_right,
    happened_to,
    nothing_changes,
    usd,
)
from tests.disputes import PARTIES, disputed, other, resolved, under_review
from tests.hearing import rest, stated, tell

D = DisputeStatus
EXPIRED = "ExpireDispute"


@pytest.mark.covers("A172")
@pytest.mark.parametrize("by", PARTIES, ids=str)
def test_the_silent_side_loses(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    dispute = disputed(market, by)
    clock.advance(days=6, hours=23)
    rest(market)
    assert market.query(GetDispute(dispute.id)) == dispute

    clock.advance(hours=1)
    rest(market)
    expired, payment = (
        market.query(GetDispute(dispute.id)),
        market.query(GetPayment(dispute.payment)),
    )
    assert (expired.status, expired.closed_at) == (D.EXPIRED, clock())
    won = (expired.to_customer, expired.to_contractor)
    if by == CUSTOMER:
        assert won == (usd("1000"), usd("0"))
        assert payment.status is PaymentStatus.REFUNDED
    else:
        assert won == (usd("0"), usd("1000"))
        assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    assert payment.contested is None
    books_are_right(market, gateway)


def test_its_refund_is_sent_by_a_worker_at_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    disputed(market)
    clock.advance(days=7)
    market.work()

    assert (gateway.effects(RefundPayment), gateway.count(LookUp)) == (1, 0)
    books_are_right(market, gateway)


@pytest.mark.parametrize("by", PARTIES, ids=str)
@pytest.mark.parametrize("winner", ["customer", "contractor"])
def test_the_rules_may_say_who_wins(
    open_market: OpenMarket, clock: VirtualClock, by: Actor, winner: str
) -> None:
    market = open_market(dispute_default=winner)
    dispute = disputed(market, by)
    clock.advance(days=7)
    rest(market)

    expired = market.query(GetDispute(dispute.id))
    to = expired.to_customer if winner == "customer" else expired.to_contractor
    assert to == usd("1000")


@pytest.mark.parametrize("by", PARTIES, ids=str)
@pytest.mark.parametrize("winner", [None, *DisputeDefault])
def test_what_no_administrator_decides_the_rules_do(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    by: Actor,
    winner: DisputeDefault | None,
) -> None:
    market = open_market(**({} if winner is None else {"dispute_undecided": winner}))
    dispute = under_review(market, by)
    clock.advance(days=14)
    rest(market)

    expired = market.query(GetDispute(dispute.id))
    assert expired.status is D.EXPIRED
    side = by.role.value if winner is DisputeDefault.OPENER else winner or "customer"
    to = expired.to_customer if side == "customer" else expired.to_contractor
    assert to == usd("1000")
    books_are_right(market, gateway)


def test_how_long_it_takes_is_a_rule(open_market: OpenMarket, clock: VirtualClock) -> None:
    market = open_market(dispute_response=timedelta(hours=1), dispute_review=timedelta(hours=2))
    silent = disputed(market)
    answered = under_review(market)
    assert silent.respond_by == clock() + timedelta(hours=1)
    assert answered.respond_by == clock() + timedelta(hours=2)


def test_a_deadline_that_was_moved_is_not_the_old_one(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    clock.advance(days=6)
    market.execute(EscalateDispute(by=ADMIN, dispute=dispute.id))
    clock.advance(days=1)
    rest(market)
    with nothing_changes(market, gateway):
        market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))

    assert market.query(GetDispute(dispute.id)).status is D.UNDER_REVIEW
    clock.advance(days=13)
    rest(market)
    assert market.query(GetDispute(dispute.id)).status is D.EXPIRED


def test_late_or_twice_it_has_no_effect(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    resolved_one, withdrawn = disputed(market), disputed(market)
    resolved(market, resolved_one, "400", "600")
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=withdrawn.id))
    silent = disputed(market)
    clock.advance(days=30)
    rest(market)
    for dispute in (resolved_one, withdrawn, silent):
        with nothing_changes(market, gateway):
            market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))

    statuses = [market.query(GetDispute(one.id)).status for one in (resolved_one, withdrawn)]
    assert statuses == [D.RESOLVED, D.WITHDRAWN]
    assert gateway.effects(RefundPayment) == 2
    books_are_right(market, gateway)


def test_who_made_a_proposal_was_not_silent(market: Marketplace, clock: VirtualClock) -> None:
    dispute = disputed(market)
    market.execute(ProposeSettlement(by=CONTRACTOR, dispute=dispute.id, to_customer=usd("100")))
    clock.advance(days=7)
    rest(market)

    found = market.query(GetDispute(dispute.id))
    assert (found.status, found.respond_by) == (D.UNDER_REVIEW, clock() + timedelta(days=14))
    assert happened_to(market, dispute.id)[-1] == EXPIRED


@pytest.mark.parametrize("by", PARTIES, ids=str)
def test_after_the_deadline_nobody_responds_however_late_the_workers_are(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    dispute, silent = disputed(market, by), other(by)
    clock.advance(days=7)
    for command in (
        RespondToDispute(by=silent, dispute=dispute.id, message="All is there"),
        EscalateDispute(by=silent, dispute=dispute.id),
        EscalateDispute(by=by, dispute=dispute.id),
    ):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.DISPUTE_OVERDUE

    amount = usd("100")
    market.execute(ProposeSettlement(by=silent, dispute=dispute.id, to_customer=amount))
    rest(market)
    expired = market.query(GetDispute(dispute.id))
    won = expired.to_customer if by == CUSTOMER else expired.to_contractor
    assert won == usd("1000")


def test_an_administrator_may_take_up_what_is_overdue(
    market: Marketplace, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    clock.advance(days=7)
    escalated = market.execute(EscalateDispute(by=ADMIN, dispute=dispute.id))
    rest(market)

    assert market.query(GetDispute(dispute.id)) == escalated


def test_a_proposal_of_who_opened_it_is_no_response(
    market: Marketplace, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    market.execute(ProposeSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("100")))
    clock.advance(days=7)
    rest(market)

    assert market.query(GetDispute(dispute.id)).to_customer == usd("1000")


def test_while_a_bank_disputes_it_the_deadline_comes_up_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    payment = market.query(GetPayment(dispute.payment))
    tell(market, stated(market, payment, "needs_response", "400"))
    clock.advance(days=8)
    rest(market)
    assert market.query(GetDispute(dispute.id)).status is D.OPEN

    tell(market, stated(market, payment, "lost", "400"))
    clock.advance(days=1)
    rest(market)
    expired = market.query(GetDispute(dispute.id))
    assert (expired.status, expired.to_customer) == (D.EXPIRED, usd("600"))
    assert market.verify().ok


def test_nothing_is_released_while_the_payment_is_flagged(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market, CONTRACTOR)
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=dispute.payment, detail="issfr_1"))
    clock.advance(days=7)
    rest(market)
    assert market.query(GetDispute(dispute.id)).status is D.OPEN

    market.execute(ClearPayment(by=ADMIN, payment=dispute.payment))
    clock.advance(days=1)
    rest(market)
    assert market.query(GetDispute(dispute.id)).to_contractor == usd("1000")


@pytest.mark.parametrize("by", [who for who in EVERYBODY if who != Actor.SYSTEM], ids=str)
def test_only_time_expires_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    dispute = disputed(market)
    clock.advance(days=7)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(ExpireDispute(by=by, dispute=dispute.id))


def test_a_job_that_has_not_begun_ends_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market, deal=assigned(market))
    clock.advance(days=7)
    outcome = market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))

    assert outcome.job.status is JobStatus.CANCELLED
    assert outcome.refund is not None
    assert outcome.refund.status is RefundStatus.SUCCEEDED
