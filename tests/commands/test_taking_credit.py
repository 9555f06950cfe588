"""Credit that a customer should not have is taken by two administrators."""

from datetime import timedelta

import pytest

from marketpay import (
    AccountKind,
    AdjustmentStatus,
    ApproveAdjustment,
    Marketplace,
    Reason,
    Refused,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.credits import give, grants, has, promoted
from tests.deals import (
    CUSTOMER,
    balance,
    books_are_right,
    heard,
    in_progress,
    nothing_changes,
    payee,
    send,
    usd,
)
from tests.money import CHECKER, adjusted, all_is_right, at_gateway, proposed, refund, settle

K = AccountKind
DAY = timedelta(days=1)


def test_what_was_given_by_mistake_is_taken_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    with heard(market) as told:
        done = adjusted(market, "take_credit", "30", owner=CUSTOMER.id)
    assert done.status is AdjustmentStatus.APPROVED
    assert "credit.taken" in told.names
    assert (has(market), grants(market)) == (("20.00", "0.00"), [("20.00", "50.00")])
    assert str(balance(market, K.ADJUSTMENT).amount) == "-30.00"
    books_are_right(market, gateway)


def test_what_a_failed_refund_left_is_taken_once_it_was_paid_by_hand(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    paid = in_progress(market).payment
    issued = refund(market, paid, "1000")
    settle(market, gateway)
    gateway.fail_refund(at_gateway(market, issued.refund))
    settle(market, gateway)
    assert has(market) == ("1000.00", "0.00")
    adjusted(market, "take_credit", "1000", owner=CUSTOMER.id)
    assert has(market) == ("0.00", "0.00")
    all_is_right(market, gateway)


def test_what_expires_last_is_taken_first(market: Marketplace, clock: VirtualClock) -> None:
    give(market, "10", expires_at=clock() + DAY)
    give(market, "20")
    give(market, "30", expires_at=clock() + 9 * DAY)
    adjusted(market, "take_credit", "25", owner=CUSTOMER.id)
    assert grants(market) == [("10.00", "10.00"), ("0.00", "20.00"), ("25.00", "30.00")]


@pytest.mark.parametrize("why", ["none", "reserved", "expired"])
def test_no_more_is_proposed_than_is_available(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, why: str
) -> None:
    if why != "none":
        give(market, "50", expires_at=clock() + DAY)
    if why == "reserved":
        send(market, credit=usd("30"))
    if why == "expired":
        clock.advance(days=1)
    with nothing_changes(market, gateway), pytest.raises(Refused) as error:
        proposed(market, "take_credit", "50", owner=CUSTOMER.id)
    assert error.value.reason is Reason.CREDIT_TOO_LOW


def test_no_more_is_taken_than_is_still_available(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    give(market, "50")
    waiting = proposed(market, "take_credit", "50", owner=CUSTOMER.id)
    send(market, credit=usd("30"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as error:
        market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))
    assert error.value.reason is Reason.CREDIT_TOO_LOW


def test_what_has_expired_is_gone_when_the_rest_is_taken(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    give(market, "50", expires_at=clock() + DAY)
    give(market, "20")
    clock.advance(days=1)
    adjusted(market, "take_credit", "20", owner=CUSTOMER.id)
    assert (has(market), promoted(market)) == (("0.00", "0.00"), "20.00")
    books_are_right(market, gateway)
