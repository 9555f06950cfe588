"""Payouts at the simulated processor: on their way, there, and back."""

from datetime import timedelta

import pytest

from marketpay.testing.processor_values import (
    PLATFORM,
    Movement,
    Payout,
    PayoutStatus,
    Result,
    Standing,
)
from tests.processors import Bank, code

PENDING, IN_TRANSIT, PAID, FAILED, CANCELED = PayoutStatus


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def account(bank: Bank) -> str:
    return bank.moved(700, bank.charge()).account


def sent(result: Result) -> Payout:
    assert isinstance(result, Payout)
    return result


def test_a_payout_is_pending_then_in_transit_then_paid(bank: Bank, account: str) -> None:
    before = bank.since()
    payout = sent(bank.pay_out(account, amount=300, currency="USD", reference="ptx_p"))
    assert (payout.status, bank.balance(account, "USD")) == (PENDING, 400)
    bank.clock.advance(days=1)
    assert bank.now_of(Payout, "ptx_p").status is IN_TRANSIT
    bank.clock.advance(days=1)
    assert bank.now_of(Payout, payout.id).status is PAID
    assert bank.types(before) == ["payout.created", "payout.updated", "payout.paid"]
    assert {event.account for event in bank.events(before)} == {account}
    assert bank.events(before)[-1].created == payout.arrives_at


def test_who_looks_late_sees_each_step_at_its_time(bank: Bank, account: str) -> None:
    start, before = bank.clock(), bank.since()
    bank.pay_out(account, amount=300, currency="USD")
    bank.clock.advance(days=30)
    assert bank.tick() == 2
    times = [event.created - start for event in bank.events(before)]
    assert times == [timedelta(0), timedelta(days=1), timedelta(days=2)]


def test_payouts_that_take_no_time_are_paid_when_somebody_looks() -> None:
    bank = Bank(payout_takes=timedelta(0))
    account = bank.moved(700, bank.charge()).account
    payout = sent(bank.pay_out(account, amount=300, currency="USD"))
    assert (payout.status, bank.now_of(Payout, payout.id).status) == (PENDING, PAID)


@pytest.mark.parametrize("days", [0, 1, 2])
def test_wherever_a_payout_fails_the_money_is_back_on_the_account(
    bank: Bank, account: str, days: int
) -> None:
    payout = sent(bank.pay_out(account, amount=300, currency="USD"))
    bank.clock.advance(days=days)
    failed = sent(bank.fail_payout(payout.id, "no_account"))
    assert (failed.status, failed.failure) == (FAILED, "no_account")
    assert bank.balance(account, "USD") == 700
    assert bank.types()[-1] == "payout.failed"
    [back, *_] = bank.list_transactions(account)
    assert (back.movement, back.amount) == (Movement.PAYOUT_FAILURE, 300)
    bank.clock.advance(days=30)
    assert bank.now_of(Payout, payout.id) == failed
    assert code(bank.fail_payout(payout.id)) == "payout_not_on_its_way"


def test_only_a_pending_payout_can_be_canceled(bank: Bank, account: str) -> None:
    payout = sent(bank.pay_out(account, amount=300, currency="USD"))
    canceled = sent(bank.cancel_payout(payout.id))
    assert (canceled.status, bank.balance(account, "USD")) == (CANCELED, 700)
    assert bank.types()[-1] == "payout.canceled"
    assert code(bank.cancel_payout(payout.id)) == "payout_not_pending"
    other = sent(bank.pay_out(account, amount=300, currency="USD"))
    bank.clock.advance(days=1)
    assert code(bank.cancel_payout(other.id)) == "payout_not_pending"
    assert bank.balance(account, "USD") == 400


def test_a_payout_can_be_told_to_arrive(bank: Bank, account: str) -> None:
    before = bank.since()
    payout = sent(bank.pay_out(account, amount=300, currency="USD"))
    assert sent(bank.arrive_payout(payout.id)).status is PAID
    assert bank.types(before) == ["payout.created", "payout.updated", "payout.paid"]
    assert code(bank.arrive_payout(payout.id)) == "payout_not_on_its_way"
    bank.clock.advance(days=30)
    assert bank.tick() == 0


def test_money_that_has_not_settled_cannot_be_paid_out() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    account = bank.moved(700, bank.charge()).account
    refused = bank.pay_out(account, amount=1, currency="USD")
    assert code(refused) == "balance_insufficient"
    bank.clock.advance(days=2)
    assert isinstance(bank.pay_out(account, amount=700, currency="USD"), Payout)


def test_an_account_that_is_restricted_is_not_paid_out(bank: Bank, account: str) -> None:
    bank.set_standing(account, Standing.RESTRICTED)
    assert code(bank.pay_out(account, amount=1, currency="USD")) == "account_not_active"


def test_the_platform_pays_itself_out_too(bank: Bank) -> None:
    bank.charge()
    payout = sent(bank.pay_out(PLATFORM, amount=400, currency="USD"))
    assert (bank.usd, payout.connected_account) == (600, None)
    assert bank.events()[-1].account is None


def test_a_payout_that_nobody_knows_is_missing(bank: Bank) -> None:
    for act in (bank.cancel_payout, bank.fail_payout, bank.arrive_payout):
        assert code(act("po_no")) == "resource_missing"
