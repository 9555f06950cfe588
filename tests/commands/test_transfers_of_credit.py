"""Transfers of payments that credit paid in part: out of the charge first, then the balance."""

from marketpay import (
    CompleteJob,
    Marketplace,
    Payment,
    TransactionKind,
    TransferPolicy,
    WithdrawalStatus,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.credits import give
from tests.deals import CUSTOMER, assigned, in_progress, operations, payee, usd
from tests.money import all_is_right, payment_now, settle, withdraw, withdrawal_of, work_off


def test_a_contractor_is_paid_more_than_was_charged(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """What the charge covers goes first; the rest is out of the platform's balance."""
    give(market, "900")
    payee(market, gateway)
    assigned(market)  # so that the platform has enough
    accepted = in_progress(market, credit=usd("900"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    clock.advance(days=8)
    work_off(market)
    assert transfers(market, accepted.payment) == [
        ("100.00", True, "success"),
        ("600.00", False, "success"),
    ]
    all_is_right(market, gateway)


def transfers(market: Marketplace, payment: Payment) -> list[tuple[str, bool, str]]:
    """Of how much, whether out of the charge, and what became of it; the oldest first."""
    found = operations(market, payment, TransactionKind.TRANSFER)
    return [(str(one.amount.amount), bool(one.target), one.status.value) for one in found]


def test_what_the_charge_covers_is_transferred_though_the_balance_is_too_low(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    give(market, "500")
    accepted = in_progress(market, credit=usd("500"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    work_off(market)
    paid = payment_now(market, accepted.payment)
    assert (paid.transferred, paid.transferring) == (usd("500"), usd("0"))
    assert (paid.untransferred, paid.transfer_blocked) == (usd("200"), "platform_balance")
    first, *tries = transfers(market, paid)
    assert first == ("500.00", True, "success")
    assert set(tries) == {("200.00", False, "failed")}
    gateway.processor.top_up(100_000, "USD")
    clock.advance(days=2)
    work_off(market)
    paid = payment_now(market, accepted.payment)
    assert (paid.transferred, paid.transfer_blocked) == (usd("700"), None)
    assert transfers(market, paid)[-1] == ("200.00", False, "success")


def test_a_withdrawal_gets_what_the_charge_covers_and_then_the_rest(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=TransferPolicy.ON_WITHDRAWAL)
    gateway.processor.top_up(100_000, "USD")
    payee(market, gateway)
    give(market, "500")
    accepted = in_progress(market, credit=usd("500"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    asked = withdraw(market, "600")
    work_off(market)
    clock.advance(days=8)
    settle(market, gateway)
    assert withdrawal_of(market, asked).status is WithdrawalStatus.PAID
    assert transfers(market, accepted.payment) == [
        ("500.00", True, "success"),
        ("100.00", False, "success"),
    ]
