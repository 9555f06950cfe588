"""What was paid for an upgrade goes back, and the upgrade is the shorter for it."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AccountKind,
    CurrencyMismatch,
    Forbidden,
    IncidentKind,
    Marketplace,
    Money,
    MoneyError,
    NotFound,
    PaymentTransaction,
    Pending,
    Reason,
    RefundUpgrade,
    Refused,
    RevokeUpgrade,
    Sale,
    TransactionId,
    TransactionStatus,
    Upgrade,
    UpgradeStatus,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.commands.test_upgrades import PRICE, bought
from tests.conftest import on_one_store
from tests.deals import (
    ADMIN,
    CUSTOMER,
    NONE_SUCH,
    SERVICE,
    balance,
    books_are_right,
    heard,
    nothing_changes,
)
from tests.money import incidents, settle

K, S = AccountKind, UpgradeStatus
DAY = timedelta(days=1)


def lira(amount: str) -> Money:
    return Money(amount, "TRY")


def the(market: Marketplace, kind: type[Any]) -> Any:
    [found] = market.store.read(lambda records: records.find(kind))
    return found


def upgrade(market: Marketplace) -> Upgrade:
    found: Upgrade = the(market, Upgrade)
    return found


def refunding(charge: PaymentTransaction, amount: str | None = None) -> RefundUpgrade:
    part = None if amount is None else lira(amount)
    return RefundUpgrade(by=ADMIN, purchase=charge.id, amount=part)


def in_lira(market: Marketplace, kind: AccountKind, owner: str = "") -> str:
    return str(balance(market, kind, owner, "TRY").amount)


def all_is_right(market: Marketplace, gateway: SimulatedGateway) -> None:
    settle(market, gateway)
    books_are_right(market, gateway, "TRY")
    assert in_lira(market, K.REFUNDS_IN_TRANSIT) == "0.00"


@pytest.mark.edge(48)
def test_an_upgrade_that_is_paid_back_is_revoked(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    with heard(market) as told:
        done = market.execute(refunding(charge))

    assert told.names[:3] == ["upgrade.revoked", "sale.refunded", "payment_transaction.started"]
    assert (done.upgrade.status, done.next_action) == (S.REVOKED, None)
    assert done.transaction.status is TransactionStatus.SUCCESS
    sale: Sale = the(market, Sale)
    assert (sale.refunded, sale.refundable) == (PRICE, lira("0"))
    assert in_lira(market, K.UPGRADE) == "0.00"
    all_is_right(market, gateway)


@pytest.mark.edge(48)
def test_what_is_paid_back_in_part_makes_it_shorter(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    charge = bought(market, gateway).transaction
    until = upgrade(market).expires_at
    with heard(market) as told:
        market.execute(refunding(charge, "83.00"))
    assert told.names[0] == "upgrade.shortened"
    assert upgrade(market).expires_at == until - 10 * DAY
    market.execute(refunding(charge, "83.00"))
    assert upgrade(market).expires_at == until - 20 * DAY
    all_is_right(market, gateway)

    clock.advance(days=10)
    market.work()
    assert upgrade(market).status is S.EXPIRED


def test_parts_take_as_much_as_their_sum(market: Marketplace, gateway: SimulatedGateway) -> None:
    sale_of = bought(market, gateway).transaction
    sale: Sale = the(market, Sale)
    whole = sale.time_for(lira("99.99"), sale.created_at)
    until = upgrade(market).expires_at
    for part in ("0.01", "33.33", "66.65"):
        market.execute(refunding(sale_of, part))
    assert until - upgrade(market).expires_at == whole


def test_one_of_two_purchases_is_paid_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    first = bought(market, gateway).transaction
    second = bought(market, gateway).transaction
    until = upgrade(market).expires_at
    for charge in (first, second):
        assert upgrade(market).status is S.ACTIVE
        market.execute(refunding(charge))
        if charge is first:
            assert upgrade(market).expires_at == until - 30 * DAY
    assert upgrade(market).status is S.REVOKED
    all_is_right(market, gateway)


def test_what_has_ended_is_paid_back_all_the_same(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    market.execute(RevokeUpgrade(by=ADMIN, upgrade=upgrade(market).id))
    market.execute(refunding(charge, "100"))
    assert upgrade(market).status is S.REVOKED
    assert in_lira(market, K.UPGRADE) == "149.00"
    all_is_right(market, gateway)


@pytest.mark.edge(48)
@pytest.mark.parametrize("amount", ["249", "83"])
def test_what_was_paid_back_at_the_dashboard_counts(
    market: Marketplace, gateway: SimulatedGateway, amount: str
) -> None:
    charge = bought(market, gateway).transaction
    until = upgrade(market).expires_at
    sale: Sale = the(market, Sale)
    gateway.refund_elsewhere(sale.gateway_payment, lira(amount))
    for _ in range(2):
        settle(market, gateway)
    if amount == "249":
        assert upgrade(market).status is S.REVOKED
    else:
        assert upgrade(market).expires_at == until - 10 * DAY
    assert the(market, Sale).refunded == lira(amount)
    assert incidents(market) == [(IncidentKind.REFUND_ELSEWHERE, charge.id)]
    all_is_right(market, gateway)


def test_what_comes_back_is_the_customers_credit_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    done = market.execute(refunding(charge))
    assert done.transaction.gateway_id is not None
    gateway.fail_refund(done.transaction.gateway_id)
    for _ in range(2):
        settle(market, gateway)
    assert in_lira(market, K.CREDIT_AVAILABLE, CUSTOMER.id) == "249.00"
    assert (IncidentKind.REFUND_FAILED, done.transaction.id) in incidents(market)
    assert upgrade(market).status is S.REVOKED
    all_is_right(market, gateway)


def test_what_the_gateway_refuses_is_the_customers_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    gateway.script(RefundPayment, Outcome.DECLINE)
    done = market.execute(refunding(charge))
    assert done.transaction.status is TransactionStatus.FAILED
    assert in_lira(market, K.CREDIT_AVAILABLE, CUSTOMER.id) == "249.00"
    all_is_right(market, gateway)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_what_is_not_answered_is_paid_back_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    charge = bought(market, gateway).transaction
    gateway.script(RefundPayment, outcome)
    done = market.execute(refunding(charge))
    assert done.next_action == Pending(transaction=done.transaction.id)
    clock.advance(hours=1)
    all_is_right(market, gateway)
    assert gateway.effects(RefundPayment) == 1
    assert in_lira(market, K.UPGRADE) == "0.00"


@pytest.mark.parametrize("amounts", [("249.01",), ("200", "50"), ("249", None)])
def test_no_more_goes_back_than_was_paid(
    market: Marketplace, gateway: SimulatedGateway, amounts: tuple[str | None, ...]
) -> None:
    charge = bought(market, gateway).transaction
    *before, last = amounts
    for amount in before:
        market.execute(refunding(charge, amount))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(refunding(charge, last))
    assert refused.value.reason is Reason.NOT_REFUNDABLE


def test_what_does_not_fit_is_refused(market: Marketplace, gateway: SimulatedGateway) -> None:
    charge = bought(market, gateway).transaction
    none_such = TransactionId(f"ptx_{NONE_SUCH}")
    usd = Money("1", "USD")
    with nothing_changes(market, gateway, denials=1):
        with pytest.raises(NotFound):
            market.execute(RefundUpgrade(by=ADMIN, purchase=none_such))
        with pytest.raises(Forbidden):
            market.execute(RefundUpgrade(by=CUSTOMER, purchase=charge.id))
        with pytest.raises(CurrencyMismatch):
            market.execute(RefundUpgrade(by=SERVICE, purchase=charge.id, amount=usd))
    with pytest.raises(MoneyError):
        RefundUpgrade(by=ADMIN, purchase=charge.id, amount=lira("0"))


@on_one_store
def test_a_chargeback_of_an_upgrade_is_somebodys_business_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    sale: Sale = the(market, Sale)
    gateway.dispute(sale.gateway_payment)
    for _ in range(2):
        settle(market, gateway)
    assert incidents(market) == [(IncidentKind.CHARGEBACK, charge.id)]
    assert upgrade(market).status is S.ACTIVE


def test_the_books_and_the_processor_agree_about_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    start = clock()
    charge = bought(market, gateway).transaction
    market.execute(refunding(charge, "100"))
    sale: Sale = the(market, Sale)
    gateway.refund_elsewhere(sale.gateway_payment, lira("20"))
    settle(market, gateway)
    clock.advance(days=1)
    assert market.reconcile(start, clock()).breaks == ()
