"""A refund that the gateway does not make while the customer's bank may pay them: it waits."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AccountKind,
    Actor,
    CancelJob,
    ChargebackStatus,
    Forbidden,
    IncidentKind,
    ListChargebacks,
    Marketplace,
    NotFound,
    Payment,
    Refund,
    RefundId,
    RefundStatus,
    RetryRefund,
    TransactionKind,
)
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.credits import has
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    SERVICE,
    assigned,
    balance,
    completed,
    heard,
    nothing_changes,
    operations,
    payee,
    usd,
)
from tests.hearing import incidents, stated, tell
from tests.money import (
    adjusted,
    at_gateway,
    payment_now,
    refund,
    refund_now,
    refunds_of,
    settle,
    work_off,
)

K, R = AccountKind, RefundStatus
NOTHING = ("0.00", "0.00")


@pytest.fixture(autouse=True)
def funded(gateway: SimulatedGateway) -> None:
    """Enough that what comes back and goes again is there."""
    gateway.processor.top_up(500_000, "USD")


def cancelled_while_disputed(
    market: Marketplace, gateway: SimulatedGateway, amount: str = "1000"
) -> tuple[Payment, Refund]:
    """The bank has disputed so much of the payment, and nobody has heard of that."""
    hired = assigned(market)
    gateway.dispute(hired.payment, amount=usd(amount))
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    return hired.payment, ended.refund


def decided(market: Marketplace, gateway: SimulatedGateway, what: str) -> ChargebackStatus:
    """All is heard, and the bank decides."""
    settle(market, gateway)
    [taken] = market.query(ListChargebacks()).items
    getattr(gateway, what)(taken.gateway_id)
    settle(market, gateway)
    [taken] = market.query(ListChargebacks()).items
    return taken.status


def losses(market: Marketplace) -> tuple[str, str]:
    """What is on its way back, and what a chargeback has cost."""
    kinds = (K.REFUNDS_IN_TRANSIT, K.CHARGEBACK_LOSS)
    return (str(balance(market, kinds[0]).amount), str(balance(market, kinds[1]).amount))


def all_is_right(market: Marketplace, gateway: SimulatedGateway) -> None:
    """The processor has what it was topped up with beside what the books say."""
    assert market.verify().problems == ()
    assert balance(market, K.PROCESSOR) == gateway.balance("USD") - usd("5000")


def test_it_is_no_credit_before_the_bank_has_decided(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    with heard(market) as told:
        payment, asked = cancelled_while_disputed(market, gateway)
    assert "refund.held_back" in told.names
    assert (asked.status, asked.failure) == (R.REQUESTED, "charge_disputed")
    for _ in range(10):
        settle(market, gateway)
        clock.advance(days=1)
    waiting = refund_now(market, asked)
    assert (waiting.is_held_back, has(market)) == (True, NOTHING)
    assert losses(market) == ("1000.00", "0.00")
    assert len(operations(market, payment, TransactionKind.REFUND)) == 1
    assert incidents(market, IncidentKind.REFUND_FAILED) == []
    all_is_right(market, gateway)


def test_what_the_bank_pays_is_not_paid_back_too(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, asked = cancelled_while_disputed(market, gateway)
    assert decided(market, gateway, "lose") is ChargebackStatus.LOST
    after = refund_now(market, asked)
    assert (after.status, after.covered) == (R.FAILED, usd("0"))
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    [taken] = market.query(ListChargebacks()).items
    assert (taken.lost, taken.covered, taken.recovered) == (usd("1000"), usd("0"), usd("1000"))
    assert payment_now(market, payment).status == "refunded"
    all_is_right(market, gateway)


def test_of_what_the_bank_pays_in_part_the_rest_is_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, asked = cancelled_while_disputed(market, gateway, "600")
    decided(market, gateway, "lose")
    assert refund_now(market, asked).covered == usd("400")
    assert (has(market), losses(market)) == (("400.00", "0.00"), ("0.00", "0.00"))
    assert len(incidents(market, IncidentKind.REFUND_FAILED)) == 1
    all_is_right(market, gateway)


def test_what_the_bank_does_not_pay_is_asked_for_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, asked = cancelled_while_disputed(market, gateway)
    with heard(market) as told:
        assert decided(market, gateway, "win") is ChargebackStatus.WON
    assert "refund.retried" in told.names
    after = refund_now(market, asked)
    assert (after.status, after.failure) == (R.SUCCEEDED, None)
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    assert gateway.effects(RefundPayment) == 1
    assert payment_now(market, payment).status == "refunded"
    all_is_right(market, gateway)


def test_who_has_to_give_it_back_to_the_bank_has_it_as_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    hired = assigned(market)
    tell(market, stated(market, hired.payment, "inquiry"))
    gateway.script(RefundPayment, Outcome.DECLINE)
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    tell(market, stated(market, hired.payment, "lost", "1000"))
    work_off(market)
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    tell(market, stated(market, hired.payment, "won"))
    work_off(market)
    assert refund_now(market, ended.refund).covered == usd("1000")
    assert (has(market), losses(market)) == (("1000.00", "0.00"), ("0.00", "0.00"))
    assert market.verify().problems == ()


def test_where_no_news_of_a_dispute_comes_it_is_credit_in_the_end(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment, asked = cancelled_while_disputed(market, gateway)
    gateway.webhooks()  # which do not arrive
    for _ in range(5):
        assert has(market) == NOTHING or clock() >= asked.created_at + timedelta(days=3)
        clock.advance(days=1)
        work_off(market)
    assert refund_now(market, asked).status is R.FAILED
    assert has(market) == ("1000.00", "0.00")
    assert len(operations(market, payment, TransactionKind.REFUND)) > 2
    assert len(incidents(market, IncidentKind.REFUND_FAILED)) == 1


def test_a_refund_that_fails_after_the_bank_has_paid_is_no_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    hired = assigned(market)
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    taken = gateway.dispute(hired.payment)
    gateway.lose(taken.id)
    for one in gateway.webhooks():
        market.receive(one.payload, one.headers)
    assert losses(market) == ("1000.00", "1000.00")
    clock.advance(hours=1)
    settle(market, gateway)
    [after] = refunds_of(market, hired.payment)
    assert (after.status, after.covered) == (R.FAILED, usd("0"))
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    all_is_right(market, gateway)


@pytest.mark.parametrize("what", ["lose", "win"])
def test_so_it_is_of_what_the_contractor_has(
    market: Marketplace, gateway: SimulatedGateway, what: str
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    gateway.dispute(paid)
    asked = refund(market, paid, "250").refund
    assert asked.is_held_back
    decided(market, gateway, what)
    assert refund_now(market, asked).status is (R.FAILED if what == "lose" else R.SUCCEEDED)
    assert (has(market), losses(market)[0]) == (NOTHING, "0.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize(
    ("what", "status"), [("close_inquiry", R.SUCCEEDED), ("lose", R.FAILED), ("win", R.SUCCEEDED)]
)
def test_while_a_bank_only_asks_a_refund_that_fails_waits_too(
    market: Marketplace, gateway: SimulatedGateway, what: str, status: RefundStatus
) -> None:
    hired = assigned(market)
    inquiry = gateway.dispute(hired.payment, inquiry=True)
    settle(market, gateway)
    gateway.script(RefundPayment, Outcome.DECLINE)
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    assert ended.refund.is_held_back
    if what != "close_inquiry":
        gateway.escalate(inquiry.id)
    decided(market, gateway, what)
    assert refund_now(market, ended.refund).status is status
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    all_is_right(market, gateway)


def test_of_any_other_refund_nothing_is_asked_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    issued = refund(market, assigned(market).payment, "250").refund
    assert market.preview(RetryRefund(by=Actor.SYSTEM, refund=issued.id)).is_empty
    all_is_right(market, gateway)


@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR, ADMIN, SERVICE], ids=lambda by: by.role)
def test_nobody_asks_again_but_the_library(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    _, asked = cancelled_while_disputed(market, gateway)
    with pytest.raises(Forbidden):
        market.execute(RetryRefund(by=by, refund=asked.id))
    assert refund_now(market, asked) == asked


def test_what_is_asked_again_is_there(market: Marketplace, gateway: SimulatedGateway) -> None:
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(RetryRefund(by=Actor.SYSTEM, refund=RefundId(new_id("ref"))))


def test_a_refund_that_comes_back_after_the_bank_has_paid_is_no_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    issued = refund(market, payment, "1000").refund
    settle(market, gateway)
    tell(market, stated(market, payment, "needs_response", "1000"))
    tell(market, stated(market, payment, "lost", "1000"))
    assert losses(market) == ("0.00", "1000.00")
    gateway.fail_refund(at_gateway(market, issued))
    settle(market, gateway)
    assert refund_now(market, issued).covered == usd("0")
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    assert market.verify().problems == ()


def test_nor_is_one_that_was_made_elsewhere(market: Marketplace, gateway: SimulatedGateway) -> None:
    payment = assigned(market).payment
    made = gateway.refund_elsewhere(payment)
    settle(market, gateway)
    tell(market, stated(market, payment, "needs_response", "1000"))
    tell(market, stated(market, payment, "lost", "1000"))
    gateway.fail_refund(made.id)
    settle(market, gateway)
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    assert market.verify().problems == ()


def test_where_the_bank_paid_nothing_of_it_the_gateway_is_asked_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    tell(market, stated(market, payment, "needs_response", "100", amount="100"))
    tell(market, stated(market, payment, "lost", "100", amount="100"))  # which escrow gave
    tell(market, stated(market, payment, "inquiry", id="dp_2"))
    gateway.script(RefundPayment, Outcome.DECLINE)
    issued = refund(market, payment, "900").refund
    assert issued.is_held_back
    tell(market, stated(market, payment, "closed", id="dp_2"))
    settle(market, gateway)
    assert refund_now(market, issued).status is R.SUCCEEDED
    assert has(market) == NOTHING


def test_it_waits_for_news_although_an_older_inquiry_came_to_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    hired = assigned(market)
    tell(market, stated(market, hired.payment, "inquiry"))
    tell(market, stated(market, hired.payment, "closed"))
    gateway.dispute(hired.payment)
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    assert (ended.refund.is_held_back, has(market)) == (True, NOTHING)


def test_credit_that_is_spent_is_not_paid_twice_where_a_refund_still_waits(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    first = refund(market, payment, "500").refund
    settle(market, gateway)
    gateway.fail_refund(at_gateway(market, first))
    settle(market, gateway)
    adjusted(market, "take_credit", "500", owner=CUSTOMER.id)
    tell(market, stated(market, payment, "inquiry", amount="500"))
    gateway.script(RefundPayment, Outcome.DECLINE)
    second = refund(market, payment, "500").refund
    assert second.is_held_back
    tell(market, stated(market, payment, "lost", "500", amount="500"))
    work_off(market)
    assert refund_now(market, second).covered == usd("0")
    assert incidents(market, IncidentKind.PAID_TWICE) == []
    assert (has(market), losses(market)) == (NOTHING, ("0.00", "0.00"))
    assert market.verify().problems == ()


def test_where_the_end_of_an_inquiry_is_never_heard_the_gateway_pays_in_the_end(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    hired = assigned(market)
    tell(market, stated(market, hired.payment, "inquiry"))
    gateway.script(RefundPayment, *[Outcome.DECLINE] * 3)
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    for _ in range(5):
        clock.advance(days=2)
        settle(market, gateway)
    assert refund_now(market, ended.refund).status is R.SUCCEEDED
    assert gateway.effects(RefundPayment) == 1
    all_is_right(market, gateway)


def test_each_try_is_known_to_who_compares_the_balance(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    hired = assigned(market, payment_method="pm_card_pendingRefund")
    inquiry = gateway.dispute(hired.payment, inquiry=True)
    settle(market, gateway)
    ended = market.execute(CancelJob(by=CUSTOMER, job=hired.job.id))
    assert ended.refund is not None
    gateway.fail_refund(at_gateway(market, ended.refund))
    settle(market, gateway)
    assert refund_now(market, ended.refund).is_held_back
    assert differences(market, clock) == []
    gateway.close_inquiry(inquiry.id)
    settle(market, gateway)
    clock.advance(days=2)
    settle(market, gateway)
    assert differences(market, clock) == []


def differences(market: Marketplace, clock: VirtualClock) -> list[Any]:
    """What of the processor's refunds the books do not know."""
    clock.advance(hours=1)
    found = market.reconcile(since=clock() - timedelta(days=30), until=clock()).breaks
    return [one for one in found if one.change is not None and "refund" in one.change.value]
