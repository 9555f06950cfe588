"""Refunds that somebody made at the gateway itself, and those that meet them here."""

from random import Random
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    CancelJob,
    CompleteJob,
    IncidentKind,
    Marketplace,
    Money,
    PaymentStatus,
    Reason,
    RefundStatus,
    Refused,
    WebhookStatus,
)
from marketpay.ports.gateway import Capture, RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock, webhooks
from marketpay.testing.processor_values import Refusal
from tests.conftest import on_both_stores
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    PRICE,
    assigned,
    balance,
    completed,
    heard,
    in_progress,
    payee,
    send,
    usd,
)
from tests.money import (
    all_is_right,
    at_gateway,
    credit,
    hear,
    incidents,
    payment_now,
    refund,
    refund_now,
    refunds_of,
    settle,
    wallet,
    work_off,
)

K = AccountKind
PENDS, FAILS = "pm_card_pendingRefund", "pm_card_refundFail"


def transit(market: Marketplace) -> Money:
    return balance(market, K.REFUNDS_IN_TRANSIT)


def refused(market: Marketplace, payment: Any, amount: str) -> Reason:
    with pytest.raises(Refused) as error:
        refund(market, payment, amount)
    return error.value.reason


@pytest.mark.parametrize("release", [False, True], ids=["before", "after"])
def test_a_refund_made_elsewhere_is_recorded_once(
    market: Marketplace, gateway: SimulatedGateway, release: bool
) -> None:
    paid = (completed(market) if release else in_progress(market)).payment
    settle(market, gateway)
    gateway.refund_elsewhere(paid.id, usd("100"))
    told = gateway.webhooks()
    for one in (*told, *told):
        market.receive(one.payload, one.headers)

    [recorded] = refunds_of(market, paid)
    assert (recorded.status, recorded.amount) == (RefundStatus.SUCCEEDED, usd("100"))
    assert payment_now(market, paid).refunded == usd("100")
    assert incidents(market) == [(IncidentKind.REFUND_ELSEWHERE, paid.id)]
    assert market.revenue("USD").total == usd("270" if release else "90")
    assert gateway.count(RefundPayment) == 0
    all_is_right(market, gateway)


@on_both_stores
def test_a_refund_made_elsewhere_asks_back_what_was_transferred(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    gateway.refund_elsewhere(paid.id, usd("100"))
    all_is_right(market, gateway)

    assert wallet(market) == ("630.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")


def test_a_full_refund_made_elsewhere_leaves_nothing_to_release_or_cancel(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    done, called_off = in_progress(market), assigned(market)
    for one in (done, called_off):
        gateway.refund_elsewhere(one.payment.id)
    settle(market, gateway)
    market.execute(CompleteJob(by=CUSTOMER, job=done.job.id))
    market.execute(CancelJob(by=CUSTOMER, job=called_off.job.id))

    for one in (done, called_off):
        assert payment_now(market, one.payment).status is PaymentStatus.REFUNDED
    assert gateway.balance("USD") == market.revenue("USD").total == usd("0")
    all_is_right(market, gateway)


@pytest.mark.parametrize("fails", [False, True], ids=["succeeds", "fails"])
def test_a_pending_refund_made_elsewhere_is_followed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, fails: bool
) -> None:
    paid = in_progress(market, payment_method=PENDS).payment
    made = gateway.refund_elsewhere(paid.id)
    settle(market, gateway)
    [recorded] = refunds_of(market, paid)
    assert recorded.status is RefundStatus.PENDING
    assert transit(market) == PRICE
    if fails:
        gateway.fail_refund(made.id)
    clock.advance(hours=2)
    settle(market, gateway)

    assert transit(market) == usd("0")
    assert credit(market) == ("1000.00" if fails else "0.00")
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    all_is_right(market, gateway)


def test_a_refund_made_elsewhere_can_come_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    made = gateway.refund_elsewhere(paid.id, usd("100"))
    settle(market, gateway)
    gateway.fail_refund(made.id)
    settle(market, gateway)

    assert credit(market) == "100.00"
    assert [kind for kind, _ in incidents(market)] == [
        IncidentKind.REFUND_ELSEWHERE,
        IncidentKind.REFUND_FAILED,
    ]
    all_is_right(market, gateway)


def test_a_customer_who_was_refunded_elsewhere_after_all_keeps_no_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    issued = refund(market, paid, "400")
    gateway.fail_refund(at_gateway(market, issued.refund))
    gateway.refund_elsewhere(paid.id)  # all of it, since the gateway has all of it again
    with heard(market) as told:
        settle(market, gateway)

    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert balance(market, K.BAD_DEBT) == usd("0")
    assert credit(market) == "0.00"
    assert "refund.offset" in told.names
    offset = refund_now(market, issued.refund)
    assert (offset.status, offset.excess, offset.covered) == (
        RefundStatus.FAILED,
        usd("400"),
        usd("0"),
    )
    all_is_right(market, gateway)


def test_a_refund_of_what_is_not_ours_is_ignored(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    made = gateway.processor.authorize(amount=500, currency="USD", method=GOOD)
    assert not isinstance(made, Refusal)
    gateway.processor.capture(made.id)
    gateway.refund_elsewhere(made.id)

    assert set(hear(market, gateway)) == {WebhookStatus.IGNORED}
    assert incidents(market) == []


def test_webhooks_of_refunds_may_come_in_any_order(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market, payment_method=PENDS).payment
    work_off(market)
    refund(market, paid, "100")
    gateway.refund_elsewhere(paid.id, usd("50"))
    failing = refund(market, paid, "200")
    gateway.fail_refund(at_gateway(market, failing.refund))
    clock.advance(hours=2)
    gateway.tick()
    for one in webhooks.unordered(gateway.webhooks(), Random(7), doubled=0.5):
        market.receive(one.payload, one.headers)
    settle(market, gateway)

    assert payment_now(market, paid).refunded == usd("350")
    assert credit(market) == "200.00"
    assert wallet(market) == ("455.00", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
def test_a_refund_made_elsewhere_waits_for_the_capture_to_be_known(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    gateway.refund_elsewhere(sent.payment.id, usd("400"))
    for one in gateway.webhooks():
        if b'"refund.' in one.payload:
            market.receive(one.payload, one.headers)
    for _ in range(3):
        clock.advance(hours=1)
        settle(market, gateway)

    assert balance(market, K.BAD_DEBT) == usd("0")
    assert payment_now(market, sent.payment).refunded == usd("400")
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("end", ["win", "lose"])
def test_a_refund_made_elsewhere_before_a_chargeback_is_the_payments(
    market: Marketplace, gateway: SimulatedGateway, end: str
) -> None:
    paid = in_progress(market).payment
    hear(market, gateway)
    gateway.refund_elsewhere(paid.id, usd("200"))
    disputed = gateway.dispute(paid.id)  # the other 800
    late_first = sorted(gateway.webhooks(), key=lambda one: b"dispute" not in one.payload)
    for one in late_first:
        market.receive(one.payload, one.headers)

    known = payment_now(market, paid)
    assert (known.refunded, known.disputed) == (usd("200"), usd("800"))
    assert known.status is PaymentStatus.CHARGED_BACK
    getattr(gateway, end)(disputed.id)
    settle(market, gateway)
    assert payment_now(market, paid).gone == usd("200" if end == "win" else "1000")
    assert balance(market, K.BAD_DEBT) == usd("0")
    all_is_right(market, gateway)


@on_both_stores
def test_a_pending_refund_elsewhere_of_a_refunded_payment_is_followed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = in_progress(market, payment_method=PENDS).payment
    issued = refund(market, paid, "1000")
    clock.advance(hours=2)
    settle(market, gateway)
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    gateway.refund_elsewhere(paid.id)
    settle(market, gateway)
    clock.advance(hours=2)

    all_is_right(market, gateway)


@on_both_stores
def test_a_second_refund_that_fails_too_leaves_the_credit_as_it_was(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    issued = refund(market, paid, "1000")
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    made = gateway.refund_elsewhere(paid.id)
    settle(market, gateway)
    assert credit(market) == "0.00"
    gateway.fail_refund(made.id)
    settle(market, gateway)

    assert credit(market) == "1000.00"
    assert balance(market, K.BAD_DEBT) == usd("0")
    all_is_right(market, gateway)


@on_both_stores
def test_who_has_been_refunded_elsewhere_gets_no_credit_for_a_second_try(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    hear(market, gateway)
    gateway.refund_elsewhere(accepted.payment.id)  # and its webhook is late
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    settle(market, gateway)

    assert cancelled.refund is not None
    second = refund_now(market, cancelled.refund)
    assert (second.status, second.excess) == (RefundStatus.FAILED, PRICE)
    assert credit(market) == "0.00"
    assert balance(market, K.BAD_DEBT) == usd("0")
    all_is_right(market, gateway)
