"""What goes back of payments that credit paid in part: to the card first, then as credit."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from marketpay import (
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    CompleteJob,
    IssueRefund,
    Marketplace,
    Payment,
    PaymentStatus,
    Reason,
    RefundStatus,
    Refused,
    SettleChargeback,
    TransactionKind,
)
from marketpay.ports.gateway import ChargebackStanding, ChargebackState, RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.credits import give, grants, has, parts, promoted
from tests.deals import (
    ADMIN,
    CUSTOMER,
    assigned,
    balance,
    completed,
    heard,
    in_progress,
    operations,
    payee,
    send,
    usd,
)
from tests.disputes import disputed, resolved
from tests.money import (
    K,
    all_is_right,
    at_gateway,
    payment_now,
    refund,
    refund_now,
    refunds_of,
    settle,
    work_off,
)

DAY = timedelta(days=1)
SYSTEM = Actor.SYSTEM


def refunded(market: Marketplace, payment: Payment) -> tuple[str, str]:
    """What of a payment is back: on the card, and as credit."""
    now = payment_now(market, payment)
    card = now.refunded - now.credited
    return str(card.amount), str(now.credited.amount)


def paid_with_credit(market: Marketplace, release: bool = False, **changes: Any) -> Payment:
    """Of 1000, 400 was credit."""
    give(market, "400")
    make = completed if release else in_progress
    return make(market, credit=usd("400"), **changes).payment


@pytest.mark.parametrize("release", [False, True], ids=["before", "after"])
def test_a_refund_goes_to_the_card_first(
    market: Marketplace, gateway: SimulatedGateway, release: bool
) -> None:
    paid = paid_with_credit(market, release)
    issued = refund(market, paid, "500")
    assert (issued.refund.charged, issued.refund.credit) == (usd("500"), usd("0"))
    issued = refund(market, paid, "300")
    assert (issued.refund.charged, issued.refund.credit) == (usd("100"), usd("200"))
    assert (issued.refund.status, issued.next_action) == (RefundStatus.SUCCEEDED, None)
    assert (refunded(market, paid), has(market)) == (("600.00", "200.00"), ("200.00", "0.00"))
    with heard(market) as told:
        issued = refund(market, paid, "200")
    assert (issued.refund.charged, issued.refund.credit) == (usd("0"), usd("200"))
    assert (issued.refund.status, issued.refund.gateway_id) == (RefundStatus.SUCCEEDED, None)
    assert told.names[-1] == "payment.refunded"
    assert issued.payment.status is PaymentStatus.REFUNDED
    assert [one.amount for one in operations(market, paid, TransactionKind.REFUND)] == [
        usd("500"),
        usd("100"),
    ]
    assert (has(market), parts(issued.payment)) == (
        ("400.00", "0.00"),
        ("400.00", "0.00", "400.00"),
    )
    all_is_right(market, gateway)


def test_no_more_than_all_of_it_goes_back(market: Marketplace) -> None:
    paid = paid_with_credit(market)
    refund(market, paid, "900")
    with pytest.raises(Refused) as refused:
        refund(market, paid, "100.01")
    assert refused.value.reason is Reason.NOT_REFUNDABLE


def test_credit_that_was_refunded_never_expires(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = paid_with_credit(market)
    refund(market, paid, "1000")
    clock.advance(days=4000)
    work_off(market)
    assert has(market) == ("400.00", "0.00")
    assigned(market, credit=usd("400"))
    all_is_right(market, gateway)


def test_a_cancelled_job_gives_both_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    give(market, "400")
    accepted = assigned(market, credit=usd("400"))
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    assert cancelled.refund is not None
    assert (cancelled.refund.charged, cancelled.refund.credit) == (usd("600"), usd("400"))
    assert has(market) == ("400.00", "0.00")
    assert payment_now(market, accepted.payment).status is PaymentStatus.REFUNDED
    all_is_right(market, gateway)


@pytest.mark.parametrize("open_market", ["memory"], indirect=True)
def test_a_fee_is_kept_of_the_whole(open_market: OpenMarket, gateway: SimulatedGateway) -> None:
    policy = CancellationPolicy([CancellationTier(stage="assigned", to_customer="0.7")])
    market = open_market(cancellation=policy)
    give(market, "400")
    accepted = assigned(market, credit=usd("400"))
    market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    assert refunded(market, accepted.payment) == ("600.00", "100.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("to_customer", ["200", "600", "700", "1000"])
def test_a_dispute_gives_back_to_the_card_first(
    market: Marketplace, gateway: SimulatedGateway, to_customer: str
) -> None:
    give(market, "400")
    deal = in_progress(market, credit=usd("400"))
    dispute = disputed(market, deal=deal)
    resolved(market, dispute, to_customer, str(1000 - int(to_customer)))
    card = min(Decimal(to_customer), Decimal(600))
    credited = Decimal(to_customer) - card
    assert refunded(market, deal.payment) == (f"{card}.00", f"{credited}.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("amount", ["500", "700", "1000"])
def test_a_refund_that_fails_at_the_gateway_is_credit_too(
    market: Marketplace, gateway: SimulatedGateway, amount: str
) -> None:
    paid = paid_with_credit(market)
    gateway.script(RefundPayment, Outcome.DECLINE)
    issued = refund(market, paid, amount)
    assert refund_now(market, issued.refund).status is RefundStatus.FAILED
    assert has(market) == (f"{amount}.00", "0.00")
    assert balance(market, K.REFUNDS_IN_TRANSIT) == usd("0")
    assigned(market, credit=usd(amount) - usd("1"))
    assert has(market) == ("1.00", "0.00")
    all_is_right(market, gateway)


def test_a_refund_that_comes_back_later_is_credit_too(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = paid_with_credit(market)
    issued = refund(market, paid, "700")
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    assert has(market) == ("700.00", "0.00")
    all_is_right(market, gateway)


def test_what_a_failed_refund_gave_is_taken_before_what_was_given(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    issued = refund(market, paid, "400")
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    give(market, "100")
    gateway.refund_elsewhere(paid.id, usd("1000"))
    settle(market, gateway)
    assert (has(market), grants(market)) == (("100.00", "0.00"), [("100.00", "100.00")])
    all_is_right(market, gateway)


def test_a_customer_who_spent_the_credit_is_refunded_elsewhere(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    """What is not there any more is the platform's loss, and no credit is below zero."""
    paid = in_progress(market).payment
    issued = refund(market, paid, "400")
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    assigned(market, credit=usd("250"))
    send(market, credit=usd("50"))
    gateway.refund_elsewhere(paid.id, usd("400"))
    gateway.refund_elsewhere(paid.id, usd("600"))
    settle(market, gateway)
    assert has(market) == ("0.00", "50.00")
    assert balance(market, K.BAD_DEBT) == usd("300")
    [second, first, _] = refunds_of(market, paid)
    assert {first.excess, second.excess} == {usd("300"), usd("0")}
    all_is_right(market, gateway)


@pytest.mark.parametrize("release", [False, True], ids=["before", "after"])
def test_a_refund_elsewhere_is_of_the_charge(
    market: Marketplace, gateway: SimulatedGateway, release: bool
) -> None:
    paid = paid_with_credit(market, release)
    gateway.refund_elsewhere(paid.id)
    settle(market, gateway)
    assert refunded(market, paid) == ("600.00", "0.00")
    refund(market, paid, "400")
    assert refunded(market, paid) == ("600.00", "400.00")
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert has(market) == ("400.00", "0.00")
    all_is_right(market, gateway)


def test_a_refund_under_way_is_waited_for(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """Credit is back at once; the payment is refunded once the card has all of it, too."""
    paid = paid_with_credit(market, payment_method="pm_card_pendingRefund")
    issued = refund(market, paid, "600")
    assert issued.next_action is not None
    back = refund(market, paid, "400")
    assert (back.refund.status, back.payment.status) == (
        RefundStatus.SUCCEEDED,
        PaymentStatus.CAPTURED,
    )
    clock.advance(days=1)
    settle(market, gateway)
    for _ in range(5):
        clock.advance(hours=6)
        settle(market, gateway)
    if refund_now(market, issued.refund).status is RefundStatus.SUCCEEDED:
        assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("release", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("before", ["0", "200", "599"])
def test_a_chargeback_is_at_most_of_what_was_charged(
    market: Marketplace, gateway: SimulatedGateway, release: bool, before: str
) -> None:
    payee(market, gateway)
    paid = paid_with_credit(market, release)
    if before != "0":
        refund(market, paid, before)
    taken = gateway.dispute(paid)
    settle(market, gateway)
    left = max(600 - int(before), 0)
    now = payment_now(market, paid)
    assert now.disputed == usd(str(left))
    gateway.lose(taken.id)
    settle(market, gateway)
    now = payment_now(market, paid)
    assert (now.lost, now.chargeable_back) == (usd(str(left)), usd("0"))
    rest = now.refundable
    assert rest == usd(str(1000 - max(600, int(before))))
    if rest:
        refund(market, paid, str(rest.amount))
        assert has(market)[0] == "400.00"
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("standing", [ChargebackStanding.NEEDS_RESPONSE, ChargebackStanding.LOST])
def test_a_bank_that_takes_what_is_back_on_the_card_takes_no_credit(
    market: Marketplace, standing: ChargebackStanding
) -> None:
    """It is the platform's loss: what credit paid is still the deal's."""
    paid = paid_with_credit(market)
    refund(market, paid, "500")
    state = ChargebackState(
        gateway_id="dp_1",
        payment=str(paid.gateway_payment),
        amount=usd("600"),
        standing=standing,
        withdrawn=usd("600"),
        fee=usd("15"),
        reason="fraudulent",
    )
    market.execute(SettleChargeback(by=SYSTEM, state=state))
    is_lost = standing is ChargebackStanding.LOST
    now = payment_now(market, paid)
    assert now.lost + now.disputed == usd("100")
    assert balance(market, K.CHARGEBACK_LOSS) == usd("500" if is_lost else "0")
    assert market.verify().problems == ()


@on_both_stores
def test_a_chargeback_that_is_won_after_all_can_be_refunded_to_the_card(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = paid_with_credit(market)
    taken = gateway.dispute(paid)
    settle(market, gateway)
    gateway.win(taken.id)
    settle(market, gateway)
    refund(market, paid, "1000")
    assert refunded(market, paid) == ("600.00", "400.00")
    all_is_right(market, gateway)


def test_the_rest_is_released(market: Marketplace, gateway: SimulatedGateway) -> None:
    paid = paid_with_credit(market)
    refund(market, paid, "700")
    market.execute(CompleteJob(by=CUSTOMER, job=paid.job))
    assert market.wallet(paid.contractor, "USD").available == usd("210")
    all_is_right(market, gateway)


def test_a_refund_of_credit_is_given_once_for_its_key(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = paid_with_credit(market)
    refund(market, paid, "600")
    command = IssueRefund(by=ADMIN, payment=paid.id, amount=usd("100"))
    first = market.execute(command, key="once")
    assert market.execute(command, key="once") == first
    assert has(market) == ("100.00", "0.00")
    all_is_right(market, gateway)


def test_credit_that_expires_comes_back_with_its_date(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """What lasts comes back first."""
    give(market, "100")
    until = clock() + 60 * DAY
    give(market, "100", expires_at=clock() + 20 * DAY)
    give(market, "100", expires_at=until)
    paid = in_progress(market, credit=usd("250")).payment
    assert (paid.credit_expiring, paid.credit_expires_at) == (usd("200"), until)
    refund(market, paid, "770")  # 750 were charged
    assert (has(market), grants(market)[3:]) == (("70.00", "0.00"), [])
    refund(market, paid, "130")
    assert (has(market), grants(market)[3:]) == (("200.00", "0.00"), [("100.00", "100.00")])
    refund(market, paid, "100")
    assert (has(market), grants(market)[4:]) == (("300.00", "0.00"), [("100.00", "100.00")])
    clock.advance(days=60)
    work_off(market)
    assert has(market) == ("100.00", "0.00")
    all_is_right(market, gateway)


def test_credit_whose_time_is_over_is_not_given_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "40", expires_at=clock() + DAY)
    paid = in_progress(market, credit=usd("40")).payment
    clock.advance(days=1)
    market.execute(CancelJob(by=ADMIN, job=paid.job))
    settle(market, gateway)
    assert (has(market), promoted(market)) == (("0.00", "0.00"), "0.00")
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    all_is_right(market, gateway)
