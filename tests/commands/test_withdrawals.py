"""Withdrawals: what a wallet sets aside, and how it reaches the bank."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AccountKind,
    Actor,
    ApproveWithdrawal,
    CancelWithdrawal,
    ContinueWithdrawal,
    Forbidden,
    IllegalTransition,
    IncidentKind,
    InvalidInput,
    ListWithdrawals,
    MakeScheduledWithdrawal,
    Marketplace,
    Money,
    MoneyError,
    PaymentStatus,
    PaymentTransaction,
    Reason,
    Refused,
    RequestWithdrawal,
    TransactionKind,
    TransactionStatus,
    TransferPolicy,
    Wallet,
    Withdrawal,
    WithdrawalOrigin,
    WithdrawalStatus,
)
from marketpay.domain.timer import TimerKind
from marketpay.ports.gateway import Limits, LookUp, PayOut, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.terms import Terms
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    RIVAL,
    SERVICE,
    balance,
    completed,
    heard,
    nothing_changes,
    now,
    operations,
    payee,
    usd,
)
from tests.money import (
    all_is_right,
    hear,
    incidents,
    paid_out,
    payment_now,
    payout_of,
    refund,
    restricted,
    settle,
    wallet,
    withdraw,
    withdrawal_of,
    work_off,
)

K = AccountKind
S = WithdrawalStatus
ON_WITHDRAWAL = TransferPolicy.ON_WITHDRAWAL
SCHEDULED = TransferPolicy.SCHEDULED


def earned(market: Marketplace, gateway: SimulatedGateway, price: str = "1000") -> Any:
    """A contractor with an active account, and a completed deal whose money is there."""
    account = payee(market, gateway)
    completed(market, price=usd(price))
    work_off(market)
    return account


def refused(market: Marketplace, amount: str, by: Actor = CONTRACTOR) -> Reason:
    with pytest.raises(Refused) as error:
        market.execute(RequestWithdrawal(by=by, amount=usd(amount)))
    return error.value.reason


def where(market: Marketplace) -> tuple[str, str]:
    """What lies on the contractor's account, and what is on its way to their bank."""
    there = balance(market, K.CONNECTED, CONTRACTOR.id).amount
    return str(there), str(balance(market, K.PAYOUT_IN_TRANSIT, CONTRACTOR.id).amount)


def withdrawals(market: Marketplace) -> list[Withdrawal]:
    return list(reversed(market.query(ListWithdrawals(contractor=CONTRACTOR.id)).items))


# the usual way


@pytest.mark.covers("A039", "A085")
def test_what_is_withdrawn_is_set_aside_sent_and_paid(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    with heard(market) as told:
        asked = withdraw(market, "300")
    assert (asked.status, asked.amount) == (S.APPROVED, usd("300"))
    assert (asked.origin, asked.contractor) == (WithdrawalOrigin.CONTRACTOR, "ctr_42")
    assert now(market, asked) == asked
    assert told.names == ["wallet.reserved", "withdrawal.requested", "withdrawal.approved"]
    assert wallet(market) == ("400.00", "300.00", "0.00")
    assert gateway.count(PayOut) == 0  # a worker does that
    work_off(market)
    assert withdrawal_of(market, asked).status is S.PROCESSING
    assert (wallet(market), where(market)) == (("400.00", "300.00", "0.00"), ("400.00", "300.00"))
    clock.advance(days=3)
    hear(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert (wallet(market), where(market)) == (("400.00", "0.00", "0.00"), ("400.00", "0.00"))
    assert gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


def test_no_webhook_is_needed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    asked = withdraw(market, "700")
    work_off(market)
    for _ in range(4):
        clock.advance(days=1)
        work_off(market)

    assert withdrawal_of(market, asked).status is S.PAID
    assert (wallet(market), where(market)) == (("0.00", "0.00", "0.00"), ("0.00", "0.00"))
    all_is_right(market, gateway)


@pytest.mark.parametrize(
    "outcome",
    [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.ERROR_500],
)
def test_a_payout_without_answer_is_made_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    earned(market, gateway)
    gateway.script(PayOut, outcome)
    asked = withdraw(market, "300")
    work_off(market)
    clock.advance(minutes=10)
    work_off(market)
    assert where(market) == ("400.00", "300.00")
    clock.advance(days=3)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert gateway.effects(PayOut) == 1
    assert wallet(market) == ("400.00", "0.00", "0.00")
    all_is_right(market, gateway)


# who may, and how much


@on_one_store
@pytest.mark.parametrize("by", [CUSTOMER, ADMIN, SERVICE], ids=str)
def test_only_contractors_withdraw(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    earned(market, gateway)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(RequestWithdrawal(by=by, amount=usd("1")))


@pytest.mark.covers("A085")
@pytest.mark.edge(28)
@on_one_store
def test_a_withdrawal_is_of_what_is_available(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(withdrawal_minimum=(usd("50"), Money("9", "EUR")))
    earned(market, gateway)
    with nothing_changes(market, gateway):
        assert refused(market, "49.99") is Reason.WITHDRAWAL_BELOW_MINIMUM
        assert refused(market, "700.01") is Reason.BALANCE_TOO_LOW
        assert refused(market, "50", by=RIVAL) is Reason.BALANCE_TOO_LOW
        with pytest.raises(InvalidInput):
            withdraw(market, "0")
        with pytest.raises(InvalidInput):
            withdraw(market, "-1")
    withdraw(market, "50")
    with nothing_changes(market, gateway):
        assert refused(market, "50") is Reason.WITHDRAWAL_IN_PROGRESS
    all_is_right(market, gateway)


@on_one_store
def test_who_has_no_active_account_keeps_their_wallet(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = completed(market).payment
    assert refused(market, "700") is Reason.PAYOUTS_NOT_ACTIVE
    account = payee(market, gateway)
    clock.advance(minutes=10)
    settle(market, gateway)
    assert payment_now(market, paid).transferred == usd("700")
    restricted(market, gateway, account)
    with nothing_changes(market, gateway):
        assert refused(market, "700") is Reason.PAYOUTS_NOT_ACTIVE
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


@pytest.mark.edge(28)
@on_both_stores
def test_of_two_withdrawals_at_once_one_is_made(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)

    def attempt(amount: str) -> Any:
        try:
            return withdraw(market, amount)
        except Refused as error:
            return error.reason

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(attempt, ["300", "301"]))

    made = [one for one in outcomes if isinstance(one, Withdrawal)]
    assert len(made) == 1
    assert Reason.WITHDRAWAL_IN_PROGRESS in outcomes
    work_off(market)
    clock.advance(days=3)
    settle(market, gateway)
    assert gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


def test_one_after_the_other_is_fine(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    for amount in ("300", "300", "100"):
        assert paid_out(market, gateway, clock, amount).status is S.PAID

    assert wallet(market) == ("0.00", "0.00", "0.00")
    all_is_right(market, gateway)


# approval and cancellation


@pytest.mark.covers("A045")
def test_an_administrator_agrees_first_where_the_house_says_so(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(approve_withdrawals=True)
    earned(market, gateway)
    asked = withdraw(market, "700")
    assert asked.status is S.REQUESTED
    work_off(market)
    assert gateway.count(PayOut) == 0
    for by in (CONTRACTOR, CUSTOMER, SERVICE):
        with pytest.raises(Forbidden):
            market.execute(ApproveWithdrawal(by=by, withdrawal=asked.id))
    approved = market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
    assert approved.status is S.APPROVED
    assert market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id)) == approved
    work_off(market)
    clock.advance(days=3)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


@pytest.mark.parametrize("approve", [True, False], ids=["requested", "approved"])
@pytest.mark.parametrize("by", [CONTRACTOR, ADMIN], ids=str)
def test_a_withdrawal_can_be_called_off_until_it_is_sent(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor, approve: bool
) -> None:
    market = open_market(approve_withdrawals=approve)
    earned(market, gateway)
    asked = withdraw(market, "700")
    canceled = market.execute(CancelWithdrawal(by=by, withdrawal=asked.id))
    assert canceled.status is S.CANCELED
    assert market.execute(CancelWithdrawal(by=by, withdrawal=asked.id)) == canceled
    work_off(market)

    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert gateway.count(PayOut) == 0
    assert withdraw(market, "700").id != asked.id
    all_is_right(market, gateway)


@on_one_store
def test_a_withdrawal_is_called_off_only_by_its_owner_and_only_in_time(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    asked = withdraw(market, "700")
    for by in (RIVAL, CUSTOMER, SERVICE):
        with pytest.raises(Forbidden):
            market.execute(CancelWithdrawal(by=by, withdrawal=asked.id))
    work_off(market)
    for _ in ("processing", "paid"):
        for by in (CONTRACTOR, ADMIN):
            with pytest.raises(IllegalTransition):
                market.execute(CancelWithdrawal(by=by, withdrawal=asked.id))
        clock.advance(days=3)
        settle(market, gateway)
    with pytest.raises(IllegalTransition):
        market.execute(CancelWithdrawal(by=ADMIN, withdrawal=asked.id))
    all_is_right(market, gateway)


@on_one_store
def test_only_the_system_continues_withdrawals(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    earned(market, gateway)
    asked = withdraw(market, "700")
    held = market.store.read(lambda records: records.find(Wallet, owner=CONTRACTOR.id))[0]
    commands: tuple[Any, ...] = (
        ContinueWithdrawal(by=ADMIN, withdrawal=asked.id),
        MakeScheduledWithdrawal(by=ADMIN, wallet=held.id),
    )
    for command in commands:
        with pytest.raises(Forbidden):
            market.execute(command)


# what the gateway and the bank do


@pytest.mark.parametrize("end", ["failed", "canceled"])
@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "look"])
def test_a_payout_that_does_not_go_is_in_the_wallet_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, end: str, by_webhook: bool
) -> None:
    earned(market, gateway)
    asked = withdraw(market, "300")
    work_off(market)
    payout = payout_of(market, asked)
    gateway.cancel_payout(payout) if end == "canceled" else gateway.fail_payout(payout)
    clock.advance(minutes=10)
    hear(market, gateway) if by_webhook else work_off(market)

    gone = withdrawal_of(market, asked)
    assert gone.status is S.FAILED
    assert gone.failure == ("canceled" if end == "canceled" else "account_closed")
    assert (wallet(market), where(market)) == (("700.00", "0.00", "0.00"), ("700.00", "0.00"))
    all_is_right(market, gateway)
    withdraw(market, "700")


def test_a_payout_is_found_to_have_failed_though_its_beginning_was_never_heard_of(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    gateway.script(PayOut, Outcome.TIMEOUT_AFTER)
    gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
    asked = withdraw(market, "300")
    work_off(market)
    gateway.fail_payout(operation_of(market, asked))
    clock.advance(hours=1)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.FAILED
    assert (wallet(market), where(market)) == (("700.00", "0.00", "0.00"), ("700.00", "0.00"))
    all_is_right(market, gateway)


def operation_of(market: Marketplace, asked: Withdrawal) -> str:
    """What the marketplace calls the payout of a withdrawal."""
    [sent] = market.store.read(
        lambda records: records.find(PaymentTransaction, withdrawal=asked.id)
    )
    return sent.id


@pytest.mark.edge(27)
def test_what_the_bank_returns_is_in_the_wallet_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    asked = paid_out(market, gateway, clock, "300")
    gateway.return_payout(payout_of(market, asked))
    told = gateway.webhooks()
    for one in (*told, *told):
        market.receive(one.payload, one.headers)

    gone = withdrawal_of(market, asked)
    assert (gone.status, gone.failure) == (S.FAILED, "account_closed")
    assert (wallet(market), where(market)) == (("700.00", "0.00", "0.00"), ("700.00", "0.00"))
    assert incidents(market) == [(IncidentKind.PAYOUT_RETURNED, asked.id)]
    all_is_right(market, gateway)


def test_a_payout_waits_for_the_balance(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.processor.terms = Terms(settles_after=timedelta(days=2))
    earned(market, gateway)
    hear(market, gateway)
    asked = withdraw(market, "700")
    work_off(market)
    waits = withdrawal_of(market, asked)
    assert (waits.status, waits.failure) == (S.PROCESSING, "balance_insufficient")
    assert (wallet(market), where(market)) == (("0.00", "700.00", "0.00"), ("700.00", "0.00"))
    tried = gateway.count(PayOut)
    clock.advance(days=2)
    gateway.tick()
    hear(market, gateway)  # balance.available, and nobody worked
    work_off(market)

    assert gateway.count(PayOut) == tried + 1
    assert withdrawal_of(market, asked).failure is None
    clock.advance(days=3)
    settle(market, gateway)
    assert withdrawal_of(market, asked).status is S.PAID
    all_is_right(market, gateway)


def test_a_payout_is_tried_again_without_a_word_of_the_balance(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.processor.terms = Terms(settles_after=timedelta(days=2))
    earned(market, gateway)
    asked = withdraw(market, "700")
    for _ in range(8):
        work_off(market)
        clock.advance(days=1)

    assert withdrawal_of(market, asked).status is S.PAID
    assert gateway.count(PayOut) < 20  # ever more seldom
    assert gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


def test_an_account_that_was_restricted_meanwhile_is_not_paid(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    account = earned(market, gateway)
    asked = withdraw(market, "700")
    gateway.restrict(account)  # and nobody here has heard
    work_off(market)

    gone = withdrawal_of(market, asked)
    assert (gone.status, gone.failure) == (S.FAILED, "account_not_active")
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("is_rejected", [False, True], ids=["restricted", "rejected"])
@pytest.mark.parametrize("settles", [0, 5], ids=["approved", "processing"])
def test_an_account_that_is_known_to_be_restricted_gets_its_wallet_back(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    settles: int,
    is_rejected: bool,
) -> None:
    gateway.processor.terms = Terms(settles_after=timedelta(days=settles))
    account = earned(market, gateway)
    hear(market, gateway)
    asked = withdraw(market, "700")
    if settles:
        work_off(market)  # the gateway has it not yet
    gateway.reject(account) if is_rejected else gateway.restrict(account)
    hear(market, gateway)
    for _ in range(10):
        clock.advance(days=1)
        settle(market, gateway)

    gone = withdrawal_of(market, asked)
    assert (gone.status, gone.failure) == (S.FAILED, "account_not_active")
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


# transfers first


def test_what_is_not_transferred_yet_is_transferred_first(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=ON_WITHDRAWAL)
    payee(market, gateway)
    first, second = completed(market).payment, completed(market).payment
    settle(market, gateway)
    assert gateway.count(Transfer) == 0
    assert payment_now(market, first).transfer_blocked == "withdrawal"
    asked = withdraw(market, "300")
    settle(market, gateway)
    assert withdrawal_of(market, asked).status is S.PROCESSING
    assert payment_now(market, first).transferred == usd("300")  # of the oldest, what is needed
    assert payment_now(market, second).transferred == usd("0")
    clock.advance(days=3)
    settle(market, gateway)
    paid_out(market, gateway, clock, "300")
    assert payment_now(market, first).transferred == usd("600")
    paid_out(market, gateway, clock, "800")  # the rest of it, and the other

    assert gateway.effects(Transfer) == 4
    assert payment_now(market, first).transfer_blocked is None
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")
    all_is_right(market, gateway)


def test_as_much_is_transferred_as_a_withdrawal_needs(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=ON_WITHDRAWAL)
    payee(market, gateway)
    payments = [completed(market, price=usd("10")).payment for _ in range(4)]
    asked = withdraw(market, "20.99")
    settle(market, gateway)
    clock.advance(days=3)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert [payment_now(market, one).transferred for one in payments] == [
        usd("7"),
        usd("7"),
        usd("6.99"),
        usd("0"),
    ]
    all_is_right(market, gateway)


def test_who_waits_for_an_account_is_paid_when_it_is_active(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=ON_WITHDRAWAL)
    paid = completed(market).payment
    payee(market, gateway)
    settle(market, gateway)
    asked = paid_out(market, gateway, clock, "700")

    assert asked.status is S.PAID
    assert payment_now(market, paid).status is PaymentStatus.RELEASED
    all_is_right(market, gateway)


@pytest.mark.parametrize(
    "outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.DECLINE]
)
def test_a_withdrawal_waits_for_its_transfer(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    market = open_market(transfers=ON_WITHDRAWAL)
    payee(market, gateway)
    paid = completed(market).payment
    gateway.script(Transfer, outcome)
    gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
    asked = withdraw(market, "700")
    work_off(market)
    assert withdrawal_of(market, asked).status is S.APPROVED
    assert gateway.count(PayOut) == 0
    clock.advance(minutes=10)
    for _ in range(4):
        settle(market, gateway)
        clock.advance(days=1)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    tried = operations(market, paid, TransactionKind.TRANSFER)
    assert [one.status for one in tried][-1] is TransactionStatus.SUCCESS
    assert gateway.effects(Transfer) == gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


# the schedule


def test_what_is_available_is_paid_out_by_the_schedule(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=7))
    payee(market, gateway)
    paid = completed(market).payment
    settle(market, gateway)
    assert (withdrawals(market), gateway.count(Transfer)) == ([], 0)
    clock.advance(days=7)
    settle(market, gateway)
    [made] = withdrawals(market)
    assert (made.amount, made.origin) == (usd("700"), WithdrawalOrigin.SCHEDULE)
    clock.advance(days=3)
    settle(market, gateway)
    completed(market)
    for _ in range(14):
        clock.advance(days=1)
        settle(market, gateway)

    assert [one.status for one in withdrawals(market)] == [S.PAID, S.PAID]
    assert payment_now(market, paid).transferred == usd("700")
    assert wallet(market) == ("0.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_the_schedule_waits_for_the_minimum_and_for_the_account(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    day = timedelta(days=1)
    market = open_market(transfers=SCHEDULED, payout_every=day, withdrawal_minimum=(usd("1000"),))
    completed(market)
    for _ in range(3):
        clock.advance(days=1)
        settle(market, gateway)
    completed(market)
    clock.advance(days=1)
    settle(market, gateway)
    assert withdrawals(market) == []  # enough now, and no account
    payee(market, gateway)
    for _ in range(5):
        clock.advance(days=1)
        settle(market, gateway)

    assert [(one.amount, one.status) for one in withdrawals(market)] == [(usd("1400"), S.PAID)]
    all_is_right(market, gateway)


def test_the_schedule_leaves_an_open_withdrawal_alone(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=1))
    payee(market, gateway)
    completed(market)
    asked = withdraw(market, "300")
    for _ in range(7):
        clock.advance(days=1)
        settle(market, gateway)

    first, second = withdrawals(market)
    assert (first.id, first.status) == (asked.id, S.PAID)
    assert (second.amount, second.status) == (usd("400"), S.PAID)
    all_is_right(market, gateway)


@on_both_stores
def test_what_the_bank_returned_is_paid_out_by_the_schedule(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=1))
    payee(market, gateway)
    completed(market)
    for _ in range(5):
        clock.advance(days=1)
        settle(market, gateway)
    [made] = withdrawals(market)
    gateway.return_payout(payout_of(market, made))
    for _ in range(5):
        clock.advance(days=1)
        settle(market, gateway)

    assert [one.status for one in withdrawals(market)] == [S.FAILED, S.PAID]
    all_is_right(market, gateway)


@on_both_stores
def test_the_schedule_leaves_an_empty_wallet_alone_until_there_is_something(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=1))
    payee(market, gateway)
    completed(market)
    for _ in range(6):
        clock.advance(days=1)
        settle(market, gateway)
    assert [one.status for one in withdrawals(market)] == [S.PAID]
    far = clock() + timedelta(days=30)
    due = market.store.read(lambda records: records.due(far, limit=10))
    assert TimerKind.PAYOUT_SCHEDULE not in {timer.kind for timer in due}

    completed(market)
    for _ in range(6):
        clock.advance(days=1)
        settle(market, gateway)
    assert [one.status for one in withdrawals(market)] == [S.PAID, S.PAID]


@on_both_stores
def test_no_more_is_transferred_while_enough_is_on_its_way(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=TransferPolicy.ON_WITHDRAWAL)
    payee(market, gateway)
    first, second = (completed(market).payment for _ in range(2))
    settle(market, gateway)
    gateway.script(Transfer, *[Outcome.TIMEOUT_BEFORE] * 4)
    asked = withdraw(market, "700")
    for _ in range(12):
        work_off(market)
        clock.advance(minutes=6)
    settle(market, gateway)
    clock.advance(days=3)
    settle(market, gateway)

    assert withdrawal_of(market, asked).status is S.PAID
    assert (payment_now(market, first).transferred, payment_now(market, second).transferred) == (
        usd("700"),
        usd("0"),
    )
    assert payment_now(market, first).transfer_blocked is None
    all_is_right(market, gateway)


def whole_dollars(_currency: str) -> Limits:
    """As of a gateway that pays out no cents."""
    return Limits(payout_step=100)


@on_both_stores
def test_no_more_is_withdrawn_than_the_gateway_can_pay_out(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(limits=whole_dollars)
    earned(market, gateway)
    with pytest.raises(MoneyError, match=r"amount: must be a multiple of USD 1\.00"):
        withdraw(market, "10.45")
    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert withdraw(market, "10").amount == usd("10")


@on_both_stores
def test_the_schedule_pays_out_what_the_gateway_can_pay_out(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=1), limits=whole_dollars)
    payee(market, gateway)
    completed(market, price=usd("99.99"))
    for _ in range(6):
        clock.advance(days=1)
        settle(market, gateway)
    assert [(one.amount, one.status) for one in withdrawals(market)] == [(usd("69"), S.PAID)]
    assert wallet(market) == ("0.99", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
def test_a_gateway_is_asked_to_move_only_what_it_can_move(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(limits=lambda _: Limits(step=10, payout_step=10))
    payee(market, gateway)
    with pytest.raises(MoneyError):
        completed(market, price=usd("99.99"))
    paid = completed(market, price=usd("99.90")).payment
    settle(market, gateway)
    moved = payment_now(market, paid)
    assert (str(moved.due.amount), str(moved.transferred.amount)) == ("69.93", "69.90")
    with pytest.raises(MoneyError):
        refund(market, paid, "10.01")
    refund(market, paid, "10")
    settle(market, gateway)
    moved = payment_now(market, paid)
    assert moved.transferred.minor % 10 == 0
    all_is_right(market, gateway)


def test_without_a_schedule_nobody_is_paid_by_it(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=SCHEDULED, payout_every=timedelta(days=1))
    payee(market, gateway)
    completed(market)
    other = open_market()  # the house has changed its mind
    for _ in range(3):
        clock.advance(days=1)
        settle(other, gateway)

    assert withdrawals(other) == []
    assert wallet(other) == ("700.00", "0.00", "0.00")
    all_is_right(other, gateway)


# debts


def test_what_comes_back_cannot_be_withdrawn_while_it_is_owed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    asked = paid_out(market, gateway, clock, "700")
    refund(market, paid, "100")
    gateway.return_payout(payout_of(market, asked))
    settle(market, gateway)

    assert wallet(market) == ("700.00", "0.00", "70.00")
    assert refused(market, "630.01") is Reason.BALANCE_TOO_LOW
    completed(market)  # and the debt is paid
    settle(market, gateway)
    assert wallet(market) == ("1330.00", "0.00", "0.00")
    assert paid_out(market, gateway, clock, "1330").status is S.PAID
    all_is_right(market, gateway)


# chargebacks


@on_both_stores
@pytest.mark.parametrize("refused_by", ["nobody", "gateway"])
def test_a_transfer_that_was_due_during_a_chargeback_is_made_after_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, refused_by: str
) -> None:
    if refused_by == "gateway":
        payee(market, gateway)
        gateway.script(Transfer, Outcome.DECLINE)
    paid = completed(market).payment
    work_off(market)
    disputed = gateway.dispute(paid.id)
    settle(market, gateway)
    if refused_by == "nobody":
        payee(market, gateway)
    clock.advance(days=2)
    settle(market, gateway)
    gateway.win(disputed.id)
    for _ in range(5):
        settle(market, gateway)
        clock.advance(days=1)

    assert payment_now(market, paid).transferred == usd("700")
    all_is_right(market, gateway)


@on_both_stores
def test_what_the_platform_bears_stays_with_the_contractor(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(chargeback_liability="platform")
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    lost = gateway.dispute(paid.id, amount=usd("400"))
    gateway.lose(lost.id)
    settle(market, gateway)

    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert paid_out(market, gateway, clock, "700").status is S.PAID
    all_is_right(market, gateway)
