"""Payouts that somebody made at the gateway itself."""

from random import Random

import pytest

from marketpay import (
    AccountKind,
    Forbidden,
    IncidentKind,
    ListWithdrawals,
    Marketplace,
    TransactionKind,
    Withdrawal,
    WithdrawalOrigin,
    WithdrawalStatus,
)
from marketpay.commands.payouts_elsewhere import RecordPayout
from marketpay.ports.gateway import PayOut, PayoutState, Progress, ReverseTransfer, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock, webhooks
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import ADMIN, CONTRACTOR, balance, completed, operations, payee, usd
from tests.money import (
    all_is_right,
    hear,
    incidents,
    payment_now,
    payout_of,
    refund,
    settle,
    wallet,
    withdraw,
    withdrawal_of,
    work_off,
)

K = AccountKind
S = WithdrawalStatus


def withdrawals(market: Marketplace) -> list[Withdrawal]:
    """All of the contractor's, the oldest first."""
    return list(reversed(market.query(ListWithdrawals(contractor=CONTRACTOR.id)).items))


def test_a_payout_made_elsewhere_is_recorded_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    made = gateway.pay_out_elsewhere(account, usd("300"))
    told = gateway.webhooks()
    for one in (*told, *told):
        market.receive(one.payload, one.headers)
    clock.advance(days=3)
    settle(market, gateway)

    [recorded] = withdrawals(market)
    assert (recorded.amount, recorded.status) == (usd("300"), S.PAID)
    assert (recorded.origin, recorded.gateway_payout) == (WithdrawalOrigin.GATEWAY, made.id)
    assert wallet(market) == ("400.00", "0.00", "0.00")
    assert incidents(market) == [(IncidentKind.PAYOUT_ELSEWHERE, recorded.id)]
    assert gateway.count(PayOut) == 0
    all_is_right(market, gateway)


def test_more_than_is_available_is_owed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    gateway.script(ReverseTransfer, Outcome.DECLINE)  # so that too much is there
    refund(market, paid, "100")
    settle(market, gateway)
    gateway.pay_out_elsewhere(account, usd("700"))
    settle(market, gateway)

    assert wallet(market) == ("0.00", "0.00", "70.00")
    completed(market)
    for _ in range(3):
        settle(market, gateway)
        clock.advance(days=1)
    assert wallet(market) == ("630.00", "0.00", "0.00")
    all_is_right(market, gateway)
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")


@on_both_stores
def test_what_was_paid_out_elsewhere_is_not_reserved_any_more(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(approve_withdrawals=True)
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    asked = withdraw(market, "700")
    gateway.pay_out_elsewhere(account, usd("700"))
    settle(market, gateway)

    gone = withdrawal_of(market, asked)
    assert (gone.status, gone.failure) == (S.FAILED, "paid_elsewhere")
    assert wallet(market) == ("0.00", "0.00", "0.00")
    completed(market)
    settle(market, gateway)
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
def test_a_withdrawal_on_its_way_whose_money_is_gone_has_failed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    gateway.pay_out_elsewhere(account, usd("700"))
    gateway.script(PayOut, *[Outcome.TIMEOUT_BEFORE] * 3)
    asked = withdraw(market, "7")
    market.work()  # it is not known whether this one has left ...
    hear(market, gateway)  # ... when the other is heard of
    for _ in range(3):
        clock.advance(hours=1)
        settle(market, gateway)

    gone = withdrawal_of(market, asked)
    assert (gone.status, gone.failure) == (S.FAILED, "paid_elsewhere")
    assert wallet(market) == ("7.00", "0.00", "7.00")
    assert market.wallet(CONTRACTOR.id, "USD").withdrawable == usd("0")
    completed(market)
    settle(market, gateway)
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("declines", [0, 2])
@pytest.mark.parametrize("amount", ["100", "700"])
def test_a_transfer_that_was_brought_back_is_made_again_for_a_withdrawal(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    amount: str,
    declines: int,
) -> None:
    gateway.processor.top_up(100_000, "USD")
    payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    [moved] = operations(market, paid, TransactionKind.TRANSFER)
    gateway.reverse_elsewhere(moved.id, usd(amount))
    settle(market, gateway)

    back = payment_now(market, paid)
    assert (back.transferred, back.transfer_blocked) == (usd("700") - usd(amount), "reversed")
    for _ in range(declines):
        gateway.script(Transfer, Outcome.DECLINE)
    assert wallet(market) == ("700.00", "0.00", "0.00")  # they are owed it all the same
    asked = withdraw(market, "700")
    for _ in range(6):
        settle(market, gateway)
        clock.advance(days=1)
    assert withdrawal_of(market, asked).status is S.PAID
    again = payment_now(market, paid)
    assert (again.transferred, again.transfer_blocked) == (usd("700"), None)
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")
    assert market.verify().ok


@on_both_stores
def test_a_withdrawal_for_which_enough_is_left_stays(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(approve_withdrawals=True)
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    asked = withdraw(market, "300")
    gateway.pay_out_elsewhere(account, usd("400"))
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.REQUESTED
    assert wallet(market) == ("0.00", "300.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("end", ["win", "lose"])
def test_what_pays_a_debt_for_a_payout_elsewhere_is_there_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, end: str
) -> None:
    account = payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    disputed = gateway.dispute(paid.id)
    settle(market, gateway)  # 700 are reserved for it
    gateway.pay_out_elsewhere(account, usd("7"))
    settle(market, gateway)
    completed(market)  # 7 of it pay the debt
    completed(market)
    settle(market, gateway)
    getattr(gateway, end)(disputed.id)
    for _ in range(10):
        clock.advance(days=1)
        settle(market, gateway)

    there = gateway.connected_balance("ctr_42", "USD")
    assert market.wallet("ctr_42", "USD").available == there


@pytest.mark.parametrize("late", [False, True], ids=["on its way", "after it was paid"])
def test_a_payout_made_elsewhere_that_comes_back_is_in_the_wallet_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, late: bool
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    made = gateway.pay_out_elsewhere(account, usd("300"))
    settle(market, gateway)
    if late:
        clock.advance(days=3)
        settle(market, gateway)
    gateway.fail_payout(made.id)
    settle(market, gateway)

    [recorded] = withdrawals(market)
    assert (recorded.status, recorded.failure) == (S.FAILED, "account_closed")
    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert [kind for kind, _ in incidents(market)] == [
        IncidentKind.PAYOUT_ELSEWHERE,
        IncidentKind.PAYOUT_RETURNED,
    ]
    all_is_right(market, gateway)


def test_a_payout_made_and_called_off_elsewhere_never_happened(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    gateway.cancel_payout(gateway.pay_out_elsewhere(account, usd("300")).id)
    settle(market, gateway)

    assert withdrawals(market) == []
    assert incidents(market) == []
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_a_withdrawal_that_is_under_way_is_not_taken_for_one_made_elsewhere(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    asked = withdraw(market, "100")
    work_off(market)
    made = gateway.pay_out_elsewhere(account, usd("100"))
    clock.advance(days=3)
    gateway.tick()
    for one in webhooks.unordered(gateway.webhooks(), Random(3), doubled=0.5):
        market.receive(one.payload, one.headers)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert {payout_of(market, one) for one in withdrawals(market)} == {
        made.id,
        payout_of(market, asked),
    }
    assert wallet(market) == ("500.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_what_is_known_by_its_webhooks_alone_is_in_the_books_without_their_order(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    completed(market)
    settle(market, gateway)
    first = gateway.pay_out_elsewhere(account, usd("300"))
    gateway.pay_out_elsewhere(account, usd("200"))
    gateway.return_payout(first.id)
    clock.advance(days=3)
    gateway.tick()
    for one in reversed(gateway.webhooks()):
        market.receive(one.payload, one.headers)
    settle(market, gateway)

    assert wallet(market) == ("500.00", "0.00", "0.00")
    all_is_right(market, gateway)


def payout(account: str, progress: Progress = Progress.SUCCEEDED) -> PayoutState:
    return PayoutState(
        gateway_id="po_1",
        account=account,
        amount=usd("10"),
        progress=progress,
        reference=None,
        failure=None,
    )


@on_one_store
def test_only_the_system_records_payouts(market: Marketplace) -> None:
    with pytest.raises(Forbidden):
        market.execute(RecordPayout(by=ADMIN, state=payout("acct_1")))


@on_one_store
def test_payouts_of_other_accounts_are_none_of_ours(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    other = gateway.processor.open_account()
    gateway.activate(other.id)
    settle(market, gateway)
    assert withdrawals(market) == []
    assert balance(market, K.CONNECTED, CONTRACTOR.id) == usd("0")
