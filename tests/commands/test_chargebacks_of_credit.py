"""What a bank pays a customer who has it as credit: the credit is taken back."""

from datetime import timedelta

import pytest

from marketpay import (
    AccountKind,
    Chargeback,
    IncidentKind,
    ListChargebacks,
    Marketplace,
    Payment,
    Reason,
    Refund,
    Refused,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.credits import give, has
from tests.deals import CUSTOMER, balance, heard, in_progress, send, usd
from tests.hearing import hear, incidents, stated, tell
from tests.money import adjusted, at_gateway, refund, refund_now, settle

K = AccountKind


@pytest.fixture(autouse=True)
def funded(gateway: SimulatedGateway) -> None:
    """Enough that what comes back and goes again is there."""
    gateway.processor.top_up(500_000, "USD")


def back_as_credit(
    market: Marketplace, gateway: SimulatedGateway, amount: str = "1000"
) -> tuple[Payment, Refund]:
    """A payment of which so much was refunded; it failed, so that its customer has credit."""
    payment = in_progress(market).payment
    issued = refund(market, payment, amount)
    settle(market, gateway)
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    assert has(market) == (f"{amount}.00", "0.00")
    return payment, issued.refund


def lost(market: Marketplace, payment: Payment, amount: str = "1000") -> Chargeback:
    """Their bank has it, too."""
    tell(market, stated(market, payment, "needs_response", amount, amount=amount))
    return tell(market, stated(market, payment, "lost", amount, amount=amount))


def loss(market: Marketplace) -> str:
    return str(balance(market, K.CHARGEBACK_LOSS).amount)


def test_nobody_has_the_same_money_from_the_bank_and_as_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, refunded = back_as_credit(market, gateway)
    with heard(market) as told:
        chargeback = lost(market, payment)
    assert (has(market), loss(market)) == (("0.00", "0.00"), "0.00")
    assert chargeback.recovered == usd("1000")
    assert {"credit.taken", "refund.offset", "chargeback.lost"} <= {*told.names}
    assert refund_now(market, refunded).covered == usd("0")
    assert incidents(market, IncidentKind.PAID_TWICE) == []
    assert balance(market, K.ESCROW) == usd("0")
    assert market.verify().ok


def test_nothing_is_taken_before_the_bank_has_decided_or_when_it_is_won(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, _ = back_as_credit(market, gateway)
    tell(market, stated(market, payment, "needs_response", "1000"))
    assert has(market) == ("1000.00", "0.00")
    tell(market, stated(market, payment, "won"))
    assert (has(market), loss(market)) == (("1000.00", "0.00"), "0.00")
    assert market.verify().ok


def test_what_has_expired_by_then_is_not_what_is_taken(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment, _ = back_as_credit(market, gateway, "600")
    give(market, "100", expires_at=clock() + timedelta(days=1))
    clock.advance(days=2)  # and no worker has seen it yet
    chargeback = lost(market, payment)
    assert chargeback.recovered == usd("600")
    assert (has(market), loss(market)) == (("0.00", "0.00"), "0.00")
    assert incidents(market, IncidentKind.PAID_TWICE) == []
    assert market.verify().ok


@pytest.mark.parametrize("times", [1, 2])
def test_told_again_nothing_more_is_taken(
    market: Marketplace, gateway: SimulatedGateway, times: int
) -> None:
    payment, _ = back_as_credit(market, gateway, "600")
    give(market, "100")
    for _ in range(times):
        lost(market, payment)
    assert (has(market), loss(market)) == (("100.00", "0.00"), "0.00")
    assert market.verify().ok


def test_only_what_the_payment_has_not_left_is_taken(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, _ = back_as_credit(market, gateway, "600")
    chargeback = lost(market, payment, "500")  # of which escrow has 400
    assert chargeback.recovered == usd("100")
    assert (has(market), loss(market)) == (("500.00", "0.00"), "0.00")
    assert balance(market, K.ESCROW) == usd("0")
    assert market.verify().ok


@pytest.mark.parametrize("how", ["gone", "reserved"])
def test_what_is_spent_is_lost_and_somebody_is_told(
    market: Marketplace, gateway: SimulatedGateway, how: str
) -> None:
    payment, refunded = back_as_credit(market, gateway)
    if how == "gone":
        adjusted(market, "take_credit", "300", owner=CUSTOMER.id)
    else:
        send(market, price=usd("400"), credit=usd("300"))
    chargeback = lost(market, payment)
    assert (chargeback.recovered, loss(market)) == (usd("700"), "300.00")
    [raised] = incidents(market, IncidentKind.PAID_TWICE)
    assert (raised.subject, raised.detail) == (payment.id, f"USD 300.00 {refunded.id}")
    reserved = "0.00" if how == "gone" else "300.00"
    assert has(market) == ("0.00", reserved)
    give(market, "50")  # which is another matter
    tell(market, stated(market, payment, "lost", "1000"))
    assert has(market) == ("50.00", reserved)
    assert len(incidents(market, IncidentKind.PAID_TWICE)) == 1
    assert market.verify().ok


def test_what_the_bank_gives_back_after_all_is_credit_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, refunded = back_as_credit(market, gateway)
    lost(market, payment)
    chargeback = tell(market, stated(market, payment, "won"))
    tell(market, stated(market, payment, "won"))
    assert (has(market), loss(market)) == (("1000.00", "0.00"), "0.00")
    assert chargeback.recovered == usd("0")
    assert refund_now(market, refunded).covered == usd("1000")
    assert market.verify().ok
    with pytest.raises(Refused) as refused:
        send(market, price=usd("2000"), credit=usd("1001"))
    assert refused.value.reason is Reason.CREDIT_TOO_LOW


def test_of_credit_that_is_spent_no_more_comes_back_than_was_taken(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, _ = back_as_credit(market, gateway)
    adjusted(market, "take_credit", "300", owner=CUSTOMER.id)
    lost(market, payment)
    tell(market, stated(market, payment, "won"))
    assert (has(market), loss(market)) == (("700.00", "0.00"), "0.00")
    assert market.verify().ok


def test_credit_of_another_payment_is_not_taken(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    back_as_credit(market, gateway)
    other = in_progress(market).payment
    lost(market, other)
    assert (has(market), loss(market)) == (("1000.00", "0.00"), "0.00")
    assert market.verify().ok


def test_the_gateway_agrees(market: Marketplace, gateway: SimulatedGateway) -> None:
    payment, _ = back_as_credit(market, gateway)
    gateway.dispute(payment)
    hear(market, gateway)
    gateway.lose(payment)
    hear(market, gateway)
    [chargeback] = market.query(ListChargebacks(payment=payment.id)).items
    assert (chargeback.status, chargeback.recovered) == ("lost", usd("1000"))
    assert has(market) == ("0.00", "0.00")
    assert market.verify().ok


def test_what_one_chargeback_gives_again_another_still_has(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, _ = back_as_credit(market, gateway, "100")
    for id, amount in (("dp_1", "1000"), ("dp_2", "100")):
        for standing in ("needs_response", "lost"):
            tell(market, stated(market, payment, standing, amount, amount=amount, id=id))
    assert has(market) == ("0.00", "0.00")
    tell(market, stated(market, payment, "won", id="dp_1"))
    assert (has(market), loss(market)) == (("0.00", "0.00"), "0.00")
    [other] = [one for one in market.query(ListChargebacks()).items if one.gateway_id == "dp_2"]
    assert other.recovered == usd("100")
    tell(market, stated(market, payment, "won", id="dp_2", amount="100"))
    assert (has(market), loss(market)) == (("100.00", "0.00"), "0.00")
    assert market.verify().problems == ()
