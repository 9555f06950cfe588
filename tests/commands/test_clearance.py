"""What was released waits for a clearance: nobody can have it yet, and it can be taken back."""

from datetime import timedelta

import pytest

from marketpay import (
    AccountKind,
    Actor,
    ChargebackStanding,
    ChargebackState,
    EndClearance,
    IssueRefund,
    Marketplace,
    Payment,
    PaymentStatus,
    Reason,
    Refused,
    RequestWithdrawal,
    RetryTransfer,
    SettleChargeback,
    TransactionKind,
)
from marketpay.commands.payout_accounts import SweepTransfers
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.gateway import Transfer
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    FOR_EVER,
    balance,
    books_are_right,
    completed,
    entries,
    heard,
    nothing_changes,
    now,
    operations,
    payee,
    usd,
)
from tests.money import adjusted, all_is_right, hear, paid_out, refund, settle, work_off

WEEK = timedelta(days=7)
K = AccountKind


@pytest.fixture
def market(open_market: OpenMarket) -> Marketplace:
    """A marketplace with a clearance."""
    return open_market(clearance=WEEK)


def purse(market: Marketplace) -> tuple[str, str, str, str]:
    """What the contractor has pending, available and reserved, and what they owe."""
    has = market.wallet(CONTRACTOR.id, "USD")
    parts = (has.pending, has.available, has.reserved, has.receivable)
    return tuple(str(part.amount) for part in parts)  # type: ignore[return-value]


def end(payment: Payment) -> EndClearance:
    return EndClearance(by=Actor.SYSTEM, payment=payment.id)


def test_what_is_released_waits_in_the_wallet(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    with heard(market) as told:
        paid = completed(market).payment
    market.work()

    assert told.names[-2:] == ["payment.released", "wallet.credited"]
    assert (paid.status, paid.clearing, paid.clears_at) == (
        PaymentStatus.RELEASED,
        usd("700"),
        clock() + WEEK,
    )
    assert (paid.due, paid.transfer_blocked) == (usd("0"), "clearance")
    assert entries(market, paid)[2:] == [
        ("escrow", "service_fee", "200.00"),
        ("escrow", "wallet.pending(ctr_42)", "700.00"),
    ]
    assert purse(market) == ("700.00", "0.00", "0.00", "0.00")
    assert operations(market, paid, TransactionKind.TRANSFER) == []
    due = market.store.read(lambda records: records.due(FOR_EVER, limit=50))
    assert Timer(TimerKind.CLEARANCE, paid.id, clock() + WEEK) in due
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("1")))
    assert refused.value.reason is Reason.BALANCE_TOO_LOW
    books_are_right(market, gateway)


def test_once_it_has_waited_it_is_available_and_transferred(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    clock.advance(days=6, hours=23)
    work_off(market)
    assert purse(market)[0] == "700.00"
    clock.advance(hours=1)
    with heard(market) as told:
        work_off(market)

    cleared = now(market, paid)
    assert (cleared.clearing, cleared.clears_at) == (usd("0"), None)
    assert (cleared.transferred, cleared.transfer_blocked) == (usd("700"), None)
    assert told.names[:3] == [
        "payment.clearance_ended",
        "wallet.cleared",
        "payment_transaction.started",
    ]
    assert entries(market, paid)[-2:] == [
        ("wallet.pending(ctr_42)", "wallet.available(ctr_42)", "700.00"),
        ("connected(ctr_42)", "processor", "700.00"),
    ]
    assert purse(market) == ("0.00", "700.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert paid_out(market, gateway, clock, "700").status == "paid"
    all_is_right(market, gateway)


def test_ending_it_early_or_again_does_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = completed(market).payment
    with nothing_changes(market, gateway):
        market.execute(end(paid))
    clock.advance(days=7)
    work_off(market)
    with nothing_changes(market, gateway):
        market.execute(end(paid))


@on_both_stores
@pytest.mark.parametrize(
    ("transfers", "why"),
    [("on_release", "onboarding"), ("on_withdrawal", "withdrawal"), ("scheduled", "withdrawal")],
)
def test_what_has_waited_goes_the_way_of_what_never_did(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    transfers: str,
    why: str,
) -> None:
    market = open_market(clearance=WEEK, transfers=transfers, payout_every=3 * WEEK)
    paid = completed(market).payment
    assert paid.transfer_blocked == "clearance"
    clock.advance(days=7)
    work_off(market)
    assert (now(market, paid).transfer_blocked, gateway.count(Transfer)) == (why, 0)
    payee(market, gateway)
    clock.advance(days=21)
    settle(market, gateway)
    if transfers == "on_withdrawal":
        market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
        settle(market, gateway)

    assert now(market, paid).transferred == usd("700")
    all_is_right(market, gateway)


@on_both_stores
def test_an_account_that_becomes_active_meanwhile_gets_nothing_of_it_yet(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(clearance=WEEK)
    paid = completed(market).payment
    payee(market, gateway)
    clock.advance(days=6)
    settle(market, gateway)
    assert gateway.count(Transfer) == 0
    clock.advance(days=1)
    settle(market, gateway)

    assert now(market, paid).transferred == usd("700")
    all_is_right(market, gateway)


@on_both_stores
def test_nobody_transfers_what_waits(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(clearance=WEEK, transfers="on_withdrawal")
    payee(market, gateway)
    first = completed(market).payment
    clock.advance(days=7)
    settle(market, gateway)
    waits = completed(market).payment
    market.execute(SweepTransfers(by=Actor.SYSTEM, contractor="ctr_42"))
    market.execute(RetryTransfer(by=ADMIN, payment=waits.id))
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    settle(market, gateway)

    assert now(market, first).transferred == usd("700")
    assert now(market, waits) == waits
    all_is_right(market, gateway)


# refunds


def test_a_refund_is_taken_from_what_waits(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    refunded = refund(market, paid, "400").payment

    assert (refunded.clearing, refunded.due) == (usd("420"), usd("0"))
    assert purse(market) == ("420.00", "0.00", "0.00", "0.00")
    clock.advance(days=7)
    settle(market, gateway)
    assert now(market, paid).transferred == usd("420")
    assert purse(market) == ("0.00", "420.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_a_whole_refund_leaves_nothing_to_wait(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    refund(market, paid, "1000")
    clock.advance(days=7)
    settle(market, gateway)

    done = now(market, paid)
    assert (done.status, done.clears_at) == (PaymentStatus.REFUNDED, None)
    assert (purse(market), gateway.count(Transfer)) == (("0.00",) * 4, 0)
    all_is_right(market, gateway)


def test_what_waits_of_one_payment_pays_no_refund_of_another(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    first = completed(market).payment
    clock.advance(days=7)
    settle(market, gateway)
    second = completed(market).payment
    assert purse(market) == ("700.00", "700.00", "0.00", "0.00")
    refund(market, first, "1000")

    assert purse(market) == ("700.00", "0.00", "0.00", "0.00")
    assert now(market, second).clearing == usd("700")
    settle(market, gateway)
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")
    clock.advance(days=7)
    settle(market, gateway)
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert purse(market) == ("0.00", "700.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_a_debt_is_collected_when_the_clearance_ends(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    first = completed(market).payment
    clock.advance(days=7)
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    second = completed(market).payment
    refund(market, first, "500")
    assert purse(market) == ("700.00", "0.00", "0.00", "350.00")
    clock.advance(days=7)
    settle(market, gateway)

    assert purse(market) == ("0.00", "350.00", "0.00", "0.00")
    assert ("wallet.pending(ctr_42)", "receivable(ctr_42)", "350.00") in entries(market, second)
    assert now(market, second).transferred == usd("350")
    all_is_right(market, gateway)


def test_an_older_debt_is_collected_at_once_and_the_rest_waits(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    first = completed(market).payment
    clock.advance(days=7)
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    refund(market, first, "500")
    assert purse(market)[3] == "350.00"
    second = completed(market).payment
    assert (purse(market), second.clearing) == (("350.00", "0.00", "0.00", "0.00"), usd("350"))
    third = completed(market, price=usd("100")).payment
    refund(market, second, "1000")

    assert purse(market) == ("70.00", "0.00", "0.00", "350.00")
    adjusted(market, "write_off", "350")
    clock.advance(days=7)
    settle(market, gateway)
    assert purse(market) == ("0.00", "70.00", "0.00", "0.00")
    assert now(market, third).transferred == usd("70")
    all_is_right(market, gateway)


def test_a_debt_that_takes_all_leaves_nothing_to_wait_for(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    first = completed(market).payment
    clock.advance(days=7)
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    refund(market, first, "1000")
    second = completed(market, price=usd("100")).payment

    assert (second.clearing, second.clears_at, second.transfer_blocked) == (usd("0"), None, None)
    assert purse(market) == ("0.00", "0.00", "0.00", "630.00")
    all_is_right(market, gateway)


# chargebacks


@pytest.mark.parametrize("how", ["win", "lose"])
@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_what_waits_goes_on_waiting_while_the_bank_disputes_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str, late: bool
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    opened = gateway.dispute(paid, amount=usd("400"))
    hear(market, gateway)
    assert purse(market) == ("420.00", "0.00", "280.00", "0.00")
    assert now(market, paid).clearing == usd("420")
    clock.advance(days=8 if late else 3)
    settle(market, gateway)
    assert purse(market)[0] == "420.00"
    getattr(gateway, how)(opened.id)
    settle(market, gateway)
    left = "700.00" if how == "win" else "420.00"
    if not late:
        assert purse(market) == (left, "0.00", "0.00", "0.00")
    clock.advance(days=5)
    settle(market, gateway)

    assert purse(market) == ("0.00", left, "0.00", "0.00")
    assert now(market, paid).transferred == usd(left)
    all_is_right(market, gateway)


@on_both_stores
def test_what_the_platform_bears_waits_as_before(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(clearance=WEEK, chargeback_liability="platform")
    payee(market, gateway)
    paid = completed(market).payment
    opened = gateway.dispute(paid)
    hear(market, gateway)
    gateway.lose(opened.id)
    settle(market, gateway)
    assert purse(market) == ("700.00", "0.00", "0.00", "0.00")
    assert now(market, paid).status is PaymentStatus.RELEASED
    gateway.processor.top_up(100_000, "USD")  # the platform pays for what the bank took
    clock.advance(days=7)
    settle(market, gateway)

    assert purse(market) == ("0.00", "700.00", "0.00", "0.00")
    assert market.verify().ok


@pytest.mark.parametrize("days", [1, 8])
def test_what_is_won_after_all_waits_if_the_rest_does(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, days: int
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    for standing, withdrawn in (("lost", "400"), ("won", "0")):
        state = ChargebackState(
            gateway_id="dp_1",
            payment=str(paid.gateway_payment),
            amount=usd("400"),
            standing=ChargebackStanding(standing),
            withdrawn=usd(withdrawn),
            fee=usd("0"),
            reason="fraudulent",
        )
        market.execute(SettleChargeback(by=Actor.SYSTEM, state=state))
        if standing == "lost":
            assert purse(market) == ("420.00", "0.00", "0.00", "0.00")
            clock.advance(days=days)
            settle(market, gateway)

    has = ("700.00", "0.00", "0.00", "0.00") if days < 7 else ("0.00", "700.00", "0.00", "0.00")
    assert purse(market) == has
    clock.advance(days=7)
    settle(market, gateway)
    assert purse(market) == ("0.00", "700.00", "0.00", "0.00")
    assert balance(market, K.WALLET_PENDING, "ctr_42") == usd("0")
    books_are_right(market, gateway)


def test_an_issued_refund_is_refused_while_it_waits_and_is_disputed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = completed(market).payment
    gateway.dispute(paid)
    hear(market, gateway)

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("1")))
    assert refused.value.reason is Reason.CHARGEBACK_OPEN
