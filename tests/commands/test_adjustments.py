"""Adjustments of wallets: one administrator proposes, and nothing moves until another agrees."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from marketpay import (
    AbandonTransaction,
    AccountKind,
    Actor,
    AdjustmentId,
    AdjustmentStatus,
    ApproveAdjustment,
    CancelWithdrawal,
    Forbidden,
    GetAdjustment,
    IllegalTransition,
    IncidentKind,
    InvalidInput,
    ListAdjustments,
    Marketplace,
    Money,
    MoneyError,
    NotFound,
    PaymentTransaction,
    ProposeAdjustment,
    Reason,
    Refused,
    RejectAdjustment,
    TransactionKind,
    TransferPolicy,
    Wallet,
    Withdrawal,
    WithdrawalStatus,
)
from marketpay.ports.gateway import PayOut, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    NONE_SUCH,
    balance,
    completed,
    heard,
    nothing_changes,
    payee,
    usd,
)
from tests.money import (
    CHECKER,
    adjusted,
    all_is_right,
    hear,
    incidents,
    known_here,
    paid_out,
    payment_now,
    proposed,
    refund,
    settle,
    wallet,
    withdraw,
    withdrawal_of,
    work_off,
)

K, S = AccountKind, AdjustmentStatus


def spent(market: Marketplace) -> str:
    """What adjustments have cost the platform, all in all."""
    return str(balance(market, K.ADJUSTMENT).amount)


def unsent(market: Marketplace) -> Money:
    """What no payment is behind and does not lie on the contractor's account yet."""
    [has] = [one for one in wallets(market) if one.owner == CONTRACTOR.id]
    return has.unsent


def wallets(market: Marketplace) -> list[Wallet]:
    """All there are."""
    return market.store.read(lambda records: records.find(Wallet))


def sendings(market: Marketplace) -> list[PaymentTransaction]:
    """The transfers that no payment is behind."""
    kind = TransactionKind.TRANSFER
    made = market.store.read(lambda records: records.find(PaymentTransaction, kind=kind))
    return [one for one in made if one.payment is None]


def in_debt(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> None:
    """The contractor owes 700 dollars."""
    payee(market, gateway)
    payment = completed(market).payment
    paid_out(market, gateway, clock, "700")
    refund(market, payment, "1000")
    settle(market, gateway)
    assert wallet(market) == ("0.00", "0.00", "700.00")


# who decides


def test_a_proposal_waits_and_moves_nothing(market: Marketplace) -> None:
    with heard(market) as told:
        waiting = proposed(market, "credit", "30")

    assert told.names == ["adjustment.proposed"]
    assert (waiting.status, waiting.proposed_by, waiting.decided_by) == (S.PROPOSED, "adm_1", None)
    assert market.query(ListAdjustments(status=S.PROPOSED)).items == (waiting,)
    assert market.query(ListAdjustments(owner=CONTRACTOR.id)).items == (waiting,)
    assert market.query(GetAdjustment(waiting.id)) == waiting
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert spent(market) == "0.00"


@pytest.mark.covers("A045")
def test_what_another_administrator_approves_is_done(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    waiting = proposed(market, "credit", "30")
    with heard(market) as told:
        approved = market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))

    assert told.names == ["wallet.credited", "adjustment.approved"]
    assert (approved.status, approved.decided_by) == (S.APPROVED, "adm_2")
    assert wallet(market) == ("30.00", "0.00", "0.00")
    assert spent(market) == "30.00"
    assert market.query(ListAdjustments(status=S.PROPOSED)).items == ()
    all_is_right(market, gateway)


@pytest.mark.edge(42)
@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_nobody_approves_what_they_proposed(
    market: Marketplace, gateway: SimulatedGateway, kind: str
) -> None:
    waiting = proposed(market, kind, "30")
    own = ApproveAdjustment(by=ADMIN, adjustment=waiting.id)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden) as denied:
        market.execute(own)

    assert "another admin" in str(denied.value)
    assert market.possible(waiting, ADMIN) == {"RejectAdjustment"}
    assert market.possible(waiting, CHECKER) == {"ApproveAdjustment", "RejectAdjustment"}


@pytest.mark.edge(42)
@pytest.mark.parametrize("reason", ["", " \n"])
def test_there_is_a_reason_for_each(market: Marketplace, reason: str) -> None:
    given: dict[str, Any] = {"owner": "ctr_42", "amount": usd("1"), "kind": "credit"}
    with pytest.raises(InvalidInput) as unfit:
        ProposeAdjustment(by=ADMIN, reason=reason, **given)
    assert unfit.value.field == "reason"
    waiting = proposed(market, "credit", "1")
    with pytest.raises(InvalidInput):
        RejectAdjustment(by=CHECKER, adjustment=waiting.id, reason=reason)


def test_approved_twice_it_is_done_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    approved = adjusted(market, "credit", "30")
    again = ApproveAdjustment(by=CHECKER, adjustment=approved.id)
    with heard(market) as told:
        assert market.execute(again).status is S.APPROVED
    assert told.names == []
    third = ApproveAdjustment(by=Actor.admin("adm_3"), adjustment=approved.id)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(third)
    assert wallet(market) == ("30.00", "0.00", "0.00")


def test_another_administrator_says_no(market: Marketplace, gateway: SimulatedGateway) -> None:
    waiting = proposed(market, "credit", "30")
    no = RejectAdjustment(by=CHECKER, adjustment=waiting.id, reason="For what?")
    with heard(market) as told:
        rejected = market.execute(no)
        market.execute(no)

    assert told.names == ["adjustment.rejected"]
    assert (rejected.status, rejected.decided_by) == (S.REJECTED, "adm_2")
    assert rejected.note == "For what?"
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))
    assert wallet(market) == ("0.00", "0.00", "0.00")


def test_who_proposed_it_takes_it_back(market: Marketplace) -> None:
    waiting = proposed(market, "credit", "30")
    back = RejectAdjustment(by=ADMIN, adjustment=waiting.id, reason="A mistake")
    with heard(market) as told:
        withdrawn = market.execute(back)
        market.execute(back)

    assert told.names == ["adjustment.withdrawn"]
    assert (withdrawn.status, withdrawn.decided_by) == (S.WITHDRAWN, "adm_1")
    with pytest.raises(IllegalTransition):
        market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))


def test_what_is_done_is_not_rejected(market: Marketplace, gateway: SimulatedGateway) -> None:
    done = adjusted(market, "credit", "30")
    for by in (ADMIN, CHECKER):
        no = RejectAdjustment(by=by, adjustment=done.id, reason="Too late")
        with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
            market.execute(no)


def test_what_nobody_looks_at_expires(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(adjustment_lifetime=timedelta(days=3))
    waiting = proposed(market, "credit", "30")
    assert waiting.expires_at == clock() + timedelta(days=3)
    clock.advance(days=3)
    late = ApproveAdjustment(by=CHECKER, adjustment=waiting.id)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(late)
    assert refused.value.reason is Reason.ADJUSTMENT_EXPIRED

    with heard(market) as told:
        work_off(market)
    assert told.names == ["adjustment.expired"]
    assert market.query(GetAdjustment(waiting.id)).status is S.EXPIRED
    with pytest.raises(Refused):
        market.execute(late)


def test_what_was_decided_does_not_expire(market: Marketplace, clock: VirtualClock) -> None:
    done = adjusted(market, "credit", "30")
    clock.advance(days=30)
    work_off(market)
    assert market.query(GetAdjustment(done.id)).status is S.APPROVED


@on_one_store
@pytest.mark.parametrize("kind", [ApproveAdjustment, RejectAdjustment])
def test_what_is_not_there_is_not_decided(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    more = {} if kind is ApproveAdjustment else {"reason": "No"}
    command = kind(by=CHECKER, adjustment=AdjustmentId(f"adj_{NONE_SUCH}"), **more)
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(command)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": usd("0")}, MoneyError),
        ({"amount": usd("-1")}, MoneyError),
        ({"amount": 5}, TypeError),
        ({"owner": ""}, InvalidInput),
        ({"kind": "gift"}, InvalidInput),
        ({"reason": "x" * 2_001}, InvalidInput),
    ],
)
def test_what_can_never_be_right_is_no_command(changes: Any, error: type[Exception]) -> None:
    right: dict[str, Any] = {
        "owner": "ctr_42",
        "amount": usd("1"),
        "kind": "credit",
        "reason": "Fair",
    }
    ProposeAdjustment(by=ADMIN, **right)
    with pytest.raises(error):
        ProposeAdjustment(by=ADMIN, **right | changes)


# what moves


def test_a_credit_pays_a_debt_first(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    in_debt(market, gateway, clock)
    adjusted(market, "credit", "800")
    assert wallet(market) == ("100.00", "0.00", "0.00")
    assert (spent(market), unsent(market)) == ("800.00", usd("100"))
    all_is_right(market, gateway)


def test_a_debit_takes_what_is_available_and_the_rest_is_owed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    completed(market)
    settle(market, gateway)
    adjusted(market, "debit", "200")
    assert wallet(market) == ("500.00", "0.00", "0.00")
    adjusted(market, "debit", "600")
    assert wallet(market) == ("0.00", "0.00", "100.00")
    assert spent(market) == "-800.00"
    all_is_right(market, gateway)


def test_a_debit_leaves_what_waits_or_is_being_withdrawn(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(clearance=timedelta(days=7))
    payee(market, gateway)
    completed(market)
    adjusted(market, "debit", "50")
    has = market.wallet(CONTRACTOR.id, "USD")
    assert (has.pending, has.available, has.receivable) == (usd("700"), usd("0"), usd("50"))


@pytest.mark.covers("A045")
@pytest.mark.edge(18)
def test_a_debt_can_be_written_off(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    in_debt(market, gateway, clock)
    with heard(market) as told:
        adjusted(market, "write_off", "300")

    assert told.names == ["adjustment.proposed", "wallet.credited", "adjustment.approved"]
    assert wallet(market) == ("0.00", "0.00", "400.00")
    assert balance(market, K.BAD_DEBT) == usd("300")
    assert (spent(market), unsent(market)) == ("0.00", usd("0"))
    all_is_right(market, gateway)


@pytest.mark.parametrize("amount", ["700.01", "5000"])
def test_no_more_than_is_owed_is_written_off(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str
) -> None:
    in_debt(market, gateway, clock)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        proposed(market, "write_off", amount)
    assert refused.value.reason is Reason.BALANCE_TOO_LOW


def test_what_was_paid_meanwhile_is_not_written_off(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    in_debt(market, gateway, clock)
    waiting = proposed(market, "write_off", "700")
    completed(market, price=usd("10"))
    approval = ApproveAdjustment(by=CHECKER, adjustment=waiting.id)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(approval)
    assert refused.value.reason is Reason.BALANCE_TOO_LOW
    assert market.query(GetAdjustment(waiting.id)).status is S.PROPOSED


def test_who_owes_nothing_has_no_debt_to_write_off(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    market.store.run(partial(known_here, CONTRACTOR.id))
    with nothing_changes(market, gateway), pytest.raises(Refused):
        proposed(market, "write_off", "0.01")


def test_wallets_of_other_currencies_are_others(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    command = ProposeAdjustment(
        by=ADMIN, owner="ctr_42", amount=Money("5", "EUR"), kind="credit", reason="Fair"
    )
    waiting = market.execute(command)
    market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))
    assert market.wallet("ctr_42", "EUR").available == Money("5", "EUR")
    assert wallet(market) == ("0.00", "0.00", "0.00")


# where it lies


def pays_all_out(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str
) -> None:
    """The contractor gets all that they have."""
    assert wallet(market)[0] == amount
    asked = paid_out(market, gateway, clock, amount)
    assert asked.status is WithdrawalStatus.PAID
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert unsent(market) == usd("0")


@pytest.mark.parametrize("policy", ["on_release", "on_withdrawal"])
def test_who_got_a_credit_can_withdraw_it(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, policy: str
) -> None:
    market = open_market(transfers=policy)
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    completed(market)
    adjusted(market, "credit", "30")
    assert unsent(market) == usd("30")
    pays_all_out(market, gateway, clock, "730.00")

    [made] = sendings(market)
    assert (made.amount, made.target, made.party) == (usd("30"), None, "ctr_42")
    assert balance(market, K.CONNECTED, "ctr_42") == gateway.connected_balance("ctr_42", "USD")
    assert market.verify().problems == ()


def test_what_payments_pay_is_not_sent_out_of_the_balance(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=TransferPolicy.ON_WITHDRAWAL)
    payee(market, gateway)
    completed(market)
    adjusted(market, "credit", "30")
    paid_out(market, gateway, clock, "700")
    assert (sendings(market), unsent(market)) == ([], usd("30"))
    assert wallet(market) == ("30.00", "0.00", "0.00")


def test_the_schedule_pays_a_credit_out(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=TransferPolicy.SCHEDULED, payout_every=timedelta(days=1))
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    adjusted(market, "credit", "30")
    for _ in range(4):
        clock.advance(days=1)
        settle(market, gateway)
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert [one.amount for one in sendings(market)] == [usd("30")]


def test_what_could_not_be_sent_is_sent_later(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    adjusted(market, "credit", "30")  # the platform has not that much
    asked = withdraw(market, "30")
    work_off(market)
    hear(market, gateway)
    assert unsent(market) == usd("30")
    assert withdrawal_of(market, asked).status is WithdrawalStatus.APPROVED

    gateway.processor.top_up(100_000, "USD")
    for _ in range(4):
        clock.advance(days=1)
        settle(market, gateway)
    assert withdrawal_of(market, asked).status is WithdrawalStatus.PAID
    first, *_, last = sendings(market)
    assert (last.retry_of, first.failure) == (first.id, "balance_insufficient")
    assert unsent(market) == usd("0")


def given_up(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> tuple[Withdrawal, PaymentTransaction]:
    """A withdrawal whose transfer was never answered."""
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    adjusted(market, "credit", "30")
    gateway.script(Transfer, *[Outcome.TIMEOUT_BEFORE] * 2)
    asked = withdraw(market, "30")
    market.work()
    clock.advance(hours=24)
    market.work()
    [sent] = sendings(market)
    assert (sent.failure, gateway.effects(Transfer)) == ("no_answer", 0)
    return asked, sent


def test_what_was_never_answered_and_given_up_is_not_sent_by_itself(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    asked, sent = given_up(market, gateway, clock)
    with heard(market) as told:
        market.execute(AbandonTransaction(by=ADMIN, transaction=sent.id))
    assert sorted(told.names) == [
        "payment_transaction.abandoned",
        "wallet.freed",
        "wallet.transfer_returned",
        "withdrawal.failed",
    ]
    for _ in range(9):
        clock.advance(days=1)
        settle(market, gateway)
    failed = withdrawal_of(market, asked)
    assert (failed.status, failed.failure) == (WithdrawalStatus.FAILED, "abandoned")
    assert (len(sendings(market)), gateway.effects(Transfer)) == (1, 0)
    assert (wallet(market), unsent(market)) == (("30.00", "0.00", "0.00"), usd("30"))
    assert market.verify().problems == ()
    pays_all_out(market, gateway, clock, "30.00")


def test_what_was_called_off_before_stays_so(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    asked, sent = given_up(market, gateway, clock)
    market.execute(CancelWithdrawal(by=CONTRACTOR, withdrawal=asked.id))
    market.execute(AbandonTransaction(by=ADMIN, transaction=sent.id))
    assert withdrawal_of(market, asked).status is WithdrawalStatus.CANCELED
    assert (wallet(market), unsent(market)) == (("30.00", "0.00", "0.00"), usd("30"))
    pays_all_out(market, gateway, clock, "30.00")


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_what_was_not_answered_is_sent_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    adjusted(market, "credit", "30")
    gateway.script(Transfer, outcome)
    asked = withdraw(market, "30")
    for _ in range(4):
        work_off(market)
        clock.advance(days=1)
        settle(market, gateway)
    assert withdrawal_of(market, asked).status is WithdrawalStatus.PAID
    assert (len(sendings(market)), gateway.effects(Transfer)) == (1, 1)


def test_it_is_sent_when_the_account_can_be_paid_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    adjusted(market, "credit", "30")
    asked = withdraw(market, "30")
    gateway.restrict(account)
    work_off(market)  # it becomes known by the transfer that is refused
    assert [one.failure for one in sendings(market)] == ["account_not_active"]
    assert withdrawal_of(market, asked).status is WithdrawalStatus.APPROVED
    assert unsent(market) == usd("30")

    gateway.activate(account)
    settle(market, gateway)
    clock.advance(days=3)
    settle(market, gateway)
    assert withdrawal_of(market, asked).status is WithdrawalStatus.PAID
    assert unsent(market) == usd("0")


def test_what_is_still_to_be_sent_is_seen_at_the_wallet(market: Marketplace) -> None:
    assert market.wallet(CONTRACTOR.id, "USD").unsent == usd("0")
    adjusted(market, "credit", "30")
    adjusted(market, "debit", "10")
    assert market.wallet(CONTRACTOR.id, "USD").unsent == usd("20")


def test_a_debit_of_what_was_never_sent_is_not_sent(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    adjusted(market, "credit", "30")
    adjusted(market, "debit", "20")
    assert (wallet(market)[0], unsent(market)) == ("10.00", usd("10"))


def test_a_debit_of_what_lies_on_their_account_makes_the_next_transfer_less(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    completed(market)
    settle(market, gateway)
    adjusted(market, "debit", "200")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert unsent(market) == usd("-200")

    second = completed(market).payment
    settle(market, gateway)
    assert payment_now(market, second).transferred == usd("500")
    assert gateway.connected_balance("ctr_42", "USD") == usd("1200")
    all_is_right(market, gateway)
    pays_all_out(market, gateway, clock, "1200.00")
    all_is_right(market, gateway)


def test_a_debit_makes_what_clears_next_less(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(clearance=timedelta(days=7))
    payee(market, gateway)
    completed(market)
    clock.advance(days=7)
    settle(market, gateway)
    adjusted(market, "debit", "200")
    second = completed(market, price=usd("100")).payment
    clock.advance(days=7)
    settle(market, gateway)
    assert payment_now(market, second).transferred == usd("0")
    assert unsent(market) == usd("-130")
    assert wallet(market) == ("570.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_a_credit_for_what_was_taken_is_there_already(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    completed(market)
    settle(market, gateway)
    adjusted(market, "debit", "200")
    adjusted(market, "credit", "200")
    pays_all_out(market, gateway, clock, "700.00")
    assert sendings(market) == []


def test_what_was_sent_and_is_brought_back_elsewhere_is_sent_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    adjusted(market, "credit", "30")
    gateway.script(PayOut, Outcome.DECLINE)
    withdraw(market, "30")
    settle(market, gateway)
    [made] = sendings(market)
    gateway.reverse_elsewhere(made.id, usd("10"))
    for _ in range(2):
        settle(market, gateway)
    [its] = wallets(market)
    assert (its.available, its.unsent) == (usd("30"), usd("10"))
    assert incidents(market) == [(IncidentKind.REVERSED_ELSEWHERE, its.id)]
    assert balance(market, K.CONNECTED, "ctr_42") == gateway.connected_balance("ctr_42", "USD")

    pays_all_out(market, gateway, clock, "30.00")
    assert [one.amount for one in sendings(market)] == [usd("30"), usd("10")]


def test_what_was_written_off_although_it_was_paid_out_is_sent_once_more(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """Their account is short of it, and what they earn next is all theirs."""
    account = payee(market, gateway)
    gateway.processor.top_up(100_000, "USD")
    completed(market)
    settle(market, gateway)
    adjusted(market, "debit", "200")
    gateway.pay_out_elsewhere(account, usd("700"))
    settle(market, gateway)
    assert wallet(market) == ("0.00", "0.00", "200.00")
    adjusted(market, "write_off", "200")
    completed(market)
    settle(market, gateway)
    pays_all_out(market, gateway, clock, "700.00")
